import { describe, expect, it } from 'vitest';
import { frameSamples, samplesPerTick } from '../../../src/media/dsp/frame.js';
import { Downsampler, Upsampler } from '../../../src/media/dsp/resampler.js';
import { resamplerDelaySamples } from '../../../src/media/dsp/resampler-taps.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';
import { powerDb, powerSpectrum, powerWhere, toneAt } from '../../support/spectrum.js';

const kernels = createKernels();
const input = kernels.allocateFloats(frameSamples);
const output = kernels.allocateFloats(frameSamples);

/** A whole signal through a resampler, tick by tick. */
function through(resampler: Upsampler | Downsampler, signal: Float32Array): Float32Array {
  const narrow = samplesPerTick(resampler.rateHz);
  const [take, give] = resampler instanceof Upsampler ? [narrow, frameSamples] : [frameSamples, narrow];
  const result = new Float32Array((signal.length / take) * give);
  for (let at = 0, to = 0; at < signal.length; at += take, to += give) {
    kernels.f32(input, take).set(signal.subarray(at, at + take));
    resampler.process(input, output);
    result.set(kernels.f32(output, give), to);
  }
  return result;
}

/** Half full scale, so that ±1 keeps its sign of being too much. */
function tone(rateHz: number, frequencyHz: number, ticks: number): Float32Array {
  const length = samplesPerTick(rateHz) * ticks;
  return Float32Array.from({ length }, (_, n) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * n) / rateHz));
}

/** Amplitude relative to the tone's, in dB, once the filter has filled. */
function gainDb(signal: Float32Array, rateHz: number, frequencyHz: number): number {
  return 20 * Math.log10(toneAt(signal.subarray(rateHz / 5), rateHz, frequencyHz).amplitude / 0.5);
}

const rates = [
  { rateHz: 8000, passHz: 3400, stopHz: 4600 },
  { rateHz: 16_000, passHz: 7000, stopHz: 9000 },
] as const;

