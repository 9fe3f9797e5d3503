/** One leg alone: asked by the API of a server with live calls, measured tick by tick in what everybody hears. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import type { Voice } from '../../demo/phone/voice.js';
import { LiveInteraction } from '../support/live/interactions.js';
import { conversation, hears, hearsNot, packetsCome } from '../support/live/hearing.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer } from '../support/live/live-server.js';
import { press } from '../support/live/press.js';
import { RestClient } from '../support/live/rest-client.js';
import { TickEar } from '../support/live/tick-ear.js';
import { aheadOfOthers } from '../support/real-time.js';

/** Tones that 20 ms can tell apart. */
const voiceAt = (index: number): Voice => ({ name: `v${index}`, frequenciesHz: [400 + 300 * index], peakDbfs: -16 });
/** The prompt: RMS is 3 dB below the peak. */
const promptVoice: Voice = { name: 'prompt', frequenciesHz: [2_500], peakDbfs: -17 };
const tonePrompt = (ms: number) => [{ type: 'tone', frequenciesHz: [2_500], levelDbov: -20, cadenceMs: [ms] }];
const MUSIC: Voice = { name: 'music', frequenciesHz: [3_000], peakDbfs: -17 };
const music = [{ type: 'tone', frequenciesHz: [3_000], levelDbov: -20, cadenceMs: [200] }];

const aHash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;

const dataDir = mkdtempSync(join(tmpdir(), 'mixminus-interactions-'));
let server: LiveServer;
let api: RestClient;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  server = await LiveServer.open('embedded', { dataDir });
  api = new RestClient(server.http);
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true });
  expect(server.log).toEqual([]);
});

/** So many telephones in a call that hear each other, and the API paths of their legs. */
async function gather(room: string, count: number) {
  const phones: LivePhone[] = [];
  for (let index = 0; index < count; index++) phones.push(await server.join(room, { voice: voiceAt(index) }));
  await conversation(phones);
  const legs = await api.legs(room);
  return { phones: phones as [LivePhone, LivePhone, LivePhone], legs: legs as [Leg, Leg, Leg] };
}
type Leg = Awaited<ReturnType<RestClient['legs']>>[number];

const earOf = (phone: LivePhone, leg: Leg) => new TickEar(phone.ear.samples, leg.joinedAtTick ?? 0);

it('a leg that is asked is out of the mix for exactly the ticks that the API tells, both ways, and back after them', async () => {
  const { phones, legs } = await gather('asked', 3);
  await Promise.all(phones.map((phone) => packetsCome(phone, 20)));
  const [asked, ...others] = phones;
  const events = await api.events('?types=interaction.*,digit.received');
  const interaction = await LiveInteraction.start(api, legs[0].path, {
    prompt: tonePrompt(600),
    music,
    gather: { patterns: ['1', '2'], timeoutMs: 10_000 },
  });
  expect(interaction.begun).toMatchObject({ status: 'active', prompt: { contentHash: aHash } });
  await hears(asked, { ...asked, voice: MUSIC });
  press(asked, '2');
  const over = await interaction.over();
  expect(over).toMatchObject({ result: 'digits', digits: '2', attempts: 1, promptCompleted: true, playedMs: 600 });
  await conversation(phones);
  await Promise.all(phones.map((phone) => packetsCome(phone, 20)));

  const { startedAtTick: from, endedAtTick: until, promptEndedAtTick: silence = 0 } = over;
  expect(silence - from).toBe(30);
  for (const [index, phone] of phones.entries()) {
    const ear = earOf(phone, legs[index]!);
    const heard = phone === asked ? others : [asked];
    // The edge itself falls into a tick of the listener's stream: filters take some milliseconds.
    for (const { voice } of heard) {
      expect(ear.hears(voice, { from: from - 15, until: from - 1 }), `${index} before`).toBe(true);
      expect(ear.hearsNot(voice, { from: from + 1, until }), `${index} meanwhile`).toBe(true);
      expect(ear.hears(voice, { from: until + 1, until: until + 15 }), `${index} afterwards`).toBe(true);
    }
    for (const talker of others) {
      if (phone === asked || phone === talker) continue;
      expect(ear.hears(talker.voice, { from: from - 15, until: until + 15 }), `${index} all the time`).toBe(true);
    }
    const played = phone === asked ? 'hears' : 'hearsNot';
    expect(ear[played](promptVoice, { from: from + 1, until: silence }), `${index} prompt`).toBe(true);
    expect(ear[played](MUSIC, { from: silence + 1, until: until - 2 }), `${index} music`).toBe(true);
  }
  expect(
    others.flatMap((phone) => phone.events),
    'digits in others’ streams',
  ).toEqual([]);

  const [started, ended] = [await events.first('interaction.started'), await events.first('interaction.ended')];
  expect([started.data.tick, ended.data.tick]).toEqual([from, until]);
  expect(ended.data).toMatchObject({ legId: legs[0].id, result: 'digits', digits: '2', startedTick: from });
  events.close();
});

