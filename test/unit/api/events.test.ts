import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { defaultBroadcasterLimits } from '../../../src/events/broadcaster.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { type ApiRig, apiRig } from '../../support/api-rig.js';
import { settle } from '../../support/fake-clock.js';

const rigs: ApiRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.api.close();
});

async function listening(change: Parameters<typeof apiRig>[0] = {}) {
  const rig = await apiRig(change);
  rigs.push(rig);
  await rig.api.listen({ host: '127.0.0.1', port: 0 });
  const { port } = rig.api.server.address() as AddressInfo;
  const connect = (query = '', headers: Record<string, string> = {}) =>
    subscribe(`ws://127.0.0.1:${port}/v1/events${query}`, headers);
  return { ...rig, connect };
}

interface Listener {
  readonly got: Envelope[];
  readonly socket: WebSocket;
  /** Resolves when so many events have come. */
  readonly until: (count: number) => Promise<void>;
  /** Close code, once closed. */
  readonly closed: Promise<number>;
}

/** @throws Error with the status when the upgrade is refused */
function subscribe(url: string, headers: Record<string, string>): Promise<Listener> {
  const socket = new WebSocket(url, { headers });
  const got: Envelope[] = [];
  let wake = () => undefined as void;
  socket.on('message', (text: Buffer) => {
    got.push(JSON.parse(text.toString()) as Envelope);
    wake();
  });
  const until = async (count: number) => {
    while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      resolve({ got, socket, until, closed });
    });
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(String(response.statusCode)));
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

describe('/v1/events', () => {
  it('tells what happens, in order, with call, leg, tick and sequence', async () => {
    const { connect, join } = await listening();
    const everything = await connect();
    const joins = await connect('?types=leg.joined,call.*');
    const invite = await join({ to: 'room', displayName: 'Alice' });
    invite.dialog?.hangUp();
    await everything.until(5);
    expect(everything.got.map(({ type }) => type)).toEqual([
      'call.started',
      'leg.ringing',
      'leg.joined',
      'leg.left',
      'call.ended',
    ]);
    expect(everything.got[2]).toMatchObject({
      specversion: '1.0',
      id: 'call_1:3',
      source: '/v1/calls/call_1',
      subject: 'legs/leg_2',
      data: { callId: 'call_1', legId: 'leg_2', tick: 0, sequence: 3, number: 'alice', codec: 'PCMU' },
    });
    await joins.until(3);
    expect(joins.got.map(({ type }) => type)).toEqual(['call.started', 'leg.joined', 'call.ended']);
  });

  it('continues after an event', async () => {
    const { connect, join } = await listening();
    await join();
    const late = await connect('?after=call_1:1&callId=call_1');
    await late.until(2);
    expect(late.got.map(({ id }) => id)).toEqual(['call_1:2', 'call_1:3']);
  });

  it('reports levels to who asks for them, and lets the media plane rest when they leave', async () => {
    const { connect, join, media } = await listening();
    await join();
    const meter = await connect('?callId=call_1&levels=5&types=call.ended');
    await settle();
    expect(media.call('call_1').levelsEveryTicks).toBe(5);
    const levels = [{ legId: 'leg_2', levelDbov: -30.5, peakDbov: -19.5, speaking: true }];
    media.emit({ type: 'levels', callId: 'call_1', tick: 40, levels });
    await meter.until(1);
    expect(meter.got[0]).toMatchObject({ type: 'levels.reported', data: { callId: 'call_1', tick: 40, levels } });
    meter.socket.close();
    await meter.closed;
    await expect.poll(() => media.call('call_1').levelsEveryTicks).toBe(0);
  });

  it('asks for a key before the upgrade', async () => {
    const key = 'a-key-of-this-test-0123';
    const { connect } = await listening({ keys: [key] });
    await expect(connect()).rejects.toThrow('401');
    await expect(connect('', { authorization: 'Bearer wrong' })).rejects.toThrow('401');
    const listener = await connect('', { authorization: `Bearer ${key}` });
    expect(listener.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('refuses pages of another origin, unknown queries, unknown calls and one subscriber too many', async () => {
    const { connect } = await listening({ eventLimits: { ...defaultBroadcasterLimits, maxSubscribers: 1 } });
    await expect(connect('', { origin: 'https://evil.example' })).rejects.toThrow('403');
    await expect(connect('', { host: 'evil.example' })).rejects.toThrow('403');
    for (const query of ['?levels=0', '?levels=x', '?types=leg', '?types=', '?surprise=1']) {
      await expect(connect(query), query).rejects.toThrow('400');
    }
    await expect(connect('?callId=call_x&levels=5')).rejects.toThrow('404');
    await connect();
    await expect(connect()).rejects.toThrow('503');
  });

  it('closes with 1001 when the server stops, and waits for nobody', async () => {
    const { connect, api } = await listening();
    const listener = await connect();
    listener.socket.pause();
    // A peer that does not read would otherwise hold the close for as long as it likes.
    await api.close();
    listener.socket.resume();
    expect([1001, 1006]).toContain(await listener.closed);
  });

  it('answers a plain request with 426', async () => {
    const { ask } = await listening();
    const response = await ask('GET', '/v1/events');
    expect([response.statusCode, response.headers.upgrade]).toEqual([426, 'websocket']);
  });

  it('closes sockets that send too much', async () => {
    const { connect } = await listening();
    const listener = await connect();
    listener.socket.send('x'.repeat(5_000));
    expect(await listener.closed).toBe(1009);
  });
});
