/** Conferences as people know them, on a server with live calls: who is let in, who hears whom, what keys do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import type { Voice } from '../../demo/phone/voice.js';
import { conversation, hears, hearsNot, packetsCome } from '../support/live/hearing.js';
import { aWhile } from '../support/live/interactions.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer, voiceOf } from '../support/live/live-server.js';
import { press } from '../support/live/press.js';
import { type EventStream, RestClient } from '../support/live/rest-client.js';
import { aheadOfOthers } from '../support/real-time.js';

/** A tone for ever, and as a voice: RMS −20 dBov is a peak of −17. */
const endless = (frequencyHz: number) => [
  { type: 'tone', frequenciesHz: [frequencyHz], levelDbov: -20, cadenceMs: [200] },
];
const toneVoice = (frequencyHz: number): { readonly voice: Voice } => ({
  voice: { name: `${frequencyHz} Hz`, frequenciesHz: [frequencyHz], peakDbfs: -17 },
});
const PIN = '80463';
const CHAIR_PIN = '917355';

const dataDir = mkdtempSync(join(tmpdir(), 'mixminus-habits-'));
let server: LiveServer;
let api: RestClient;
let stream: EventStream;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  server = await LiveServer.open('embedded', {
    dataDir,
    policies: [{ name: 'guarded', pin: PIN, pinTries: 2, prompts: { pin: endless(2_500), goodbye: endless(2_700) } }],
    routes: [{ number: 'guarded*', policy: 'guarded' }, { number: '*' }],
  });
  api = new RestClient(server.http);
  stream = await api.events();
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  stream.close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
  expect(server.log).toEqual([]);
});

/** Presses keys as a person does, faster. */
async function enter(phone: LivePhone, keys: string): Promise<void> {
  for (const key of keys) {
    press(phone, key);
    await aWhile(120);
  }
}

/** Waits until a leg is asked for something. */
async function asked(legId: string, times = 1): Promise<void> {
  await stream.first('interaction.started', ({ data }) => {
    const starts = stream.seen.filter((event) => event.type === 'interaction.started' && event.data.legId === legId);
    return data.legId === legId && starts.length >= times;
  });
}

describe('who hears whom', () => {
  it('a coach is heard by the agent only, also when somebody joins later, and hears everybody', async () => {
    const [coach, agent, customer] = (await server.gather('coaching', 3)) as [LivePhone, LivePhone, LivePhone];
    const [coachLeg, agentLeg] = await api.legs('coaching');
    await api.demand(200, 'PUT', `${coachLeg?.path}/audience`, { heardBy: [agentLeg?.id] });
    await hearsNot(customer, coach);
    await Promise.all([hears(agent, coach), hears(agent, customer), hears(customer, agent)]);
    await Promise.all([hears(coach, agent), hears(coach, customer), hearsNot(coach, coach)]);

    const late = await server.join('coaching', { voice: voiceOf(4) });
    await Promise.all([hears(late, agent), hears(late, customer), hears(coach, late)]);
    await hearsNot(late, coach);

    await agent.hangUp();
    await stream.first('routing.changed', ({ data }) => JSON.stringify(data.audiences).includes('"heardBy":[]'));
    await Promise.all([hearsNot(customer, coach), hearsNot(late, coach), hears(coach, customer)]);
    await api.demand(200, 'PUT', `${coachLeg?.path}/audience`, {});
    await conversation([coach, customer, late]);
  });

  it('a side talk is heard by those in it, who hear nobody else; and is over again', async () => {
    const phones = (await server.gather('aside', 3)) as [LivePhone, LivePhone, LivePhone];
    const [one, two, outside] = phones;
    const [oneLeg, twoLeg] = await api.legs('aside');
    const call = `/v1/calls/${(await api.call('aside')).id}`;
    const audiences = [
      { legId: oneLeg?.id, heardBy: [twoLeg?.id], hears: [twoLeg?.id] },
      { legId: twoLeg?.id, heardBy: [oneLeg?.id], hears: [oneLeg?.id] },
    ];
    await api.demand(200, 'PUT', `${call}/routing`, { audiences, pairs: [] });
    await Promise.all([hearsNot(outside, one), hearsNot(outside, two), hearsNot(one, outside), hearsNot(two, outside)]);
    await Promise.all([hears(one, two), hears(two, one)]);
    await api.demand(200, 'PUT', `${call}/routing`, { audiences: [], pairs: [] });
    await conversation(phones);
  });

  it('one leg is made quieter for another, and not heard at all, and nobody else notices', async () => {
    const [one, two, three] = (await server.gather('pairs', 3)) as [LivePhone, LivePhone, LivePhone];
    const [oneLeg, twoLeg] = await api.legs('pairs');
    const pair = `${oneLeg?.path}/audience/${twoLeg?.id}`;
    await api.demand(204, 'PUT', pair, { gainDb: -12 });
    await Promise.all([hears(one, two, -12), hears(three, two), hears(one, three)]);
    await api.demand(204, 'PUT', pair, { gainDb: 'off' });
    await Promise.all([hearsNot(one, two), hears(three, two), hears(two, one)]);
    await api.demand(204, 'DELETE', pair);
    await hears(one, two);
  });
});

