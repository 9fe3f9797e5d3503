/** Takes a tone out of a signal, and tells how much the rest stands out anywhere: whether a sample is missing or too many. */
export class GlitchEar {
  samples = 0;
  readonly #twiceCosine: number;
  readonly #tonePower: number;
  #before = 0;
  #beforeThat = 0;
  #power = 0;
  #peak = 0;

  constructor(
    hz: number,
    readonly rateHz: number,
    amplitude: number,
  ) {
    this.#twiceCosine = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
    this.#tonePower = amplitude ** 2 / 2;
  }

  listen(signal: Float32Array): void {
    for (const value of signal) {
      const rest = value - this.#twiceCosine * this.#before + this.#beforeThat;
      this.#beforeThat = this.#before;
      this.#before = value;
      // The first two samples have no past.
      if (this.samples++ < 2) continue;
      this.#power += rest * rest;
      this.#peak = Math.max(this.#peak, Math.abs(rest));
    }
  }

  /** Greatest rest over its RMS. */
  get crest(): number {
    return this.#peak / Math.sqrt(this.#power / this.samples);
  }

  /** RMS of the rest, relative to the tone. */
  get noiseDb(): number {
    return 10 * Math.log10(this.#power / this.samples / this.#tonePower);
  }
}
