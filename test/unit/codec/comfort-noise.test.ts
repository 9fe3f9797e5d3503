import { describe, expect, it } from 'vitest';
import { ComfortNoise } from '../../../src/media/codec/comfort-noise.js';

const samples = 40_000;

/** Noise of a payload, its first 20 ms left out. */
function noiseOf(payload: readonly number[], seed = 1): Float32Array {
  const noise = new ComfortNoise(seed);
  noise.update(Uint8Array.from(payload), payload.length);
  const output = new Float32Array(samples);
  noise.add(output, samples);
  return output.subarray(400);
}

function meanProduct(signal: Float32Array, lag: number): number {
  let sum = 0;
  for (let index = lag; index < signal.length; index++) sum += signal[index]! * signal[index - lag]!;
  return sum / (signal.length - lag);
}

function levelDbov(signal: Float32Array): number {
  return 10 * Math.log10(meanProduct(signal, 0));
}

/** The byte of a reflection coefficient (RFC 3389 §3.2), and the coefficient of the byte. */
const byteOf = (coefficient: number): number => Math.round(127 + (coefficient * 32_768) / 258);
const coefficientOf = (byte: number): number => (258 * (byte - 127)) / 32_768;

describe('comfort noise', () => {
  it.each([20, 30, 45, 60, 78])('without coefficients is white and has −%d dBov', (level) => {
    const noise = noiseOf([level]);
    expect(levelDbov(noise)).toBeCloseTo(-level, 0);
    for (const lag of [1, 2, 5]) expect(Math.abs(meanProduct(noise, lag) / meanProduct(noise, 0))).toBeLessThan(0.03);
  });

  it.each([
    [-0.9, 'low'],
    [-0.5, 'low'],
    [0.5, 'high'],
    [0.9, 'high'],
  ])('with one coefficient of %d has the level it says and is loudest at %s frequencies', (wanted) => {
    const byte = byteOf(wanted);
    const noise = noiseOf([50, byte]);
    expect(levelDbov(noise)).toBeCloseTo(-50, 0);
    // A(z) = 1 + k·z⁻¹ has the autocorrelation (−k)^lag.
    const ratio = -coefficientOf(byte);
    expect(meanProduct(noise, 1) / meanProduct(noise, 0)).toBeCloseTo(ratio, 1);
    expect(meanProduct(noise, 2) / meanProduct(noise, 0)).toBeCloseTo(ratio ** 2, 1);
  });

  it('obeys the normal equations of several coefficients', () => {
    const bytes = [byteOf(-0.7), byteOf(0.4), byteOf(-0.3)];
    const noise = noiseOf([50, ...bytes]);
    // The predictor by step-up recursion; what it leaves of the noise must be white and have Π(1 − k²) of its power.
    let predictor = [1];
    for (const coefficient of bytes.map(coefficientOf)) {
      const longer = [...predictor, 0];
      predictor = longer.map((value, index) => value + coefficient * longer[longer.length - 1 - index]!);
    }
    const residual = new Float32Array(noise.length);
    for (let index = 3; index < noise.length; index++) {
      for (const [lag, weight] of predictor.entries()) residual[index]! += weight * noise[index - lag]!;
    }
    const power = meanProduct(residual, 0) / meanProduct(noise, 0);
    const expected = bytes.map(coefficientOf).reduce((product, k) => product * (1 - k * k), 1);
    expect(power / expected).toBeCloseTo(1, 1);
    for (const lag of [1, 2, 3])
      expect(Math.abs(meanProduct(residual, lag) / meanProduct(residual, 0))).toBeLessThan(0.03);
  });

  it('stays bounded whatever the coefficients', () => {
    for (let byte = 0; byte < 256; byte += 5) {
      const noise = noiseOf([40, ...Array.from({ length: 60 }, (_, index) => (byte * (index + 1)) & 255)]);
      expect(noise.every((value) => Math.abs(value) <= 1)).toBe(true);
    }
  });

  it('is none at the level of silence, and after it was stopped', () => {
    const noise = new ComfortNoise(1);
    const output = new Float32Array(160);
    for (const payload of [[127], [79, 100], []]) {
      noise.update(Uint8Array.from(payload), payload.length);
      noise.add(output, 160);
      expect(noise.active).toBe(false);
    }
    noise.update(Uint8Array.of(40), 1);
    expect(noise.active).toBe(true);
    noise.stop();
    noise.add(output, 160);
    expect(output.every((value) => value === 0)).toBe(true);
  });

  it('begins softly, and a new level does not step', () => {
    const noise = new ComfortNoise(3);
    noise.update(Uint8Array.of(20), 1);
    const output = new Float32Array(400);
    noise.add(output, 400);
    const early = levelDbov(output.subarray(0, 8));
    expect(early).toBeLessThan(levelDbov(output.subarray(200)) - 10);
    noise.update(Uint8Array.of(50), 1);
    const next = new Float32Array(8);
    noise.add(next, 8);
    expect(levelDbov(next)).toBeGreaterThan(-35);
  });

  it('is another for another leg, and the same for the same', () => {
    expect(noiseOf([40], 7)).toEqual(noiseOf([40], 7));
    const [one, other] = [noiseOf([40], 7), noiseOf([40], 9)];
    const both = one.map((value, index) => value + other[index]!);
    expect(levelDbov(both)).toBeCloseTo(-37, 0);
  });
});
