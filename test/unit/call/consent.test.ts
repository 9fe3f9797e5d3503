import { describe, expect, it } from 'vitest';
import { consentRoom } from '../../support/consent-room.js';
import { settle } from '../../support/fake-clock.js';

describe('a call without a policy', () => {
  it('asks nobody, and everybody counts as having consented', async () => {
    const room = await consentRoom(null);
    const { legId } = await room.comes();
    expect(room.mediaCall.legs.get(legId)?.opening.consented).toBe(true);
    expect(room.state(legId)).toBe('notAsked');
    expect(() => room.consent.askAll(room.callId)).toThrow('Nobody is being asked');
    expect(() => room.consent.askLeg(room.callId, legId)).toThrow('Nobody is being asked');
    expect(room.story()).toEqual([]);
  });

  it('lets a leg take it back all the same', async () => {
    const room = await consentRoom(null);
    const { legId } = await room.comes();
    room.mediaCall.tick = 77;
    expect(await room.consent.withdraw(room.callId, legId, { note: 'asked to', purge: undefined })).toMatchObject({
      state: 'withdrawn',
      ledger: [{ type: 'consent.withdrawn', cause: 'api', note: 'asked to', effectTick: 77, tick: 77 }],
    });
    expect(room.told(legId)).toEqual(['setConsent false']);
  });
});

