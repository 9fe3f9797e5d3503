import { describe, expect, it } from 'vitest';
import { fillIn } from '../../../src/call/habits/default-prompts.js';
import { nextDeadline } from '../../../src/call/habits/duration.js';
import { type ModeratorInput, type ModeratorPresence, stepModerators } from '../../../src/call/habits/moderators.js';
import { habitProblems, habitsOf } from '../../../src/call/habits/policy.js';
import { type Conference, conference, tone } from '../../support/conference.js';
import { settle } from '../../support/fake-clock.js';

/** What is being played, by its only tone. */
const playing = ({ mediaCall }: Conference) => [...mediaCall.playbacks.values()].map(({ legIds }) => legIds);

describe('the presence of moderators', () => {
  const of = (moderators: number): ModeratorInput => ({ type: 'counted', moderators });
  const tooLong: ModeratorInput = { type: 'missedTooLong' };
  it.each<[string, ModeratorInput[], ModeratorPresence, string[], boolean?]>([
    ['nobody came', [of(0), of(0)], 'awaited', []],
    ['the first opens the doors', [of(1), of(2), of(1)], 'present', ['openDoors']],
    ['the last one is missed', [of(1), of(0)], 'missed', ['openDoors', 'startGrace']],
    ['one comes back in time', [of(1), of(0), of(1)], 'present', ['openDoors', 'startGrace', 'stopGrace']],
    ['none does', [of(1), of(0), tooLong], 'over', ['openDoors', 'startGrace', 'endCall']],
    ['none does, and nobody minds', [of(1), of(0), tooLong], 'missed', ['openDoors', 'startGrace'], false],
    [
      'grace that ran out too late',
      [of(1), of(0), of(1), tooLong],
      'present',
      ['openDoors', 'startGrace', 'stopGrace'],
    ],
    [
      'nothing counts after the end',
      [of(1), of(0), tooLong, of(1), tooLong],
      'over',
      ['openDoors', 'startGrace', 'endCall'],
    ],
  ])('%s', (_what, inputs, end, effects, ends = true) => {
    let presence: ModeratorPresence = 'awaited';
    const done: string[] = [];
    for (const input of inputs) {
      const step = stepModerators(presence, input, ends);
      presence = step.presence;
      done.push(...step.effects);
    }
    expect([presence, done]).toEqual([end, effects]);
  });
});

describe('a call that ends without its moderators', () => {
  it('does so when none came back in time', async () => {
    const room = await conference({ endOnModeratorExit: { graceMs: 10_000 } });
    const chair = await room.dial('moderator');
    const { invite } = await room.come();
    room.service.hangUpLeg(room.callId, chair);
    await room.clock.advance(9_900);
    expect(invite.dialog?.live).toBe(true);
    await room.clock.advance(200);
    expect(room.of('call.ended')).toMatchObject([{ reason: 'moderatorLeft' }]);
    expect(invite.dialog?.live).toBe(false);
  });

  it('goes on when somebody is made one', async () => {
    const room = await conference({ endOnModeratorExit: { graceMs: 10_000 } });
    const chair = await room.dial('moderator');
    const { legId } = await room.come();
    room.service.hangUpLeg(room.callId, chair);
    await room.clock.advance(5_000);
    await room.service.updateLeg(room.callId, legId, { role: 'moderator' });
    await room.clock.advance(20_000);
    expect(room.of('call.ended')).toEqual([]);
    await room.service.updateLeg(room.callId, legId, { role: 'participant' });
    await room.clock.advance(10_000);
    expect(room.of('call.ended')).toMatchObject([{ reason: 'moderatorLeft' }]);
  });

  it('does not count moderators that were never in', async () => {
    const room = await conference({ endOnModeratorExit: { graceMs: 0 }, consent: { ask: 'onJoin', prompt: tone(1) } });
    await room.come();
    const chair = await room.dial('moderator');
    room.service.hangUpLeg(room.callId, chair);
    await room.clock.advance(1_000);
    expect(room.of('call.ended')).toEqual([]);
  });
});

