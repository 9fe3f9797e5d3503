import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import type { PromptClip } from '../../../src/media/protocol.js';
import { checkTone, makeTone, type Tone } from '../../../src/speech/audio/tone.js';
import { trimClip } from '../../../src/speech/audio/trim.js';
import { powerDb, powerSpectrum, powerWhere, toneAt } from '../../support/spectrum.js';

function floats({ samples, length }: PromptClip): Float64Array {
  return Float64Array.from(new Int16Array(samples, 0, length), (sample) => sample / 32_768);
}

function rms(samples: Float64Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length);
}

function clipOf(samples: ArrayLike<number>): PromptClip {
  const buffer = new SharedArrayBuffer(samples.length * 2);
  new Int16Array(buffer).set(samples);
  return { samples: buffer, length: samples.length };
}

describe('a tone', () => {
  it.each([
    [[440], -20],
    [[350, 440], -13],
    [[480, 620], -40],
    [[697, 941, 1336, 1633], -10],
  ])('of %j Hz has %d dBov altogether, in equal parts', (frequenciesHz, levelDbov) => {
    const samples = floats(makeTone({ frequenciesHz, levelDbov, cadenceMs: [2000] })).subarray(4800, 4800 + 48_000);
    expect(20 * Math.log10(rms(samples))).toBeCloseTo(levelDbov, 1);
    for (const hz of frequenciesHz) {
      const own = 20 * Math.log10(toneAt(samples, 48_000, hz).amplitude / Math.SQRT2);
      expect(own).toBeCloseTo(levelDbov - 10 * Math.log10(frequenciesHz.length), 1);
    }
  });

  it('sounds and pauses as its cadence says, to the sample', () => {
    const samples = floats(makeTone({ frequenciesHz: [425], cadenceMs: [100, 50, 200.5, 25] }));
    const heard = (from: number, until: number) => rms(samples.subarray(from, until)) > 0.05;
    expect(samples).toHaveLength(Math.round(375.5 * 48));
    expect([heard(0, 4800), heard(4800, 7200), heard(7200, 16_824), heard(16_824, 18_024)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(samples.subarray(4800, 7200).every((sample) => sample === 0)).toBe(true);
    expect(samples.subarray(16_824).every((sample) => sample === 0)).toBe(true);
  });

  it('begins and ends without a click: nothing above 2 kHz beyond −70 dB of a 440 Hz burst', () => {
    const burst = new Float64Array(16_384);
    const samples = floats(makeTone({ frequenciesHz: [440], levelDbov: -10, cadenceMs: [101.3] }));
    burst.set(samples, 4000);
    const spectrum = powerSpectrum(burst);
    expect(
      powerDb(powerWhere(spectrum, 48_000, (hz) => hz > 2000) / powerWhere(spectrum, 48_000, () => true)),
    ).toBeLessThan(-70);
  });

  it('has a bound for everything', () => {
    const good: Tone = { frequenciesHz: [440], levelDbov: -20, cadenceMs: [100] };
    const wrong: Partial<Tone>[] = [
      { frequenciesHz: [] },
      { frequenciesHz: [1, 2, 3, 4, 5].map((n) => n * 100) },
      { frequenciesHz: [19] },
      { frequenciesHz: [24_000] },
      { frequenciesHz: [Number.NaN] },
      { levelDbov: -3 },
      { levelDbov: -9, frequenciesHz: [400, 500, 600, 700] },
      { levelDbov: -97 },
      { levelDbov: Number.NaN },
      { cadenceMs: [] },
      { cadenceMs: [-1, 5] },
      { cadenceMs: [0, 0.5] },
      { cadenceMs: [Number.POSITIVE_INFINITY] },
      { cadenceMs: Array<number>(65).fill(10) },
    ];
    expect(() => checkTone(good)).not.toThrow();
    for (const change of wrong) expect(() => checkTone({ ...good, ...change })).toThrow(CodedError);
  });

  it('at the greatest level allowed is not cut off', () => {
    const tone: Tone = { frequenciesHz: [100, 200, 300, 400], levelDbov: -10, cadenceMs: [100] };
    checkTone(tone);
    expect(Math.max(...floats(makeTone(tone)).map(Math.abs))).toBeLessThan(0.999);
  });
});

describe('a sentence', () => {
  const trim = { leadMs: 30, trailMs: 260, edgeMs: 5 };
  const speech = (before: number, length: number, after: number, noise = 0) =>
    clipOf(
      Array.from({ length: before + length + after }, (_, n) =>
        n >= before && n < before + length ? 8000 * Math.sin(n / 9) : noise * (n % 2 === 0 ? 1 : -1),
      ),
    );

  it.each([
    ['more silence', 48_000, 96_000, 0],
    ['less silence', 480, 960, 0],
    ['no silence', 0, 0, 0],
    ['faint noise', 48_000, 48_000, 40],
  ])('with %s around it has as much as asked for afterwards', (_, before, after, noise) => {
    const trimmed = trimClip(speech(before, 24_000, after, noise), trim);
    const samples = new Int16Array(trimmed.samples);
    expect(trimmed.length).toBe(24_000 + 290 * 48);
    expect([samples[0], samples.at(-1)]).toEqual([0, 0]);
    const peak = (from: number, until: number) => Math.max(...samples.subarray(from, until).map(Math.abs));
    expect([peak(0, 1440), peak(1440 + 24_000, samples.length)]).toEqual([noise, noise]);
    expect(peak(1440, 1440 + 24_000)).toBeGreaterThan(7990);
  });

  it('that begins with sound fades in', () => {
    const samples = new Int16Array(trimClip(speech(0, 24_000, 0), trim).samples);
    expect(Math.abs(samples[1440 + 14]!)).toBeLessThan(200);
  });

  it('of silence alone becomes the silence asked for', () => {
    expect(trimClip(clipOf(new Int16Array(96_000)), trim).length).toBe(290 * 48);
    expect(trimClip(clipOf(new Int16Array(1)), trim).length).toBe(290 * 48);
  });
});
