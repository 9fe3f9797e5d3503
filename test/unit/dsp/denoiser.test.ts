import { describe, expect, it } from 'vitest';
import { DenoiseStage } from '../../../src/media/dsp/denoise-stage.js';
import { Denoiser, denoiserDelaySamples } from '../../../src/media/dsp/denoiser.js';
import { createRnnoise, denoise } from '../../support/denoising.js';
import { car, hiss, pink, withNoise } from '../../support/noises.js';
import { rms, segmentalSnrDb, sine, speechLike } from '../../support/opus.js';
import { canSpeak, speak } from '../../support/spoken.js';
import { stoi } from '../../support/stoi.js';

/** The greatest step from sample to sample. */
const steepest = (signal: Float32Array): number =>
  signal.reduce((most, value, i) => (i === 0 ? 0 : Math.max(most, Math.abs(value - signal[i - 1]!))), 0);

/** Runs whole ticks through a stage, wanted as `when` says. */
function staged(stage: DenoiseStage, signal: Float32Array, when: (tick: number) => boolean): Float32Array {
  const output = signal.slice();
  for (let at = 0; at + 960 <= output.length; at += 960)
    stage.process(output.subarray(at, at + 960), when(at / 960), true);
  return output;
}

describe('denoiser', () => {
  const clean = speechLike(3);
  const noises = { white: hiss, pink, car };

  it.each(Object.entries(noises))('takes %s noise at 5 dB out of what sounds like speech', (_name, noise) => {
    const noisy = withNoise(clean, noise(clean.length), 5);
    expect(segmentalSnrDb(clean, denoise(noisy))).toBeGreaterThan(segmentalSnrDb(clean, noisy) + 1);
  });

  it.skipIf(!canSpeak)('takes noise out of a spoken sentence (espeak-ng)', () => {
    const sentence = speak('Glue the sheet to the dark blue background.');
    const noisy = withNoise(sentence, pink(sentence.length), 5);
    expect(segmentalSnrDb(sentence, denoise(noisy))).toBeGreaterThan(segmentalSnrDb(sentence, noisy) + 3);
  });

  it.skipIf(!canSpeak).each(Object.entries(noises))(
    'lets a sentence in %s noise at 5 dB be understood no worse, by STOI, than before (espeak-ng)',
    (_name, noise) => {
      const sentence = speak('Glue the sheet to the dark blue background. Rice is often served in round bowls.');
      const noisy = withNoise(sentence, noise(sentence.length), 5);
      expect(stoi(sentence, denoise(noisy), 48_000)).toBeGreaterThan(stoi(sentence, noisy, 48_000));
    },
  );

  it.skipIf(!canSpeak)(
    'leaves a tenth of the power of noise under speech, and next to nothing in a pause (espeak-ng)',
    () => {
      const sentence = speak('Rice is often served in round bowls.');
      const speech = new Float32Array(sentence.length + 3 * 48_000);
      speech.set(sentence, 24_000);
      const noise = hiss(speech.length).map((value) => 0.01 * value);
      const heard = denoise(speech.map((value, i) => value + noise[i]!));
      const endOfSpeech = 24_000 + sentence.length;
      const leftDb = (fromS: number, toS: number) => {
        const from = endOfSpeech + fromS * 48_000;
        const to = endOfSpeech + toS * 48_000;
        return 20 * Math.log10(rms(heard.slice(from, to)) / rms(noise.slice(from, to)));
      };
      expect(Math.abs(leftDb(0.1, 0.4) + 10)).toBeLessThan(1.5);
      expect(leftDb(1.5, 2.4)).toBeLessThan(-22);
    },
  );

  it('is 10 ms late', () => {
    const output = new Float32Array(clean.length);
    const denoiser = new Denoiser(createRnnoise());
    for (let at = 0; at + 960 <= clean.length; at += 960) {
      denoiser.process(clean.subarray(at, at + 960), output.subarray(at, at + 960));
    }
    const second = clean.subarray(48_000, 96_000);
    const likeness = (delay: number) =>
      second.reduce((sum, value, i) => sum + value * (output[48_000 + i + delay] ?? 0), 0);
    const delays = Array.from({ length: 100 }, (_, index) => denoiserDelaySamples - 50 + index);
    const best = delays.reduce((most, delay) => (likeness(delay) > likeness(most) ? delay : most));
    expect(Math.abs(best - denoiserDelaySamples)).toBeLessThan(5);
  });

  it('takes no more memory for streams that come and go, and refuses what does not fit', () => {
    const rnnoise = createRnnoise();
    const bytes = rnnoise.memoryBytes;
    for (let i = 0; i < 3000; i++) new Denoiser(rnnoise).close();
    expect(rnnoise.liveStates).toBe(0);
    expect(() => {
      for (;;) new Denoiser(rnnoise);
    }).toThrow('No more streams');
    expect(rnnoise.liveStates).toBeGreaterThan(400);
    expect(rnnoise.memoryBytes).toBe(bytes);
  });

  it('forgets a sample that is no number', () => {
    const denoiser = new Denoiser(createRnnoise());
    const frame = sine(200, 0.02);
    denoiser.process(
      frame.map(() => NaN),
      new Float32Array(960),
    );
    const output = new Float32Array(960);
    for (let i = 0; i < 5; i++) denoiser.process(frame, output);
    expect(output.every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe('denoise stage', () => {
  const tone = sine(150, 1, 0.3);

  it('touches no bit and holds no memory while it is off', () => {
    const rnnoise = createRnnoise();
    const noisy = hiss(48_000);
    expect(staged(new DenoiseStage(rnnoise), noisy, () => false)).toEqual(noisy);
    expect(rnnoise.liveStates).toBe(0);
  });

  it('comes and goes without a click, and gives its memory back', () => {
    const rnnoise = createRnnoise();
    const stage = new DenoiseStage(rnnoise);
    const output = staged(stage, tone, (tick) => tick >= 10 && tick < 30);
    expect(steepest(output)).toBeLessThan(1.6 * steepest(tone));
    expect(output.subarray(0, 13 * 960)).toEqual(tone.subarray(0, 13 * 960));
    expect(output.subarray(31 * 960)).toEqual(tone.subarray(31 * 960));
    expect(output.subarray(20 * 960, 25 * 960)).not.toEqual(tone.subarray(20 * 960, 25 * 960));
    expect(rnnoise.liveStates).toBe(0);
  });

  it('gives out what is still inside when the stream pauses, once', () => {
    const stage = new DenoiseStage(createRnnoise());
    staged(stage, speechLike(1), () => true);
    const frame = new Float32Array(960);
    expect(stage.pause(frame, true)).toBe(true);
    expect(frame.some((value) => value !== 0)).toBe(true);
    expect(stage.pause(frame, true)).toBe(false);
  });

  it('lets legs that did not insist wait while a worker denoises many', () => {
    const rnnoise = createRnnoise();
    for (let i = 0; i < 40; i++) new Denoiser(rnnoise);
    const frame = sine(150, 0.02);
    const [voluntary, insisting] = [new DenoiseStage(rnnoise), new DenoiseStage(rnnoise)];
    for (let i = 0; i < 6; i++) {
      voluntary.process(frame.slice(), true, false);
      insisting.process(frame.slice(), true, true);
    }
    expect([voluntary.active, insisting.active]).toEqual([false, true]);
  });
});
