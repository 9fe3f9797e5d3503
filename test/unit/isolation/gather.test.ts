import { describe, expect, it } from 'vitest';
import { Gather, type LapseVerdict, type PressVerdict } from '../../../src/media/isolation/gather.js';
import type { GatherRules } from '../../../src/media/protocol.js';

const rules: GatherRules = {
  patterns: [],
  minDigits: 1,
  maxDigits: 4,
  finishOnKey: '#',
  timeoutTicks: 0,
  interDigitTimeoutTicks: 0,
  bargeIn: true,
  retries: 0,
};

/** What each press makes of the answer, then what a pause makes of it. */
interface Case {
  readonly name: string;
  readonly rules: Partial<GatherRules>;
  readonly pressed: string;
  /** First letters of the verdicts. */
  readonly verdicts: string;
  readonly answer?: string;
  readonly lapse?: LapseVerdict;
}

const cases: Case[] = [
  { name: 'one of two keys', rules: { patterns: ['1', '2'] }, pressed: '2', verdicts: 'c' },
  { name: 'neither of two keys', rules: { patterns: ['1', '2'] }, pressed: '3', verdicts: 'i' },
  {
    name: 'a longer answer may follow',
    rules: { patterns: ['1', '12'] },
    pressed: '1',
    verdicts: 'm',
    lapse: 'complete',
  },
  { name: 'the longer answer', rules: { patterns: ['1', '12'] }, pressed: '12', verdicts: 'mc' },
  { name: 'a wrong second digit', rules: { patterns: ['12', '13'] }, pressed: '14', verdicts: 'mi' },
  { name: 'too little of a pattern', rules: { patterns: ['123'] }, pressed: '12', verdicts: 'mm', lapse: 'invalid' },
  { name: 'X is any digit', rules: { patterns: ['X0'] }, pressed: '00', verdicts: 'mc' },
  { name: 'X is no star', rules: { patterns: ['X'] }, pressed: '*', verdicts: 'i' },
  { name: 'X is no letter', rules: { patterns: ['X'] }, pressed: 'A', verdicts: 'i' },
  { name: 'Z is 1', rules: { patterns: ['Z'] }, pressed: '1', verdicts: 'c' },
  { name: 'Z is not 0', rules: { patterns: ['Z'] }, pressed: '0', verdicts: 'i' },
  { name: 'N is 2', rules: { patterns: ['N'] }, pressed: '2', verdicts: 'c' },
  { name: 'N is not 1', rules: { patterns: ['N'] }, pressed: '1', verdicts: 'i' },
  { name: 'stars and letters stand for themselves', rules: { patterns: ['*6', 'AB'] }, pressed: '*6', verdicts: 'mc' },
  { name: 'D is a digit of its own', rules: { patterns: ['DD'] }, pressed: 'DD', verdicts: 'mc' },
  { name: 'patterns that are too long never count', rules: { patterns: ['1', '12345'] }, pressed: '1', verdicts: 'c' },
  { name: 'only such patterns', rules: { patterns: ['12345'] }, pressed: '1', verdicts: 'i' },
  {
    name: 'patterns that are too short never count',
    rules: { patterns: ['1', '12'], minDigits: 2 },
    pressed: '1',
    verdicts: 'm',
    lapse: 'invalid',
  },
  {
    name: 'the finish key ends a whole answer',
    rules: { patterns: ['1', '12'] },
    pressed: '1#',
    verdicts: 'mc',
    answer: '1',
  },
  {
    name: 'the finish key ends no half answer',
    rules: { patterns: ['12'] },
    pressed: '1#',
    verdicts: 'mi',
    answer: '1',
  },
  {
    name: 'the finish key is never part of a pattern',
    rules: { patterns: ['1#'] },
    pressed: '1#',
    verdicts: 'mi',
    answer: '1',
  },
  { name: 'without a finish key it is', rules: { patterns: ['1#'], finishOnKey: '' }, pressed: '1#', verdicts: 'mc' },
  { name: 'any digits up to the most', rules: {}, pressed: '12*4', verdicts: 'mmmc' },
  { name: 'any digits up to the finish key', rules: {}, pressed: '12#', verdicts: 'mmc', answer: '12' },
  { name: 'any digits up to a pause', rules: {}, pressed: '12', verdicts: 'mm', lapse: 'complete' },
  { name: 'too few before a pause', rules: { minDigits: 3 }, pressed: '12', verdicts: 'mm', lapse: 'invalid' },
  { name: 'too few before the finish key', rules: { minDigits: 3 }, pressed: '12#', verdicts: 'mmi', answer: '12' },
  { name: 'another finish key', rules: { finishOnKey: '*' }, pressed: '1#*', verdicts: 'mmc', answer: '1#' },
  { name: 'the finish key alone', rules: {}, pressed: '#', verdicts: 'i', answer: '' },
  {
    name: 'the finish key alone where nothing will do',
    rules: { minDigits: 0 },
    pressed: '#',
    verdicts: 'c',
    answer: '',
  },
  {
    name: 'the same with patterns',
    rules: { minDigits: 0, patterns: ['12'] },
    pressed: '#',
    verdicts: 'c',
    answer: '',
  },
  { name: 'nothing at all', rules: {}, pressed: '', verdicts: '', lapse: 'nothing' },
  {
    name: 'nothing at all where nothing will do',
    rules: { minDigits: 0 },
    pressed: '',
    verdicts: '',
    lapse: 'complete',
  },
];

describe('a gather', () => {
  it.each(cases)('$name: $pressed gives $verdicts', ({ rules: changes, pressed, verdicts, answer, lapse }) => {
    const gather = new Gather({ ...rules, ...changes });
    const letters: Record<PressVerdict, string> = { more: 'm', complete: 'c', invalid: 'i' };
    expect([...pressed].map((digit) => letters[gather.press(digit)]).join('')).toBe(verdicts);
    expect(gather.digits).toBe(answer ?? pressed);
    if (lapse) expect(gather.lapse()).toBe(lapse);
  });

  it('forgets what was pressed when it begins again', () => {
    const gather = new Gather({ ...rules, patterns: ['12'] });
    gather.press('1');
    gather.begin();
    expect(gather.press('2')).toBe('invalid');
  });

  it('judges every answer of three digits as a regular expression would', () => {
    const patterns = ['NX', '1Z', '0', '01X'];
    const whole = /^(?:[2-9][0-9]|1[1-9]|0|01[0-9])$/;
    const begin = /^(?:[2-9][0-9]?|1[1-9]?|0(?:1[0-9]?)?)$/;
    const longer = /^(?:[2-9]|1|0|01)$/;
    for (let number = 0; number < 1110; number++) {
      const answer =
        number < 10
          ? `${number}`
          : number < 110
            ? `${number - 10}`.padStart(2, '0')
            : `${number - 110}`.padStart(3, '0');
      const gather = new Gather({ ...rules, patterns });
      let verdict: PressVerdict = 'more';
      let at = 0;
      while (verdict === 'more' && at < answer.length) verdict = gather.press(answer.charAt(at++));
      const so = answer.slice(0, at);
      expect(verdict, so).toBe(longer.test(so) ? 'more' : whole.test(so) ? 'complete' : 'invalid');
      if (verdict === 'invalid') expect(begin.test(so), so).toBe(false);
      if (verdict === 'more') expect(gather.lapse(), so).toBe(whole.test(so) ? 'complete' : 'invalid');
    }
  });
});
