import { describe, expect, it } from 'vitest';
import { DtmfGenerator } from '../../../src/media/dsp/dtmf-generator.js';
import { digitOfEvent } from '../../../src/media/rtp/telephone-event.js';
import { digitsIn, tonesOf } from '../../support/dtmf.js';

/** One digit in ticks of 20 ms. */
function generate(event: number, rateHz: number, ticks: number): Float32Array {
  const generator = new DtmfGenerator(rateHz);
  const count = rateHz / 50;
  const signal = new Float32Array(count * ticks);
  generator.begin(event);
  for (let tick = 0; tick < ticks; tick++) {
    generator.fill(signal.subarray(tick * count, (tick + 1) * count), count, tick === ticks - 1);
  }
  return signal;
}

/** Level of one frequency, dB below a full-scale sine. */
function levelDb(signal: Float32Array, rateHz: number, frequencyHz: number): number {
  let re = 0;
  let im = 0;
  signal.forEach((sample, at) => {
    const angle = (2 * Math.PI * frequencyHz * at) / rateHz;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  });
  return 20 * Math.log10((2 * Math.hypot(re, im)) / signal.length);
}

describe('tones of digits', () => {
  it.each([8000, 16_000, 48_000])('are found again, every one, at %i Hz', (rateHz) => {
    for (let event = 0; event < 16; event++)
      expect(digitsIn(generate(event, rateHz, 2), rateHz)).toBe(digitOfEvent(event));
  });

  it('have −8 dBm0 in the row and −6 in the column', () => {
    for (let event = 0; event < 16; event++) {
      const [rowHz, columnHz] = tonesOf(digitOfEvent(event));
      const steady = generate(event, 8000, 52).subarray(160, 8160);
      expect(levelDb(steady, 8000, rowHz)).toBeCloseTo(-8 - 3.14, 1);
      expect(levelDb(steady, 8000, columnHz)).toBeCloseTo(-6 - 3.14, 1);
    }
  });

  it('have round edges and no step between ticks', () => {
    const signal = generate(5, 48_000, 5);
    expect(Math.abs(signal[0] ?? 1)).toBeLessThan(1e-4);
    expect(Math.abs(signal.at(-1) ?? 1)).toBeLessThan(1e-3);
    // The steepest two such sines can be at 48 kHz.
    const steepest = 2 * Math.PI * ((10 ** (-11.14 / 20) * 770 + 10 ** (-9.14 / 20) * 1336) / 48_000);
    for (let at = 1; at < signal.length; at++) {
      expect(Math.abs(signal[at]! - signal[at - 1]!)).toBeLessThan(1.02 * steepest);
    }
  });
});
