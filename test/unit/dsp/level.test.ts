import { describe, expect, it } from 'vitest';
import { levelDbov, LevelMeter, silenceDbov } from '../../../src/media/dsp/level.js';
import { createKernels } from '../../support/kernels.js';

const kernels = createKernels();
const pointer = kernels.allocateFloats(960);
const frame = kernels.f32(pointer, 960);

describe('level', () => {
  it.each([
    ['a full-scale square wave', (n: number) => (n % 2 ? 1 : -1), 0, 1],
    ['a full-scale sine', (n: number) => Math.sin((2 * Math.PI * n) / 48), -3.01, 1],
    ['a sine 40 dB lower', (n: number) => 0.01 * Math.sin((2 * Math.PI * n) / 48), -43.01, 0.01],
    ['digital silence', () => 0, silenceDbov, 0],
    ['the least number there is', () => 1e-30, silenceDbov, 1e-30],
  ])('of %s', (_name, signal, dbov, peak) => {
    const meter = new LevelMeter(kernels);
    frame.forEach((_, n) => (frame[n] = signal(n)));
    meter.measure(pointer, 960);
    expect(meter.rmsDbov).toBeCloseTo(dbov, 2);
    expect(meter.peak).toBeCloseTo(peak, 6);
    meter.close();
  });

  it('of silence nobody has to measure is that of zeros, whatever was measured before', () => {
    const meter = new LevelMeter(kernels);
    meter.measure(kernels.allocateFloats(960), 960);
    const zeros = [meter.rmsDbov, meter.peak];
    frame.fill(0.5);
    meter.measure(pointer, 960);
    meter.measureSilence();
    expect([meter.rmsDbov, meter.peak]).toEqual(zeros);
    meter.close();
  });

  it('of an RMS is never below that of digital silence', () => {
    expect(levelDbov(0)).toBe(-127);
    expect(levelDbov(1e-12)).toBe(-127);
    expect(levelDbov(1)).toBe(0);
  });
});