describe('results', () => {
  const gatherOne = { patterns: ['1'], timeoutMs: 400, interDigitTimeoutMs: 300 };

  it('timeout: so many ticks after the end of the prompt, with every retry its own prompt', async () => {
    const { phones, legs } = await gather('timeout', 2);
    const interaction = await LiveInteraction.start(api, legs[0].path, {
      prompt: tonePrompt(200),
      noInputPrompt: [{ type: 'silence', durationMs: 100 }],
      gather: { ...gatherOne, retries: 2 },
    });
    const over = await interaction.over();
    expect(over).toMatchObject({ result: 'timeout', digits: '', attempts: 3, promptCompleted: true });
    expect(over.endedAtTick - (over.promptEndedAtTick ?? 0)).toBe(20);
    // Prompt, timeout; then twice "nothing?", prompt, timeout.
    expect(over.endedAtTick - over.startedAtTick).toBe(10 + 20 + 2 * (5 + 10 + 20));
    await conversation(phones);
  });

  it('invalid: at once when no answer begins like that, and asked again', async () => {
    const { phones, legs } = await gather('invalid', 2);
    const interaction = await LiveInteraction.start(api, legs[0].path, {
      prompt: tonePrompt(300),
      gather: { ...gatherOne, timeoutMs: 5_000, retries: 1 },
    });
    await hears(phones[0], { ...phones[0], voice: promptVoice });
    press(phones[0], '7');
    await packetsCome(phones[0], 15);
    press(phones[0], '8');
    const over = await interaction.over();
    expect(over).toMatchObject({ result: 'invalid', digits: '8', attempts: 2 });
    await conversation(phones);
  });

  it('digits during the prompt end it with barge-in, and count', async () => {
    const { phones, legs } = await gather('barge', 2);
    const interaction = await LiveInteraction.start(api, legs[0].path, {
      prompt: tonePrompt(5_000),
      gather: gatherOne,
    });
    await hears(phones[0], { ...phones[0], voice: promptVoice });
    press(phones[0], '1');
    const over = await interaction.over();
    expect(over).toMatchObject({ result: 'digits', digits: '1', promptCompleted: false });
    expect(over.playedMs).toBeLessThan(5_000);
    // Every tick of it had prompt, but the one in which the digit ended it.
    expect(over.playedMs).toBe(((over.promptEndedAtTick ?? 0) - over.startedAtTick) * 20);
  });

  it('digits during the prompt mean nothing without barge-in', async () => {
    const { phones, legs } = await gather('no-barge', 2);
    const interaction = await LiveInteraction.start(api, legs[0].path, {
      prompt: tonePrompt(1_000),
      gather: { ...gatherOne, bargeIn: false },
    });
    press(phones[0], '1');
    const over = await interaction.over();
    expect(over).toMatchObject({ result: 'timeout', digits: '', promptCompleted: true, playedMs: 1_000 });
  });

  it('the finish key ends an answer, and so does a pause that is long enough', async () => {
    const { phones, legs } = await gather('number', 2);
    const ask = () =>
      LiveInteraction.start(api, legs[0].path, {
        prompt: tonePrompt(40),
        gather: { minDigits: 2, maxDigits: 8, timeoutMs: 5_000, interDigitTimeoutMs: 400 },
      });
    const byKey = await ask();
    await packetsCome(phones[0], 5);
    for (const key of ['1', '2', '3', '#']) {
      press(phones[0], key);
      await packetsCome(phones[0], 3);
    }
    expect(await byKey.over()).toMatchObject({ result: 'digits', digits: '123' });
    const byPause = await ask();
    await packetsCome(phones[0], 5);
    for (const key of ['4', '5']) {
      press(phones[0], key);
      await packetsCome(phones[0], 3);
    }
    expect(await byPause.over()).toMatchObject({ result: 'digits', digits: '45' });
    const tooFew = await ask();
    await packetsCome(phones[0], 5);
    press(phones[0], '6');
    expect(await tooFew.over()).toMatchObject({ result: 'invalid', digits: '6' });
  });

  it('played: without anything to gather it ends with its prompt', async () => {
    const { phones, legs } = await gather('played', 2);
    const over = await (await LiveInteraction.start(api, legs[0].path, { prompt: tonePrompt(300), plays: 2 })).over();
    expect(over).toMatchObject({ result: 'played', playedMs: 600, promptCompleted: true });
    expect(over.endedAtTick - over.startedAtTick).toBe(30);
    await conversation(phones);
  });

  it('cancelled by a newer one, which takes over without letting the leg into the mix, and by the API', async () => {
    const { phones, legs } = await gather('replaced', 2);
    const [asked, other] = phones;
    const first = await LiveInteraction.start(api, legs[0].path, { prompt: tonePrompt(10_000) });
    await hearsNot(other, asked);
    const second = await LiveInteraction.start(api, legs[0].path, { prompt: music, plays: 0 });
    const replaced = await first.over();
    expect(replaced).toMatchObject({ result: 'cancelled', cancelledBy: 'replaced', promptCompleted: false });
    await hears(asked, { ...asked, voice: MUSIC });
    expect(await second.cancel()).toBe(204);
    const cancelled = await second.over();
    expect(cancelled).toMatchObject({ result: 'cancelled', cancelledBy: 'api' });
    expect(cancelled.startedAtTick).toBe(replaced.endedAtTick);
    await conversation(phones);
    const gap = { from: replaced.startedAtTick + 1, until: cancelled.endedAtTick };
    expect(earOf(other, legs[1]).hearsNot(asked.voice, gap)).toBe(true);
    expect(earOf(asked, legs[0]).hearsNot(other.voice, gap)).toBe(true);
  });

  it('cancelled by the end of the leg during the prompt, and by that of the call', async () => {
    const { phones, legs } = await gather('gone', 3);
    const events = await api.events('?types=interaction.ended,leg.left');
    const first = await LiveInteraction.start(api, legs[0].path, { prompt: tonePrompt(10_000) });
    await phones[0].hangUp();
    expect(await first.over()).toMatchObject({ result: 'cancelled', cancelledBy: 'legEnded', promptCompleted: false });
    await conversation(phones.slice(1));
    await LiveInteraction.start(api, legs[1].path, { prompt: tonePrompt(10_000) });
    const hungUp = Promise.all(phones.slice(1).map((phone) => phone.hungUp()));
    await api.demand(204, 'DELETE', legs[0].path.replace(/\/legs\/.*/, ''));
    await hungUp;
    const ended = await events.first('interaction.ended', ({ data }) => data.legId === legs[1].id);
    expect(ended.data).toMatchObject({ result: 'cancelled', cancelledBy: 'callEnded' });
    events.close();
  });
});

