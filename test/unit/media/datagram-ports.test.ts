/** What carries datagrams, by the addon or by node:dgram: one contract. */
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { DatagramPorts } from '../../../src/media/datagram-ports.js';
import { UdpSockets } from '../../../src/media/udp-socket.js';
import {
  addon,
  drainUntil,
  nativePorts,
  openFiles,
  type OpenPort,
  sendAll,
  sendText,
  UdpStage,
} from '../../support/udp-stage.js';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const { openPeer, openPort } = new UdpStage();

const ways: readonly (readonly [string, boolean, () => DatagramPorts])[] = [
  ['native/udp', addon !== undefined, nativePorts],
  ['node:dgram', true, () => new UdpSockets()],
];

describe.each(ways)('%s', (_name, available, create) => {
  const test = it.runIf(available);

  test('carries datagrams of every length both ways, in order, with their source', async () => {
    const ports = create();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    const texts = [0, 1, 12, 172, 173, 1472, 2048].map((length) => String(length % 10).repeat(length));
    await sendAll(peer.socket, texts, number);
    await drainUntil(ports, () => got.length === texts.length);
    expect(got.map(({ text }) => text)).toEqual(texts);
    expect(new Set(got.map(({ address, port: from }) => `${address} ${from}`))).toEqual(
      new Set([`127.0.0.1 ${peer.port}`]),
    );
    for (const text of texts.slice(1, -1)) sendText(port, text, peer.port);
    ports.flush?.();
    await drainUntil(ports, () => peer.received.length === texts.length - 1);
    expect(peer.received.slice(1).map(({ text }) => text)).toEqual(texts.slice(1, -1));
  });

  test('takes the bytes of each send as they were then, wherever it goes', async () => {
    const ports = create();
    const [one, two] = [await openPeer(), await openPeer()];
    const { port } = await openPort(ports, one);
    const bytes = new Uint8Array(1);
    for (let i = 0; i < 10; i++) {
      bytes[0] = 65 + i;
      port.send(bytes, 1, '127.0.0.1', i % 2 === 0 ? one.port : two.port);
      ports.flush?.();
      // node:dgram reads them in the next turn at the latest.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await drainUntil(ports, () => one.received.length === 6 && two.received.length === 5);
    expect(one.received.slice(1).map(({ text }) => text)).toEqual([...'ACEGI']);
    expect(two.received.map(({ text }) => text)).toEqual([...'BDFHJ']);
  });

  test('keeps 150 sockets apart', async () => {
    const ports = create();
    const peer = await openPeer();
    const sockets: OpenPort[] = [];
    for (let i = 0; i < 150; i++) sockets.push(await openPort(ports, peer));
    expect(ports.count).toBe(150);
    expect(new Set(sockets.map(({ number }) => number)).size).toBe(150);
    await Promise.all(sockets.map(({ number }, i) => sendAll(peer.socket, [`to ${i}`, `again ${i}`], number)));
    await drainUntil(ports, () => sockets.every(({ got }) => got.length === 2));
    expect(sockets.map(({ got }) => got.map(({ text }) => text))).toEqual(
      sockets.map((_, i) => [`to ${i}`, `again ${i}`]),
    );
  });

  test('speaks IPv6', async (context) => {
    if (!hasIpv6) context.skip('This machine has no ::1.');
    const ports = create();
    const peer = await openPeer('::1');
    const { got, number } = await openPort(ports, peer);
    await sendAll(peer.socket, ['six'], number, '::1');
    await drainUntil(ports, () => got.length === 1);
    expect(got[0]).toMatchObject({ text: 'six', address: '::1', port: peer.port });
  });

  test('says when a datagram came', async () => {
    const ports = create();
    const peer = await openPeer();
    const { got, number } = await openPort(ports, peer);
    for (let i = 0; i < 3; i++) {
      const beforeMs = performance.now();
      await sendAll(peer.socket, ['tick'], number);
      await drainUntil(ports, () => got.length === i + 1);
      expect(got[i]?.arrivalMs).toBeGreaterThan(beforeMs - 1);
      expect(got[i]?.arrivalMs).toBeLessThan(performance.now() + 1);
    }
  });

  test('says EADDRINUSE and EINVAL or the like as the system does, and holds nothing then', async () => {
    const ports = create();
    const peer = await openPeer();
    const listener = () => undefined;
    await expect(ports.open('127.0.0.1', peer.port, listener)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `bind EADDRINUSE 127.0.0.1:${peer.port}`,
    });
    await expect(ports.open('203.0.113.77', 0, listener)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
    expect(ports.count).toBe(0);
  });

  test('sends what waits before it closes, closes once, and is silent afterwards', async () => {
    const ports = create();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    await sendAll(peer.socket, ['too late', 'too late'], number);
    sendText(port, 'BYE', peer.port);
    await new Promise((resolve) => setImmediate(resolve));
    port.close();
    const heardUntilClosed = got.length;
    port.close();
    sendText(port, 'nothing', peer.port);
    ports.flush?.();
    expect(ports.count).toBe(0);
    await drainUntil(ports, () => peer.received.some(({ text }) => text === 'BYE'));
    expect(got).toHaveLength(heardUntilClosed);
    expect(peer.received.some(({ text }) => text === 'nothing')).toBe(false);
  });

  test('survives destinations that refuse, do not exist or make no sense', async () => {
    const ports = create();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    const gone = await openPeer();
    gone.close();
    for (const [address, to] of [
      ['127.0.0.1', gone.port],
      ['127.0.0.1', gone.port],
      ['::1', peer.port],
      ['255.255.255.255', 9],
    ] as const) {
      sendText(port, 'lost', to, address);
      ports.flush?.();
    }
    sendText(port, 'alive', peer.port);
    ports.flush?.();
    await sendAll(peer.socket, ['still here'], number);
    await drainUntil(ports, () => got.length === 1 && peer.received.at(-1)?.text === 'alive');
  });

  test('leaves no file open after 1000 sockets came and went', async () => {
    const ports = create();
    const peer = await openPeer();
    await openPort(ports, peer);
    const before = openFiles();
    for (let i = 0; i < 1000; i++) {
      const port = await ports.open('127.0.0.1', 0, () => undefined);
      if (i % 3 === 0) sendText(port, 'x', peer.port);
      port.close();
      if (i % 50 === 0) ports.drain?.();
    }
    await drainUntil(ports, () => openFiles() === before);
    expect(ports.count).toBe(1);
  });
});
