import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import type { MenuPolicy } from '../../../src/call/habits/menu.js';
import { type Conference, conference, tone } from '../../support/conference.js';
import { settle } from '../../support/fake-clock.js';

const menus: MenuPolicy = {
  participant: { '*6': 'toggleMute', '*1': 'volumeUp', '*12': 'volumeDown', '*0': 'hangUp', '*9': 'withdrawConsent' },
  moderator: { '*6': 'toggleMute', '*5': 'muteAll', '*55': 'unmuteAll', '*7': 'toggleLock', '*8': 'endCall' },
  listener: { '*4': 'toggleDeaf', '*3': 'announceCount' },
};

describe('a leg with a menu', () => {
  it('mutes and unmutes itself, and says so', async () => {
    const room = await conference({ menus });
    const { legId } = await room.come();
    await room.press(legId, '*6');
    expect(await room.leg(legId)).toMatchObject({ muted: true });
    await room.press(legId, '*6');
    expect(await room.leg(legId)).toMatchObject({ muted: false });
    expect(room.of('menu.used')).toEqual([
      { action: 'toggleMute', outcome: 'muted' },
      { action: 'toggleMute', outcome: 'unmuted' },
    ]);
  });

  it('waits where another entry may follow: for 2 s, or as long as the call says', async () => {
    const room = await conference({ menus });
    const { legId } = await room.come();
    await room.press(legId, '*1');
    await room.clock.advance(1_700);
    expect(room.of('menu.used')).toEqual([]);
    await room.clock.advance(200);
    expect(room.of('menu.used')).toEqual([{ action: 'volumeUp', outcome: 'louder' }]);
    expect(await room.leg(legId)).toMatchObject({ gainDb: 3 });
    await room.press(legId, '*12');
    expect(await room.leg(legId)).toMatchObject({ gainDb: 0 });

    const hasty = await conference({ menus: { ...menus, interDigitTimeoutMs: 500 } });
    const quick = await hasty.come();
    await hasty.press(quick.legId, '*');
    await hasty.clock.advance(400);
    await hasty.press(quick.legId, '6');
    expect(hasty.of('menu.used')).toEqual([]);
  });

  it('amplifies itself by 12 dB at most, either way', async () => {
    const room = await conference({ menus: { participant: { '1': 'volumeUp', '2': 'volumeDown' } } });
    const { legId } = await room.come();
    await room.press(legId, '111111');
    expect(await room.leg(legId)).toMatchObject({ gainDb: 12 });
    await room.press(legId, '222222222222');
    expect(await room.leg(legId)).toMatchObject({ gainDb: -12 });
  });

  it('has that of its role only', async () => {
    const room = await conference({ menus });
    const talker = await room.come();
    const listener = await room.dial('listener');
    await room.press(talker.legId, '*5');
    await room.press(listener, '*6*4');
    await room.clock.advance(3_000);
    expect(room.of('menu.used')).toEqual([{ action: 'toggleDeaf', outcome: 'deafened' }]);
    expect(await room.leg(listener)).toMatchObject({ muted: true, deaf: true });
  });

  it('gets another with another role', async () => {
    const room = await conference({ menus });
    const { legId } = await room.come();
    await room.service.updateLeg(room.callId, legId, { role: 'moderator' });
    await room.press(legId, '*7');
    expect(room.service.getCall(room.callId)).toMatchObject({ locked: true });
    expect((await room.invite()).status).toBe(403);
    await room.press(legId, '*7');
    expect(room.service.getCall(room.callId)).toMatchObject({ locked: false });
    expect((await room.invite()).status).toBe(200);
  });

  it('as a moderator mutes all participants, but neither itself nor listeners, nor who is not in yet', async () => {
    const room = await conference({ menus, pin: '4711' });
    const chair = await room.dial('moderator');
    const [one, waiting] = [await room.come(), await room.come()];
    await room.answer(one.legId, '4711');
    await room.press(chair, '*5');
    await room.clock.advance(2_000);
    const muted = async () =>
      (await Promise.all([chair, one.legId, waiting.legId].map((id) => room.leg(id)))).map((leg) => leg.muted);
    expect(await muted()).toEqual([false, true, false]);
    await room.press(chair, '*55');
    expect(await muted()).toEqual([false, false, false]);
    await room.press(chair, '*8');
    expect(room.of('call.ended')).toMatchObject([{ reason: 'ended' }]);
  });

  it('hangs up', async () => {
    const room = await conference({ menus, endWhenEmpty: false });
    const { legId, invite } = await room.come();
    await room.press(legId, '*0');
    expect(invite.dialog?.byes).toHaveLength(1);
    expect(room.of('leg.left')).toMatchObject([{ reason: 'localHangup' }]);
    expect(room.story().at(-1)).toBe(`leg.left ${legId}`);
  });

  it('takes its consent back', async () => {
    const room = await conference({ menus, consent: { ask: 'onJoin', prompt: tone(1) } });
    const { legId } = await room.come();
    await room.answer(legId, '1');
    await settle();
    room.mediaCall.tick += 50;
    await room.press(legId, '*9');
    await settle();
    expect(await room.leg(legId)).toMatchObject({ consent: 'withdrawn' });
    expect(room.of('consent.withdrawn')).toMatchObject([{ cause: 'digit' }]);
    expect(room.of('menu.used')).toEqual([{ action: 'withdrawConsent', outcome: 'consentWithdrawn' }]);
  });
});

