/**
 * Makes waiting audio shorter or longer by whole pitch periods, so that delay changes and pitch does not.
 *
 * The waveform-similarity idea (WSOLA, Verhelst and Roelands 1993): find the lag at which the waveform looks most like
 * itself, then cross-fade from the one place to the other. Shortening jumps ahead by the lag, lengthening jumps back:
 *
 *     shorten:   played … │ x[0…w) ─fade→ x[lag…lag+w) │ x[lag+w …
 *     lengthen:  played … │ x[0…w) ─fade→ x[−lag…w−lag) │ x[w−lag … 0 …
 *
 * Both ends are continuous by construction. Where nothing is similar (noise, onsets) the change is refused and tried
 * again on the next tick; where it is quiet nobody hears it and any lag will do.
 *
 * The lag is searched on a copy averaged down to about 8 kHz and refined at the full rate.
 */

import type { SampleFifo } from './sample-fifo.js';

/** Longest period that is looked for; also what a 20 ms step needs. */
export const MAX_LAG_MS = 20;
/** Audio that is compared and cross-faded. */
export const OVERLAP_MS = 10;
/** Shortest lag: above 400 Hz several periods are taken at once. */
const MIN_LAG_MS = 2.5;
const SEARCH_RATE_HZ = 8000;
/** RMS below this (−50 dBFS) is quiet. */
const QUIET_RMS = 0.003;
/** A longer lag is taken although a shorter one fits better by up to this much. */
const LONGER_LAG_BONUS = 0.03;

/** Stretches what waits in a {@link SampleFifo}, in place; holds only scratch memory. */
export class TimeStretch {
  private readonly coarse = new Float32Array(((MAX_LAG_MS + OVERLAP_MS) * SEARCH_RATE_HZ) / 1000 + 2);
  private readonly similarities = new Float32Array((MAX_LAG_MS * SEARCH_RATE_HZ) / 1000 + 2);
  /** How alike the places are that are being joined, −1…1; 1 for quiet ones. */
  private similarity = 0;

  /**
   * Takes out one or more pitch periods.
   *
   * @param fifo          needs the lag plus {@link OVERLAP_MS} waiting
   * @param rateHz        rate of its samples
   * @param wanted        samples to take out; never more are
   * @param minSimilarity how alike the places must be, 0…1
   * @returns samples taken out, 0 when refused
   */
  shorten(fifo: SampleFifo, rateHz: number, wanted: number, minSimilarity: number): number {
    const overlap = samplesOf(OVERLAP_MS, rateHz);
    const longest = Math.min(wanted, samplesOf(MAX_LAG_MS, rateHz), fifo.available - overlap);
    const lag = this.findLag(fifo, rateHz, longest, overlap, 1, minSimilarity);
    if (lag === 0) return 0;
    const fade = Math.min(overlap, lag);
    const { samples, start } = fifo;
    for (let index = 0; index < fade; index++) {
      const here = samples[start + index] ?? 0;
      const there = samples[start + lag + index] ?? 0;
      samples[start + lag + index] = this.blend(here, there, (index + 0.5) / fade);
    }
    fifo.shift(lag);
    return lag;
  }

  /**
   * Puts in one or more pitch periods by playing the last of them again.
   *
   * @param fifo needs {@link OVERLAP_MS} waiting and {@link MAX_LAG_MS} of history
   * @returns samples put in, 0 when refused
   */
  lengthen(fifo: SampleFifo, rateHz: number, wanted: number, minSimilarity: number): number {
    const overlap = samplesOf(OVERLAP_MS, rateHz);
    if (fifo.available < overlap) return 0;
    const longest = Math.min(wanted, samplesOf(MAX_LAG_MS, rateHz), fifo.start);
    const lag = this.findLag(fifo, rateHz, longest, overlap, -1, minSimilarity);
    if (lag === 0) return 0;
    const { samples, start } = fifo;
    for (let index = 0; index < overlap; index++) {
      const here = samples[start + index] ?? 0;
      const there = samples[start - lag + index] ?? 0;
      samples[start - lag + index] = this.blend(here, there, (index + 0.5) / overlap);
    }
    fifo.shift(-lag);
    return lag;
  }

  /** A cross-fade that keeps the energy, however little the two have in common. */
  private blend(here: number, there: number, weight: number): number {
    const alike = Math.max(0, this.similarity);
    const shared = weight * (1 - weight);
    return (here + (there - here) * weight) / Math.sqrt(1 - 2 * shared * (1 - alike));
  }

