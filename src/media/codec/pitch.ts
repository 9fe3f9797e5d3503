/** The pitch at the end of a signal: how long a period is, and where it is going. */

const shortestPeriodMs = 2.5;
const longestPeriodMs = 15;
const matchMs = 10;
/** Below this normalised correlation there is no pitch. */
const leastCorrelation = 0.4;
/** From this correlation on, now and {@link backMs} ago, it is known where the pitch is going. */
const steadyCorrelation = 0.7;
/** How long before the end the pitch is looked at a second time, and how much it may have changed meanwhile. */
const backMs = 10;
const backReach = 0.06;
/** Of the change that was measured so much is believed, and never more than this per sample: voices do not jump. */
const believed = 0.8;
const steepestChange = 0.007;

/** Looks for the pitch; the result of {@link Pitch.find} is in its fields, and nothing is allocated. */
export class Pitch {
  /** The longest period in samples: what an unvoiced signal is taken to have, because it buzzes least. */
  readonly longest: number;
  /** Samples the past must have at least. */
  readonly pastLength: number;
  /** A whole number of samples near {@link lag}. */
  length = 0;
  voiced = false;
  /** Normalised correlation with the period before, 0…1. */
  correlation = 0;
  /** Length of the period that begins at the end of the past, in samples. */
  lag = 1;
  /** Change of {@link lag} per sample. */
  change = 0;
  readonly #shortest: number;
  readonly #match: number;
  readonly #back: number;
  /** The search begins at 8 kHz, where a sample is the mean of so many: what is above 4 kHz tells nothing of the pitch. */
  readonly #stride: number;
  readonly #coarse: Float32Array;
  #past: Float32Array = new Float32Array(0);

  constructor(rateHz: number) {
    const samples = (ms: number) => Math.round((rateHz * ms) / 1000);
    this.longest = samples(longestPeriodMs);
    this.pastLength = 2 * this.longest + samples(matchMs);
    this.#shortest = samples(shortestPeriodMs);
    this.#match = samples(matchMs);
    this.#back = samples(backMs);
    this.#stride = Math.max(1, Math.floor(rateHz / 8000));
    this.#coarse = new Float32Array(this.pastLength / this.#stride);
  }

  /** Finds the lag at which the last 10 ms resemble what came before most. @param past newest at the end */
  find(past: Float32Array): void {
    this.#past = past;
    this.#thin(past);
    const end = past.length;
    const length = this.#likestLag(this.#shortest, this.longest, leastCorrelation, end);
    this.voiced = length > 0;
    this.length = this.lag = this.voiced ? length : this.longest;
    this.change = 0;
    if (this.voiced) this.#follow(end);
  }

  /** Where the pitch is between whole samples, and by the same 10 ms before, where it is going. */
  #follow(end: number): void {
    const { length, correlation } = this;
    const now = this.#between(length, end);
    this.lag = now;
    if (correlation < steadyCorrelation) return;
    const reach = Math.ceil(length * backReach);
    const then = this.#likestLag(length - reach, length + reach, steadyCorrelation, end - this.#back);
    this.correlation = correlation;
    // At the edge of the search there is no peak but a slope.
    if (then <= length - reach || then >= length + reach) return;
    const measured = (now - this.#between(then, end - this.#back)) / this.#back;
    this.change = Math.max(-steepestChange, Math.min(steepestChange, believed * measured));
    // What was measured is the period in the middle of what was compared.
    this.lag = now + (this.change * (this.#match + length)) / 2;
  }

  #thin(past: Float32Array): void {
    const stride = this.#stride;
    for (let i = 0; i < this.#coarse.length; i++) {
      let sum = 0;
      for (let k = 0; k < stride; k++) sum += past[i * stride + k]!;
      this.#coarse[i] = sum;
    }
  }

  /** The lag of greatest correlation above `least`, found coarsely and then to the sample; 0 if none is. */
  #likestLag(first: number, last: number, least: number, end: number): number {
    const stride = this.#stride;
    const match = this.#match / stride;
    const [firstCoarse, lastCoarse] = [Math.ceil(first / stride), Math.floor(last / stride)];
    const lag = this.#bestLag(this.#coarse, firstCoarse, lastCoarse, least, end / stride, match);
    if (lag === 0 || stride === 1) return lag;
    const { correlation } = this;
    const from = Math.max(first, (lag - 1) * stride + 1);
    const to = Math.min(last, (lag + 1) * stride - 1);
    const exact = this.#bestLag(this.#past, from, to, -1, end, this.#match);
    this.correlation = correlation;
    return exact;
  }

  #bestLag(past: Float32Array, first: number, last: number, least: number, end: number, match: number): number {
    const begin = end - match;
    let energy = 1e-20;
    let energyBefore = 1e-20;
    for (let i = begin; i < end; i++) {
      energy += past[i]! ** 2;
      energyBefore += past[i - first]! ** 2;
    }
    let best = 0;
    let bestScore = least;
    for (let lag = first; lag <= last; lag++) {
      let cross = 0;
      for (let i = begin; i < end; i++) cross += past[i]! * past[i - lag]!;
      const score = cross / Math.sqrt(energy * Math.max(energyBefore, 1e-20));
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
      // The next window begins one sample earlier.
      energyBefore += past[begin - lag - 1]! ** 2 - past[end - 1 - lag]! ** 2;
    }
    this.correlation = bestScore;
    return best;
  }

  /** The peak of the parabola through the correlations at a lag and its neighbours. */
  #between(lag: number, end: number): number {
    const before = this.#likeness(lag - 1, end);
    const at = this.#likeness(lag, end);
    const after = this.#likeness(lag + 1, end);
    if (at < before || at < after || before + after >= 2 * at) return lag;
    return lag + (before - after) / (2 * (before - 2 * at + after));
  }

  #likeness(lag: number, end: number): number {
    const past = this.#past;
    let energy = 1e-20;
    let energyBefore = 1e-20;
    let cross = 0;
    for (let i = end - this.#match; i < end; i++) {
      energy += past[i]! ** 2;
      energyBefore += past[i - lag]! ** 2;
      cross += past[i]! * past[i - lag]!;
    }
    return cross / Math.sqrt(energy * energyBefore);
  }
}
