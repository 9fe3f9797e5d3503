import { describe, expect, it } from 'vitest';
import { conference, tone } from '../../support/conference.js';
import { settle } from '../../support/fake-clock.js';

const consent = { ask: 'onJoin', prompt: tone(700) } as const;

describe('a call without a policy', () => {
  it('lets everybody straight in: no event and no command more than before', async () => {
    const room = await conference();
    const { legId } = await room.come();
    expect(room.story()).toEqual(['call.started', `leg.ringing ${legId}`, `leg.joined ${legId}`]);
    expect(room.commands(legId)).toEqual([`connectLeg ${legId}`]);
    expect(room.mediaCall.legs.get(legId)?.opening).toMatchObject({ isolated: false, consented: true });
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false, role: 'participant' });
    expect(room.words()).toEqual([]);
  });
});

describe('a call with a PIN', () => {
  it('asks whoever calls in, out of the mix from the first tick, and lets in who knows it', async () => {
    const room = await conference({ pin: '4711' });
    const { legId } = await room.come();
    expect(room.mediaCall.legs.get(legId)?.opening.isolated).toBe(true);
    expect(room.mediaCall.interactions.get(legId)?.gather).toMatchObject({
      patterns: [],
      minDigits: 1,
      maxDigits: 4,
      finishOnKey: '#',
      bargeIn: true,
      retries: 0,
    });
    expect(await room.leg(legId)).toMatchObject({ admission: 'pin', isolated: true });
    await room.answer(legId, '4711');
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false, role: 'participant' });
    expect(room.story().slice(-4)).toEqual([
      `interaction.started ${legId}`,
      `interaction.ended ${legId}`,
      `leg.admitted ${legId}`,
      `leg.returned ${legId}`,
    ]);
    expect(room.words()).toEqual(['Please enter the PIN of this conference, then press the hash key.']);
  });

  it('asks again for a wrong one, and hangs up with a goodbye in the end', async () => {
    const prompts = { pin: tone(1), pinInvalid: tone(2), goodbye: tone(3) };
    const room = await conference({ pin: '4711', pinTries: 2, prompts });
    const member = await room.come();
    await room.answer(member.legId, '4712');
    await room.answer(member.legId, '', 'timeout');
    expect(room.of('pin.refused')).toEqual([{ triesLeft: 1 }, { triesLeft: 0 }]);
    expect(room.words()).toEqual(['1 Hz', '2 Hz 1 Hz', '3 Hz']);
    expect(await room.leg(member.legId)).toMatchObject({ admission: 'refused', isolated: true });
    expect(member.invite.dialog?.byes).toEqual([]);
    await room.answer(member.legId, '', 'played');
    expect(member.invite.dialog?.byes).toMatchObject([{ q850Cause: 21 }]);
    expect(room.of('leg.left')).toMatchObject([{ reason: 'notAdmitted' }]);
    expect(room.commands(member.legId)).not.toContain(`isolateLeg false ${member.legId}`);
  });

  it('makes a moderator of who knows the moderators’', async () => {
    const room = await conference({ pin: '4711', moderatorPin: '987654' });
    const { legId } = await room.come();
    expect(room.mediaCall.interactions.get(legId)?.gather).toMatchObject({ maxDigits: 6 });
    await room.answer(legId, '987654');
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', role: 'moderator' });
    expect(room.of('leg.admitted')).toEqual([{ role: 'moderator' }]);
  });

  it('for moderators only lets in who enters nothing, and not who enters a wrong one', async () => {
    const room = await conference({ moderatorPin: '9876' });
    const silent = await room.come();
    await room.answer(silent.legId, '', 'timeout');
    const hash = await room.come();
    await room.answer(hash.legId, '');
    const guesser = await room.come();
    await room.answer(guesser.legId, '9');
    const roles = await Promise.all([silent, hash, guesser].map(({ legId }) => room.leg(legId)));
    expect(roles.map(({ role, admission }) => [role, admission])).toEqual([
      ['participant', 'admitted'],
      ['participant', 'admitted'],
      ['participant', 'pin'],
    ]);
  });

  it('does not ask who is dialled, nor who is a moderator by its trunk', async () => {
    const trunks = [{ name: 'default', allow: ['127.0.0.0/8'], latching: 'off', role: 'moderator' } as const];
    const { legId, ...rest } = await (async () => {
      const room = await conference({ pin: '4711' }, { trunks });
      return { ...room, ...(await room.come()) };
    })();
    expect(await rest.leg(legId)).toMatchObject({ admission: 'admitted', role: 'moderator' });
    const room = await conference({ pin: '4711' });
    const dialled = await room.dial('listener');
    expect(await room.leg(dialled)).toMatchObject({ admission: 'admitted', role: 'listener', muted: true });
  });

  it('asks by a tone where the words cannot be had, and lets nobody in who cannot be asked', async () => {
    const missing = [{ type: 'file', name: 'missing' }] as const;
    const room = await conference({ pin: '4711', prompts: { pin: missing } });
    const { legId } = await room.come();
    expect(room.words()).toEqual(['file', '440 Hz']);
    await room.answer(legId, '4711');
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted' });

    room.prompts.prepare = () => Promise.reject(new Error('no prompts at all'));
    const second = await room.come();
    expect(second.invite.dialog?.byes).toMatchObject([{ q850Cause: 21 }]);
    expect(room.of('leg.left')).toMatchObject([{ reason: 'notAdmitted', code: 'internal' }]);
  });

  it('asks again when the API cancels the asking, and waits while it asks something else', async () => {
    const room = await conference({ pin: '4711' });
    const { legId } = await room.come();
    const pinAsked = () => room.mediaCall.interactions.get(legId)?.gather?.maxDigits === 4;
    const [asked] = room.service.interactions.list(room.callId, legId);
    room.service.interactions.cancel(room.callId, legId, asked?.id ?? '');
    await settle();
    expect(room.of('pin.refused')).toEqual([{ triesLeft: 2 }]);
    expect(pinAsked()).toBe(true);
    await room.service.interactions.start(room.callId, legId, { prompt: tone(5), gather: { maxDigits: 1 } });
    await settle();
    expect(pinAsked()).toBe(false);
    await room.answer(legId, '1');
    expect(pinAsked()).toBe(true);
    expect(room.of('pin.refused')).toHaveLength(1);
    await room.answer(legId, '4711');
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted' });
  });

  it('forgets who hangs up while being asked', async () => {
    const room = await conference({ pin: '4711', endWhenEmpty: true });
    const member = await room.come();
    await room.leave(member);
    expect(room.of('leg.left')).toMatchObject([{ reason: 'remoteHangup' }]);
    expect(room.of('leg.admitted')).toEqual([]);
    expect(room.of('call.ended')).toMatchObject([{ reason: 'lastLegLeft' }]);
    room.service.stop();
    await room.clock.advance(60_000);
    expect([room.clock.pending, room.faults]).toEqual([0, []]);
  });
});

