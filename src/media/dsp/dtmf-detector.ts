/**
 * Finds digits in audio within the tolerances of ITU-T Q.24 (Annex A; AT&T's column where administrations differ).
 *
 *              first hit                 6 hits                             5 windows without it
 *    ┌──────┐ ────────► ┌───────────┐ ────────► began ┌─────────┐ ─────────────────────────► ended ┌──────┐
 *    │ idle │           │ candidate │                 │ pressed │   another digit's 6 hits         │ idle │
 *    └──────┘ ◄──────── └───────────┘                 └─────────┘                                  └──────┘
 *              2 windows missed
 *
 * There is a window of 16 ms every 4 ms. It is a hit when, of its strongest row and column,
 * - each is above {@link LEAST_TONE_DBM0}, and their levels differ by no more than the twist allowed;
 * - both together hold {@link LEAST_SHARE} of all its energy (talk-off: speech has more beside them);
 * - their frequencies are off by no more than the tolerance;
 * - neither has a second harmonic as voices have it.
 *
 * That takes tones that fill about 12 of the 16 ms, so six hits take 33 ms of tone: 40 ms are found wherever they lie
 * between windows, 23 ms never. A begin is told 33…37 ms into the tone, plus what the caller's tick adds. Interruptions
 * of up to 10 ms do not end a digit, pauses of 30 ms do.
 *
 * Time is counted in samples. Nothing allocates; a quiet tick costs one pass over its samples.
 */
import { Decimator } from './decimator.js';
import { eventOfTones, RMS_AT_0_DBM0 } from './dtmf-tones.js';
import { TONE_BLOCK, TONE_RATE_HZ, TONE_WINDOW, ToneWindows } from './tone-windows.js';

/** Hears of tones; called synchronously from {@link DtmfDetector.process}. `event` is 0…15 (RFC 4733 §3.2). */
export interface ToneListener {
  /** @param ageMs how long the tone had sounded already when it was recognised */
  toneBegan(event: number, ageMs: number): void;
  toneEnded(event: number, durationMs: number): void;
}

/** The weaker tone; Q.24 asks for −25 dBm0 and leaves the floor to us. */
const LEAST_TONE_DBM0 = -36;
/** Column over row in dB (Q.24: +4…−8), with room for what noise and the line add. */
const MOST_TWIST_DB = 5;
const LEAST_TWIST_DB = -9.2;
/** Of the window's energy; 12 dB above noise leaves 0.94. */
const LEAST_SHARE = 0.77;
/** A window half filled by tones; the next may be a hit. */
const LEAST_SHARE_ALERT = 0.35;
/** On average over a candidate, whose first and last windows the tones do not fill. */
const LEAST_MEAN_SHARE = 0.82;
/** The share while a digit is pressed, so that short interruptions do not end it. */
const LEAST_SHARE_PRESSED = 0.4;
/** Energy of the window 8 ms before over that of this one, so that a deviation can be measured. */
const LEAST_BEFORE = 0.15;
/** Of the nominal frequency, in one window and on average over a candidate; Q.24: 0.015 is accepted, 0.035 refused. */
const WINDOW_TOLERANCE = 0.031;
const TOLERANCE = 0.0205;
/** Second harmonic over its tone, dB. */
const MOST_HARMONIC_DB = -12;

const HITS_TO_BEGIN = 6;
const MISSES_TO_FORGET = 2;
const ABSENT_TO_END = 5;
/** On average the first hit ends this long after a tone began, and the last window that still counts after its end. */
const FIRST_HIT_MS = 14.5;
const LAST_PRESENT_MS = 7.5;

const BLOCK_MS = (1000 * TONE_BLOCK) / TONE_RATE_HZ;
const LEAST_MEAN_SQUARE = RMS_AT_0_DBM0 ** 2 * 10 ** (LEAST_TONE_DBM0 / 10);
const LEAST_TONE_ENERGY = LEAST_MEAN_SQUARE * TONE_WINDOW;
/** Below this a tick cannot hold more than 2.5 ms of the weakest pair. */
const GATE_MEAN_SQUARE = LEAST_MEAN_SQUARE / 4;
const MOST_TWIST = 10 ** (MOST_TWIST_DB / 10);
const LEAST_TWIST = 10 ** (LEAST_TWIST_DB / 10);
const MOST_HARMONIC = 10 ** (MOST_HARMONIC_DB / 10);
const SILENCE = new Float32Array(ABSENT_TO_END * TONE_BLOCK);

/** The digits in one stream of audio. */
export class DtmfDetector {
  readonly #windows = new ToneWindows();
  readonly #halver = new Decimator(2);
  readonly #sixth = new Decimator(6);
  readonly #listener: ToneListener;
  #resting = true;
  #pressed = -1;
  #pressBeganBlock = 0;
  #lastPresentBlock = 0;
  /** Whether the window before may have been the beginning of a tone. */
  #alert = false;
  #candidate = -1;
  #hits = 0;
  #misses = 0;
  #firstHitBlock = 0;
  #rowDeviations = 0;
  #columnDeviations = 0;
  #shares = 0;

  constructor(listener: ToneListener) {
    this.#listener = listener;
  }

  /** Event of the digit that sounds, −1 = none. */
  get pressed(): number {
    return this.#pressed;
  }

  /** Event that two windows have shown and that is not certain yet, −1 = none. */
  get suspected(): number {
    return this.#hits >= 2 ? this.#candidate : -1;
  }

