/** A tick lasts this long, and carries this much audio. */
const tickMs = 20;

/** The tick a press began in. @param toldTick the tick it was told in, which is that of its end */
export function beganTick(toldTick: number, durationMs: number): number {
  return toldTick - Math.ceil(durationMs / tickMs);
}

/**
 * A call's time as the control plane knows it: the last tick the media plane told, carried on by the clock.
 *
 * A report arrives a little after its tick, so the estimate is late by that little and never ahead.
 */
export class Timeline {
  #anchorTick = 0;
  #anchorMs: number;

  /** @param openedMs when the call was opened, which is its tick 0 */
  constructor(openedMs: number) {
    this.#anchorMs = openedMs;
  }

  /** Takes note of a tick that the media plane reported. */
  observe(tick: number, nowMs: number): void {
    if (tick < this.#anchorTick) return;
    this.#anchorTick = tick;
    this.#anchorMs = nowMs;
  }

  /** The tick it is, or was a moment ago. */
  estimate(nowMs: number): number {
    return this.#anchorTick + Math.max(0, Math.floor((nowMs - this.#anchorMs) / tickMs));
  }
}