describe('who is let in', () => {
  it('who knows the PIN of a route’s policy, asked out of the mix; and who does not is hung up', async () => {
    const member = await server.join('guarded1', { voice: voiceOf(0) });
    const [first] = await api.legs('guarded1');
    await asked(first?.id ?? '');
    await hears(member, toneVoice(2_500));
    await enter(member, PIN);
    await stream.first('leg.admitted', ({ data }) => data.legId === first?.id);

    const stranger = await server.join('guarded1', { voice: voiceOf(1) });
    const [, second] = await api.legs('guarded1');
    const secondId = second?.id ?? '';
    await asked(secondId);
    await hearsNot(member, stranger);
    await enter(stranger, '80464');
    await stream.first('pin.refused', ({ data }) => data.triesLeft === 1);
    await asked(secondId, 2);
    await enter(stranger, '1#');
    const bye = await stranger.hungUp();
    expect(bye.header('Reason')).toContain('cause=21');
    await stream.first('leg.left', ({ data }) => data.legId === secondId && data.reason === 'notAdmitted');
    await hearsNot(member, stranger);

    const friend = await server.join('guarded1', { voice: voiceOf(2) });
    await asked((await api.legs('guarded1'))[1]?.id ?? '');
    await enter(friend, PIN);
    await conversation([member, friend]);
    const everything = JSON.stringify([stream.seen, server.log, await api.demand(200, 'GET', '/v1/calls')]);
    expect(everything).not.toContain(PIN);
    expect(stream.seen.filter(({ type }) => type === 'digit.received')).toEqual([]);
  });

  it('nobody before the first moderator: who waits hears music and not each other', async () => {
    await server.create(api, {
      name: 'lecture',
      moderatorPin: CHAIR_PIN,
      startOnModerator: true,
      waitingMusic: endless(2_900),
      prompts: { pin: endless(2_500) },
    });
    const early = await Promise.all([
      server.join('lecture', { voice: voiceOf(0) }),
      server.join('lecture', { voice: voiceOf(1) }),
    ]);
    const legs = await api.legs('lecture');
    for (const [index, phone] of early.entries()) {
      await asked(legs[index]?.id ?? '');
      await enter(phone, '#');
    }
    for (const leg of legs) await stream.first('leg.waiting', ({ data }) => data.legId === leg.id);
    await Promise.all(early.map((phone) => hears(phone, toneVoice(2_900))));
    await Promise.all([hearsNot(early[0], early[1]), hearsNot(early[1], early[0])]);

    const chair = await server.join('lecture', { voice: voiceOf(2) });
    await asked((await api.legs('lecture'))[2]?.id ?? '');
    await enter(chair, CHAIR_PIN);
    await conversation([...early, chair]);
    await Promise.all(early.map((phone) => hearsNot(phone, toneVoice(2_900))));
    expect((await api.legs('lecture')).map(({ role, admission }) => [role, admission])).toEqual([
      ['participant', 'admitted'],
      ['participant', 'admitted'],
      ['moderator', 'admitted'],
    ]);
    expect(JSON.stringify(stream.seen)).not.toContain(CHAIR_PIN);
  });
});