describe('playbacks', () => {
  it('are heard by everybody above a ducked mix, paused, resumed and stopped', async () => {
    const { phones, legs } = await gather('announced', 2);
    const [one, other] = phones;
    const path = `${legs[0].path.replace(/\/legs\/.*/, '')}/playbacks`;
    const { id } = await api.demand<{ id: string }>(201, 'POST', path, { prompt: music, plays: 0, duckDb: -20 });
    const tune = { ...one, voice: MUSIC } as LivePhone;
    await Promise.all([hears(one, tune), hears(other, tune), hears(one, other, -20), hears(other, one, -20)]);
    expect(await api.demand(200, 'PATCH', `${path}/${id}`, { paused: true })).toMatchObject({ status: 'paused' });
    await Promise.all([hearsNot(one, tune), hears(one, other)]);
    await api.demand(200, 'PATCH', `${path}/${id}`, { paused: false });
    await Promise.all([hears(one, tune), hears(one, other, -20)]);
    await api.demand(204, 'DELETE', `${path}/${id}`);
    await Promise.all([hearsNot(one, tune), hears(one, other), hears(other, one)]);
    expect(await api.demand(200, 'GET', `${path}/${id}`)).toMatchObject({ status: 'ended', end: 'stopped' });
  });

  it('for one leg are heard by that one; and not while it is in an interaction', async () => {
    const { phones, legs } = await gather('whispered', 2);
    const [one, other] = phones;
    const path = `${legs[0].path.replace(/\/legs\/.*/, '')}/playbacks`;
    await api.demand(201, 'POST', path, { prompt: music, plays: 0, duckDb: 0, legIds: [legs[0].id] });
    const tune = { ...one, voice: MUSIC } as LivePhone;
    await Promise.all([hears(one, tune), hearsNot(other, tune), hears(one, other), hears(other, one)]);
    const interaction = await LiveInteraction.start(api, legs[0].path, { prompt: tonePrompt(10_000) });
    await Promise.all([hearsNot(one, tune), hears(one, { ...one, voice: promptVoice })]);
    await interaction.cancel();
    await hears(one, tune);
  });
});