describe('digits that are not for the menu', () => {
  const pressWhile = async (room: Conference, legId: string) => {
    await room.press(legId, '*6');
    await room.clock.advance(3_000);
    return room.of('menu.used').length;
  };

  it('are those of a leg that is not in yet', async () => {
    const room = await conference({ menus, pin: '4711' });
    const { legId } = await room.come();
    expect(await pressWhile(room, legId)).toBe(0);
  });

  it('are those of an interaction, also the last one, told when it is over', async () => {
    const room = await conference({ menus: { participant: { '6': 'toggleMute' } } });
    const { legId } = await room.come();
    await room.service.interactions.start(room.callId, legId, { prompt: tone(1), gather: { maxDigits: 1 } });
    await settle();
    expect(await pressWhile(room, legId)).toBe(0);
    await room.answer(legId, '6');
    const { tick } = room.mediaCall;
    const press = { type: 'digit', callId: room.callId, legId, digit: '6', source: 'rfc4733' } as const;
    room.media.emit({ ...press, tick: tick + 4, durationMs: 100 });
    expect(room.of('menu.used')).toEqual([]);
    room.media.emit({ ...press, tick: tick + 9, durationMs: 100 });
    await settle();
    expect(room.of('menu.used')).toHaveLength(1);
  });

  it('half an entry before an interaction is forgotten', async () => {
    const room = await conference({ menus });
    const { legId } = await room.come();
    await room.press(legId, '*');
    await room.service.interactions.start(room.callId, legId, { prompt: tone(1) });
    await settle();
    await room.answer(legId, '', 'played');
    await room.press(legId, '6');
    expect(room.of('menu.used')).toEqual([]);
  });

  it('are forgotten with their leg', async () => {
    const room = await conference({ menus, endWhenEmpty: true });
    const member = await room.come();
    await room.press(member.legId, '*1');
    await room.leave(member);
    room.service.stop();
    expect(room.clock.pending).toBe(0);
    expect(room.of('menu.used')).toEqual([]);
  });
});

describe('the others', () => {
  it('do not get digits of a call with menus, unless the leg was asked to send them on', async () => {
    const plain = await conference();
    const { legId: before } = await plain.come();
    expect(plain.mediaCall.legs.get(before)?.opening.controls.digitMode).toBeUndefined();
    plain.service.updateCall(plain.callId, { menus });
    expect(plain.mediaCall.legs.get(before)?.controls.digitMode).toBe('detect');

    const room = await conference({ menus });
    const { legId } = await room.come();
    expect(room.mediaCall.legs.get(legId)?.opening.controls.digitMode).toBe('detect');
    await room.service.updateLeg(room.callId, legId, { digitMode: 'both' });
    room.service.updateCall(room.callId, { menus: { participant: { '1': 'mute' } } });
    expect(await room.leg(legId)).toMatchObject({ digitMode: 'both' });
  });
});

describe('who pressed', () => {
  it('is answered alone, with how many are in, where the call has words for it', async () => {
    const feedback = { muted: tone(500), locked: tone(600) };
    const room = await conference({ menus: { ...menus, feedback } });
    const [one, two] = [await room.come(), await room.come()];
    const listener = await room.dial('listener');
    await room.press(one.legId, '*6');
    await room.press(one.legId, '*6');
    await room.press(listener, '*3');
    expect(room.words()).toEqual(['500 Hz', 'There are 3 in this conference.']);
    expect([...room.mediaCall.playbacks.values()].map(({ legIds }) => legIds)).toEqual([[one.legId], [listener]]);
    expect(room.commands(two.legId).filter((command) => command.startsWith('startPlayback'))).toEqual([]);
  });

  it('hears nothing where the words cannot be had', async () => {
    const room = await conference({ menus: { ...menus, feedback: { muted: [{ type: 'file', name: 'missing' }] } } });
    const { legId } = await room.come();
    await room.press(legId, '*6');
    expect(room.of('menu.used')).toHaveLength(1);
    expect([room.mediaCall.playbacks.size, room.faults]).toEqual([0, []]);
    expect(room.logged.join()).toContain('"habit":"menu"');
  });

  it('is told that it could not be done', async () => {
    const room = await conference({
      menus: { participant: { '1': 'withdrawConsent' }, feedback: { impossible: tone(100) } },
    });
    const { legId } = await room.come();
    room.service.consent.withdraw = () => Promise.reject(new CodedError('legEnded'));
    await room.press(legId, '1');
    await settle();
    expect(room.of('menu.used')).toEqual([{ action: 'withdrawConsent', outcome: 'impossible' }]);
    expect(room.words()).toEqual(['100 Hz']);
  });
});