  /** The lag to use, or 0; `direction` 1 compares with what follows, −1 with what was played. */
  private findLag(
    fifo: SampleFifo,
    rateHz: number,
    longest: number,
    overlap: number,
    direction: 1 | -1,
    minSimilarity: number,
  ): number {
    const shortest = samplesOf(MIN_LAG_MS, rateHz);
    if (longest < shortest) return 0;
    if (isQuiet(fifo, longest, overlap, direction)) {
      this.similarity = 1;
      return longest;
    }
    const step = Math.max(1, Math.round(rateHz / SEARCH_RATE_HZ));
    const coarseLag = this.searchCoarse(fifo, step, shortest, longest, overlap, direction, minSimilarity);
    if (coarseLag === 0) return 0;
    return this.refine(fifo, coarseLag, step, shortest, longest, overlap, direction, minSimilarity);
  }

  private searchCoarse(
    fifo: SampleFifo,
    step: number,
    shortest: number,
    longest: number,
    overlap: number,
    direction: 1 | -1,
    minSimilarity: number,
  ): number {
    const width = Math.floor(overlap / step);
    const least = Math.ceil(shortest / step);
    const most = Math.floor(longest / step);
    // `origin` is where the waiting audio begins in the averaged copy.
    const origin = direction === 1 ? 0 : most;
    this.average(fifo, fifo.start - origin * step, step, most + width);
    let best = -1;
    for (let lag = least; lag <= most; lag++) {
      const value = correlate(this.coarse, origin, origin + direction * lag, width);
      this.similarities[lag] = value;
      if (value > best) best = value;
    }
    // Averaging blurs a little, so the bar is a little lower here than in the refinement.
    const bar = Math.max(minSimilarity - 0.05, best - LONGER_LAG_BONUS);
    for (let lag = most; lag >= least; lag--) {
      if ((this.similarities[lag] ?? -1) < bar) continue;
      let peak = lag;
      while (peak > least && (this.similarities[peak - 1] ?? -1) > (this.similarities[peak] ?? -1)) peak--;
      return peak * step;
    }
    return 0;
  }

  private refine(
    fifo: SampleFifo,
    coarseLag: number,
    step: number,
    shortest: number,
    longest: number,
    overlap: number,
    direction: 1 | -1,
    minSimilarity: number,
  ): number {
    let best = -1;
    let bestLag = 0;
    const from = Math.max(shortest, coarseLag - step + 1);
    const to = Math.min(longest, coarseLag + step - 1);
    for (let lag = from; lag <= to; lag++) {
      const value = correlate(fifo.samples, fifo.start, fifo.start + direction * lag, overlap);
      if (value > best) {
        best = value;
        bestLag = lag;
      }
    }
    if (best < minSimilarity) return 0;
    this.similarity = best;
    return bestLag;
  }

  private average(fifo: SampleFifo, from: number, step: number, count: number): void {
    for (let index = 0; index < count; index++) {
      let sum = 0;
      for (let tap = 0; tap < step; tap++) sum += fifo.samples[from + index * step + tap] ?? 0;
      this.coarse[index] = sum / step;
    }
  }
}

function samplesOf(durationMs: number, rateHz: number): number {
  return Math.round((durationMs * rateHz) / 1000);
}

/** Normalised cross-correlation of two stretches of `width` samples, −1…1. */
function correlate(samples: Float32Array, first: number, second: number, width: number): number {
  let product = 0;
  let firstEnergy = 1e-9;
  let secondEnergy = 1e-9;
  for (let index = 0; index < width; index++) {
    const a = samples[first + index] ?? 0;
    const b = samples[second + index] ?? 0;
    product += a * b;
    firstEnergy += a * a;
    secondEnergy += b * b;
  }
  return product / Math.sqrt(firstEnergy * secondEnergy);
}

function isQuiet(fifo: SampleFifo, lag: number, overlap: number, direction: 1 | -1): boolean {
  const from = direction === 1 ? fifo.start : fifo.start - lag;
  const count = lag + overlap;
  let energy = 0;
  for (let index = 0; index < count; index++) energy += (fifo.samples[from + index] ?? 0) ** 2;
  return energy < count * QUIET_RMS * QUIET_RMS;
}
