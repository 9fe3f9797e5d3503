import { describe, expect, it } from 'vitest';
import { equirippleLowPass } from '../../../src/media/dsp/equiripple.js';
import { minimumPhaseLowPass } from '../../../src/media/dsp/fir-design.js';

const bands = { passEdge: 3400 / 48_000, stopEdge: 4600 / 48_000, stopWeight: 6e4 };
const inBand = (from: number, to: number) => Array.from({ length: 2001 }, (_, i) => from + ((to - from) * i) / 2000);
const pass = inBand(0, bands.passEdge);
const stop = inBand(bands.stopEdge, 0.5);

/** Power gain of taps at a frequency in cycles per sample. */
function powerAt(taps: Float64Array, frequency: number): number {
  let [real, imaginary] = [0, 0];
  taps.forEach((tap, n) => {
    real += tap * Math.cos(2 * Math.PI * frequency * n);
    imaginary -= tap * Math.sin(2 * Math.PI * frequency * n);
  });
  return real * real + imaginary * imaginary;
}

describe('an equiripple low-pass', () => {
  it('errs in both bands as far as their weight says, and as often as no better one could', () => {
    const terms = 60;
    const response = equirippleLowPass(terms, { ...bands, stopWeight: 100 });
    const errors = [...pass.map((f) => response(f) - 1), ...stop.map((f) => response(f) * 100)];
    const greatest = Math.max(...errors.map(Math.abs));
    const extremes = errors.filter((error) => Math.abs(error) > greatest * 0.93);
    const changes = extremes.filter((error, i) => i === 0 || Math.sign(error) !== Math.sign(extremes[i - 1] ?? 0));
    // Chebyshev's theorem: that many extremes of alternating sign belong to the best polynomial.
    expect(changes.length).toBeGreaterThanOrEqual(terms + 1);
    const greatestIn = (band: readonly number[], wanted: number) =>
      Math.max(...band.map((f) => Math.abs(response(f) - wanted)));
    expect((greatestIn(stop, 0) * 100) / greatestIn(pass, 1)).toBeCloseTo(1, 1);
  });

  it('gets better with every term', () => {
    const stopDb = [60, 84, 108].map((terms) => {
      const response = equirippleLowPass(terms, bands);
      return 10 * Math.log10(Math.max(...stop.map((f) => Math.abs(response(f)))));
    });
    expect(stopDb[1]).toBeLessThan(stopDb[0]! - 3);
    expect(stopDb[2]).toBeLessThan(stopDb[1]! - 3);
  });
});

describe('a minimum-phase low-pass', () => {
  it('has the magnitude of the square root of its prototype', () => {
    const taps = minimumPhaseLowPass({ taps: 108, ...bands });
    const prototype = equirippleLowPass(108, bands);
    const deepest = -Math.min(...stop.map(prototype));
    for (const f of pass) expect(powerAt(taps, f)).toBeCloseTo(prototype(f), 5);
    for (const f of stop) expect(Math.abs(powerAt(taps, f) - prototype(f) - 1.2 * deepest)).toBeLessThan(0.2 * deepest);
  });

  it('comes long before a filter of the same magnitude and linear phase, whose middle is tap 54: half of its energy is in 16 taps', () => {
    const taps = minimumPhaseLowPass({ taps: 108, ...bands });
    const energy = (count: number) => taps.subarray(0, count).reduce((sum, tap) => sum + tap * tap, 0);
    expect(energy(16) / energy(108)).toBeGreaterThan(0.5);
  });
});
