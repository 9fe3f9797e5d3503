/** 2 ms at 48 kHz: short enough to leak nothing, long enough not to click. */
const EDGE_SAMPLES = 96;

/** Cuts a leg's audio out of what others hear, with rounded edges. */
export class Squelch {
  #closed = false;

  /** Cuts the frame, or lets it pass. @returns whether anything is left of it */
  apply(frame: Float32Array, close: boolean): boolean {
    const wasClosed = this.#closed;
    this.#closed = close;
    if (close && wasClosed) {
      frame.fill(0);
      return false;
    }
    if (close) {
      for (let index = 0; index < EDGE_SAMPLES; index++) frame[index]! *= 1 - (index + 1) / EDGE_SAMPLES;
      frame.fill(0, EDGE_SAMPLES);
    } else if (wasClosed) {
      for (let index = 0; index < EDGE_SAMPLES; index++) frame[index]! *= index / EDGE_SAMPLES;
    }
    return true;
  }
}