describe('a call that lasts for so long', () => {
  it.each([
    ['no end', {}, false, undefined],
    ['an end', { maxDurationMs: 60_000 }, false, { atMs: 61_000, what: 'end' }],
    [
      'a warning before it',
      { maxDurationMs: 60_000, durationWarning: { beforeEndMs: 10_000, prompt: tone(1) } },
      false,
      { atMs: 51_000, what: 'warn' },
    ],
    [
      'the end after it',
      { maxDurationMs: 60_000, durationWarning: { beforeEndMs: 10_000, prompt: tone(1) } },
      true,
      { atMs: 61_000, what: 'end' },
    ],
  ])('has %s', (_what, policy, warned, deadline) => {
    expect(nextDeadline(policy, 1_000, warned)).toEqual(deadline);
  });

  it('counts from the first leg, warns everybody once, and ends', async () => {
    const room = await conference({
      maxDurationMs: 60_000,
      durationWarning: { beforeEndMs: 10_000, prompt: tone(900) },
    });
    await room.clock.advance(100_000);
    const { invite } = await room.come();
    await room.clock.advance(30_000);
    await room.come();
    await room.clock.advance(19_900);
    expect(room.words()).toEqual([]);
    await room.clock.advance(200);
    expect([room.words(), playing(room)]).toEqual([['900 Hz'], [undefined]]);
    await room.clock.advance(9_800);
    expect(invite.dialog?.live).toBe(true);
    await room.clock.advance(200);
    expect(room.of('call.ended')).toMatchObject([{ reason: 'maxDuration' }]);
  });

  it('lasts as long as it is said to last by now', async () => {
    const room = await conference({ maxDurationMs: 60_000 });
    await room.come();
    await room.clock.advance(50_000);
    room.service.updateCall(room.callId, { maxDurationMs: 120_000 });
    await room.clock.advance(50_000);
    room.service.updateCall(room.callId, { maxDurationMs: null });
    await room.clock.advance(500_000);
    expect(room.of('call.ended')).toEqual([]);
    room.service.updateCall(room.callId, { maxDurationMs: 1_000 });
    await room.clock.advance(0);
    expect(room.of('call.ended')).toMatchObject([{ reason: 'maxDuration' }]);
  });
});

describe('who comes and goes', () => {
  const announcements = {
    entryAnnouncement: [...tone(800), { type: 'speech', text: '{displayName} is number {count}.' } as const],
    exitAnnouncement: tone(400),
  };

  it('is announced to everybody, but not to itself alone', async () => {
    const room = await conference(announcements);
    await room.come({ displayName: 'Ada' });
    expect(room.words()).toEqual([]);
    const ben = await room.come({ displayName: 'Ben $& {count}' });
    await room.come();
    expect(room.words()).toEqual(['800 Hz Ben count is number 2.', '800 Hz Somebody is number 3.']);
    expect(playing(room)).toEqual([undefined, undefined]);
    await room.leave(ben);
    expect(room.words()).toEqual(['400 Hz']);
  });

  it('is announced when it is let in, not when it is connected; who never was is not missed', async () => {
    const room = await conference({ ...announcements, pin: '4711' });
    await room.dial();
    const member = await room.come();
    const stranger = await room.come();
    room.words();
    await room.leave(stranger);
    expect(room.words()).toEqual([]);
    await room.answer(member.legId, '4711');
    expect(room.words()).toEqual(['800 Hz Somebody is number 2.']);
  });

  it('goes unannounced when too much is being played', async () => {
    const room = await conference(announcements);
    await room.come();
    const create = () => room.service.playbacks.create(room.callId, { prompt: tone(1), plays: 0 });
    await Promise.all(Array.from({ length: 32 }, create));
    await room.come();
    expect([playing(room).length, room.faults]).toEqual([32, []]);
  });
});

describe('what is spoken', () => {
  it('has names made fit to be read out, and only speech is changed', () => {
    const items = [{ type: 'speech', text: 'Here is {displayName}, {displayName}!' } as const, ...tone(1)];
    const say = (displayName: string | undefined) => fillIn(items, { displayName, count: 2 });
    expect(say("Zoë O'Neil-Smith")).toEqual([
      { type: 'speech', text: "Here is Zoë O'Neil-Smith, Zoë O'Neil-Smith!" },
      ...tone(1),
    ]);
    expect(say('<speak>\r\nx</speak>')[0]).toEqual({ type: 'speech', text: 'Here is speak x speak, speak x speak!' });
    expect(say('  ')[0]).toEqual({ type: 'speech', text: 'Here is Somebody, Somebody!' });
    expect((say('x'.repeat(500))[0] as { text: string }).text.length).toBeLessThan(150);
  });
});

describe('music for who is alone', () => {
  it('plays as long as one leg only is in the mix', async () => {
    const room = await conference({ aloneMusic: tone(200) });
    const one = await room.come();
    expect(playing(room)).toEqual([[one.legId]]);
    const two = await room.come();
    await settle();
    expect(playing(room)).toEqual([]);
    await room.leave(one);
    expect(playing(room)).toEqual([[two.legId]]);
    expect([...room.mediaCall.playbacks.values()][0]?.programme.plays).toBe(0);
  });

  it('does not count legs that are kept out, nor those in an interaction', async () => {
    const room = await conference({ aloneMusic: tone(200) });
    const one = await room.come();
    const two = await room.come();
    await settle();
    await room.service.updateLeg(room.callId, one.legId, { isolated: true });
    await settle();
    expect(playing(room)).toEqual([[two.legId]]);
    await room.service.updateLeg(room.callId, one.legId, { isolated: false });
    await settle();
    expect(playing(room)).toEqual([]);
    room.media.emit({ type: 'isolation', callId: room.callId, legId: two.legId, tick: 7, isolated: true });
    await settle();
    expect(playing(room)).toEqual([[one.legId]]);
  });

  it('comes and goes with the policy', async () => {
    const room = await conference();
    const { legId } = await room.come();
    room.service.updateCall(room.callId, { aloneMusic: tone(200) });
    await settle();
    expect(playing(room)).toEqual([[legId]]);
    room.service.updateCall(room.callId, { aloneMusic: null });
    await settle();
    expect(playing(room)).toEqual([]);
  });

  it('that cannot be had leaves silence', async () => {
    const room = await conference({ aloneMusic: [{ type: 'file', name: 'missing' }] });
    await room.come();
    await room.come();
    expect([playing(room), room.faults]).toEqual([[], []]);
    expect(room.logged.join()).toContain('"habit":"aloneMusic"');
  });
});

