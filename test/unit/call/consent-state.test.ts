import { describe, expect, it } from 'vitest';
import {
  answerMissing,
  type ConsentEffect,
  type ConsentInput,
  type ConsentPhase,
  consentStateOf,
  newConsent,
  stepConsent,
} from '../../../src/call/consent/consent-state.js';
import { nothingPressed, pressDigit } from '../../../src/call/consent/digit-sequence.js';

function run(...inputs: ConsentInput[]) {
  let standing = newConsent;
  const effects: ConsentEffect[] = [];
  for (const input of inputs) {
    const step = stepConsent(standing, input);
    standing = step.standing;
    effects.push(...step.effects);
  }
  return { ...standing, effects };
}

const allInputs: ConsentInput[] = [
  'ask',
  'yes',
  'no',
  'silence',
  'unanswered',
  'grant',
  'permitted',
  'unpermitted',
  'withdraw',
];

describe('consent of a leg', () => {
  const journeys: [string, ConsentInput[], ConsentPhase, ConsentEffect[]][] = [
    ['yes is given once the mixer has confirmed', ['ask', 'yes', 'permitted'], 'given', ['beginAsk', 'permit']],
    ['yes alone is not given yet', ['ask', 'yes'], 'permitting', ['beginAsk', 'permit']],
    ['no is refused', ['ask', 'no'], 'refused', ['beginAsk']],
    ['silence is told from no', ['ask', 'silence'], 'silent', ['beginAsk']],
    ['an ask that comes to nothing leads back', ['ask', 'unanswered'], 'notAsked', ['beginAsk']],
    ['also to where it was asked again from', ['ask', 'no', 'ask', 'unanswered'], 'refused', ['beginAsk', 'beginAsk']],
    [
      'a mixer that does not confirm has not done it',
      ['ask', 'yes', 'unpermitted'],
      'notAsked',
      ['beginAsk', 'permit', 'cut'],
    ],
    ['withdrawal cuts', ['ask', 'yes', 'permitted', 'withdraw'], 'withdrawn', ['beginAsk', 'permit', 'cut']],
    [
      'withdrawal beats the mixer’s confirmation',
      ['ask', 'yes', 'withdraw', 'permitted'],
      'withdrawn',
      ['beginAsk', 'permit', 'cut'],
    ],
    ['withdrawal breaks off an ask', ['ask', 'withdraw'], 'withdrawn', ['beginAsk', 'breakOffAsk', 'cut']],
    [
      'and its late yes does not count',
      ['ask', 'withdraw', 'yes', 'permitted'],
      'withdrawn',
      ['beginAsk', 'breakOffAsk', 'cut'],
    ],
    [
      'whoever withdrew may be asked again',
      ['withdraw', 'ask', 'yes', 'permitted'],
      'given',
      ['cut', 'beginAsk', 'permit'],
    ],
    ['a grant needs no ask', ['grant', 'permitted'], 'given', ['permit']],
    [
      'a grant waits for the end of an ask',
      ['ask', 'grant', 'unanswered', 'permitted'],
      'given',
      ['beginAsk', 'breakOffAsk', 'permit'],
    ],
    ['a no that crosses a grant wins', ['ask', 'grant', 'no'], 'refused', ['beginAsk', 'breakOffAsk']],
    [
      'a grant that is not confirmed leads back',
      ['withdraw', 'grant', 'unpermitted'],
      'withdrawn',
      ['cut', 'permit', 'cut'],
    ],
    ['whoever gave it is not asked again', ['grant', 'permitted', 'ask'], 'given', ['permit']],
    ['withdrawn twice is withdrawn once', ['withdraw', 'withdraw'], 'withdrawn', ['cut']],
    ['a late digit after silence does not count', ['ask', 'silence', 'yes'], 'silent', ['beginAsk']],
    ['a late digit after refusal does not count', ['ask', 'no', 'yes'], 'refused', ['beginAsk']],
  ];
  it.each(journeys)('%s', (_name, inputs, phase, effects) => {
    expect(run(...inputs)).toMatchObject({ phase, effects });
  });

  it('can be given only by the confirmation of a yes or a grant, whatever comes in whatever order', () => {
    // All sequences of five inputs: nothing leads to `given` but `permitted` after `permit`.
    const count = allInputs.length ** 5;
    let given = 0;
    for (let index = 0; index < count; index++) {
      const inputs = Array.from({ length: 5 }, (_, place) => {
        return allInputs[Math.floor(index / allInputs.length ** place) % allInputs.length] ?? 'ask';
      });
      let standing = newConsent;
      let permitted = false;
      for (const input of inputs) {
        const before = standing.phase;
        const step = stepConsent(standing, input);
        standing = step.standing;
        if (step.effects.includes('permit')) permitted = true;
        if (step.effects.includes('cut')) permitted = false;
        if (standing.phase !== 'given' || before === 'given') continue;
        given++;
        if (input !== 'permitted' || before !== 'permitting' || !permitted) expect.fail(inputs.join(' '));
      }
      if (permitted && !['given', 'permitting'].includes(standing.phase)) expect.fail(inputs.join(' '));
    }
    expect(given).toBeGreaterThan(100);
  });

  it('has five states outside, of which two are an answer missing', () => {
    const phases: ConsentPhase[] = [
      'notAsked',
      'asking',
      'overruled',
      'permitting',
      'given',
      'refused',
      'silent',
      'withdrawn',
    ];
    expect(phases.map(consentStateOf)).toEqual([
      ...['notAsked', 'asking', 'asking', 'asking', 'given', 'refused', 'refused', 'withdrawn'],
    ]);
    expect(phases.filter(answerMissing)).toEqual(['notAsked', 'silent']);
  });
});

describe('digits of a withdrawal', () => {
  const press = (sequence: string, ...presses: [digit: string, tick: number][]) => {
    let pressed = nothingPressed;
    return presses.filter(([digit, tick]) => {
      const step = pressDigit(pressed, digit, tick, sequence);
      pressed = step.pressed;
      return step.complete;
    }).length;
  };
  it.each<[string, string, [string, number][], number]>([
    [
      'are found',
      '*9',
      [
        ['*', 10],
        ['9', 20],
      ],
      1,
    ],
    [
      'are found among others',
      '*9',
      [
        ['1', 5],
        ['*', 10],
        ['*', 12],
        ['9', 20],
        ['9', 30],
      ],
      1,
    ],
    [
      'are found twice',
      '*9',
      [
        ['*', 10],
        ['9', 20],
        ['*', 30],
        ['9', 40],
      ],
      2,
    ],
    [
      'are not found in another order',
      '*9',
      [
        ['9', 10],
        ['*', 20],
      ],
      0,
    ],
    [
      'are found 3 s apart',
      '*9',
      [
        ['*', 10],
        ['9', 160],
      ],
      1,
    ],
    [
      'are not found more than 3 s apart',
      '*9',
      [
        ['*', 10],
        ['9', 161],
      ],
      0,
    ],
    ['may be one digit', '#', [['#', 0]], 1],
    [
      'may repeat themselves',
      '**',
      [
        ['*', 1],
        ['*', 2],
        ['*', 3],
      ],
      1,
    ],
  ])('%s', (_name, sequence, presses, found) => {
    expect(press(sequence, ...presses)).toBe(found);
  });
});
