/** The API of a server with live calls: what it shows is what is there, what it changes is heard. */
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { conversation, hears, hearsNot } from '../support/live/hearing.js';
import type { EventPacket, LivePhone } from '../support/live/live-phone.js';
import { LiveServer, voiceOf } from '../support/live/live-server.js';
import { press } from '../support/live/press.js';
import { type EventStream, type LegSeen, RestClient } from '../support/live/rest-client.js';
import { soon, until } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';

const KEY = 'a key of this test only';
/** RMS of a sine is 3 dB below its peak. */
const SPOKEN_DBOV = voiceOf(0).peakDbfs - 3;

let server: LiveServer;
let api: RestClient;
aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  const keys = [KEY.replaceAll(' ', '-')];
  server = await LiveServer.open('embedded', { http: { host: '0.0.0.0', apiKeys: keys } });
  api = new RestClient(server.http.replace('0.0.0.0', '127.0.0.1'), keys[0]);
});
afterEach(() => server.hangUpAll());
afterAll(async () => {
  await server.stop();
  expect(server.log).toEqual([]);
});

describe('legs', () => {
  it('are listed and shown with codec, counters and level as they are', async () => {
    const one = await server.join('shown', { voice: voiceOf(0) });
    const other = await server.join('shown', { voice: voiceOf(1), law: 'PCMA' });
    await conversation([one, other]);
    const call = await api.call('shown');
    expect(call).toMatchObject({ name: 'shown', legCount: 2 });
    const sent = one.sentFrames;
    // Packets are on their way while this is asked, and a level is that of one moment.
    const legs = await soon(async () => {
      const found = await api.legs('shown');
      for (const leg of found) {
        expect(leg.speaking).toBe(true);
        expect(Math.abs((leg.levelDbov ?? 0) - SPOKEN_DBOV)).toBeLessThan(1);
      }
      expect(found[0]?.statistics?.receive.packets).toBeGreaterThanOrEqual(sent);
      return found;
    });
    expect(legs.map(({ codec }) => codec)).toMatchObject([
      { encoding: 'PCMU', payloadType: 0, ptimeMs: 20 },
      { encoding: 'PCMA', payloadType: 8, ptimeMs: 20 },
    ]);
    for (const leg of legs) {
      expect(leg).toMatchObject({
        status: 'in-progress',
        direction: 'inbound',
        held: false,
        mediaDirection: 'sendrecv',
      });
    }
    const statistics = legs[0]?.statistics;
    expect(statistics?.receive.packets).toBeLessThanOrEqual(one.sentFrames);
    expect(statistics?.receive.lost).toBe(0);
    expect(statistics?.playout.played).toBeGreaterThan(0);
    expect(statistics?.send.packets).toBeGreaterThan(10);
    const [first] = legs;
    expect((await api.ask<LegSeen>('GET', first?.path ?? '')).body.id).toBe(first?.id);
  });

  it('on hold say so', async () => {
    const [one] = await server.gather('held', 2);
    await one?.change({ direction: 'sendonly' });
    await soon(async () => {
      expect((await api.legs('held'))[0]).toMatchObject({ held: true, mediaDirection: 'recvonly' });
    });
  });

  it('are muted, deaf and louder when told so, and nobody else is', async () => {
    const [one, other, third] = (await server.gather('controls', 3)) as [LivePhone, LivePhone, LivePhone];
    const path = (await api.legs('controls'))[0]?.path ?? '';
    const patch = async (change: object) => {
      expect(await api.ask('PATCH', path, change)).toMatchObject({ status: 200, body: change });
    };
    await patch({ muted: true });
    await hearsNot(other, one);
    await Promise.all([hears(one, other), hears(other, third)]);
    await patch({ muted: false, deaf: true });
    await hears(other, one);
    await Promise.all([hearsNot(one, other), hearsNot(one, third)]);
    await patch({ deaf: false, gainDb: -12 });
    await Promise.all([hears(other, one, -12), hears(third, one, -12), hears(one, other), hears(other, third)]);
    await patch({ gainDb: 6 });
    await hears(other, one, 6);
    await patch({ gainDb: 0 });
    await conversation([one, other, third]);
  });

  it('get digits as telephone-events: three equal ends, one timestamp, the marker first', async () => {
    const [one, other] = (await server.gather('digits', 2)) as [LivePhone, LivePhone];
    const path = (await api.legs('digits'))[0]?.path ?? '';
    const stream = await api.events('?types=digits.sent');
    const digits = { digits: '17#', durationMs: 100, gapMs: 60 };
    expect((await api.ask('POST', `${path}/digits`, digits)).status).toBe(202);
    expect((await stream.first('digits.sent')).data.digits).toBe('17#');
    stream.close();
    await until(() => one.events.filter(({ isEnd }) => isEnd).length === 9);
    const begun = new Set(one.events.map(({ timestampRtp }) => timestampRtp));
    const presses = [...begun].map((start) => one.events.filter(({ timestampRtp }) => timestampRtp === start));
    expect(presses.map(([packet]) => packet?.event)).toEqual([1, 7, 11]);
    for (const packets of presses) expectPress(packets, 100);
    // They are for this leg alone.
    expect(other.events).toEqual([]);
    await hears(one, other);
  });

  it('are hung up: BYE to that one, and the others talk on', async () => {
    const [one, other, third] = (await server.gather('hangup', 3)) as [LivePhone, LivePhone, LivePhone];
    const path = (await api.legs('hangup'))[2]?.path ?? '';
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await third.hungUp()).header('Reason')).toMatch(/^Q\.850;cause=16/);
    await hearsNot(one, third);
    await conversation([one, other]);
    expect((await api.ask<LegSeen>('GET', path)).body).toMatchObject({ status: 'completed', endReason: 'localHangup' });
    expect((await api.ask('PATCH', path, { muted: true })).body).toMatchObject({ code: 'legEnded', status: 409 });
  });
});

