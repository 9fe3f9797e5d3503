/**
 * Joins audio that does not belong together without a click: what would have come next of the old is held and faded
 * into the first milliseconds of the new. The old may be silence, then it is a fade-in; the new may be, then a fade-out.
 */

import type { ComfortNoise } from '../codec/comfort-noise.js';
import type { Decoder } from '../codec/port.js';
import { hideStep } from '../codec/step.js';

const SPLICE_MS = 5;
const MAX_RATE_HZ = 48_000;
const silence = new Float32Array(1);

/** A join that waits for its second half. */
export class Splice {
  private readonly tail = new Float32Array((MAX_RATE_HZ * SPLICE_MS) / 1000);
  private readonly other = new Float32Array(this.tail.length);
  private length = 0;
  /** Whether what is held is silence. */
  private silent = false;

  /** True while a first half is held. */
  get pending(): boolean {
    return this.length > 0;
  }

  /** Holds what `decoder` would go on with. */
  holdDecoder(decoder: Decoder): void {
    this.length = Math.min(this.tail.length, (decoder.rateHz * SPLICE_MS) / 1000);
    this.silent = false;
    decoder.conceal(this.tail, this.length);
  }

  /** Holds silence. */
  holdSilence(rateHz: number): void {
    this.length = Math.min(this.tail.length, (rateHz * SPLICE_MS) / 1000);
    this.tail.fill(0, 0, this.length);
    this.silent = true;
  }

  /** Holds what a pause sounds like. */
  holdNoise(noise: ComfortNoise, rateHz: number): void {
    this.holdSilence(rateHz);
    this.silent = false;
    noise.add(this.tail, this.length);
  }

  /** Changes the rate of what is held, by linear interpolation. */
  resample(fromRateHz: number, toRateHz: number): void {
    const step = fromRateHz / toRateHz;
    const length = Math.min(this.tail.length, Math.floor(this.length / step));
    for (let index = 0; index < length; index++) {
      const whole = Math.floor(index * step);
      const before = this.tail[whole] ?? 0;
      const after = this.tail[Math.min(whole + 1, this.length - 1)] ?? before;
      this.other[index] = before + (after - before) * ((index * step) % 1);
    }
    this.tail.set(this.other);
    this.length = length;
  }

  /** Fades what is held into the first samples of `audio` of a rate, in place; after silence only a step is hidden. */
  join(audio: Float32Array, count: number, rateHz: number): void {
    if (this.pending && this.silent) {
      hideStep(audio, count, silence, rateHz);
      this.length = 0;
      return;
    }
    const length = Math.min(this.length, count);
    for (let index = 0; index < length; index++) {
      const weight = (index + 0.5) / length;
      const old = this.tail[index] ?? 0;
      audio[index] = old + ((audio[index] ?? 0) - old) * weight;
    }
    this.length = 0;
  }
}
