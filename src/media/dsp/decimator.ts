/**
 * Makes an 8 kHz signal of a 16 or 48 kHz one for analysis, not for listening: true below 1.7 kHz, where the tones of
 * digits are, with what would fold onto them (above 6.3 kHz) 40 dB down. What folds onto 1.7…4 kHz stays and counts as
 * energy beside the tones, where it may be. Four taps per output sample and step are enough for so wide a transition.
 */
export class Decimator {
  /** The last result; valid up to the count that {@link process} returned. */
  readonly output = new Float32Array(MAX_OUTPUT);
  readonly #taps: Float32Array;
  readonly #history: Float32Array;

  /** @param step input samples per output sample: 2 for 16 kHz, 6 for 48 kHz */
  constructor(readonly step: number) {
    this.#taps = lowPass(step);
    this.#history = new Float32Array(this.#taps.length + MAX_OUTPUT * step);
  }

  /** Takes `count` samples, a multiple of the step and at most 160 steps. @returns samples now in {@link output} */
  process(input: Float32Array, count: number): number {
    const taps = this.#taps;
    const history = this.#history;
    const length = taps.length;
    for (let index = 0; index < count; index++) history[length + index] = input[index]!;
    const made = count / this.step;
    for (let index = 0; index < made; index++) {
      const from = (index + 1) * this.step;
      let sum = 0;
      for (let tap = 0; tap < length; tap++) sum += taps[tap]! * history[from + tap]!;
      this.output[index] = sum;
    }
    history.copyWithin(0, count, count + length);
    return made;
  }

  /** Starts from silence. */
  reset(): void {
    this.#history.fill(0);
  }
}

const MAX_OUTPUT = 160;
const TAPS_PER_STEP = 4;
/** Middle of the transition, Hz at the output's rate. */
const CUT_HZ = 4000;
const OUTPUT_RATE_HZ = 8000;

/** Hamming-windowed sinc with a gain of 1 at 0 Hz. */
function lowPass(step: number): Float32Array {
  const count = TAPS_PER_STEP * step;
  const cut = (2 * CUT_HZ) / (OUTPUT_RATE_HZ * step);
  const taps = Array.from({ length: count }, (_, index) => {
    const offset = index - (count - 1) / 2;
    const window = 0.54 + 0.46 * Math.cos((2 * Math.PI * offset) / count);
    return (window * Math.sin(Math.PI * cut * offset)) / (Math.PI * cut * offset);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}