describe('asking', () => {
  it('yes: counts when the asking is over and from the tick the mixer says', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    expect(room.mediaCall.legs.get(legId)?.opening.consented).toBe(false);
    room.mediaCall.tick = 100;
    room.consent.askAll(room.callId);
    await settle();
    expect(room.state(legId)).toBe('asking');
    expect(room.told(legId)).toEqual([]);
    await room.answers(legId, '1', 160);
    expect(room.state(legId)).toBe('given');
    expect(room.told(legId)).toEqual(['setConsent true']);
    const interactionId = 'interaction_3';
    const words = {
      wording: 'May we record you? 1 or 2.',
      wordingHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    };
    const question = { legId, interactionId, ...words };
    expect(room.ledger(legId)).toEqual([
      { type: 'consent.asked', tick: 100, time: '2026-01-01T00:00:00.000Z', ...question },
      {
        type: 'consent.given',
        tick: 160,
        time: '2026-01-01T00:00:00.000Z',
        ...question,
        cause: 'answer',
        digits: '1',
        askedTick: 100,
        answeredTick: 160,
        effectTick: 160,
        promptCompleted: true,
        note: undefined,
        code: undefined,
      },
    ]);
  });

  it('is an interaction with the answers, retries and prompts of the policy', async () => {
    const room = await consentRoom({
      yes: '5',
      no: '*6',
      retries: 3,
      timeoutMs: 4_000,
      noInputPrompt: [{ type: 'silence', durationMs: 20 }],
    });
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    const order = room.mediaCall.interactions.get(legId);
    expect(order?.gather).toMatchObject({ patterns: ['5', '*6'], retries: 3, timeoutTicks: 200, bargeIn: true });
    expect(order?.noInputPrompt).toBeDefined();
    expect(order?.invalidPrompt).toBeUndefined();
  });

  const answers = [
    ['no', '2', 'consent.refused', 'answer', 'refused'],
    ['nothing', undefined, 'consent.refused', 'silence', 'refused'],
    ['digits that are neither', '7', 'consent.refused', 'invalid', 'refused'],
    ['yes and more', '11', 'consent.refused', 'invalid', 'refused'],
  ] as const;
  it.each(answers)('%s: not one sample for tools', async (_what, digits, type, cause, state) => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, digits, 90);
    expect(room.state(legId)).toBe(state);
    expect(room.ledger(legId).at(-1)).toMatchObject({
      type,
      cause,
      digits: digits ?? '',
      answeredTick: 90,
      effectTick: undefined,
    });
    expect(room.told(legId)).toEqual([]);
  });

  it('a late digit, after the time was over, does not count', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, undefined, 90);
    await room.presses(legId, '1', 91);
    expect(room.state(legId)).toBe('refused');
    expect(room.told(legId)).toEqual([]);
  });

  const vain = [
    ['the media of the leg fails', { result: 'cancelled', cancelledBy: 'mediaFailed' }, 'failed'],
    ['the API cancels it', { result: 'cancelled', cancelledBy: 'api' }, 'interrupted'],
    ['another interaction takes its place', { result: 'cancelled', cancelledBy: 'replaced' }, 'interrupted'],
    ['the leg ends', { result: 'cancelled', cancelledBy: 'legEnded' }, 'hangup'],
  ] as const;
  it.each(vain)('in vain, when %s: as if it had not been asked', async (_what, outcome, cause) => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    room.mediaCall.endInteraction(legId, outcome);
    await settle();
    expect(room.state(legId)).toBe('notAsked');
    expect(room.ledger(legId).at(-1)).toMatchObject({ type: 'consent.unanswered', cause });
    expect(room.told(legId)).toEqual([]);
  });

  it('in vain, when there is no prompt', async () => {
    const room = await consentRoom({ prompt: [{ type: 'file', name: 'missing' }] });
    const { legId } = await room.comes();
    room.consent.askLeg(room.callId, legId);
    await settle();
    expect(room.ledger(legId)).toMatchObject([{ type: 'consent.unanswered', cause: 'failed', code: 'promptNotFound' }]);
    expect([room.state(legId), room.told(legId)]).toEqual(['notAsked', []]);
    expect(room.faults).toEqual([]);
  });

  it('whoever says yes to a question that broke off in the middle has said nothing', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.prompts.manual = true;
    room.consent.askAll(room.callId);
    await settle();
    const made = room.prompts.waiting[0]?.ready(false);
    await settle();
    made?.more([], true, new Error('the synthesizer died'));
    await room.answers(legId, '1');
    expect(room.ledger(legId).at(-1)).toMatchObject({ type: 'consent.unanswered', cause: 'failed' });
    expect([room.state(legId), room.told(legId)]).toEqual(['notAsked', []]);
  });

  it('a mixer that never confirms a yes has not been told one', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    room.media.manual = true;
    room.mediaCall.endInteraction(legId, { result: 'digits', digits: '1' });
    room.media.steps.shift()?.();
    await settle();
    expect(room.state(legId)).toBe('asking');
    await room.clock.advance(2_000);
    expect(room.state(legId)).toBe('notAsked');
    expect(room.told(legId)).toEqual(['setConsent true', 'setConsent false']);
    expect(room.ledger(legId).at(-1)).toMatchObject({ type: 'consent.unanswered', cause: 'failed', digits: '1' });
    // Its confirmation comes after all, before that of the cut.
    for (const step of room.media.steps.splice(0)) step();
    await settle();
    expect(room.state(legId)).toBe('notAsked');
  });

  it('whoever hangs up while being asked is on record as unanswered', async () => {
    const room = await consentRoom();
    const { legId, phone } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    phone.dialog?.hangUp();
    await settle();
    const ledger = room.consent.view(room.callId).ledger;
    expect(ledger.map(({ type, cause }) => [type, cause])).toEqual([
      ['consent.asked', undefined],
      ['consent.unanswered', 'hangup'],
    ]);
    expect(room.consent.view(room.callId).legs).toEqual([{ legId, state: 'notAsked', live: false }]);
  });
});