describe('a PIN is a secret', () => {
  const pin = '24680';
  const moderatorPin = '135791';

  it('in no event, no view, no record and no log, pressed right or wrong, early or late', async () => {
    const prompts = { pinInvalid: [{ type: 'file', name: 'missing' }] } as const;
    const room = await conference({ pin, moderatorPin, prompts, menus: { participant: { '*6': 'toggleMute' } } });
    const { legId } = await room.come();
    await room.press(legId, '13579');
    await room.answer(legId, '13579');
    await room.press(legId, pin);
    await room.answer(legId, pin);
    // Told when its key is let go, which is after the answer was complete.
    room.media.emit({
      type: 'digit',
      callId: room.callId,
      legId,
      tick: room.mediaCall.tick + 4,
      digit: '0',
      durationMs: 120,
      source: 'rfc4733',
    });
    const chair = await room.come();
    await room.press(chair.legId, moderatorPin);
    await room.answer(chair.legId, moderatorPin);
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted' });
    expect(await room.leg(chair.legId)).toMatchObject({ role: 'moderator' });

    const shown = JSON.stringify([
      room.events,
      room.service.getCall(room.callId),
      room.service.listCalls({ after: 0, limit: 9, name: undefined }),
      await room.service.listLegs(room.callId),
      room.service.interactions.list(room.callId, legId),
      room.service.interactions.list(room.callId, chair.legId),
      room.service.updateCall(room.callId, { pin: '86420' }),
      room.events,
      room.logged,
    ]);
    expect(room.logged.join()).toContain('The prompt for a PIN could not be played.');
    for (const secret of [pin, moderatorPin, '86420', '13579']) expect(shown).not.toContain(secret);
    expect(room.of('digit.received')).toEqual([]);
    expect(room.of('interaction.ended').map(({ digits, result }) => [digits, result])).toEqual([
      ['', 'digits'],
      ['', 'digits'],
      ['', 'digits'],
    ]);
    expect(room.service.getCall(room.callId)).toMatchObject({ pinRequired: true });
    expect(room.faults).toEqual([]);
  });

  it('afterwards digits are told as ever', async () => {
    const room = await conference({ pin });
    const { legId } = await room.come();
    await room.answer(legId, pin);
    room.mediaCall.tick += 50;
    await room.press(legId, '7');
    expect(room.of('digit.received')).toMatchObject([{ digit: '7' }]);
  });

  it('cannot be the same for both, whoever asks for that', async () => {
    await expect(conference({ pin, moderatorPin: pin })).rejects.toThrow('moderatorPin must not be the same as pin.');
    const room = await conference({ pin });
    expect(() => room.service.updateCall(room.callId, { moderatorPin: pin })).toThrow(/must not be the same/);
    expect(room.service.updateCall(room.callId, { pin: null })).toMatchObject({ pinRequired: false });
  });
});

