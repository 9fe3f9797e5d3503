/** A server that is full says so, to whom it concerns, and takes calls again when there is room. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, aroundAll, expect, it } from 'vitest';
import { Bystanders } from '../support/live/bystanders.js';
import { hears, hearsNot } from '../support/live/hearing.js';
import type { LivePhone } from '../support/live/live-phone.js';
import { LiveServer, type Settings, voiceOf } from '../support/live/live-server.js';
import { RestClient } from '../support/live/rest-client.js';
import { until } from '../support/live/soon.js';
import { aheadOfOthers } from '../support/real-time.js';
import type { PeerMessage } from '../support/sip-peer.js';

/** Ports rest for 5 s. */
const RESTED_WITHIN_MS = 20_000;
const outside = {
  name: 'outside',
  allow: ['192.0.2.0/24'],
  outbound: { proxy: 'sip:127.0.0.1:9', fromUri: 'sip:a@127.0.0.1', allowDestinations: ['*'] },
};

let server: LiveServer;
let api: RestClient;
let bystanders: Bystanders;
aroundAll((run) => aheadOfOthers(run));
afterEach(() => server.stop());

async function open(settings: Settings): Promise<void> {
  server = await LiveServer.open('embedded', { trunks: [outside], ...settings });
  api = new RestClient(server.http);
  bystanders = await Bystanders.gather(server);
}

it('ports used up: 503 with Retry-After to everybody, until one has rested; old packets are never heard', async () => {
  await open({ rtp: await portRange(3) });
  const leaver = await server.join(bystanders.room, { voice: voiceOf(2) });
  await hears(bystanders.one, leaver);

  const late = await server.phone({ voice: voiceOf(3) });
  expectRefused(await dial(late, 'elsewhere'), 503, 34);
  expectRefused(await dial(late, bystanders.room), 503, 34);
  const { id } = await api.call(bystanders.room);
  const dialled = await api.ask('POST', `/v1/calls/${id}/legs`, { to: '123' });
  expect([dialled.status, dialled.body.code]).toEqual([503, 'portsExhausted']);
  expect(Number(dialled.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await api.ask('GET', '/readyz')).toMatchObject({ status: 503, body: { checks: { ports: { ok: false } } } });

  await leaver.hangUp();
  // Its telephone does not notice, and talks on to a port that is closed now and somebody else's later.
  leaver.inCall = true;
  await until(() => server.app.service.counters().legs === 2);
  expectRefused(await dial(late, bystanders.room), 503, 34);
  await until(() => server.app.engine.freePorts() === 2, RESTED_WITHIN_MS);
  late.confirm(await dial(late, bystanders.room));
  server.clock.add(late);
  expect(late.remote?.port).toBe(leaver.remote?.port);
  await Promise.all([hears(bystanders.one, late), hears(late, bystanders.one)]);
  await Promise.all([hearsNot(bystanders.one, leaver), hearsNot(late, leaver)]);
  const leg = (await api.legs(bystanders.room))[2];
  expect(leg?.statistics?.receive.dropped.source).toBeGreaterThan(0);
  await bystanders.verify();
});

it('a call that is full: 486, while other calls take people', async () => {
  await open({ capacity: { maxLegsPerCall: 2 } });
  const late = await server.phone({ voice: voiceOf(2) });
  expectRefused(await dial(late, bystanders.room), 486, 17);
  const { id } = await api.call(bystanders.room);
  const dialled = await api.ask('POST', `/v1/calls/${id}/legs`, { to: '123' });
  expect([dialled.status, dialled.body.code]).toEqual([409, 'callFull']);
  late.confirm(await dial(late, 'elsewhere'));
  await bystanders.verify();
});

it('a call that is locked: 403', async () => {
  await open({});
  const { id } = await api.call(bystanders.room);
  expect((await api.ask('PATCH', `/v1/calls/${id}`, { locked: true })).status).toBe(200);
  const late = await server.phone({ voice: voiceOf(2) });
  expectRefused(await dial(late, bystanders.room), 403, 21);
  await bystanders.verify();
});

it('no more calls: 503 with Retry-After, while the call that is there takes people', async () => {
  await open({ capacity: { maxCalls: 1 } });
  const late = await server.phone({ voice: voiceOf(2) });
  expectRefused(await dial(late, 'elsewhere'), 503, 42);
  const created = await api.ask('POST', '/v1/calls', { name: 'elsewhere' });
  expect([created.status, created.body.code]).toEqual([503, 'capacityReached']);
  expect(Number(created.headers.get('retry-after'))).toBeGreaterThan(0);
  late.confirm(await dial(late, bystanders.room));
  await bystanders.verify();
});

it('more new calls in a second than are taken: 503 with Retry-After before anything is looked at', async () => {
  await open({ sip: { rate: { newCallsPerSecond: 5 } } });
  const eager = await server.phone({ voice: voiceOf(2) });
  const answers: PeerMessage[] = [];
  for (let n = 0; n < 60; n++) {
    eager.invite('many', eager.sdp({ payloadTypes: [9], telephoneEvent: false }));
    answers.push(await eager.final());
  }
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(20);
  for (const answer of refused) expect(Number(answer.header('Retry-After'))).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 488).length).toBe(answers.length - refused.length);
  await bystanders.verify();
});

/** Dials, and tells the answer. */
async function dial(phone: LivePhone, room: string): Promise<PeerMessage> {
  await server.ready();
  phone.invite(room);
  return phone.final();
}

function expectRefused(answer: PeerMessage, status: number, q850Cause: number): void {
  expect(answer.status).toBe(status);
  expect(answer.header('Reason')).toBe(`Q.850;cause=${q850Cause}`);
  if (status === 503) expect(Number(answer.header('Retry-After'))).toBeGreaterThan(0);
}

/** Ports for so many legs, all of them free at the moment. */
async function portRange(legs: number): Promise<{ portMin: number; portMax: number }> {
  for (;;) {
    const portMin = 30_000 + 2 * Math.floor(Math.random() * 10_000);
    const portMax = portMin + 2 * legs - 1;
    if (await areFree(portMin, portMax)) return { portMin, portMax };
  }
}

async function areFree(from: number, to: number): Promise<boolean> {
  for (let port = from; port <= to; port++) {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    try {
      await once(socket, 'listening');
    } catch {
      return false;
    } finally {
      socket.close();
    }
  }
  return true;
}
