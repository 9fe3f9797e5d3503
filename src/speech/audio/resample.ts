/**
 * Sample rate conversion of whole files: a Kaiser-windowed sinc in polyphase form, linear phase, no delay.
 *
 * Flat to 0.45 of the lower of the two rates, at least 80 dB down from half of it: neither images nor aliases reach
 * −70 dB. 8 kHz files keep 3.6 kHz, 44.1 kHz files 19.8 kHz.
 */
import type { FrameSource } from './wav.js';

/** Rate of all that is played, Hz. */
export const clipRateHz = 48_000;

const passEdge = 0.45;
const stopEdge = 0.5;
const stopDb = 80;
/** Beyond so many phases, taps are interpolated between two of them: −118 dB of error. */
const mostPhases = 1024;
/** Frames read at once. */
const blockFrames = 16_384;

/** Frames that come out at 48 kHz. */
export function resampledLength({ frames, rateHz }: Pick<FrameSource, 'frames' | 'rateHz'>): number {
  return Math.ceil((frames * clipRateHz) / rateHz);
}

/**
 * Converts a whole file to 48 kHz.
 * @param write takes the samples one after the other, `resampledLength` of them
 */
export function resample(source: FrameSource, write: (sample: number, index: number) => void): void {
  const { rateHz } = source;
  if (rateHz === clipRateHz) copy(source, write);
  else convert(source, polyphase(rateHz), write);
}

function copy(source: FrameSource, write: (sample: number, index: number) => void): void {
  const block = new Float32Array(blockFrames);
  for (let from = 0; from < source.frames; from += blockFrames) {
    const count = Math.min(blockFrames, source.frames - from);
    source.read(from, count, block);
    for (let index = 0; index < count; index++) write(block[index]!, from + index);
  }
}

interface Polyphase {
  /** Taps of one phase; the middle ones stand on both sides of the output sample. */
  readonly taps: number;
  readonly phases: number;
  /** Output sample n lies `n · step / phases` input samples after the first one; whole when `exact`. */
  readonly step: number;
  readonly exact: boolean;
  /** `phases + 1` rows of `taps`: the last is the first one, an input sample on. */
  readonly table: Float32Array;
}

function convert(source: FrameSource, filter: Polyphase, write: (sample: number, index: number) => void): void {
  const { taps, phases, step, exact, table } = filter;
  const before = taps / 2 - 1;
  const window = new Float32Array(blockFrames + taps);
  const length = resampledLength(source);
  /** Input frame number of `window[0]`; frames outside the file are silence. */
  let start = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < length; index++) {
    const position = (index * step) / phases;
    const whole = Math.floor(position);
    if (whole - before + taps > start + window.length) start = fill(source, whole - before, window);
    const from = whole - before - start;
    const phase = exact ? (index * step) % phases : (position - whole) * phases;
    const row = Math.floor(phase);
    const first = dot(table, row * taps, window, from, taps);
    const fraction = phase - row;
    write(
      fraction === 0 ? first : first + fraction * (dot(table, (row + 1) * taps, window, from, taps) - first),
      index,
    );
  }
}

function dot(table: Float32Array, row: number, window: Float32Array, from: number, taps: number): number {
  let even = 0;
  let odd = 0;
  for (let tap = 0; tap < taps; tap += 2) {
    even += table[row + tap]! * window[from + tap]!;
    odd += table[row + tap + 1]! * window[from + tap + 1]!;
  }
  return even + odd;
}

/** Puts the file from frame `start` on (which may lie before it) into the window. @returns start */
function fill(source: FrameSource, start: number, window: Float32Array): number {
  const from = Math.max(0, start);
  const until = Math.min(source.frames, start + window.length);
  window.fill(0);
  if (until > from) source.read(from, until - from, window.subarray(from - start));
  return start;
}

function polyphase(rateHz: number): Polyphase {
  const divisor = greatestCommonDivisor(rateHz, clipRateHz);
  const exact = clipRateHz / divisor <= mostPhases;
  const phases = exact ? clipRateHz / divisor : mostPhases;
  const step = exact ? rateHz / divisor : (rateHz * mostPhases) / clipRateHz;
  /** Cut-off in cycles per input sample, in the middle of the transition. */
  const lower = Math.min(1, clipRateHz / rateHz);
  const cutoff = ((passEdge + stopEdge) / 2) * lower;
  // Kaiser's estimate of the order from attenuation and transition width.
  const order = (stopDb - 7.95) / (2.285 * 2 * Math.PI * (stopEdge - passEdge) * lower);
  const half = Math.ceil(order / 2);
  const taps = 2 * half;
  const beta = 0.1102 * (stopDb - 8.7);
  const scale = 1 / besselI0(beta);
  const table = new Float32Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (half - 1) - phase / phases;
      const x = distance / half;
      const value = Math.abs(x) >= 1 ? 0 : sinc(2 * cutoff * distance) * besselI0(beta * Math.sqrt(1 - x * x)) * scale;
      table[phase * taps + tap] = value;
      sum += value;
    }
    // Each phase passes 0 Hz with a gain of exactly 1: no ripple at the input's rate on loud low sounds.
    for (let tap = 0; tap < taps; tap++) table[phase * taps + tap]! /= sum;
  }
  return { taps, phases, step, exact, table };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