describe('consent on the way in', () => {
  it('is asked after the PIN, and all the while the leg is out of the mix', async () => {
    const room = await conference({ pin: '4711', consent });
    const { legId } = await room.come();
    expect(room.mediaCall.legs.get(legId)?.opening).toMatchObject({ isolated: true, consented: false });
    await room.answer(legId, '4711');
    expect(await room.leg(legId)).toMatchObject({ admission: 'consent', isolated: true, consent: 'asking' });
    await room.answer(legId, '1');
    await settle();
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false, consent: 'given' });
    expect(room.commands(legId).filter((command) => command.startsWith('isolate'))).toEqual([
      `isolateLeg false ${legId}`,
    ]);
  });

  it.each([
    ['joins unrecorded', 'joinUnrecorded', { admission: 'admitted', isolated: false }],
    ['stays out', 'stayIsolated', { admission: 'consent', isolated: true }],
  ] as const)('who says no %s', async (_what, onRefusal, expected) => {
    const room = await conference({ consent: { ...consent, onRefusal } });
    const { legId } = await room.come();
    await room.answer(legId, '2');
    await settle();
    expect(await room.leg(legId)).toMatchObject({ ...expected, consent: 'refused' });
  });

  it('who says no and is to be hung up is', async () => {
    const room = await conference({ consent: { ...consent, onRefusal: 'hangUp' } });
    const { legId, invite } = await room.come();
    await room.answer(legId, '2');
    await settle();
    expect(invite.dialog?.byes).toHaveLength(1);
    expect(room.story()).not.toContain(`leg.admitted ${legId}`);
  });

  it('who stayed out is let in when it consents after all', async () => {
    const room = await conference({ consent: { ...consent, onRefusal: 'stayIsolated' } });
    const { legId } = await room.come();
    await room.answer(legId, '2');
    await settle();
    await room.service.consent.give(room.callId, legId, 'on paper');
    await settle();
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false, consent: 'given' });
  });

  it('who stayed out is let in when nobody is asked any more', async () => {
    const room = await conference({ consent: { ...consent, onRefusal: 'stayIsolated' } });
    const { legId } = await room.come();
    await room.answer(legId, '2');
    await settle();
    room.service.updateCall(room.callId, { consent: null });
    await settle();
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false });
  });
});

