import { frameSamples, tickMs } from './frame.js';

/** Below this a frame without speech is as good as silent, above the other it is not, dBov. */
const closeBelowDbov = -60;
const openAtDbov = -57;
/** Ticks it has to be quiet before the gate closes. */
const hangoverTicks = 600 / tickMs;
/** An opening gate fades in over 2.5 ms: without a click, and nothing of a word is lost. */
const openingSamples = 120;

/**
 * Makes what nobody can hear exactly silent, so that the mixer renders one mix for all who only listen.
 *
 *               600 ms below −60 dBov without speech: fade over 1 tick
 *     open ◄──────────────────────────────────────────────────────────► closed
 *               a frame of −57 dBov or more: fade over 2.5 ms
 */
export class NoiseGate {
  #quietTicks = 0;
  #closed = false;

  /** Whether the stream is silenced now. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * One tick, in place.
   * @param frame     960 samples
   * @param levelDbov its level as others would hear it, gain included
   * @param speaking  whether speech goes on
   * @returns false when the tick is to be silent; `frame` is then as it was
   */
  process(frame: Float32Array, levelDbov: number, speaking: boolean): boolean {
    if (this.#closed) {
      if (levelDbov < openAtDbov) return false;
      this.#closed = false;
      this.#quietTicks = 0;
      for (let i = 0; i < openingSamples; i++) frame[i] = frame[i]! * (i / openingSamples);
      return true;
    }
    this.#quietTicks = levelDbov < closeBelowDbov && !speaking ? this.#quietTicks + 1 : 0;
    if (this.#quietTicks <= hangoverTicks) return true;
    this.#closed = true;
    for (let i = 0; i < frameSamples; i++) frame[i] = frame[i]! * (1 - (i + 1) / frameSamples);
    return true;
  }

  /** Open at once. */
  reset(): void {
    this.#closed = false;
    this.#quietTicks = 0;
  }
}