describe.each(rates)('resampling at $rateHz Hz', ({ rateHz, passHz, stopHz }) => {
  const up = () => new Upsampler(kernels, rateHz);
  const down = () => new Downsampler(kernels, rateHz);
  const ticks = 32;
  /** Distance of the frequencies looked at: 50 Hz times this. */
  const step = rateHz / 8000;

  it('has a gain of 1 ± 0.05 dB over the pass band, each way', () => {
    for (let frequencyHz = 50; frequencyHz <= passHz; frequencyHz += 150 * step) {
      expect(Math.abs(gainDb(through(up(), tone(rateHz, frequencyHz, ticks)), 48_000, frequencyHz))).toBeLessThan(0.05);
      expect(Math.abs(gainDb(through(down(), tone(48_000, frequencyHz, ticks)), rateHz, frequencyHz))).toBeLessThan(
        0.05,
      );
    }
  });

  it('is within 0.5 dB at 1 kHz and flat within 1 dB there and back', () => {
    const thereAndBack = (frequencyHz: number) =>
      gainDb(through(down(), through(up(), tone(rateHz, frequencyHz, ticks))), rateHz, frequencyHz);
    expect(Math.abs(thereAndBack(1000))).toBeLessThan(0.05);
    for (let frequencyHz = 300; frequencyHz <= passHz; frequencyHz += 100 * step) {
      expect(Math.abs(thereAndBack(frequencyHz))).toBeLessThan(0.1);
    }
  });

  it('keeps every image at least 65 dB down, and all of them together 60', () => {
    for (let frequencyHz = 150; frequencyHz <= passHz; frequencyHz += 650 * step) {
      const signal = through(up(), tone(rateHz, frequencyHz, ticks));
      for (let centreHz = rateHz; centreHz <= 24_000; centreHz += rateHz) {
        expect(gainDb(signal, 48_000, centreHz - frequencyHz)).toBeLessThan(-65);
        if (centreHz < 24_000) expect(gainDb(signal, 48_000, centreHz + frequencyHz)).toBeLessThan(-65);
      }
      const spectrum = powerSpectrum(signal.subarray(4096, 4096 + 16384));
      const images = powerWhere(spectrum, 48_000, (f) => f >= stopHz);
      expect(powerDb(images / powerWhere(spectrum, 48_000, (f) => f < stopHz))).toBeLessThan(-60);
    }
  });

  it('keeps what would alias at least 65 dB down', () => {
    for (let frequencyHz = stopHz; frequencyHz < 24_000; frequencyHz += 437) {
      const aliased = through(down(), tone(48_000, frequencyHz, ticks)).subarray(rateHz / 5);
      const power = aliased.reduce((sum, value) => sum + value * value, 0) / aliased.length;
      expect(powerDb(power / 0.125)).toBeLessThan(-65);
    }
  });

  it('delays 1 kHz by what its constants say', () => {
    // Phase is delay only up to a constant; the slope of the phase around 1 kHz is the group delay.
    const groupDelay = (run: (frequencyHz: number) => Float32Array, outHz: number) => {
      const [low, high] = [950, 1050].map((hz) => toneAt(run(hz).subarray(outHz / 5), outHz, hz).phase) as [
        number,
        number,
      ];
      const turn = 2 * Math.PI;
      const slope = (((low - high + Math.PI) % turn) + turn) % turn;
      return (((slope - Math.PI) / turn / 100) * 48_000 + 480) % 480;
    };
    const { up: upDelay, down: downDelay } = resamplerDelaySamples[rateHz];
    expect(groupDelay((hz) => through(up(), tone(rateHz, hz, ticks)), 48_000)).toBeCloseTo(upDelay, 0.5);
    expect(groupDelay((hz) => through(down(), tone(48_000, hz, ticks)), rateHz)).toBeCloseTo(downDelay, 0.5);
  });

  it('is the convolution with its impulse response across blocks: no seam', () => {
    const narrow = samplesPerTick(rateHz);
    const factor = 48_000 / rateHz;
    const impulse = new Float32Array(narrow * 2);
    impulse[0] = 1;
    const taps = through(up(), impulse);
    const noise = seededNoise(7, narrow * 6);
    const actual = through(up(), noise);
    let worst = 0;
    for (let n = 0; n < actual.length; n++) {
      let expected = 0;
      for (let k = n % factor; k <= Math.min(n, taps.length - 1); k += factor) {
        expected += taps[k]! * noise[(n - k) / factor]!;
      }
      worst = Math.max(worst, Math.abs(expected - actual[n]!));
    }
    expect(worst).toBeLessThan(2e-6);
  });

  it('samples down without a seam: shifting the block borders changes nothing', () => {
    const narrow = samplesPerTick(rateHz);
    const factor = 48_000 / rateHz;
    const noise = seededNoise(8, frameSamples * 8);
    const shift = 24 * factor;
    const reference = through(down(), noise);
    const padded = new Float32Array(noise.length);
    padded.set(noise.subarray(0, noise.length - shift), shift);
    const shifted = through(down(), padded);
    let worst = 0;
    for (let m = narrow; m + 24 < shifted.length; m++) {
      worst = Math.max(worst, Math.abs(shifted[m + 24]! - reference[m]!));
    }
    expect(worst).toBeLessThan(1e-6);
  });

  it('continues as another stream after copying its state, and begins anew after reset', () => {
    const noise = tone(rateHz, 700, 1);
    const first = up();
    through(first, noise);
    const second = up();
    second.copyFrom(first);
    expect(through(second, noise)).toEqual(through(first, noise));
    first.reset();
    expect(through(first, noise)).toEqual(through(up(), noise));
  });

  it('gives its memory back', () => {
    const before = kernels.liveBytes;
    const resamplers = [up(), down()];
    expect(kernels.liveBytes).toBeGreaterThan(before);
    for (const resampler of resamplers) resampler.close();
    expect(kernels.liveBytes).toBe(before);
  });
});
