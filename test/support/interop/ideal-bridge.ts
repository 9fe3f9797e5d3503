/**
 * What a perfect bridge would have let a listener hear, computed from what its peers really sent.
 *
 * Both are cut into windows of 100 ms. The others' streams of that time, as they went over the wire, are added without
 * rounding and go once through the listener's law. What either then holds at the frequencies of somebody who is not in the
 * sum is nothing but quantisation noise, and the real bridge must have no more of it than the ideal one. Noise is a matter of
 * chance: the ideal is therefore computed for several delays from mouth to ear, as any bridge might have had.
 */
import type { RtpEar } from '../../../demo/phone/rtp-ear.js';
import { type Law, throughLaw } from './chord.js';

const RATE_HZ = 8000;
const WINDOW = 800;
const HOP = 400;
/** One is taken for each of the others, a different one each time. */
const DELAYS_MS = [23, 31, 41, 47, 59, 67, 73, 83];
const VARIANTS = 4;
/** Share of windows, the loudest, that are left out: a busy machine disturbs some. */
const TRIMMED = 0.2;
const SILENCE = 1e-12;

/** What one listener heard, window by window, beside what it should have heard. */
export interface Hearing {
  readonly heard: readonly Float64Array[];
  readonly ideal: readonly Float64Array[];
  /** What each of the others said meanwhile. */
  readonly said: readonly (readonly Float64Array[])[];
}

/** Cuts what `heard` got between two moments (ms, on the clock of its arrivals) into windows. */
export function compareWithIdeal(
  { heard, law }: { readonly heard: RtpEar; readonly law: Law },
  others: readonly RtpEar[],
  fromMs: number,
  toMs: number,
): Hearing {
  const starts: number[] = [];
  const end = positionAt(heard, toMs) - WINDOW;
  for (let start = positionAt(heard, fromMs); start < end; start += HOP) starts.push(start);
  const saidBefore = (ear: RtpEar, start: number, delay: number): Float64Array => {
    const delayMs = DELAYS_MS[delay % DELAYS_MS.length] ?? 0;
    return cut(ear, positionAt(ear, arrivalOf(heard, start) - delayMs));
  };
  const mixed = (start: number, variant: number): Float64Array =>
    throughLaw(sumOf(others.map((ear, k) => saidBefore(ear, start, variant * (2 * k + 1) + k))), law);
  return {
    heard: starts.map((start) => cut(heard, start)),
    ideal: starts.flatMap((start) => Array.from({ length: VARIANTS }, (_, variant) => mixed(start, variant))),
    said: others.map((ear) => starts.map((start) => saidBefore(ear, start, 0))),
  };
}

/** Level of some frequencies in windows in which nobody says them, dB of a sine at full scale: mean of their floors. */
export function floorDb(windows: readonly Float64Array[], frequenciesHz: readonly number[]): number {
  return mean(
    frequenciesHz.map((frequencyHz) => {
      const powers = powersOf(windows, frequencyHz);
      return 10 * Math.log10(mean(powers.slice(0, Math.ceil(powers.length * (1 - TRIMMED)))) + SILENCE);
    }),
  );
}

/** How much louder frequencies are in `heard` than in `said`, dB: medians of the windows, of the one that differs most. */
export function gainDb(
  heard: readonly Float64Array[],
  said: readonly Float64Array[],
  frequenciesHz: readonly number[],
): number {
  const gains = frequenciesHz.map(
    (frequencyHz) => 10 * Math.log10(median(powersOf(heard, frequencyHz)) / median(powersOf(said, frequencyHz))),
  );
  return gains.reduce((worst, gain) => (Math.abs(gain) > Math.abs(worst) ? gain : worst), 0);
}

/** Power of one frequency in each window, relative to a sine at full scale, least first. */
function powersOf(windows: readonly Float64Array[], frequencyHz: number): number[] {
  const angles = Float64Array.from({ length: WINDOW }, (_, n) => (2 * Math.PI * frequencyHz * n) / RATE_HZ);
  const cosine = angles.map((angle, n) => Math.cos(angle) * weight(n));
  const sine = angles.map((angle, n) => Math.sin(angle) * weight(n));
  const scale = (2 / (MEAN_WEIGHT * WINDOW * 32768)) ** 2;
  return windows.map((window) => (dot(window, cosine) ** 2 + dot(window, sine) ** 2) * scale).sort((a, b) => a - b);
}

const MEAN_WEIGHT = 0.35875;

/** Blackman and Harris: what is 50 Hz beside is 92 dB down. */
function weight(n: number): number {
  const angle = (2 * Math.PI * n) / WINDOW;
  return MEAN_WEIGHT - 0.48829 * Math.cos(angle) + 0.14128 * Math.cos(2 * angle) - 0.01168 * Math.cos(3 * angle);
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let n = 0; n < a.length; n++) total += (a[n] ?? 0) * (b[n] ?? 0);
  return total;
}

function cut(ear: RtpEar, position: number): Float64Array {
  return Float64Array.from(ear.samples.subarray(position, position + WINDOW));
}

function sumOf(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: WINDOW }, (_, n) => parts.reduce((total, part) => total + (part[n] ?? 0), 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** @param sorted least first */
function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function positionAt(ear: RtpEar, atMs: number): number {
  return ear.arrivals.findLast((arrival) => arrival.atMs <= atMs)?.position ?? 0;
}

function arrivalOf(ear: RtpEar, position: number): number {
  return ear.arrivals.findLast((arrival) => arrival.position <= position)?.atMs ?? 0;
}
