import { describe, expect, it } from 'vitest';
import { consentRoom } from '../../support/consent-room.js';
import { settle } from '../../support/fake-clock.js';
import { codeOf } from '../../support/interaction-room.js';

describe('withdrawal', () => {
  async function consented(policy: Parameters<typeof consentRoom>[0] = {}) {
    const room = await consentRoom(policy);
    const { legId, phone } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, '1', 100);
    return { ...room, legId, phone };
  }

  it('cuts at the tick the mixer says, and stays until the leg is asked again', async () => {
    const room = await consented();
    room.mediaCall.tick = 200;
    const view = await room.consent.withdraw(room.callId, room.legId, { note: undefined, purge: undefined });
    expect(view).toMatchObject({ state: 'withdrawn' });
    expect(view.ledger.at(-1)).toMatchObject({ type: 'consent.withdrawn', tick: 200, effectTick: 200, cause: 'api' });
    expect(room.told(room.legId)).toEqual(['setConsent true', 'setConsent false']);
    room.consent.askAll(room.callId);
    await settle();
    expect(room.mediaCall.interactions.size).toBe(0);
    room.consent.askLeg(room.callId, room.legId);
    await settle();
    await room.answers(room.legId, '1');
    expect(room.state(room.legId)).toBe('given');
  });

  it('by digits, only of who gave it, and only the right ones', async () => {
    const room = await consented({ withdrawKey: '*9' });
    const other = await room.comes('b');
    await settle();
    await room.answers(other.legId, '2');
    await room.presses(other.legId, '*9');
    await room.presses(room.legId, '*8');
    expect([room.state(other.legId), room.state(room.legId)]).toEqual(['refused', 'given']);
    await room.presses(room.legId, '*9');
    expect(room.state(room.legId)).toBe('withdrawn');
    expect(room.ledger(room.legId).at(-1)).toMatchObject({ type: 'consent.withdrawn', cause: 'digit' });
  });

  it('while being asked ends the asking, whose answer does not count any more', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.consent.withdraw(room.callId, legId, { note: undefined, purge: undefined });
    await settle();
    expect(room.state(legId)).toBe('withdrawn');
    expect(room.story()).toEqual(['consent.asked', 'consent.withdrawn']);
    expect(room.told(legId)).toEqual(['setConsent false']);
  });

  it('purges what the call’s recordings hold of the leg, when told to', async () => {
    const room = await consented({ purgeOnWithdrawal: true });
    const kept = await room.service.recordings.start(room.callId);
    const going = await room.service.recordings.start(room.callId);
    room.recorder.setFiles(kept.id, [{ name: 'leg_9.wav', legId: 'leg_9', bytes: 44 }]);
    room.recorder.end(kept.id);
    room.mediaCall.tick = 300;
    await room.consent.withdraw(room.callId, room.legId, { note: undefined, purge: undefined });
    expect(room.recorder.purges).toEqual([{ recordingId: going.id, legId: room.legId, beforeTick: 300 }]);
    expect(room.ledger(room.legId).at(-1)).toMatchObject({
      type: 'consent.purged',
      beforeTick: 300,
      recordingIds: [going.id],
      failedRecordingIds: [],
    });
  });

  it('tells which recordings could not be purged, and tries again when asked again', async () => {
    const room = await consented();
    const { id } = await room.service.recordings.start(room.callId);
    room.recorder.failPurge = Object.assign(new Error('disk'), { code: 'recordingFailed' }) as never;
    const purge = { note: undefined, purge: true };
    await room.consent.withdraw(room.callId, room.legId, purge);
    expect(room.of('consent.purged')).toMatchObject([{ recordingIds: [], failedRecordingIds: [id] }]);
    room.recorder.failPurge = undefined;
    await room.consent.withdraw(room.callId, room.legId, purge);
    expect(room.of('consent.purged').at(-1)).toMatchObject({ recordingIds: [id], failedRecordingIds: [] });
    expect(room.of('consent.withdrawn')).toHaveLength(1);
  });

  it('does not purge when nobody wants it', async () => {
    const room = await consented({ purgeOnWithdrawal: true });
    await room.service.recordings.start(room.callId);
    await room.consent.withdraw(room.callId, room.legId, { note: undefined, purge: false });
    expect(room.recorder.purges).toEqual([]);
  });

  it('of a leg that is over is still possible, for the sake of the purge', async () => {
    const room = await consented();
    const { id } = await room.service.recordings.start(room.callId);
    room.phone.dialog?.hangUp();
    await settle();
    await room.consent.withdraw(room.callId, room.legId, { note: 'wrote a letter', purge: true });
    expect(room.state(room.legId)).toBe('withdrawn');
    expect(room.recorder.purges).toMatchObject([{ recordingId: id, legId: room.legId }]);
  });
});