it('a call that is ended hangs up on everybody', async () => {
  const phones = await server.gather('ended', 2);
  const { id } = await api.call('ended');
  expect((await api.ask('DELETE', `/v1/calls/${id}`)).status).toBe(204);
  await Promise.all(phones.map((phone) => phone.hungUp()));
  await soon(async () => expect((await api.ask('GET', `/v1/calls/${id}`)).body.code).toBe('callNotFound'));
});

describe('events', () => {
  let stream: EventStream;
  afterEach(() => stream.close());

  it('tell the story of a call in order, with ticks', async () => {
    stream = await api.events();
    const one = await server.join('story', { voice: voiceOf(0) });
    const other = await server.join('story', { voice: voiceOf(1) });
    await conversation([one, other]);
    await stream.first('speech.started', ({ data }) => data.legId === legOf(stream, 1));
    press(one, '5');
    await stream.first('digit.received');
    // What one presses, the other hears as a telephone-event, and not the one who pressed.
    await until(() => other.events.filter(({ isEnd }) => isEnd).length === 3);
    expect(one.events).toEqual([]);
    await one.hangUp();
    await stream.first('leg.left');
    await other.hangUp();
    await stream.first('call.ended');

    const { seen } = stream;
    const order = (type: string, legId?: string) =>
      seen.findIndex((event) => event.type === type && (legId === undefined || event.data.legId === legId));
    const [first, second] = [legOf(stream, 0), legOf(stream, 1)];
    const story = [
      order('call.started'),
      order('leg.joined', first),
      order('leg.joined', second),
      order('speech.started', second),
      order('digit.received', first),
      order('leg.left', first),
      order('leg.left', second),
      order('call.ended'),
    ];
    expect(story).toEqual([...story].sort((a, b) => a - b));
    expect(story).not.toContain(-1);
    expect(seen.map(({ data }) => data.sequence)).toEqual(seen.map((_event, index) => index + 1));
    const ticks = seen.map(({ data }) => data.tick);
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));

    expect(seen[order('digit.received')]?.data).toMatchObject({ digit: '5', source: 'rfc4733' });
    expect(seen[order('leg.left', first)]?.data).toMatchObject({
      reason: 'remoteHangup',
      q850Cause: 16,
      statistics: { receive: { lost: 0 }, send: { packets: expect.any(Number) as number } },
    });
    expect(seen[order('call.ended')]?.data).toMatchObject({ reason: 'lastLegLeft', name: 'story' });
    // A leg is in the mix for as many ticks as it gets packets, RTCP aside.
    const joined = Number(seen[order('leg.joined', first)]?.data.tick);
    const left = Number(seen[order('leg.left', first)]?.data.tick);
    expect(Math.abs(left - joined - one.ear.verdict().packets)).toBeLessThan(5);
  });

  it('bring levels to who asked for them, as often as asked', async () => {
    const [one, other] = (await server.gather('levels', 2)) as [LivePhone, LivePhone];
    const { id } = await api.call('levels');
    stream = await api.events(`?callId=${id}&levels=5&types=call.ended`);
    const without = await api.events(`?callId=${id}`);
    const reported = () => stream.seen.filter(({ type }) => type === 'levels.reported');
    // Five in a row: telephones of this process pause when it does, and a level is that of one moment.
    await soon(() => {
      const latest = reported().slice(-5);
      expect(latest).toHaveLength(5);
      for (const { data } of latest) {
        const levels = data.levels as { legId: string; levelDbov: number; speaking: boolean }[];
        expect(levels).toHaveLength(2);
        for (const { levelDbov } of levels) expect(Math.abs(levelDbov - SPOKEN_DBOV)).toBeLessThan(1);
      }
    });
    const reports = reported();
    const ticks = reports.map(({ data }) => data.tick);
    ticks.slice(1).forEach((tick, index) => expect(tick - (ticks[index] ?? 0)).toBeGreaterThanOrEqual(5));
    expect(without.seen.filter(({ type }) => type === 'levels.reported')).toEqual([]);
    without.close();
    stream.close();
    await until(() => server.app.service.counters().levelSubscriptions === 0);
    await conversation([one, other]);
  });
});

describe('keys', () => {
  it.each([
    ['none', undefined],
    ['a wrong one', 'not-a-key-of-this-server'],
  ])('%s: 401 from the API and from the event stream, with calls in progress', async (_what, key) => {
    await server.join('locked', { voice: voiceOf(0) });
    const stranger = new RestClient(api.base, key);
    const refused = await stranger.ask('GET', '/v1/calls');
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthorized']);
    const socket = new WebSocket(`${api.base.replace('http', 'ws')}/v1/events`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    });
    const status = await new Promise((resolve) => {
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        response.destroy();
      });
      socket.once('open', () => resolve('opened'));
    });
    expect(status).toBe(401);
  });
});

/** Id of the leg that joined as the `index`-th. */
function legOf(stream: EventStream, index: number): string {
  return stream.seen.filter(({ type }) => type === 'leg.joined')[index]?.data.legId ?? '';
}

/** Judges the packets of one press (RFC 4733 §2.5.1). */
function expectPress(packets: readonly EventPacket[], durationMs: number): void {
  expect(packets.map(({ marker }) => marker)).toEqual(packets.map((_packet, index) => index === 0));
  const ends = packets.filter(({ isEnd }) => isEnd);
  expect(ends.map(({ durationRtp }) => durationRtp)).toEqual([durationMs * 8, durationMs * 8, durationMs * 8]);
  const durations = packets.map(({ durationRtp }) => durationRtp);
  expect(durations).toEqual([...durations].sort((a, b) => a - b));
}
