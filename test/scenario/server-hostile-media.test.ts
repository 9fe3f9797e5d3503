/** Packets that mean no good: dropped and counted, and neither their leg nor anybody else suffers. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { mulaw } from '../../demo/phone/g711.js';
import { speak } from '../../demo/phone/voice.js';
import { Bystanders } from '../support/live/bystanders.js';
import { hears, hearsNot } from '../support/live/hearing.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer, voiceOf } from '../support/live/live-server.js';
import { RestClient } from '../support/live/rest-client.js';
import { soon } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';

const FLOOD_PACKETS = 40_000;
const FLOOD_PER_SECOND = 20_000;
const FLOOD_STEP_MS = 4;
/** After a pause of this process. */
const MOST_AT_ONCE = 500;

let server: LiveServer;
let api: RestClient;
let bystanders: Bystanders;
/** The leg under attack, or attacking: in the call with the bystanders. */
let target: LivePhone;
/** A socket that belongs to no call. */
let stranger: Socket;

aroundAll((run) => aheadOfOthers(run));
beforeAll(async () => {
  server = await LiveServer.open();
  api = new RestClient(server.http);
  stranger = createSocket('udp4');
  bystanders = await Bystanders.gather(server);
  target = await server.phone({ voice: voiceOf(2) });
  await target.call(bystanders.room, `${target.sdp()}a=rtcp-mux\r\n`);
  server.clock.add(target);
  await hears(bystanders.one, target);
});
afterEach(async () => {
  await Promise.all([hears(bystanders.one, target), hears(target, bystanders.other)]);
  expect(server.app.service.counters()).toMatchObject({ calls: 1, legs: 3 });
});
afterAll(async () => {
  expect(server.log).toEqual([]);
  stranger.close();
  await server.stop();
});

describe('RTP from the leg itself', () => {
  afterAll(() => bystanders.verify());
  const header = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(bytes), randomBytes(20)]);
  const cases: [string, () => Buffer, reason: string][] = [
    ['too short for a header', () => Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 1]), 'malformed'],
    ['of another version', () => header(0x40, 0), 'malformed'],
    ['with more contributing sources than bytes', () => header(0x8f, 0), 'malformed'],
    [
      'with an extension longer than itself',
      () => Buffer.concat([header(0x90, 0).subarray(0, 14), Buffer.from([255, 255])]),
      'malformed',
    ],
    ['of padding alone', () => Buffer.concat([header(0xa0, 0), Buffer.from([255])]), 'malformed'],
    ['longer than any voice packet', () => target.packet(0, randomBytes(1600)), 'malformed'],
    ['without a payload', () => target.packet(0, Buffer.alloc(0)), 'malformed'],
    ['of a payload type nobody agreed on', () => target.packet(96, randomBytes(160)), 'payloadType'],
    [
      'of a source that changes with every packet',
      () => Buffer.concat([Buffer.from([0x80, 0]), randomBytes(170)]),
      'ssrc',
    ],
  ];
  it.each(cases)('%s is dropped and counted', async (_what, packet, reason) => {
    const before = await dropped(reason);
    for (let n = 0; n < 20; n++) target.send(packet());
    await soon(async () => expect(await dropped(reason)).toBe(before + 20));
  });

  it('of random bytes changes nothing', async () => {
    for (let n = 0; n < 200; n++) target.send(randomBytes(Math.ceil(Math.random() * 1500)));
    // Beyond any buffer for packets; whether it reaches the leg's counters is the sockets' affair.
    for (let n = 0; n < 20; n++) target.send(randomBytes(20_000));
    await soon(async () => expect(await dropped('malformed')).toBeGreaterThan(100));
  });
});

describe('RTP from a stranger', () => {
  afterAll(() => bystanders.verify());
  const intruder = { voice: voiceOf(6) };

  it('is not heard, though it continues the stream of the leg', async () => {
    const before = await dropped('source');
    const samples = new Int16Array(160);
    for (let frame = 0; frame < 50; frame++) {
      speak(intruder.voice, frame * 160, samples);
      sendAsStranger(target.packet(0, mulaw.encode(samples)));
      await pause(10);
    }
    await soon(async () => expect(await dropped('source')).toBe(before + 50));
    await Promise.all([hearsNot(bystanders.one, intruder), hearsNot(target, intruder)]);
  });
});

describe('RTCP', () => {
  afterAll(() => bystanders.verify());
  const ssrc = Buffer.from([1, 2, 3, 4]);
  const compounds: [string, Buffer][] = [
    ['three bytes', Buffer.from([0x81, 200, 0])],
    ['a length beyond the datagram', Buffer.concat([Buffer.from([0x81, 200, 0xff, 0xff]), ssrc])],
    ['31 report blocks that are not there', Buffer.concat([Buffer.from([0x9f, 201, 0, 1]), ssrc])],
    [
      'a BYE whose reason is longer than itself',
      Buffer.concat([Buffer.from([0x81, 203, 0, 2]), ssrc, Buffer.from([255, 1, 2, 3])]),
    ],
    ['a BYE of nobody', Buffer.from([0x80, 203, 0, 0])],
    [
      'an SDES item without an end',
      Buffer.concat([Buffer.from([0x81, 202, 0, 2]), ssrc, Buffer.from([1, 255, 65, 65])]),
    ],
    ['types nobody knows', Buffer.concat([Buffer.from([0x80, 223, 0, 1]), ssrc, Buffer.from([0x80, 222, 0, 0])])],
    ['random bytes after a header', Buffer.concat([Buffer.from([0x81, 200]), randomBytes(400)])],
  ];
  it.each(compounds)('with %s changes nothing, whoever sends it', async (_what, compound) => {
    for (let n = 0; n < 20; n++) target.send(compound);
    const before = await dropped('source');
    sendAsStranger(compound);
    await soon(async () => expect(await dropped('source')).toBe(before + 1));
  });
});

describe('a flood of 20 000 packets a second', () => {
  afterAll(() => bystanders.verify());
  it('from the leg itself is cut down to what a leg may bring', async () => {
    const junk = target.packet(96, randomBytes(160));
    await flood(() => target.send(junk));
    await soon(async () => expect(await dropped('flood')).toBeGreaterThan(FLOOD_PACKETS / 10));
  });

  it('from a stranger does not even cost the leg its own audio', async () => {
    const before = await dropped('source');
    await flood(() => sendAsStranger(target.packet(0, randomBytes(160))));
    await soon(async () => expect(await dropped('source')).toBeGreaterThan(before + FLOOD_PACKETS / 10));
  });
});

/** Sends so many packets, as evenly as timers allow. */
async function flood(send: () => void): Promise<void> {
  const beganMs = performance.now();
  let sent = 0;
  while (sent < FLOOD_PACKETS) {
    const due = Math.min(FLOOD_PACKETS, ((performance.now() - beganMs) / 1000) * FLOOD_PER_SECOND, sent + MOST_AT_ONCE);
    for (; sent < due; sent++) send();
    await pause(FLOOD_STEP_MS);
  }
}

function sendAsStranger(bytes: Buffer): void {
  stranger.send(bytes, target.remote?.port, target.remote?.address);
}

/** Datagrams of the target's leg dropped for a reason. */
async function dropped(reason: string): Promise<number> {
  const leg = (await api.legs(bystanders.room))[2];
  return leg?.statistics?.receive.dropped[reason] ?? 0;
}
