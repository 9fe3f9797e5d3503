/**
 * Concealment of lost frames for waveform codecs: the last pitch period goes on, as loud as there is reason to believe in it.
 *
 *     received ───────┬─ period ─┐                        ┌──── received
 *                     └──────────┴─ period ─┬─ period ─ … ┴┐ joined
 *     gain            1 ╲______________________
 *                        certainty, then doubt  ╲__ floor _╲ silence
 *
 * After the idea of ITU-T G.711 Appendix I, but without its 3.75 ms of delay: the step between what was played and the
 * repeated period is taken out by a decaying offset instead of an overlap-add with samples held back.
 *
 * How loud: what is made up at full level and wrong is worse than silence, and silence loses the words. So the level begins
 * with how alike the last periods were, falls on as the voice was falling, and soon rests at a floor that keeps the rhythm
 * of speech. Where the received signal comes back, no more of it is touched than it takes to hide the step. The figures
 * were chosen on `bench/loss.ts`, where both matter: error against the original, and intelligibility.
 */

const shortestPeriodMs = 2.5;
const longestPeriodMs = 15;
const matchMs = 10;
/** Below this normalised correlation there is no pitch: the longest period is repeated, which buzzes least. */
const leastCorrelation = 0.4;
/** From this correlation on the voice is as steady as it gets. */
const fullCorrelation = 0.9;
/** Level of what is made up of noise, and of the steadiest voice. */
const leastCertainty = 0.5;
const fullCertainty = 1;
/** How long the level goes over from 1 to that. */
const easeMs = 2;
/** From when on doubt grows, how quickly, and to what level. */
const doubtFromMs = 15;
const doubtMs = 50;
const floorLevel = 0.45;
/** The voice was falling by this much at most per 10 ms, and goes on falling for so long. */
const steepestFall = 0.3;
const longestFall = 2;
const trendMs = 10;
const fadeStartMs = 120;
const fadeEndMs = 160;
/** A step counts as one when it is so many times the steepest slope around it, and is spread over at most so long. */
const audibleStep = 3;
const slopeMs = 3;
const joinMs = 5;
/** The level is looked at this often and goes straight between. */
const levelStepMs = 1;

/** One stream's concealment; all methods take at most what fits their arrays and allocate nothing. */
export class WaveformPlc {
  readonly #shortest: number;
  readonly #longest: number;
  readonly #match: number;
  readonly #join: number;
  readonly #slope: number;
  readonly #levelStep: number;
  readonly #trend: number;
  readonly #fadeEnd: number;
  /** Samples of one coarse step of the pitch search: 8 kHz resolution at any rate. */
  readonly #stride: number;
  /** What was played last, newest at the end. */
  readonly #past: Float32Array;
  readonly #period: Float32Array;
  #periodLength = 0;
  #voiced = false;
  #correlation = 0;
  /** Level at the beginning, and factor per 10 ms. */
  #certainty = 1;
  #fall = 1;
  #level = 1;
  #levelChange = 0;
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
    this.#join = samples(joinMs);
    this.#slope = samples(slopeMs);
    this.#levelStep = samples(levelStepMs);
    this.#trend = samples(trendMs);
    this.#fadeEnd = samples(fadeEndMs);
    this.#stride = Math.max(1, Math.floor(rateHz / 8000));
    this.#past = new Float32Array(2 * this.#longest + this.#match);
    this.#period = new Float32Array(this.#longest);
  }

  /** Takes a decoded frame; after a loss a step at its beginning is spread, in place, over the fewest samples that hide it. */
  received(frame: Float32Array, samples: number): void {
    if (this.#concealed > 0) this.#hideStep(frame, samples);
    this.#concealed = 0;
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
    const [level, levelChange] = [this.#level, this.#levelChange];
    for (let i = from; i < output.length; i++) output[i] = this.#next();
    this.#position = position;
    this.#concealed = concealed;
    this.#offsetLeft = offsetLeft;
    this.#level = level;
    this.#levelChange = levelChange;
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
    if (age % this.#levelStep === 0) {
      const nextMs = (age / this.#levelStep + 1) * levelStepMs;
      this.#levelChange = (this.#levelAt(nextMs) - this.#level) / this.#levelStep;
    }
    this.#level += this.#levelChange;
    let value = this.#period[this.#position]!;
    if (++this.#position === this.#periodLength) this.#position = 0;
    if (this.#offsetLeft > 0) value += (this.#offset * this.#offsetLeft--) / this.#offsetLength;
    return value * this.#level;
  }

  /** How loud what is made up is to be so long after the last received sample. */
  #levelAt(ageMs: number): number {
    const doubt = ageMs <= doubtFromMs ? 1 : Math.exp((doubtFromMs - ageMs) / doubtMs);
    const falling = this.#fall ** Math.min(ageMs / trendMs, longestFall);
    const fading = ageMs <= fadeStartMs ? 1 : (fadeEndMs - ageMs) / (fadeEndMs - fadeStartMs);
    const level = Math.max(this.#certainty * doubt, floorLevel) * falling * fading;
    return ageMs >= easeMs ? level : 1 + (level - 1) * (ageMs / easeMs);
  }

  /** Lets the received signal begin where the made-up one ended, as far as a listener would notice. */
  #hideStep(frame: Float32Array, samples: number): void {
    const past = this.#past;
    const end = past.length;
    const step = past[end - 1]! - frame[0]!;
    let steepest = 1e-4;
    for (let i = 1; i < this.#slope; i++) {
      steepest = Math.max(steepest, Math.abs(past[end - i]! - past[end - i - 1]!));
      if (i < samples) steepest = Math.max(steepest, Math.abs(frame[i]! - frame[i - 1]!));
    }
    // The first sample comes as near as need be; from there each goes on with its own slope and no more than two besides.
    const least = Math.abs(step) / this.#join;
    let left = Math.abs(step) - audibleStep * steepest;
    for (let i = 0; left > 0 && i < samples; i++) {
      frame[i]! += Math.sign(step) * left;
      left -= Math.max(least, (audibleStep - 1) * steepest);
    }
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
    this.#setLevels();
  }

  /** Reads from the past how far what comes next can be known. */
  #setLevels(): void {
    const steady = (this.#correlation - leastCorrelation) / (fullCorrelation - leastCorrelation);
    this.#certainty = leastCertainty + (fullCertainty - leastCertainty) * Math.min(1, Math.max(0, steady));
    const past = this.#past;
    const end = past.length;
    // Whole periods, because the energy of a part of one says nothing.
    const periods = Math.max(1, Math.round(this.#trend / this.#periodLength));
    const length = this.#voiced ? Math.min(end >> 1, periods * this.#periodLength) : this.#trend;
    let last = 1e-9;
    let before = 1e-9;
    for (let i = 1; i <= length; i++) {
      last += past[end - i]! ** 2;
      before += past[end - length - i]! ** 2;
    }
    const fall = Math.sqrt(last / before) ** (this.#trend / length);
    this.#fall = Math.min(1, Math.max(steepestFall, fall));
    this.#level = 1;
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
    this.#correlation = bestScore;
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
