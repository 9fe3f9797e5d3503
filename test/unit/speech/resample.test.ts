import { describe, expect, it } from 'vitest';
import { resample, resampledLength } from '../../../src/speech/audio/resample.js';
import type { FrameSource } from '../../../src/speech/audio/wav.js';
import { powerDb, powerSpectrum, powerWhere, toneAt } from '../../support/spectrum.js';

const rates = [4000, 8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 44_101, 47_999, 48_000, 96_000, 192_000];

function sineSource(rateHz: number, frequencyHz: number, seconds: number): FrameSource {
  return {
    rateHz,
    frames: Math.round(rateHz * seconds),
    read(from, count, output) {
      for (let n = 0; n < count; n++) output[n] = 0.5 * Math.sin((2 * Math.PI * frequencyHz * (from + n)) / rateHz);
    },
  };
}

function convert(source: FrameSource): Float64Array {
  const output = new Float64Array(resampledLength(source)).fill(Number.NaN);
  resample(source, (sample, index) => {
    output[index] = sample;
  });
  return output;
}

describe('files of any rate at 48 kHz', () => {
  it.each(rates)('from %d Hz have neither images nor aliases above −70 dB, and their level', (rateHz) => {
    const lower = Math.min(rateHz, 48_000);
    for (const share of [0.11, 0.45]) {
      const frequencyHz = share * lower;
      const middle = convert(sineSource(rateHz, frequencyHz, 0.45)).subarray(2000, 2000 + 16_384);
      const spectrum = powerSpectrum(middle);
      const all = powerWhere(spectrum, 48_000, () => true);
      const foreign = powerWhere(spectrum, 48_000, (hz) => Math.abs(hz - frequencyHz) > 24);
      expect(powerDb(foreign / all)).toBeLessThan(-80);
      const periods = Math.floor(frequencyHz * 0.3);
      const { amplitude } = toneAt(
        middle.subarray(0, Math.round((periods / frequencyHz) * 48_000)),
        48_000,
        frequencyHz,
      );
      expect(Math.abs(20 * Math.log10(amplitude / 0.5))).toBeLessThan(0.05);
    }
  });

  it.each([
    [96_000, 24_050],
    [96_000, 40_000],
    [192_000, 24_050],
    [192_000, 90_000],
  ])('from %d Hz hold nothing of %d Hz', (rateHz, frequencyHz) => {
    const middle = convert(sineSource(rateHz, frequencyHz, 0.5)).subarray(1000, -1000);
    const power = middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length;
    expect(powerDb(power / 0.125)).toBeLessThan(-75);
  });

  it('are not delayed, begin and end where they did, and are filled to the last sample', () => {
    for (const rateHz of rates) {
      const frames = 1001;
      const impulse: FrameSource = {
        rateHz,
        frames,
        read: (from, count, output) =>
          output.fill(0, 0, count).forEach((_, n) => void (output[n] = from + n === 500 ? 1 : 0)),
      };
      const output = convert(impulse);
      expect(output).toHaveLength(Math.ceil((frames * 48_000) / rateHz));
      expect(output.some(Number.isNaN)).toBe(false);
      const loudest = output.reduce((best, sample, n) => (Math.abs(sample) > Math.abs(output[best]!) ? n : best), 0);
      expect(Math.abs(loudest - (500 * 48_000) / rateHz)).toBeLessThanOrEqual(0.5);
    }
  });

  it('pass constant sound exactly, across all blocks', () => {
    const source: FrameSource = {
      rateHz: 44_100,
      frames: 60_000,
      read: (_, count, output) => void output.fill(0.5, 0, count),
    };
    const middle = convert(source).subarray(200, -200);
    expect(Math.max(...middle.map((sample) => Math.abs(sample - 0.5)))).toBeLessThan(1e-6);
  });
});
