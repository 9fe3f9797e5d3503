import { describe, expect, it } from 'vitest';
import { SampleFifo } from '../../../src/media/jitter/sample-fifo.js';
import { MAX_LAG_MS, TimeStretch } from '../../../src/media/jitter/time-stretch.js';
import { SeededRandom } from '../../../src/media/rtp/seeded-random.js';
import { tone, vowel, type Signal } from '../../support/playout-rig.js';

const RATES = [8000, 16_000, 48_000];

/** 40 ms played, 60 ms waiting. */
function filled(rateHz: number, signal: Signal): SampleFifo {
  const fifo = new SampleFifo(rateHz / 5, (rateHz * MAX_LAG_MS) / 1000);
  const audio = Float32Array.from({ length: rateHz / 10 }, (_, index) => signal(index / rateHz));
  fifo.write(audio, audio.length);
  fifo.read(new Float32Array(audio.length), 0, (rateHz * 40) / 1000);
  return fifo;
}

/** What was played last, and all that will be. */
function heard(fifo: SampleFifo, played: number): Float32Array {
  return fifo.samples.slice(fifo.start - played, fifo.start + fifo.available);
}

function largestStep(audio: Float32Array): number {
  let largest = 0;
  for (let index = 1; index < audio.length; index++) {
    largest = Math.max(largest, Math.abs((audio[index] ?? 0) - (audio[index - 1] ?? 0)));
  }
  return largest;
}

/** Share of the energy that is not a tone of `hz`, dB. */
function residueDb(audio: Float32Array, rateHz: number, hz: number): number {
  let [cosine, sine, energy] = [0, 0, 0];
  audio.forEach((value, index) => {
    cosine += value * Math.cos((2 * Math.PI * hz * index) / rateHz);
    sine += value * Math.sin((2 * Math.PI * hz * index) / rateHz);
    energy += value * value;
  });
  const inTone = (2 * (cosine * cosine + sine * sine)) / audio.length;
  return 10 * Math.log10(Math.max(1e-12, 1 - inTone / energy));
}

describe.each(RATES)('TimeStretch at %i Hz', (rateHz) => {
  const samples = (ms: number) => Math.round((ms * rateHz) / 1000);
  const stretch = new TimeStretch();

  it('takes whole periods out of a 1 kHz tone without leaving a trace', () => {
    const fifo = filled(rateHz, tone(1000));
    const waiting = fifo.available;
    expect(stretch.shorten(fifo, rateHz, samples(20), 0.85)).toBe(samples(20));
    expect(waiting - fifo.available).toBe(samples(20));
    expect(residueDb(heard(fifo, 0), rateHz, 1000)).toBeLessThan(-60);
  });

  it('puts whole periods into a 1 kHz tone without leaving a trace', () => {
    const fifo = filled(rateHz, tone(1000));
    const waiting = fifo.available;
    expect(stretch.lengthen(fifo, rateHz, samples(20), 0.85)).toBe(samples(20));
    expect(fifo.available - waiting).toBe(samples(20));
    expect(residueDb(heard(fifo, 0), rateHz, 1000)).toBeLessThan(-60);
  });

  it.each([90, 120, 210, 330])('changes a voice of %i Hz by whole pitch periods and makes no step', (pitchHz) => {
    const signal = vowel(pitchHz);
    const steepest = largestStep(filled(rateHz, signal).samples);
    const shorter = filled(rateHz, signal);
    const removed = stretch.shorten(shorter, rateHz, samples(20), 0.85);
    const longer = filled(rateHz, signal);
    const inserted = stretch.lengthen(longer, rateHz, samples(20), 0.85);
    for (const [count, fifo] of [
      [removed, shorter],
      [inserted, longer],
    ] as const) {
      expect(count).toBeGreaterThan(0);
      const periods = (count / rateHz) * pitchHz;
      expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.2);
      expect(largestStep(heard(fifo, 0))).toBeLessThan(1.3 * steepest);
    }
  });

  it('joins what was played to what comes without a step when it lengthens', () => {
    const fifo = filled(rateHz, vowel(120));
    const before = fifo.samples[fifo.start - 1] ?? 0;
    const next = fifo.samples[fifo.start] ?? 0;
    stretch.lengthen(fifo, rateHz, samples(20), 0.85);
    const first = fifo.samples[fifo.start] ?? 0;
    expect(Math.abs(first - before)).toBeLessThan(Math.abs(next - before) + 0.02);
  });

  it('refuses noise, unless told that anything will do, and then keeps its energy', () => {
    const random = new SeededRandom(rateHz);
    const noise = Float32Array.from({ length: rateHz }, () => 0.2 * (random.nextRatio() * 2 - 1));
    const signal: Signal = (seconds) => noise[Math.round(seconds * rateHz)] ?? 0;
    const fifo = filled(rateHz, signal);
    expect(stretch.shorten(fifo, rateHz, samples(20), 0.85)).toBe(0);
    expect(stretch.lengthen(fifo, rateHz, samples(20), 0.85)).toBe(0);
    const removed = stretch.shorten(fifo, rateHz, samples(20), 0);
    expect(removed).toBeGreaterThan(samples(2));
    const joined = heard(fifo, 0).subarray(0, Math.min(removed, samples(10)));
    const rms = Math.sqrt(joined.reduce((sum, value) => sum + value * value, 0) / joined.length);
    expect(rms).toBeGreaterThan(0.085);
    expect(rms).toBeLessThan(0.15);
  });

  it('takes what is wanted where it is quiet', () => {
    const fifo = filled(rateHz, () => 0.0005);
    expect(stretch.shorten(fifo, rateHz, samples(13), 0.85)).toBe(samples(13));
    expect(stretch.lengthen(fifo, rateHz, samples(17), 0.85)).toBe(samples(17));
  });

  it('never takes more than is wanted or than there is', () => {
    const fifo = filled(rateHz, tone(1000));
    expect(stretch.shorten(fifo, rateHz, samples(1), 0)).toBe(0);
    expect(stretch.shorten(fifo, rateHz, samples(7.5), 0.5)).toBeLessThanOrEqual(samples(7.5));
    fifo.read(new Float32Array(fifo.available), 0, fifo.available - samples(5));
    expect(stretch.shorten(fifo, rateHz, samples(20), 0)).toBe(0);
    expect(stretch.lengthen(fifo, rateHz, samples(20), 0)).toBe(0);
  });
});
