import { describe, expect, it } from 'vitest';
import { type Entrant, entryOf } from '../../../src/call/admission/entry.js';
import { judgePin, longestPin } from '../../../src/call/admission/pin.js';
import {
  type AdmissionEffect,
  type AdmissionInput,
  newAdmission,
  stepAdmission,
} from '../../../src/call/admission/sequence.js';
import { consentPolicyOf } from '../../../src/call/consent/policy.js';
import { SecretDigits } from '../../../src/call/secret-digits.js';

const consent = consentPolicyOf({ ask: 'onJoin', prompt: [{ type: 'silence', durationMs: 20 }] });
const caller: Entrant = { direction: 'inbound', role: 'participant' };
const dialled: Entrant = { direction: 'outbound', role: 'participant' };
const chair: Entrant = { direction: 'inbound', role: 'moderator' };

describe('how a leg begins', () => {
  it('without any policy: in the mix, with consent, with nothing to do', () => {
    expect(entryOf({}, caller, true)).toEqual({ isolated: false, consented: true, steps: [] });
  });

  const rows: [string, Parameters<typeof entryOf>, readonly string[], boolean][] = [
    ['a caller is asked for the PIN', [{ pin: '1234' }, caller, true], ['pin'], true],
    ['also where only moderators have one', [{ moderatorPin: '1234' }, caller, true], ['pin'], true],
    ['a listener is asked, too', [{ pin: '1234' }, { ...caller, role: 'listener' }, true], ['pin'], true],
    ['who is dialled is not', [{ pin: '1234' }, dialled, true], [], true],
    ['who is a moderator by route is not', [{ pin: '1234' }, chair, true], [], true],
    ['everybody is asked for consent', [{ consent }, dialled, true], ['consent'], false],
    ['also a moderator', [{ consent }, chair, true], ['consent'], false],
    [
      'not by the admission when it is asked later',
      [{ consent: { ...consent, ask: 'onDemand' } }, caller, true],
      [],
      false,
    ],
    ['who comes before a moderator waits', [{ startOnModerator: true }, dialled, false], ['waiting'], true],
    ['a moderator does not', [{ startOnModerator: true }, chair, false], [], true],
    ['nobody waits once the doors are open', [{ startOnModerator: true }, caller, true], [], true],
    [
      'all of it, in this order',
      [{ pin: '1', moderatorPin: '2', consent, startOnModerator: true }, caller, false],
      ['pin', 'consent', 'waiting'],
      false,
    ],
  ];
  it.each(rows)('%s', (_what, [policy, entrant, open], steps, consented) => {
    expect(entryOf(policy, entrant, open)).toEqual({ isolated: steps.length > 0, consented, steps });
  });
});

