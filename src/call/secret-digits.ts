import { beganTick } from './timeline.js';

/** A press whose end got lost is told up to 375 ms late, and found by its length it then seems to have begun later. */
const slackTicks = 25;

/**
 * When a leg presses what is a secret: while it is asked for a PIN. A press belongs to the time it began in, but is told
 * when it ends, which may be after the asking has ended with it.
 */
export class SecretDigits {
  #untilTick = Number.NEGATIVE_INFINITY;

  /** From now on what is pressed is secret. */
  begin(): void {
    this.#untilTick = Number.POSITIVE_INFINITY;
  }

  /** @param tick first tick in which presses that begin are none any more */
  end(tick: number): void {
    this.#untilTick = tick + slackTicks;
  }

  /** Whether a press that was told at a tick is one. */
  has(toldTick: number, durationMs: number): boolean {
    return beganTick(toldTick, durationMs) < this.#untilTick;
  }
}
