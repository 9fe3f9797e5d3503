import { afterEach, describe, expect, it } from 'vitest';
import type { TransportLimits } from '../../../src/sip/embedded/transport/limits.js';
import { parsedRequest, requestBytes } from '../sip-message/message-text.js';
import { host, Server, TcpPeer, UdpPeer, until } from './network.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(limits: Partial<TransportLimits>): Promise<Server> {
  const started = await new Server(limits).start();
  closing.push(() => started.layer.close());
  return started;
}

async function peers(ours: Server, count: number): Promise<TcpPeer[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => new TcpPeer(ours.port('tcp')).open()));
  closing.push(() => opened.forEach((peer) => peer.close()));
  return opened;
}

const message = requestBytes({ l: '0' });

describe('Connections are bounded', () => {
  it('in number from one address, and a place that is left is free again', async () => {
    const ours = await server({ connectionsPerAddress: 3 });
    const first = await peers(ours, 3);
    await until(() => ours.layer.counters().connections === 3);
    const [refused] = await peers(ours, 1);
    await until(() => refused?.closed === true);
    expect(ours.layer.counters()).toMatchObject({ connections: 3, refused: { connectionsPerAddress: 1 } });
    first[0]?.close();
    await until(() => ours.layer.counters().connections === 2);
    const [accepted] = await peers(ours, 1);
    accepted?.send(message);
    await until(() => ours.heard.length === 1);
  });

  it('in number from all addresses, while UDP goes on being heard', async () => {
    const ours = await server({ connections: 5, connectionsPerAddress: 1_000 });
    const many = await peers(ours, 40);
    await until(() => many.filter((peer) => peer.closed).length === 35);
    expect(ours.layer.counters()).toMatchObject({ connections: 5, refused: { connections: 35 } });
    const udp = await new UdpPeer().open();
    closing.push(() => udp.close());
    udp.send(requestBytes(), ours.port('udp'));
    await until(() => ours.heard.length === 1);
    many.forEach((peer) => peer.close());
    await until(() => ours.layer.counters().connections === 0);
    const [later] = await peers(ours, 1);
    later?.send(message);
    await until(() => ours.heard.length === 2);
  });

  it('in time to the first whole message; keep-alives and parts of one do not count', async () => {
    const ours = await server({ firstMessageMs: 5_000, idleMs: 60_000 });
    const [idle, pinging, slow, good] = await peers(ours, 4);
    await until(() => ours.layer.counters().connections === 4);
    ours.nowMs = 4_000;
    pinging?.send('\r\n\r\n');
    slow?.send(message.subarray(0, -1));
    good?.send(message);
    await until(() => ours.heard.length === 1 && ours.layer.counters().keepAlives === 1);
    ours.nowMs = 4_999;
    ours.layer.sweep();
    expect(ours.layer.counters().connections).toBe(4);
    ours.nowMs = 5_000;
    ours.layer.sweep();
    await until(() => ours.layer.counters().connections === 1);
    await until(() => [idle, pinging, slow].every((peer) => peer?.closed));
    expect(good?.closed).toBe(false);
  });

  it('in idle time, which messages and keep-alives begin anew', async () => {
    const ours = await server({ firstMessageMs: 5_000, idleMs: 60_000 });
    const [quiet, alive] = await peers(ours, 2);
    quiet?.send(message);
    alive?.send(message);
    await until(() => ours.heard.length === 2);
    ours.nowMs = 50_000;
    alive?.send('\r\n\r\n');
    await until(() => ours.layer.counters().keepAlives === 1);
    ours.nowMs = 60_000;
    ours.layer.sweep();
    await until(() => quiet?.closed === true);
    expect(alive?.closed).toBe(false);
    ours.nowMs = 110_000;
    ours.layer.sweep();
    await until(() => alive?.closed === true);
  });

  it('in bytes that wait for a peer that does not read', async () => {
    const ours = await server({ sendBufferBytes: 100_000 });
    const [deaf] = await peers(ours, 1);
    deaf?.socket.pause();
    deaf?.send(message);
    await until(() => ours.heard.length === 1);
    const flow = ours.heard[0]?.flow;
    if (!flow) throw new Error('nothing heard');
    const large = { ...parsedRequest(requestBytes()), body: Buffer.alloc(60_000) };
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => ours.layer.send(large, flow)));
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    await until(() => ours.layer.counters().connections === 0);
  });

  it('in time to be connected, and what waited to be sent is rejected', async () => {
    const ours = await server({ firstMessageMs: 5_000 });
    const target = { transport: 'tcp', address: host, port: ours.port('tcp') } as const;
    const sending = ours.layer.send(parsedRequest(requestBytes()), target);
    // Before the system has told of the connection: as if the peer did not answer.
    ours.nowMs = 5_000;
    ours.layer.sweep();
    await expect(sending).rejects.toMatchObject({ code: 'signallingDown' });
    await until(() => ours.layer.counters().connections === 0);
  });
});