describe('who is asked', () => {
  it('asking everybody leaves out who has answered, and reaches who said nothing', async () => {
    const room = await consentRoom();
    const [yes, no, silent] = [await room.comes('a'), await room.comes('b'), await room.comes('c')];
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(yes.legId, '1');
    await room.answers(no.legId, '2');
    await room.answers(silent.legId, undefined);
    room.consent.askAll(room.callId);
    await settle();
    expect([...room.mediaCall.interactions.keys()]).toEqual([silent.legId]);
  });

  it('one leg can be asked again after a no', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    for (const digit of ['2', '1']) {
      room.consent.askLeg(room.callId, legId);
      await settle();
      await room.answers(legId, digit);
    }
    expect(room.state(legId)).toBe('given');
    expect(room.consent.askLeg(room.callId, legId).state).toBe('given');
    await settle();
    expect(room.story()).toEqual(['consent.asked', 'consent.refused', 'consent.asked', 'consent.given']);
  });

  it('on demand: whoever comes after that, is dialled or transferred in, too', async () => {
    const room = await consentRoom();
    const before = await room.comes('a');
    expect(room.mediaCall.interactions.size).toBe(0);
    room.consent.askAll(room.callId);
    await settle();
    const late = await room.comes('b');
    await settle();
    expect([...room.mediaCall.interactions.keys()]).toEqual([before.legId, late.legId]);
  });

  it('before a recording: those without an answer when it begins, and whoever comes while there is one', async () => {
    const room = await consentRoom({ ask: 'beforeRecording' });
    const first = await room.comes('a');
    expect(room.mediaCall.interactions.size).toBe(0);
    const { id } = await room.service.recordings.start(room.callId);
    await settle();
    expect([...room.mediaCall.interactions.keys()]).toEqual([first.legId]);
    const second = await room.comes('b');
    await settle();
    expect(room.mediaCall.interactions.has(second.legId)).toBe(true);
    await room.service.recordings.stop(room.callId, id);
    const third = await room.comes('c');
    await settle();
    expect(room.mediaCall.interactions.has(third.legId)).toBe(false);
    expect(room.mediaCall.legs.get(third.legId)?.opening.consented).toBe(false);
  });

  it('on join: out of the mix until that is settled', async () => {
    const room = await consentRoom({ ask: 'onJoin' });
    const { legId } = await room.comes();
    expect(room.mediaCall.legs.get(legId)?.opening).toMatchObject({ isolated: true, consented: false });
    await settle();
    expect(room.state(legId)).toBe('asking');
    await room.answers(legId, '1');
    expect(room.told(legId)).toEqual(['setConsent true', 'isolateLeg false']);
    expect(room.state(legId)).toBe('given');
  });

  it('joining an asking that goes on does not ask twice', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askLeg(room.callId, legId);
    room.consent.askLeg(room.callId, legId);
    await settle();
    await room.answers(legId, '1');
    expect(room.story()).toEqual(['consent.asked', 'consent.given']);
  });
});

describe('what becomes of who does not say yes', () => {
  it('stays out, and is let in by a later yes', async () => {
    const room = await consentRoom({ ask: 'onJoin', onRefusal: 'stayIsolated' });
    const { legId } = await room.comes();
    await settle();
    await room.answers(legId, '2');
    expect(room.told(legId)).toEqual([]);
    expect(room.mediaCall.legs.get(legId)?.opening.isolated).toBe(true);
    await room.consent.give(room.callId, legId, 'said so to the operator');
    await settle();
    expect(room.told(legId)).toEqual(['setConsent true', 'isolateLeg false']);
  });

  it('stays out from the mix it was in before, without a moment in it', async () => {
    const room = await consentRoom({ onSilence: 'stayIsolated' });
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    expect(room.told(legId)).toEqual(['isolateLeg true']);
    await room.answers(legId, undefined);
    expect(room.told(legId)).toEqual(['isolateLeg true']);
  });

  it('joins unrecorded', async () => {
    const room = await consentRoom({ ask: 'onJoin' });
    const { legId } = await room.comes();
    await settle();
    await room.answers(legId, '2');
    expect(room.told(legId)).toEqual(['isolateLeg false']);
    expect(room.state(legId)).toBe('refused');
  });

  it('is hung up', async () => {
    const room = await consentRoom({ onRefusal: 'hangUp' });
    const { legId, phone } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, '2');
    expect(phone.dialog?.live).toBe(false);
    expect(await room.service.getLeg(room.callId, legId)).toMatchObject({
      endReason: 'localHangup',
      consent: 'refused',
    });
  });

  it('is not hung up because somebody broke the asking off, but kept out', async () => {
    const room = await consentRoom({ onSilence: 'hangUp' });
    const { legId, phone } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    room.mediaCall.endInteraction(legId, { result: 'cancelled', cancelledBy: 'api' });
    await settle();
    expect(phone.dialog?.live).toBe(true);
    expect(room.told(legId)).toEqual(['isolateLeg true']);
  });
});
