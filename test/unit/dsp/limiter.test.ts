import { describe, expect, it } from 'vitest';
import { frameSamples } from '../../../src/media/dsp/frame.js';
import { limitFrame, limiterCeiling, limiterStateWords, resetLimiter } from '../../../src/media/dsp/limiter.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';
import { powerDb, powerSpectrum, powerWhere } from '../../support/spectrum.js';

const kernels = createKernels();

/** A signal through a limiter; also its gain after every frame. */
function limited(signal: (n: number) => number, frames: number): { output: Float32Array; gains: number[] } {
  const words = frameSamples + limiterStateWords;
  const pointer = kernels.allocateFloats(words);
  const memory = kernels.f32(pointer, words);
  resetLimiter(kernels, pointer + frameSamples * 4);
  const output = new Float32Array(frames * frameSamples);
  const gains: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (let i = 0; i < frameSamples; i++) memory[i] = signal(frame * frameSamples + i);
    limitFrame(kernels, pointer);
    output.set(memory.subarray(0, frameSamples), frame * frameSamples);
    gains.push(memory[frameSamples]!);
  }
  kernels.free(pointer);
  return { output, gains };
}

const sine = (frequencyHz: number) => (n: number) => Math.sin((2 * Math.PI * frequencyHz * n) / 48_000);

