import { describe, expect, it } from 'vitest';
import { type GatherRequest, gatherRulesOf, type InteractionRequest } from '../../../src/call/interactions/request.js';
import type { GatherRules } from '../../../src/media/protocol.js';

const rulesOf = (gather: GatherRequest, more: Partial<InteractionRequest> = {}) =>
  gatherRulesOf({ prompt: [], gather, ...more });

describe('defaults', () => {
  it('without gather there are no rules', () => {
    expect(gatherRulesOf({ prompt: [] })).toBeUndefined();
  });

  it('one digit, 5 s for the first, 3 s for the next, barge-in, asked once', () => {
    expect(rulesOf({})).toEqual({
      patterns: [],
      minDigits: 1,
      maxDigits: 1,
      finishOnKey: '',
      timeoutTicks: 250,
      interDigitTimeoutTicks: 150,
      bargeIn: true,
      retries: 0,
    });
  });

  const cases: [string, GatherRequest, Partial<GatherRules>][] = [
    ['patterns say how many', { patterns: ['12', '9XXX'] }, { minDigits: 2, maxDigits: 4, finishOnKey: '#' }],
    ['a pattern with # leaves no finish key', { patterns: ['12', '#99'] }, { finishOnKey: '' }],
    ['single keys need no finish key', { patterns: ['1', '2', '#'] }, { maxDigits: 1, finishOnKey: '' }],
    ['at least so many are so many', { minDigits: 6 }, { maxDigits: 6, finishOnKey: '#' }],
    ['none at least is one at most', { minDigits: 0 }, { maxDigits: 1 }],
    ['what is given stays', { maxDigits: 12, finishOnKey: '*' }, { minDigits: 1, maxDigits: 12, finishOnKey: '*' }],
    ['no finish key if none is wanted', { maxDigits: 4, finishOnKey: '' }, { finishOnKey: '' }],
    [
      'times are whole ticks, rounded up',
      { timeoutMs: 0, interDigitTimeoutMs: 21 },
      { timeoutTicks: 0, interDigitTimeoutTicks: 2 },
    ],
  ];
  it.each(cases)('%s', (_name, gather, expected) => {
    expect(rulesOf(gather)).toMatchObject(expected);
  });
});

describe('what cannot be', () => {
  const cases: [string, GatherRequest, string][] = [
    ['more at least than at most', { minDigits: 5, maxDigits: 4 }, 'gather.minDigits'],
    ['more than 64', { minDigits: 65 }, 'gather.maxDigits'],
    ['a pattern too short to count', { patterns: ['1'], minDigits: 2, maxDigits: 2 }, 'gather.patterns'],
    ['a pattern too long to be reached', { patterns: ['123'], maxDigits: 2 }, 'gather.patterns'],
    ['a pattern of letters that are none', { patterns: ['1Y'] }, 'gather.patterns'],
    ['an empty pattern', { patterns: [''] }, 'gather.patterns'],
    ['a pattern with the finish key', { patterns: ['1*'], finishOnKey: '*' }, 'gather.patterns'],
  ];
  it.each(cases)('%s is refused, naming the field', (_name, gather, field) => {
    expect(() => rulesOf(gather)).toThrow(field);
  });

  it('a prompt for ever that no digit can end', () => {
    expect(() => rulesOf({ bargeIn: false }, { plays: 0 })).toThrow('gather.bargeIn');
    expect(rulesOf({}, { plays: 0 })).toBeDefined();
  });
});