  /**
   * Takes the next `count` samples: at 8 kHz as they are, at 16 and 48 kHz made narrower first, so that every leg is
   * judged alike.
   *
   * @param samples PCM, 1 = full scale
   * @param count   at most 20 ms
   * @param rateHz  8000, 16000 or 48000; audio of another rate is not looked at
   */
  process(samples: Float32Array, count: number, rateHz: number): void {
    const step = rateHz / TONE_RATE_HZ;
    if (step !== 1 && step !== 2 && step !== 6) return;
    if (this.#pressed < 0 && isQuiet(samples, count, step)) {
      this.#rest();
      return;
    }
    this.#resting = false;
    if (step === 1) return this.#take(samples, count);
    const decimator = step === 2 ? this.#halver : this.#sixth;
    const made = decimator.process(samples, count);
    this.#take(decimator.output, made);
  }

  /** Nothing is there for now: ends what sounded. */
  silence(): void {
    if (this.#pressed >= 0) this.#take(SILENCE, SILENCE.length);
    this.#rest();
  }

  /** Ends what sounds and forgets all. */
  reset(): void {
    if (this.#pressed >= 0) this.#end();
    this.#rest();
  }

  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    this.#forgetCandidate();
    this.#windows.clear();
    this.#halver.reset();
    this.#sixth.reset();
  }

  #take(samples: Float32Array, count: number): void {
    const windows = this.#windows;
    for (let at = 0; at < count;) {
      const before = windows.blocks;
      at += windows.take(samples, at, count - at);
      if (windows.blocks !== before) this.#judge();
    }
  }

  #judge(): void {
    const windows = this.#windows;
    // Nothing like a tone in the window before: none can fill this one, and of speech every second window is looked at.
    if (this.#pressed < 0 && this.#candidate < 0 && !this.#alert && (windows.blocks & 1) === 1) return;
    const loud = windows.energy > LEAST_TONE_ENERGY;
    if (loud) windows.measure();
    const event = loud ? eventOfTones(windows.row, windows.column) : -1;
    const share = loud ? (windows.rowEnergy + windows.columnEnergy) / windows.energy : 0;
    this.#alert = share >= LEAST_SHARE_ALERT;
    if (this.#pressed >= 0) this.#followPress(event === this.#pressed && share >= LEAST_SHARE_PRESSED);
    if (event >= 0 && share >= LEAST_SHARE_PRESSED && this.#isHit()) this.#hit(event);
    else this.#miss();
  }

  #isHit(): boolean {
    const windows = this.#windows;
    if (windows.energyBefore < LEAST_BEFORE * windows.energy) return false;
    windows.measureDeviations();
    const { rowEnergy, columnEnergy, energy } = windows;
    if (rowEnergy + columnEnergy < LEAST_SHARE * energy) return false;
    if (Math.min(rowEnergy, columnEnergy) < LEAST_TONE_ENERGY) return false;
    if (columnEnergy > MOST_TWIST * rowEnergy || columnEnergy < LEAST_TWIST * rowEnergy) return false;
    if (Math.abs(windows.rowDeviation) > WINDOW_TOLERANCE) return false;
    if (Math.abs(windows.columnDeviation) > WINDOW_TOLERANCE) return false;
    return windows.harmonicRatio() <= MOST_HARMONIC;
  }

  #hit(event: number): void {
    const windows = this.#windows;
    if (event !== this.#candidate) {
      this.#forgetCandidate();
      this.#candidate = event;
      this.#firstHitBlock = windows.blocks;
    }
    this.#hits += 1;
    this.#misses = 0;
    this.#rowDeviations += windows.rowDeviation;
    this.#columnDeviations += windows.columnDeviation;
    this.#shares += (windows.rowEnergy + windows.columnEnergy) / windows.energy;
    if (event !== this.#pressed && this.#hits >= HITS_TO_BEGIN && this.#isSteady()) this.#begin(event);
  }

  /** Whether the hits of the candidate together look like a key. */
  #isSteady(): boolean {
    const hits = this.#hits;
    if (Math.abs(this.#rowDeviations) > TOLERANCE * hits) return false;
    if (Math.abs(this.#columnDeviations) > TOLERANCE * hits) return false;
    return this.#shares >= LEAST_MEAN_SHARE * hits;
  }

  #miss(): void {
    this.#misses += 1;
    if (this.#misses >= MISSES_TO_FORGET) this.#forgetCandidate();
  }

  #forgetCandidate(): void {
    this.#candidate = -1;
    this.#hits = 0;
    this.#misses = 0;
    this.#rowDeviations = 0;
    this.#columnDeviations = 0;
    this.#shares = 0;
  }

  #begin(event: number): void {
    if (this.#pressed >= 0) this.#end();
    const { blocks } = this.#windows;
    this.#pressed = event;
    this.#pressBeganBlock = this.#firstHitBlock;
    this.#lastPresentBlock = blocks;
    this.#listener.toneBegan(event, (blocks - this.#firstHitBlock) * BLOCK_MS + FIRST_HIT_MS);
  }

  #followPress(present: boolean): void {
    const { blocks } = this.#windows;
    if (present) this.#lastPresentBlock = blocks;
    else if (blocks - this.#lastPresentBlock >= ABSENT_TO_END) this.#end();
  }

  #end(): void {
    const event = this.#pressed;
    this.#pressed = -1;
    const heardMs = (this.#lastPresentBlock - this.#pressBeganBlock) * BLOCK_MS;
    this.#listener.toneEnded(event, heardMs + FIRST_HIT_MS - LAST_PRESENT_MS);
  }
}

/** Judges the energy an 8 kHz stream would have by as many of the samples. */
function isQuiet(samples: Float32Array, count: number, step: number): boolean {
  let sum = 0;
  for (let index = 0; index < count; index += step) sum += samples[index]! * samples[index]!;
  return sum * step < GATE_MEAN_SQUARE * count;
}
