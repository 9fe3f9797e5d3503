import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeText, splitSentences } from '../../../src/speech/synthesis/sentences.js';

describe('a text', () => {
  it.each([
    [
      'en',
      'This call is recorded. Press 1 to agree. Press 2 if not!',
      ['This call is recorded.', 'Press 1 to agree.', 'Press 2 if not!'],
    ],
    [
      'en',
      'Hello Dr. Smith. It costs 3.50 dollars. Ask the U.S. Army, e.g. Mr. Ryan.',
      ['Hello Dr. Smith.', 'It costs 3.50 dollars.', 'Ask the U.S. Army, e.g. Mr. Ryan.'],
    ],
    ['en', 'Yes. No. Perhaps we shall see.', ['Yes. No. Perhaps we shall see.']],
    ['en', 'Menu\nOne\r\nTwo', ['Menu', 'One', 'Two']],
    ['de', 'Drücken Sie z.B. die 1. Oder bleiben Sie dran?', ['Drücken Sie z.B. die 1.', 'Oder bleiben Sie dran?']],
    [
      'ja',
      '通話は録音されています。同意する場合は一を押してください。',
      ['通話は録音されています。', '同意する場合は一を押してください。'],
    ],
    ['xx-nonsense', 'Any language will do. Even this one.', ['Any language will do.', 'Even this one.']],
    ['en', '  ...  \n — \n', []],
    ['en', '', []],
  ])('in %s such as %j is spoken in parts', (language, text, expected) => {
    expect(splitSentences(text, language)).toEqual(expected);
  });

  it('without a full stop is cut after clauses, else between words, never within a character', () => {
    const clause = 'and then there is a clause, ';
    const parts = splitSentences(clause.repeat(30), 'en');
    expect(parts.every((part) => part.length <= 300 && part.endsWith(','))).toBe(true);
    expect(Math.max(...splitSentences('word '.repeat(200), 'en').map((part) => part.length))).toBeLessThanOrEqual(300);
    expect(splitSentences('😀'.repeat(400), 'en').join('')).toBe('😀'.repeat(400));
    expect(splitSentences(`a${'😀'.repeat(400)}`, 'en').every((part) => encodeURI(part) !== '')).toBe(true);
  });

  it('loses no letter and no digit, and has bounded parts, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 800 }),
        fc.constantFrom('en', 'de', 'zh', 'th', '*'),
        (text, language) => {
          const letters = (of: string) => of.normalize('NFC').replaceAll(/[^\p{L}\p{N}]/gu, '');
          const parts = splitSentences(text, language);
          expect(letters(parts.join(''))).toBe(letters(text));
          expect(parts.every((part) => part.length <= 300 && part === part.trim() && !/\p{C}/u.test(part))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the same however it is spaced and composed', () => {
    expect(normalizeText(' Gru\u0308ezi \r\n  mit\u0000einander ')).toBe('Grüezi mit einander');
  });
});