describe('the way in', () => {
  const joined: AdmissionInput = { type: 'joined' };
  const wrong: AdmissionInput = { type: 'pinEntered', verdict: 'wrong' };
  const right: AdmissionInput = { type: 'pinEntered', verdict: 'participant' };
  const chairPin: AdmissionInput = { type: 'pinEntered', verdict: 'moderator' };
  const agreed: AdmissionInput = { type: 'consentSettled', stays: false };
  const stays: AdmissionInput = { type: 'consentSettled', stays: true };
  const letIn: AdmissionInput = { type: 'letIn' };
  const promoted: AdmissionInput = { type: 'promoted' };
  const goodbye: AdmissionInput = { type: 'goodbyeSaid' };
  const all = ['pin', 'consent', 'waiting'] as const;

  const journeys: [string, (typeof all)[number][], AdmissionInput[], string, AdmissionEffect[], boolean?][] = [
    ['a right PIN lets in', ['pin'], [joined, right], 'admitted', ['askPin', 'admit']],
    ['a wrong one is asked for again', ['pin'], [joined, wrong], 'pin', ['askPin', 'askPinAgain']],
    ['and may be right then', ['pin'], [joined, wrong, right], 'admitted', ['askPin', 'askPinAgain', 'admit']],
    [
      'too many wrong ones: goodbye, then hung up',
      ['pin'],
      [joined, wrong, wrong, wrong, goodbye],
      'refused',
      ['askPin', 'askPinAgain', 'askPinAgain', 'sayGoodbye', 'hangUp'],
    ],
    [
      'nothing helps who was refused',
      ['pin'],
      [joined, wrong, wrong, wrong, right, letIn, promoted],
      'refused',
      ['askPin', 'askPinAgain', 'askPinAgain', 'sayGoodbye'],
    ],
    [
      'one step after the other',
      [...all],
      [joined, right, agreed, letIn],
      'admitted',
      ['askPin', 'askConsent', 'wait', 'admit'],
    ],
    [
      'the moderators’ PIN makes a moderator, who does not wait',
      [...all],
      [joined, chairPin, agreed],
      'admitted',
      ['askPin', 'becomeModerator', 'askConsent', 'admit'],
    ],
    ['the call has been opened meanwhile', ['waiting'], [joined], 'admitted', ['admit'], true],
    ['who waits is made a moderator', ['waiting'], [joined, promoted], 'admitted', ['wait', 'admit']],
    [
      'who is made one earlier does not wait later',
      ['pin', 'waiting'],
      [joined, promoted, right],
      'admitted',
      ['askPin', 'admit'],
    ],
    ['who has to stay out stays at its step', ['consent', 'waiting'], [joined, stays], 'consent', ['askConsent']],
    [
      'until it is let in, and goes on',
      ['consent', 'waiting'],
      [joined, stays, letIn],
      'waiting',
      ['askConsent', 'wait'],
    ],
    ['letting in does not replace a PIN', ['pin'], [joined, letIn, agreed, goodbye], 'pin', ['askPin']],
    ['nothing happens before it is connected', [...all], [right, agreed, letIn, goodbye], 'pending', []],
    ['who is in stays in', ['pin'], [joined, right, wrong, letIn, promoted, joined], 'admitted', ['askPin', 'admit']],
  ];
  it.each(journeys)('%s', (_what, steps, inputs, status, effects, open = false) => {
    let state = newAdmission(steps, 3, false);
    const done: AdmissionEffect[] = [];
    for (const input of inputs) {
      const step = stepAdmission(state, input, open);
      state = step.state;
      done.push(...step.effects);
    }
    expect([state.status, done]).toEqual([status, effects]);
  });
});

describe('a PIN', () => {
  const both = { pin: '1234', moderatorPin: '98765' };
  it.each([
    [both, '1234', 'participant'],
    [both, '98765', 'moderator'],
    [both, '1235', 'wrong'],
    [both, '123', 'wrong'],
    [both, '12345', 'wrong'],
    [both, '9876', 'wrong'],
    [both, '', 'wrong'],
    [{ moderatorPin: '98765' }, '', 'participant'],
    [{ moderatorPin: '98765' }, '98765', 'moderator'],
    [{ moderatorPin: '98765' }, '1', 'wrong'],
    [{ pin: '1234' }, '', 'wrong'],
  ])('%j: %s makes a %s', (pins, digits, verdict) => {
    expect(judgePin(pins, digits)).toBe(verdict);
  });

  it('is waited for up to the longer of the two', () => {
    expect([longestPin(both), longestPin({ pin: '1234' }), longestPin({})]).toEqual([5, 4, 1]);
  });
});

describe('secret digits', () => {
  it('are those whose press began while they were asked for, also when they are told later', () => {
    const digits = new SecretDigits();
    expect(digits.has(10, 100)).toBe(false);
    digits.begin();
    expect(digits.has(1_000, 100)).toBe(true);
    digits.end(100);
    expect(digits.has(99, 100)).toBe(true);
    // Begun at tick 99, told after a long press.
    expect(digits.has(199, 2_000)).toBe(true);
    // The end of a press that was lost is told up to 375 ms late.
    expect(digits.has(122, 40)).toBe(true);
    expect(digits.has(200, 100)).toBe(false);
  });
});
