/** Digits as audio, tick by tick, for peers that take no telephone-events. */
import { DtmfGenerator } from './dsp/dtmf-generator.js';
import { samplesPerTick } from './dsp/frame.js';

/** Plays the tones of one leg at the rate its encoder wants. */
export class TonePlayer {
  /** The last tick. */
  readonly frame: Float32Array;
  readonly #generator: DtmfGenerator;
  #sounding = false;

  constructor(readonly rateHz: number) {
    this.#generator = new DtmfGenerator(rateHz);
    this.frame = new Float32Array(samplesPerTick(rateHz));
  }

  /** A tick without a tone. */
  pause(): void {
    this.#sounding = false;
    this.frame.fill(0);
  }

  /**
   * A tick of what a telephone-event would tell in its place.
   *
   * @param begins it is the first of the press
   * @param ends   it carries the end bit; of the repeated ends only the first still sounds
   */
  press(event: number, begins: boolean, ends: boolean): void {
    if (begins) {
      this.#generator.begin(event);
      this.#sounding = true;
    }
    if (!this.#sounding) return this.pause();
    this.#generator.fill(this.frame, this.frame.length, ends);
    this.#sounding = !ends;
  }
}
