/**
 * Concealment of lost frames for waveform codecs: the last pitch period goes on, as loud as there is reason to believe in it.
 *
 *     received ───────┬─ period ─┐                        ┌──── received
 *                     └──────────┴─ period ─┬─ period ─ … ┴┐ joined
 *     gain            1 ╲______________________
 *                        certainty, then doubt  ╲__ floor _╲ silence
 *
 * After the idea of ITU-T G.711 Appendix I, but without its 3.75 ms of delay: the step between what was played and the
 * repeated period is taken out by a decaying offset instead of an overlap-add with samples held back. And a voice that was
 * rising or falling goes on doing so: each round through the period takes as long as the pitch would by then (`pitch.ts`).
 *
 * How loud: what is made up at full level and wrong is worse than silence, and silence loses the words. So the level begins
 * with how alike the last periods were, falls on as the voice was falling, and soon rests at a floor that keeps the rhythm
 * of speech. Where the received signal comes back, no more of it is touched than it takes to hide the step. The figures
 * were chosen on `bench/loss.ts`, where both matter: error against the original, and intelligibility.
 */
import { Pitch } from './pitch.js';
import { audibleStep, hideStep } from './step.js';

/** Below this correlation with the period before, a voice is no steadier than noise; from the other on it is as steady as it gets. */
const leastCorrelation = 0.4;
const fullCorrelation = 0.9;
/** Level of what is made up of noise, and of the steadiest voice. */
const leastCertainty = 0.5;
const fullCertainty = 1;
/** How long the level goes over from 1 to that. */
const easeMs = 2;
/** From when on doubt grows, how quickly, and to what level. */
const doubtFromMs = 15;
const doubtMs = 100;
const floorLevel = 0.45;
/** The voice was falling by this much at most per 10 ms, and goes on falling for so long. */
const steepestFall = 0.3;
const longestFall = 4;
const trendMs = 10;
/** How long the pitch goes on to where it was going. */
const driftMs = 40;
const fadeStartMs = 120;
const fadeEndMs = 160;
/** The level is looked at this often and goes straight between. */
const levelStepMs = 1;

/** One stream's concealment; all methods take at most what fits their arrays and allocate nothing. */
export class WaveformPlc {
  readonly #rateHz: number;
  readonly #audible: number;
  readonly #pitch: Pitch;
  readonly #levelStep: number;
  readonly #trend: number;
  readonly #drift: number;
  readonly #fadeEnd: number;
  /** What was played last, newest at the end. */
  readonly #past: Float32Array;
  readonly #period: Float32Array;
  #periodLength = 0;
  /** Level at the beginning, and factor per 10 ms. */
  #certainty = 1;
  #fall = 1;
  #level = 1;
  #levelChange = 0;
  /** Where in the period, between samples. */
  #position = 0;
  /** Samples concealed since the last received frame. */
  #concealed = 0;
  #offset = 0;
  #offsetLeft = 0;
  #offsetLength = 1;

  /** @param audible see {@link hideStep} */
  constructor(rateHz: number, audible = audibleStep) {
    this.#audible = audible;
    const samples = (ms: number) => Math.round((rateHz * ms) / 1000);
    this.#rateHz = rateHz;
    this.#pitch = new Pitch(rateHz);
    this.#levelStep = samples(levelStepMs);
    this.#trend = samples(trendMs);
    this.#drift = samples(driftMs);
    this.#fadeEnd = samples(fadeEndMs);
    this.#past = new Float32Array(this.#pitch.pastLength);
    this.#period = new Float32Array(this.#pitch.longest);
  }

  /** Takes a decoded frame; after a loss a step at its beginning is spread, in place, over the fewest samples that hide it. */
  received(frame: Float32Array, samples: number): void {
    if (this.#concealed > 0) hideStep(frame, samples, this.#past, this.#rateHz, this.#audible);
    this.#concealed = 0;
    this.played(frame, samples);
  }

  /** Makes up the next `samples` samples. */
  conceal(output: Float32Array, samples: number): void {
    this.suggest(output, samples);
    this.played(output, samples);
  }

  /** The first half of {@link WaveformPlc.conceal}: what it would say, to be changed before it is {@link WaveformPlc.played}. */
  suggest(output: Float32Array, samples: number): void {
    if (this.#concealed === 0) this.#begin();
    for (let i = 0; i < samples; i++) output[i] = this.#next();
  }

  /** The second half: what was said in the end. */
  played(frame: Float32Array, samples: number): void {
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

  /** What was made up last was faded out: what is received next follows on silence, which others join it to. */
  fellSilent(): void {
    this.reset();
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
    let value = this.#read();
    const { lag, change } = this.#pitch;
    this.#position += this.#periodLength / (lag + change * Math.min(age, this.#drift));
    if (this.#position >= this.#periodLength) this.#position -= this.#periodLength;
    if (this.#offsetLeft > 0) value += (this.#offset * this.#offsetLeft--) / this.#offsetLength;
    return value * this.#level;
  }

  /** The period at the position, by the cubic through the two samples before and the two after it (Catmull and Rom). */
  #read(): number {
    const period = this.#period;
    const length = this.#periodLength;
    const at = Math.floor(this.#position);
    const part = this.#position - at;
    const b = period[at]!;
    if (part === 0) return b;
    const a = period[at === 0 ? length - 1 : at - 1]!;
    const c = period[(at + 1) % length]!;
    const d = period[(at + 2) % length]!;
    return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
  }

  /** How loud what is made up is to be so long after the last received sample. */
  #levelAt(ageMs: number): number {
    const doubt = ageMs <= doubtFromMs ? 1 : Math.exp((doubtFromMs - ageMs) / doubtMs);
    const falling = this.#fall ** Math.min(ageMs / trendMs, longestFall);
    const fading = ageMs <= fadeStartMs ? 1 : (fadeEndMs - ageMs) / (fadeEndMs - fadeStartMs);
    const level = Math.max(this.#certainty * doubt, floorLevel) * falling * fading;
    return ageMs >= easeMs ? level : 1 + (level - 1) * (ageMs / easeMs);
  }

  /** Cuts the last period out of the past and makes its ends meet. */
  #begin(): void {
    const past = this.#past;
    const end = past.length;
    this.#pitch.find(past);
    const { length, voiced } = this.#pitch;
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
    this.#offset = voiced ? past[end - 1]! - past[end - length - 1]! : 0;
    this.#offsetLength = this.#offsetLeft = overlap;
    this.#setLevels();
  }

  /** Reads from the past how far what comes next can be known. */
  #setLevels(): void {
    const { correlation, voiced } = this.#pitch;
    const steady = (correlation - leastCorrelation) / (fullCorrelation - leastCorrelation);
    this.#certainty = leastCertainty + (fullCertainty - leastCertainty) * Math.min(1, Math.max(0, steady));
    const past = this.#past;
    const end = past.length;
    // Whole periods, because the energy of a part of one says nothing.
    const periods = Math.max(1, Math.round(this.#trend / this.#periodLength));
    const length = voiced ? Math.min(end >> 1, periods * this.#periodLength) : this.#trend;
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
}
