/**
 * Concealment of lost frames for waveform codecs: the last pitch period goes on and fades away.
 *
 *     received ───────┬─ period ─┐                        ┌──── received
 *                     └──────────┴─ period ─┬─ period ─ … ┴┐ crossfade
 *     gain            1 ────────────────────╲______________╲
 *                                        fadeStart       fadeEnd
 *
 * After the idea of ITU-T G.711 Appendix I, but without its 3.75 ms of delay: the step between what was played and the
 * repeated period is taken out by a decaying offset instead of an overlap-add with samples held back.
 */

const shortestPeriodMs = 2.5;
const longestPeriodMs = 15;
const matchMs = 10;
const crossfadeMs = 5;
const fadeStartMs = 20;
const fadeEndMs = 100;
/** Below this normalised correlation there is no pitch: the longest period is repeated, which buzzes least. */
const leastCorrelation = 0.4;

/** One stream's concealment; all methods take at most what fits their arrays and allocate nothing. */
export class WaveformPlc {
  readonly #shortest: number;
  readonly #longest: number;
  readonly #match: number;
  readonly #crossfade: number;
  readonly #fadeStart: number;
  readonly #fadeEnd: number;
  /** Samples of one coarse step of the pitch search: 8 kHz resolution at any rate. */
  readonly #stride: number;
  /** What was played last, newest at the end. */
  readonly #past: Float32Array;
  readonly #period: Float32Array;
  #periodLength = 0;
  #voiced = false;
  #position = 0;
  /** Samples concealed since the last received frame. */
  #concealed = 0;
  #offset = 0;
  #offsetLeft = 0;
  #offsetLength = 1;

  constructor(rateHz: number) {
    const samples = (ms: number) => Math.round((rateHz * ms) / 1000);
    this.#shortest = samples(shortestPeriodMs);
    this.#longest = samples(longestPeriodMs);
    this.#match = samples(matchMs);
    this.#crossfade = samples(crossfadeMs);
    this.#fadeStart = samples(fadeStartMs);
    this.#fadeEnd = samples(fadeEndMs);
    this.#stride = Math.max(1, Math.floor(rateHz / 8000));
    this.#past = new Float32Array(2 * this.#longest + this.#match);
    this.#period = new Float32Array(this.#longest);
  }

  /** Takes a decoded frame; after a loss its beginning is blended, in place, with what concealment would have said. */
  received(frame: Float32Array, samples: number): void {
    if (this.#concealed > 0) {
      const length = Math.min(this.#crossfade, samples);
      for (let i = 0; i < length; i++) {
        const weight = (i + 1) / (length + 1);
        frame[i] = frame[i]! * weight + this.#next() * (1 - weight);
      }
      this.#concealed = 0;
    }
    this.#remember(frame, samples);
  }

  /** Makes up the next `samples` samples. */
  conceal(output: Float32Array, samples: number): void {
    if (this.#concealed === 0) this.#begin();
    for (let i = 0; i < samples; i++) output[i] = this.#next();
    this.#remember(output, samples);
  }

  /** Fills `output` from index `from` with what {@link WaveformPlc.conceal} would say next, without going on. */
  peek(output: Float32Array, from: number): void {
    const [position, concealed, offsetLeft] = [this.#position, this.#concealed, this.#offsetLeft];
    for (let i = from; i < output.length; i++) output[i] = this.#next();
    this.#position = position;
    this.#concealed = concealed;
    this.#offsetLeft = offsetLeft;
  }

  /** Forgets the past. */
  reset(): void {
    this.#past.fill(0);
    this.#concealed = 0;
  }

  /** The next made-up sample. */
  #next(): number {
    const age = this.#concealed++;
    if (age >= this.#fadeEnd) return 0;
    let value = this.#period[this.#position]!;
    if (++this.#position === this.#periodLength) this.#position = 0;
    if (this.#offsetLeft > 0) value += (this.#offset * this.#offsetLeft--) / this.#offsetLength;
    return age < this.#fadeStart ? value : (value * (this.#fadeEnd - age)) / (this.#fadeEnd - this.#fadeStart);
  }

  /** Cuts the last period out of the past and makes its ends meet. */
  #begin(): void {
    const past = this.#past;
    const end = past.length;
    const length = this.#findPeriod();
    const overlap = length >> 2;
    for (let i = 0; i < length; i++) {
      const value = past[end - length + i]!;
      // Towards its end the period turns into what came before its beginning, so that it can begin anew without a step.
      const blend = Math.max(0, i - (length - overlap) + 1) / overlap;
      this.#period[i] = value + (past[end - 2 * length + i]! - value) * blend;
    }
    this.#periodLength = length;
    this.#position = 0;
    // Noise has steps anyway, and an offset as large as they are would thump.
    this.#offset = this.#voiced ? past[end - 1]! - past[end - length - 1]! : 0;
    this.#offsetLength = this.#offsetLeft = overlap;
  }

  /** Pitch period in samples: the lag at which the last 10 ms resemble what came before most. */
  #findPeriod(): number {
    const coarse = this.#bestLag(this.#shortest, this.#longest, this.#stride, leastCorrelation);
    this.#voiced = coarse > 0;
    if (!this.#voiced) return this.#longest;
    if (this.#stride === 1) return coarse;
    const first = Math.max(this.#shortest, coarse - this.#stride + 1);
    return this.#bestLag(first, Math.min(this.#longest, coarse + this.#stride - 1), 1, -1);
  }

  /**
   * The lag of greatest normalised correlation above `least`, looking at every `stride`th lag and sample; 0 if none is.
   */
  #bestLag(first: number, last: number, stride: number, least: number): number {
    const past = this.#past;
    const end = past.length;
    const begin = end - this.#match;
    let energy = 1e-20;
    let energyBefore = 1e-20;
    for (let i = begin; i < end; i += stride) {
      energy += past[i]! ** 2;
      energyBefore += past[i - first]! ** 2;
    }
    let best = 0;
    let bestScore = least;
    for (let lag = first; lag <= last; lag += stride) {
      let cross = 0;
      for (let i = begin; i < end; i += stride) cross += past[i]! * past[i - lag]!;
      const score = cross / Math.sqrt(energy * Math.max(energyBefore, 1e-20));
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
      // The next window begins one step earlier: one sample more at its beginning, one less at its end.
      const leaving = past[begin + Math.floor((end - 1 - begin) / stride) * stride - lag]!;
      energyBefore += past[begin - lag - stride]! ** 2 - leaving ** 2;
    }
    return best;
  }

  #remember(frame: Float32Array, samples: number): void {
    const past = this.#past;
    const kept = Math.max(0, past.length - samples);
    past.copyWithin(0, past.length - kept);
    // The usual case, a frame that fills its array, is a block copy; the loop saves the others from making a view.
    if (kept > 0 && frame.length === samples) {
      past.set(frame, kept);
      return;
    }
    for (let i = kept; i < past.length; i++) past[i] = frame[samples - past.length + i]!;
  }
}
