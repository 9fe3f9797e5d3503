import { describe, expect, it } from 'vitest';
import { hideStep } from '../../../src/media/codec/step.js';

const rateHz = 8000;
const silence = new Float32Array(1);
const tone = (phase: number): Float32Array =>
  Float32Array.from({ length: 160 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 200 * n) / rateHz + phase));
const steepest = (signal: Float32Array): number =>
  signal.reduce((most, value, i) => Math.max(most, Math.abs(value - (i ? signal[i - 1]! : 0))), 0);

describe('a step', () => {
  it('that is no steeper than what follows is left alone', () => {
    const frame = tone(0.2);
    hideStep(frame, frame.length, silence, rateHz);
    expect(frame).toEqual(tone(0.2));
  });

  it.each([3, 1])('may be %i times the steepest slope, and nothing after 5 ms is touched', (audible) => {
    const frame = tone(Math.PI / 2);
    const slope = steepest(tone(0));
    expect(steepest(frame)).toBeGreaterThan(6 * slope);
    hideStep(frame, frame.length, silence, rateHz, audible);
    expect(steepest(frame)).toBeLessThan((audible + 0.5) * slope);
    expect(frame.subarray(40)).toEqual(tone(Math.PI / 2).subarray(40));
  });

  it('is seen from what was heard last', () => {
    const frame = tone(Math.PI / 2);
    hideStep(frame, frame.length, Float32Array.of(0.48, 0.49), rateHz);
    expect(frame).toEqual(tone(Math.PI / 2));
  });
});