describe('a consent obtained elsewhere', () => {
  it('is recorded with how it was obtained', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.mediaCall.tick = 40;
    expect(await room.consent.give(room.callId, legId, 'signed form')).toMatchObject({
      state: 'given',
      ledger: [{ type: 'consent.given', cause: 'api', note: 'signed form', effectTick: 40, digits: undefined }],
    });
  });

  it('ends an asking first, and takes effect only after that', async () => {
    const room = await consentRoom();
    const { legId } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.consent.give(room.callId, legId, 'signed form');
    const commands = room.media.commands.filter((command) => /setConsent|cancelInteraction/.test(command));
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['cancelInteraction', 'setConsent']);
    expect(room.ledger(legId).at(-1)).toMatchObject({ type: 'consent.given', cause: 'api', note: 'signed form' });
    expect(room.story()).toEqual(['consent.asked', 'consent.given']);
  });

  it('is refused for a leg that is over, or that is not connected yet', async () => {
    const room = await consentRoom();
    const { legId, phone } = await room.comes();
    const dialled = room.service.dial(room.callId, {
      to: '4930',
      trunk: undefined,
      callerName: undefined,
      ringTimeoutMs: 1_000,
      controls: { muted: false, deaf: false, gainDb: 0 },
    });
    expect(await codeOf(room.consent.give(room.callId, dialled.id, 'x'))).toBe('legNotConnected');
    phone.dialog?.hangUp();
    await settle();
    expect(await codeOf(room.consent.give(room.callId, legId, 'x'))).toBe('legEnded');
    expect(await codeOf(room.consent.give(room.callId, 'leg_x', 'x'))).toBe('legNotFound');
  });
});

describe('a policy that is changed', () => {
  it('put where there was none cuts everybody until they are asked', async () => {
    const room = await consentRoom(null);
    const { legId } = await room.comes();
    room.service.updateCall(room.callId, { consent: { ask: 'onDemand', prompt: [{ type: 'speech', text: 'Well?' }] } });
    await settle();
    expect(room.told(legId)).toEqual(['setConsent false']);
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, '1');
    expect(room.told(legId)).toEqual(['setConsent false', 'setConsent true']);
  });

  it('taken away counts everybody in who was not asked, and nobody who said no', async () => {
    const room = await consentRoom();
    const [asked, unasked] = [await room.comes('a'), await room.comes('b')];
    room.consent.askLeg(room.callId, asked.legId);
    await settle();
    await room.answers(asked.legId, '2');
    room.service.updateCall(room.callId, { consent: null });
    await settle();
    expect([room.told(asked.legId), room.told(unasked.legId)]).toEqual([[], ['setConsent true']]);
    expect(room.service.getCall(room.callId).consent).toBeUndefined();
  });

  it('must not contradict itself', async () => {
    const room = await consentRoom();
    const change = (policy: object) => () =>
      room.service.updateCall(room.callId, {
        consent: { ask: 'onJoin', prompt: [{ type: 'silence', durationMs: 20 }], ...policy },
      });
    expect(change({ yes: '1', no: '1' })).toThrow('consent.no');
    expect(change({ yes: '1', no: '12' })).toThrow('consent.no');
    expect(change({ withdrawKey: '2' })).toThrow('consent.withdrawKey');
    expect(change({ withdrawKey: '*2' })).not.toThrow();
  });
});

describe('the record', () => {
  it('has every question and answer, to be on disk at once, and who was in', async () => {
    const room = await consentRoom();
    const { legId, phone } = await room.comes();
    room.consent.askAll(room.callId);
    await settle();
    await room.answers(legId, '1');
    phone.dialog?.hangUp();
    await settle();
    room.service.endCall(room.callId);
    await settle();
    expect(room.record.facts.map(({ type, durable }) => [type, durable])).toEqual([
      ['call.started', false],
      ['leg.joined', false],
      ['consent.asked', true],
      ['consent.given', true],
      ['leg.left', false],
      ['call.ended', false],
    ]);
    expect([...room.consent.totals]).toEqual([
      ['asked', 1],
      ['given', 1],
    ]);
  });
});