describe('a call that starts with its moderator', () => {
  const startOnModerator = { startOnModerator: true, waitingMusic: tone(300) };

  it('keeps who comes first out of the mix, with music, until one is in', async () => {
    const room = await conference({ ...startOnModerator, moderatorPin: '9876' });
    const early = await room.come();
    await room.answer(early.legId, '');
    expect(await room.leg(early.legId)).toMatchObject({ admission: 'waiting', isolated: true });
    expect(room.commands(early.legId).at(-1)).toBe(`isolateLeg true with music ${early.legId}`);
    const chair = await room.come();
    expect(await room.leg(early.legId)).toMatchObject({ admission: 'waiting' });
    await room.answer(chair.legId, '9876');
    await settle();
    expect(await room.leg(early.legId)).toMatchObject({ admission: 'admitted', isolated: false });
    expect(room.commands(early.legId).at(-1)).toBe(`isolateLeg false ${early.legId}`);
    expect(room.story().filter((fact) => /admitted|waiting/.test(fact))).toEqual([
      `leg.waiting ${early.legId}`,
      `leg.admitted ${chair.legId}`,
      `leg.admitted ${early.legId}`,
    ]);
  });

  it('lets nobody wait any more from then on, also when the moderator has gone', async () => {
    const room = await conference({ ...startOnModerator, endWhenEmpty: false });
    await room.dial('moderator');
    room.service.hangUpLeg(room.callId, room.mediaCall.legs.keys().next().value ?? '');
    await settle();
    const { legId } = await room.come();
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted' });
    expect(room.mediaCall.legs.get(legId)?.opening.isolated).toBe(false);
  });

  it.each([
    [
      'who waits is made a moderator',
      (room: Room, legId: string) => room.service.updateLeg(room.callId, legId, { role: 'moderator' }),
    ],
    [
      'somebody lets it in',
      (room: Room, legId: string) => room.service.updateLeg(room.callId, legId, { isolated: false }),
    ],
    [
      'no moderator is needed any more',
      (room: Room) => Promise.resolve(room.service.updateCall(room.callId, { startOnModerator: null })),
    ],
  ])('waiting is over when %s', async (_what, act) => {
    const room = await conference(startOnModerator);
    const { legId } = await room.come();
    expect(await room.leg(legId)).toMatchObject({ admission: 'waiting' });
    await act(room, legId);
    await settle();
    expect(await room.leg(legId)).toMatchObject({ admission: 'admitted', isolated: false });
  });

  it('lets wait in silence where the music cannot be had', async () => {
    const room = await conference({ startOnModerator: true, waitingMusic: [{ type: 'file', name: 'missing' }] });
    const { legId } = await room.come();
    expect(await room.leg(legId)).toMatchObject({ admission: 'waiting', isolated: true });
    expect(room.faults).toEqual([]);
  });

  it('plays no music to who was let in before it was ready', async () => {
    const room = await conference(startOnModerator);
    room.prompts.manual = true;
    const { legId } = await room.come();
    await room.service.updateLeg(room.callId, legId, { isolated: false });
    room.prompts.waiting[0]?.ready();
    await settle();
    expect(room.commands(legId).at(-1)).toBe(`isolateLeg false ${legId}`);
    expect(await room.leg(legId)).toMatchObject({ isolated: false });
  });
});

type Room = Awaited<ReturnType<typeof conference>>;

describe('a leg on hold', () => {
  it('is out of the mix with music until it is taken back', async () => {
    const room = await conference({ holdMusic: tone(250) });
    const { legId } = await room.come();
    await room.service.updateLeg(room.callId, legId, { isolated: true });
    await settle();
    expect(await room.leg(legId)).toMatchObject({ isolated: true, admission: 'admitted' });
    expect(room.commands(legId).slice(-2)).toEqual([`isolateLeg true ${legId}`, `isolateLeg true with music ${legId}`]);
    await room.service.updateLeg(room.callId, legId, { isolated: false });
    await settle();
    expect(await room.leg(legId)).toMatchObject({ isolated: false });
    expect(room.of('leg.isolated')).toEqual([{ keptOutBy: ['api'] }]);
    expect(room.of('leg.returned')).toEqual([{ role: 'participant' }]);
  });

  it('in the waiting room stays out when it is taken back by who did not let it in', async () => {
    const room = await conference({ pin: '4711' });
    const { legId } = await room.come();
    await room.service.updateLeg(room.callId, legId, { isolated: true });
    await room.service.updateLeg(room.callId, legId, { isolated: false });
    expect(await room.leg(legId)).toMatchObject({ isolated: true, admission: 'pin' });
    await room.service.updateLeg(room.callId, legId, { isolated: true });
    await room.answer(legId, '4711');
    expect(await room.leg(legId)).toMatchObject({ isolated: true, admission: 'admitted' });
  });
});