describe('in the call', () => {
  it('*6 mutes and unmutes, keys of the menu reach nobody else, and who pressed is answered alone', async () => {
    const menus = {
      participant: { '*6': 'toggleMute', '*60': 'hangUp' },
      feedback: { muted: endless(2_600) },
      interDigitTimeoutMs: 1_500,
    };
    await server.create(api, { name: 'menus', menus });
    const [one, two] = (await server.gather('menus', 2)) as [LivePhone, LivePhone];
    const [leg] = await api.legs('menus');
    const used = (times: number) =>
      stream.first('menu.used', ({ data }) => {
        const uses = stream.seen.filter((event) => event.type === 'menu.used' && event.data.legId === leg?.id);
        return data.legId === leg?.id && uses.length >= times;
      });
    await conversation([one, two]);
    await enter(one, '*6');
    await used(1);
    await hearsNot(two, one);
    await hears(one, two);
    await enter(one, '*6');
    await used(2);
    await hears(two, one);
    await packetsCome(two, 20);
    expect(two.events).toEqual([]);
    await hearsNot(two, toneVoice(2_600));
    await enter(one, '*60');
    await one.hungUp();
    await hearsNot(two, one);
  });

  it('who is alone hears music, and a tone tells who comes', async () => {
    const entryAnnouncement = [{ type: 'tone', frequenciesHz: [2_800], levelDbov: -20, cadenceMs: [1_500] }];
    await server.create(api, { name: 'lonely', aloneMusic: endless(3_100), entryAnnouncement });
    const one = await server.join('lonely', { voice: voiceOf(0) });
    await hears(one, toneVoice(3_100));
    const two = await server.join('lonely', { voice: voiceOf(1) });
    await hears(one, toneVoice(2_800));
    await Promise.all([hearsNot(one, toneVoice(3_100)), hearsNot(two, toneVoice(3_100))]);
    await conversation([one, two]);
    await two.hangUp();
    await hears(one, toneVoice(3_100));
  });

  it('the API puts a leg on hold with music, and takes it back', async () => {
    await server.create(api, { name: 'hold', holdMusic: endless(3_300) });
    const [one, two] = (await server.gather('hold', 2)) as [LivePhone, LivePhone];
    const [leg] = await api.legs('hold');
    await api.demand(200, 'PATCH', leg?.path ?? '', { isolated: true });
    await Promise.all([hears(one, toneVoice(3_300)), hearsNot(one, two), hearsNot(two, one)]);
    await hearsNot(two, toneVoice(3_300));
    await api.demand(200, 'PATCH', leg?.path ?? '', { isolated: false });
    await conversation([one, two]);
    const edges = stream.seen.filter(({ type, data }) => /isolated|returned/.test(type) && data.legId === leg?.id);
    expect(edges.map(({ type }) => type)).toEqual(['leg.isolated', 'leg.returned']);
    expect(edges[1]?.data.tick).toBeGreaterThan(edges[0]?.data.tick ?? 0);
  });

  it('a locked call takes nobody', async () => {
    const { id } = await server.create(api, { name: 'locked' });
    await api.demand(200, 'PATCH', `/v1/calls/${id}`, { locked: true });
    const refused = await server.phone({ voice: voiceOf(1) });
    refused.invite('locked');
    expect((await refused.final()).status).toBe(403);
    await api.demand(204, 'DELETE', `/v1/calls/${id}`);
  });

  it('a call ends when its time is up', async () => {
    const { id } = await server.create(api, { name: 'short', maxDurationMs: 2_000 });
    const one = await server.join('short', { voice: voiceOf(0) });
    await one.hungUp();
    await stream.first('call.ended', ({ data }) => data.callId === id && data.reason === 'maxDuration');
  });

  it('a call ends when its moderator has gone', async () => {
    const { id } = await server.create(api, { name: 'chaired', endOnModeratorExit: { graceMs: 300 } });
    const [chair, guest] = (await server.gather('chaired', 2)) as [LivePhone, LivePhone];
    const [leg] = await api.legs('chaired');
    await api.demand(200, 'PATCH', leg?.path ?? '', { role: 'moderator' });
    await chair.hangUp();
    await guest.hungUp();
    await stream.first('call.ended', ({ data }) => data.callId === id && data.reason === 'moderatorLeft');
  });
});
