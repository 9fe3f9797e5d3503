import { describe, expect, it } from 'vitest';
import { addNoise, detect, digits, digitsIn, join, silence, tone, type ToneShape } from '../../support/dtmf.js';
import { seededRandom } from '../../support/noise.js';

const none = '';
/** Starts of a tone within a window of the detector, ms. */
const offsetsMs = [0, 0.5, 1, 1.625, 2, 2.75, 3.25, 3.875];

/** Every digit in one shape, each beginning elsewhere between windows, phases moving. */
function heard(shape: ToneShape, pauseMs = 60): string[] {
  return digits.map((digit, index) => {
    const offset = silence(20 + (offsetsMs[index % offsetsMs.length] ?? 0) + 4 * (index % 5), shape.rateHz);
    return digitsIn(
      join(offset, tone(digit, { phase: index, ...shape }), silence(pauseMs, shape.rateHz)),
      shape.rateHz,
    );
  });
}

const nothing = digits.map(() => none);

describe('in-band digits, by the table of ITU-T Q.24', () => {
  const accepted: [string, ToneShape][] = [
    ['nominal', {}],
    ['both frequencies 1.5 % high', { rowFactor: 1.015, columnFactor: 1.015 }],
    ['both frequencies 1.5 % low', { rowFactor: 0.985, columnFactor: 0.985 }],
    ['row high, column low by 1.5 %', { rowFactor: 1.015, columnFactor: 0.985 }],
    ['row low, column high by 1.5 %', { rowFactor: 0.985, columnFactor: 1.015 }],
    ['40 ms, 1.5 % off', { durationMs: 40, rowFactor: 1.015, columnFactor: 0.985 }],
    ['column 4 dB above row', { rowDbm0: -10, columnDbm0: -6 }],
    ['column 8 dB below row', { rowDbm0: -6, columnDbm0: -14 }],
    ['0 dBm0 per tone, which clips', { rowDbm0: 0, columnDbm0: 0 }],
    ['−25 dBm0 per tone', { rowDbm0: -25, columnDbm0: -25 }],
    ['−25 and −33 dBm0', { rowDbm0: -25, columnDbm0: -33 }],
    ['40 ms', { durationMs: 40 }],
    ['40 ms at −25 dBm0', { durationMs: 40, rowDbm0: -25, columnDbm0: -25 }],
    ['40 ms, column 8 dB below row', { durationMs: 40, rowDbm0: -6, columnDbm0: -14 }],
    ['40 ms, column 4 dB above row', { durationMs: 40, rowDbm0: -10, columnDbm0: -6 }],
    ['two seconds', { durationMs: 2000 }],
    ['16 kHz', { rateHz: 16_000 }],
    ['40 ms at 16 kHz, 1.5 % off', { rateHz: 16_000, durationMs: 40, rowFactor: 1.015, columnFactor: 1.015 }],
    ['48 kHz', { rateHz: 48_000 }],
    ['40 ms at 48 kHz, column 8 dB below', { rateHz: 48_000, durationMs: 40, rowDbm0: -6, columnDbm0: -14 }],
  ];
  it.each(accepted)('accepts %s', (_name, shape) => {
    expect(heard(shape)).toEqual(digits);
  });

  const refused: [string, ToneShape][] = [
    ['the row 3.5 % high', { durationMs: 500, rowFactor: 1.035 }],
    ['the row 3.5 % low', { durationMs: 500, rowFactor: 0.965 }],
    ['the column 3.5 % high', { durationMs: 500, columnFactor: 1.035 }],
    ['the column 3.5 % low', { durationMs: 500, columnFactor: 0.965 }],
    ['both 3.5 % off', { durationMs: 500, rowFactor: 1.035, columnFactor: 0.965 }],
    ['a column 9 dB above its row', { rowDbm0: -16, columnDbm0: -7 }],
    ['a column 13 dB below its row', { rowDbm0: -3, columnDbm0: -16 }],
    ['−45 dBm0', { rowDbm0: -45, columnDbm0: -45 }],
    ['23 ms', { durationMs: 23 }],
    ['23 ms, loud', { durationMs: 23, rowDbm0: 0, columnDbm0: 0 }],
    ['23 ms at 48 kHz', { durationMs: 23, rateHz: 48_000 }],
    ['10 ms', { durationMs: 10 }],
  ];
  it.each(refused)('refuses %s', (_name, shape) => {
    expect(heard(shape)).toEqual(nothing);
  });

  it('refuses a row or a column alone', () => {
    for (const digit of digits) {
      expect(digitsIn(tone(digit, { durationMs: 300, rowDbm0: -100 }))).toBe(none);
      expect(digitsIn(tone(digit, { durationMs: 300, columnDbm0: -100 }))).toBe(none);
    }
  });

  it.each([40, 45, 60])('tells equal digits apart that pause %i ms', (pauseMs) => {
    for (const [index, digit] of digits.entries()) {
      const press = tone(digit, { durationMs: 45 });
      const signal = join(silence(offsetsMs[index % 8] ?? 0), press, silence(pauseMs), press, silence(pauseMs), press);
      expect(digitsIn(signal)).toBe(digit.repeat(3));
    }
  });

  it.each([2, 5, 8, 10])('takes a tone interrupted for %i ms for one press', (gapMs) => {
    for (const [index, digit] of digits.entries()) {
      const whole = tone(digit, { durationMs: 120 });
      const gapFrom = 8 * 50 + 8 * (index % 4);
      whole.fill(0, gapFrom, gapFrom + 8 * gapMs);
      expect(digitsIn(whole)).toBe(digit);
    }
  });

  it('hears different digits that follow one another without a pause', () => {
    const signal = join(...digits.map((digit) => tone(digit, { durationMs: 60 })));
    expect(digitsIn(signal)).toBe(digits.join(''));
  });

  it.each([12, 15, 20, 30])('finds every digit of 50 ms, and no other, in noise %i dB below', (snrDb) => {
    const random = seededRandom(snrDb);
    // Both tones of −10 dBm0 together have this RMS.
    const rms = 10 ** ((-10 - 3.14 - snrDb) / 20);
    const said = Array.from({ length: 320 }, () => digits[Math.floor(random() * 16)] ?? '0');
    const pauses = () => silence(45 + 40 * random());
    const signal = join(...said.flatMap((digit) => [tone(digit, { durationMs: 50 }), pauses()]));
    expect(digitsIn(addNoise(signal, rms, random))).toBe(said.join(''));
  });

  it('hears nothing in noise alone', () => {
    const random = seededRandom(5);
    for (const rms of [0.003, 0.03, 0.3]) {
      expect(digitsIn(addNoise(silence(60_000), rms, random))).toBe(none);
    }
  });

  it.each([50, 80, 100, 247, 1000])('measures %i ms to 6 ms, whatever the tick', (durationMs) => {
    for (const tickMs of [10, 20]) {
      for (const offsetMs of offsetsMs) {
        const startMs = 33 + offsetMs;
        const told = detect(join(silence(startMs), tone('7', { durationMs })), 8000, tickMs);
        expect(told).toHaveLength(2);
        expect(Math.abs((told[1]?.ms ?? 0) - durationMs)).toBeLessThanOrEqual(6);
        // Told in the first tick that ends 40 ms or more into the tone, at the latest.
        const beganMs = told[0]?.atMs ?? 0;
        expect(beganMs).toBeLessThanOrEqual(Math.ceil((startMs + 40) / tickMs) * tickMs);
        expect(beganMs - (told[0]?.ms ?? 0)).toBeGreaterThan(startMs - 6);
        const endMs = startMs + durationMs;
        expect(told[1]?.atMs).toBeLessThanOrEqual(Math.ceil((endMs + 34) / tickMs) * tickMs);
      }
    }
  });

  it('refuses tones with the second harmonics of a voice', () => {
    for (const digit of digits) {
      const clean = tone(digit, { durationMs: 200, rowDbm0: -10, columnDbm0: -10 });
      const second = tone(digit, { durationMs: 200, rowDbm0: -60, columnDbm0: -18, columnFactor: 2 });
      expect(digitsIn(clean.map((sample, at) => sample + (second[at] ?? 0)))).toBe(none);
    }
  });

  it('ends a digit when the audio stops altogether', () => {
    expect(detect(tone('5', { durationMs: 200 })).map(({ what }) => what)).toEqual(['began', 'ended']);
  });
});
