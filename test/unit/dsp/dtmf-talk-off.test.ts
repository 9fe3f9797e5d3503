import { describe, expect, it } from 'vitest';
import { digitsIn } from '../../support/dtmf.js';
import { espeak, formants, hasEspeak, voices } from '../../support/talk-off-speech.js';

/** TALK_OFF_MINUTES=30 and more for the long run; two voices otherwise. */
const wantedS = 60 * Number(process.env.TALK_OFF_MINUTES ?? 0);

describe('talk-off', () => {
  it.skipIf(!hasEspeak)(
    'finds no digit in speech (needs espeak-ng; TALK_OFF_MINUTES for more)',
    { timeout: 600_000 },
    () => {
      let heardS = 0;
      for (let seed = 1; seed <= 2 || heardS < wantedS; seed++) {
        const voice = voices[seed % voices.length] ?? 'en';
        const sentences = wantedS > 0 ? 60 : 15;
        const speech = espeak(voice, seed, sentences);
        heardS += speech.length / 8000;
        // Loud and, as through a far phone, quiet.
        expect([voice, digitsIn(speech)]).toEqual([voice, '']);
        expect([voice, digitsIn(speech.map((sample) => sample / 10))]).toEqual([voice, '']);
      }
      expect(heardS).toBeGreaterThan(Math.max(120, wantedS));
    },
  );

  it('finds no digit in ten minutes of vowels, hums and whistles that hold their pitch', () => {
    expect(digitsIn(formants(1, 300))).toBe('');
    expect(digitsIn(formants(2, 300))).toBe('');
  });
});