describe('limiter', () => {
  it('changes no bit of what stays below the ceiling', () => {
    const noise = seededNoise(1, 10 * frameSamples).map((value) => value * limiterCeiling);
    const { output, gains } = limited((n) => noise[n]!, 10);
    expect(output).toEqual(noise);
    expect(new Set(gains)).toEqual(new Set([1]));
  });

  it.each([
    ['ten full-scale voices', (n: number) => noiseSum[n]!],
    ['a square wave', (n: number) => (n % 480 < 240 ? 10 : -10)],
    ['one sample of 128', (n: number) => (n === 5000 ? 128 : 0)],
    ['a tone that begins at the first sample of a frame', (n: number) => (n < 9600 ? 0 : 2 * Math.cos(n / 8))],
    ['a tone that begins at the last sample of a frame', (n: number) => (n < 9599 ? 0 : 2 * Math.cos(n / 8))],
  ])('never exceeds the ceiling: %s', (_name, signal) => {
    const { output } = limited(signal, 20);
    const peak = output.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(peak).toBeLessThanOrEqual(limiterCeiling * (1 + 2 ** -22));
    expect(peak).toBeGreaterThan(limiterCeiling * 0.95);
  });

  it.each([
    [1000, 1300],
    [300, 3000],
    [440, 660],
    [997, 1009],
  ])('does not splatter on two full-scale tones of %i and %i Hz, where clipping does', (first, second) => {
    const both = (n: number) => sine(first)(n) + sine(second)(n);
    const { output } = limited(both, 60);
    const clipped = Float32Array.from({ length: output.length }, (_, n) => Math.max(-1, Math.min(1, both(n))));
    const splatterDb = (signal: Float32Array, from: number) => {
      const spectrum = powerSpectrum(signal.subarray(from, from + 16384));
      const near = (f: number) => Math.abs(f - first) < 400 || Math.abs(f - second) < 400 || f < 20;
      const far = powerWhere(spectrum, 48_000, (f) => !near(f));
      return powerDb(far / powerWhere(spectrum, 48_000, near));
    };
    // From the attack on, and when settled.
    for (const from of [0, 32768]) {
      expect(splatterDb(output, from)).toBeLessThan(-55);
      expect(splatterDb(clipped, from)).toBeGreaterThan(-40);
    }
  });

  it.each([
    [1000, 1300],
    [300, 3000],
    [440, 660],
    [997, 1009],
  ])(
    'splatters little on %i and %i Hz that begin up to 12 dB too loud, wherever in a frame they begin',
    (first, second) => {
      const far = (f: number) => Math.abs(f - first) > 400 && Math.abs(f - second) > 400 && f > 20;
      const splatterDb = (signal: Float32Array) => {
        const spectrum = powerSpectrum(signal.subarray(0, 16384));
        return powerDb(powerWhere(spectrum, 48_000, far) / powerWhere(spectrum, 48_000, (f) => !far(f)));
      };
      // Both rise within 1 ms.
      const rise = (n: number) => 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, n / 48));
      const both = Float32Array.from(
        { length: 18 * frameSamples },
        (_, n) => rise(n) * (sine(first)(n) + sine(second)(n)),
      );
      for (const loudness of [1, 2]) {
        const clipped = both.map((value) => Math.max(-1, Math.min(1, loudness * value)));
        expect(splatterDb(clipped)).toBeGreaterThan(-20);
        for (let begins = 960 - 36; begins < 960 + 36; begins += 6) {
          const { output } = limited((n) => (n < begins ? 0 : loudness * both[n - begins]!), 18);
          expect(splatterDb(output)).toBeLessThan(-33);
        }
      }
    },
  );

  it('lets a frame begin as it is, and falls with the wave, when it rises above the ceiling within the first block', () => {
    const rising = (n: number) => (n < 0 ? 0 : 2 * Math.sin(Math.min(n / 20, Math.PI / 2)));
    const { output } = limited((n) => rising(n - 4800), 10);
    const above = Array.from({ length: 32 }, (_, n) => n).find((n) => rising(n) > limiterCeiling) ?? 0;
    expect(above).toBeGreaterThan(5);
    let gain = 1;
    for (let n = 0; n < 32; n++) {
      const now = n === 0 ? gain : output[4800 + n]! / rising(n);
      expect(now).toBeLessThanOrEqual(gain + 1e-6);
      gain = now;
    }
    for (let n = above; n < 32; n++) expect(output[4800 + n]).toBeLessThanOrEqual(limiterCeiling * (1 + 2 ** -22));
    expect(output[4800 + 32]).toBeCloseTo(limiterCeiling, 5);
  });

  it('does not bend a low tone: harmonics of 60 Hz stay 60 dB down', () => {
    const { output } = limited((n) => 1.9 * sine(60)(n), 60);
    const spectrum = powerSpectrum(output.subarray(16384, 16384 + 32768));
    const harmonics = powerWhere(spectrum, 48_000, (f) => f > 100);
    expect(powerDb(harmonics / powerWhere(spectrum, 48_000, (f) => f < 80))).toBeLessThan(-60);
  });

  it('comes back to a gain of exactly 1 within two seconds, never falling on the way', () => {
    const { output, gains } = limited((n) => (n < frameSamples ? 4 : 0.5) * sine(1000)(n), 120);
    expect(gains[0]).toBeLessThan(0.3);
    for (let i = 1; i < gains.length; i++) expect(gains[i]).toBeGreaterThanOrEqual(gains[i - 1]!);
    expect(gains[100]).toBe(1);
    const tail = output.subarray(110 * frameSamples);
    expect(tail.every((value, i) => value === Math.fround(0.5 * sine(1000)(110 * frameSamples + i)))).toBe(true);
  });

  it('changes its gain by at most one linear fall per 0.67 ms: no step', () => {
    // A constant input makes the output the gain itself.
    const { output } = limited((n) => (n < 4800 ? 0.9 : 3), 10);
    let steepest = 0;
    for (let n = 4900; n < output.length; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
    expect(steepest).toBeLessThan(0.001);
    let fall = 0;
    for (let n = 4790; n < 4832; n++) fall = Math.max(fall, output[n - 1]! - output[n]!);
    expect(fall).toBeLessThan(0.9 / 32);
  });
});

const noiseSum = new Float32Array(20 * frameSamples);
for (let voice = 0; voice < 10; voice++) {
  const noise = seededNoise(voice + 10, noiseSum.length);
  for (let n = 0; n < noiseSum.length; n++) noiseSum[n]! += noise[n]!;
}