describe('roles', () => {
  it('a listener is muted for as long as it is one', async () => {
    const room = await conference();
    const { legId } = await room.come();
    const change = (of: object) => room.service.updateLeg(room.callId, legId, of);
    expect(await change({ role: 'listener' })).toMatchObject({ role: 'listener', muted: true });
    expect(room.mediaCall.legs.get(legId)?.controls.muted).toBe(true);
    await expect(change({ muted: false })).rejects.toThrow(
      'A listener stays muted; give it another role to let it be heard.',
    );
    expect(await change({ role: 'participant' })).toMatchObject({ role: 'participant', muted: false });
    expect(room.mediaCall.legs.get(legId)?.controls.muted).toBe(false);
    expect(await change({ role: 'listener', gainDb: 3 })).toMatchObject({ muted: true, gainDb: 3 });
    expect(await change({ role: 'moderator', muted: false })).toMatchObject({ role: 'moderator', muted: false });
    expect(room.of('leg.updated').map(({ role, muted }) => [role, muted])).toEqual([
      ['listener', true],
      ['participant', false],
      ['listener', true],
      ['moderator', false],
    ]);
  });

  it('a listener that was muted besides stays muted as a participant', async () => {
    const room = await conference({ muteOnEntry: true });
    const legId = await room.dial('listener');
    expect(room.mediaCall.legs.get(legId)?.opening.controls.muted).toBe(true);
    expect(await room.service.updateLeg(room.callId, legId, { role: 'participant' })).toMatchObject({ muted: true });
  });

  it('come by dial request, before that by route, before that by trunk', async () => {
    const trunks = [
      { name: 'default', allow: ['127.0.0.0/8'], latching: 'off', role: 'listener' } as const,
      {
        name: 'carrier',
        allow: [],
        latching: 'off',
        role: 'listener',
        outbound: { proxy: 'sip:10.0.0.5', fromUri: 'sip:a@b', allowDestinations: ['*'], maxLegs: 9 },
      } as const,
    ];
    const routes = [{ number: 'room', role: 'moderator' } as const, { number: '*', call: 'room' }];
    const room = await conference({}, { trunks, routes });
    const roles = [
      (await room.come()).legId,
      (await room.come({ to: '123' })).legId,
      await room.dial(),
      await room.dial('participant'),
    ].map(async (legId) => (await room.leg(legId)).role);
    expect(await Promise.all(roles)).toEqual(['moderator', 'listener', 'listener', 'participant']);
  });
});

describe('policies', () => {
  it('of a route make the calls it creates, within the bounds of the server', async () => {
    const policy = { pin: '4711', maxLegs: 500, muteOnEntry: true, endWhenEmpty: false, aloneMusic: tone(1) };
    const room = await conference({}, { routes: [{ number: '9*', policy }, { number: '*' }] });
    await room.join({ to: '900' });
    const [, made] = room.service.listCalls({ after: 0, limit: 9, name: undefined }).items;
    expect(made).toMatchObject({ name: '900', origin: 'invite', maxLegs: 10, pinRequired: true, endWhenEmpty: false });
    expect(made).toMatchObject({ muteOnEntry: true, locked: false, idleTimeoutMs: 300_000, aloneMusic: tone(1) });
    expect(made).not.toHaveProperty('pin');
  });

  it('hold every habit and nothing else', () => {
    const habits = { pin: '1234', startOnModerator: true, pinTries: undefined };
    expect(habitsOf({ ...habits, ...{ maxLegs: 3, name: 'x' } })).toEqual({ pin: '1234', startOnModerator: true });
  });

  it('that contradict themselves are named, without secrets', () => {
    const problems = habitProblems({
      pin: '1234',
      moderatorPin: '1234',
      maxDurationMs: 1_000,
      durationWarning: { beforeEndMs: 1_000, prompt: tone(1) },
    });
    expect(problems.map(({ path }) => path.join('.'))).toEqual(['moderatorPin', 'durationWarning.beforeEndMs']);
    expect(JSON.stringify(problems)).not.toContain('1234');
  });
});
