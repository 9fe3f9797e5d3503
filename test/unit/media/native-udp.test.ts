import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramPort, DatagramPorts } from '../../../src/media/datagram-ports.js';
import { loadNativeUdp, type NativeUdpAddon } from '../../../src/media/native-addon.js';
import { NativeUdp } from '../../../src/media/native-udp.js';
import { UdpSockets } from '../../../src/media/udp-socket.js';
import { arrived } from '../../support/udp-arrival.js';

const root = new URL('../../../', import.meta.url);
const buildOutput = execFileSync(process.execPath, ['native/build.mjs'], { cwd: root, encoding: 'utf8' });
const loaded = loadNativeUdp();
const addon: NativeUdpAddon | undefined = loaded instanceof Error ? undefined : loaded;
if (loaded instanceof Error) console.log(`native UDP is not tested: ${buildOutput.trim()} ${loaded.message}`);
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

interface Got {
  readonly text: string;
  readonly address: string;
  readonly port: number;
  readonly arrivalMs: number;
}

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A phone: plain node:dgram, independent of what is tested. */
async function openPeer(host = '127.0.0.1') {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const received: { text: string; port: number; address: string }[] = [];
  socket.on('message', (bytes, from) => {
    received.push({ text: bytes.toString('latin1'), port: from.port, address: from.address });
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  cleanUps.push(() => socket.close());
  return { socket, received, host, port: socket.address().port };
}
type Peer = Awaited<ReturnType<typeof openPeer>>;

/** Opens a port on `ports` and finds out its number by sending from it. */
async function openPort(ports: DatagramPorts, peer: Peer, onDatagram?: (got: Got) => void) {
  const got: Got[] = [];
  const port = await ports.open(peer.host, 0, (bytes, length, address, from, arrivalMs) => {
    const datagram = {
      text: Buffer.from(bytes.subarray(0, length)).toString('latin1'),
      address,
      port: from,
      arrivalMs,
    };
    got.push(datagram);
    onDatagram?.(datagram);
  });
  cleanUps.push(() => port.close());
  send(port, 'who am I', peer.port, peer.host);
  ports.flush?.();
  const before = peer.received.length;
  await until(ports, () => peer.received.length > before);
  return { port, got, number: peer.received.at(-1)?.port ?? 0 };
}

function send(port: DatagramPort, text: string, to: number, address = '127.0.0.1'): void {
  const bytes = new Uint8Array(1500);
  bytes.set(Buffer.from(text, 'latin1'));
  port.send(bytes, text.length, address, to);
}

/** Drains as a worker does, until it is so. */
async function until(ports: DatagramPorts, done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) {
    ports.drain?.();
    if (!done()) await new Promise((resolve) => setTimeout(resolve, 4));
  }
  expect(done()).toBe(true);
}

function sendAll(socket: Socket, texts: readonly string[], port: number, host = '127.0.0.1'): Promise<unknown> {
  return Promise.all(texts.map((text) => new Promise((sent) => socket.send(text, port, host, sent))));
}

const newNative = () => new NativeUdp(addon!, () => performance.now());
const openFiles = () => readdirSync('/proc/self/fd').length;

const ways: readonly (readonly [string, boolean, () => DatagramPorts])[] = [
  ['native/udp', addon !== undefined, newNative],
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
    await until(ports, () => got.length === texts.length);
    expect(got.map(({ text }) => text)).toEqual(texts);
    expect(new Set(got.map(({ address, port: from }) => `${address} ${from}`))).toEqual(
      new Set([`127.0.0.1 ${peer.port}`]),
    );
    for (const text of texts.slice(1, -1)) send(port, text, peer.port);
    ports.flush?.();
    await until(ports, () => peer.received.length === texts.length - 1);
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
    await until(ports, () => one.received.length === 6 && two.received.length === 5);
    expect(one.received.slice(1).map(({ text }) => text)).toEqual([...'ACEGI']);
    expect(two.received.map(({ text }) => text)).toEqual([...'BDFHJ']);
  });

  test('keeps 150 sockets apart', async () => {
    const ports = create();
    const peer = await openPeer();
    const sockets: Awaited<ReturnType<typeof openPort>>[] = [];
    for (let i = 0; i < 150; i++) sockets.push(await openPort(ports, peer));
    expect(ports.count).toBe(150);
    expect(new Set(sockets.map(({ number }) => number)).size).toBe(150);
    await Promise.all(sockets.map(({ number }, i) => sendAll(peer.socket, [`to ${i}`, `again ${i}`], number)));
    await until(ports, () => sockets.every(({ got }) => got.length === 2));
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
    await until(ports, () => got.length === 1);
    expect(got[0]).toMatchObject({ text: 'six', address: '::1', port: peer.port });
  });

  test('says when a datagram came', async () => {
    const ports = create();
    const peer = await openPeer();
    const { got, number } = await openPort(ports, peer);
    for (let i = 0; i < 3; i++) {
      const beforeMs = performance.now();
      await sendAll(peer.socket, ['tick'], number);
      await until(ports, () => got.length === i + 1);
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
    send(port, 'BYE', peer.port);
    await new Promise((resolve) => setImmediate(resolve));
    port.close();
    const heardUntilClosed = got.length;
    port.close();
    send(port, 'nothing', peer.port);
    ports.flush?.();
    expect(ports.count).toBe(0);
    await until(ports, () => peer.received.some(({ text }) => text === 'BYE'));
    expect(got).toHaveLength(heardUntilClosed);
    expect(peer.received.some(({ text }) => text === 'nothing')).toBe(false);
  });

  test('survives destinations that refuse, do not exist or make no sense', async () => {
    const ports = create();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    const gone = await openPeer();
    cleanUps.pop()?.();
    for (const [address, to] of [
      ['127.0.0.1', gone.port],
      ['127.0.0.1', gone.port],
      ['::1', peer.port],
      ['255.255.255.255', 9],
    ] as const) {
      send(port, 'lost', to, address);
      ports.flush?.();
    }
    send(port, 'alive', peer.port);
    ports.flush?.();
    await sendAll(peer.socket, ['still here'], number);
    await until(ports, () => got.length === 1 && peer.received.at(-1)?.text === 'alive');
  });

  test('leaves no file open after 1000 sockets came and went', async () => {
    const ports = create();
    const peer = await openPeer();
    await openPort(ports, peer);
    const before = openFiles();
    for (let i = 0; i < 1000; i++) {
      const port = await ports.open('127.0.0.1', 0, () => undefined);
      if (i % 3 === 0) send(port, 'x', peer.port);
      port.close();
      if (i % 50 === 0) ports.drain?.();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(openFiles()).toBe(before);
    expect(ports.count).toBe(1);
  });
});

describe.runIf(addon !== undefined)('native/udp in batches', () => {
  it('tells arrival times from before a stall, not the time of reading', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const { got, number } = await openPort(ports, peer);
    const sentMs: number[] = [];
    for (let i = 0; i < 4; i++) {
      sentMs.push(performance.now());
      await sendAll(peer.socket, [`${i}`], number);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await arrived(number);
    ports.drain();
    expect(got).toHaveLength(4);
    got.forEach(({ arrivalMs }, i) => {
      expect(arrivalMs).toBeGreaterThan((sentMs[i] ?? 0) - 1);
      expect(arrivalMs).toBeLessThan((sentMs[i + 1] ?? performance.now()) + 1);
    });
  });

  it('hands nothing over before it is drained and sends nothing before it is flushed', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    await sendAll(peer.socket, ['waits'], number);
    await arrived(number);
    send(port, 'waits too', peer.port);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toHaveLength(0);
    expect(peer.received).toHaveLength(1);
    ports.drain();
    ports.flush();
    expect(got).toHaveLength(1);
    await until(ports, () => peer.received.length === 2);
  });

  it('gives a flooded socket its budget per drain and everybody else all of theirs', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const order: string[] = [];
    const flooded = await openPort(ports, peer, () => order.push('flood'));
    const others = [];
    for (let i = 0; i < 20; i++) others.push(await openPort(ports, peer, () => order.push('other')));
    await sendAll(
      peer.socket,
      Array.from({ length: 260 }, (_, i) => `junk ${i}`),
      flooded.number,
    );
    await Promise.all(others.map(({ number }) => sendAll(peer.socket, ['a', 'b'], number)));
    await arrived(flooded.number, ...others.map(({ number }) => number));
    ports.drain();
    expect(flooded.got).toHaveLength(addon?.budget ?? 0);
    expect(others.map(({ got }) => got.length)).toEqual(others.map(() => 2));
    // One burst, not the whole flood, stands between a socket and its turn.
    expect(order.lastIndexOf('other')).toBeLessThan(60);
    ports.drain();
    expect(flooded.got.map(({ text }) => text)).toEqual(Array.from({ length: 260 }, (_, i) => `junk ${i}`));
  });

  it('hands over more than its memory holds at once', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const sockets: Awaited<ReturnType<typeof openPort>>[] = [];
    for (let i = 0; i < 8; i++) sockets.push(await openPort(ports, peer));
    const texts = Array.from({ length: 150 }, (_, i) => `datagram ${i}`);
    for (const { number } of sockets) await sendAll(peer.socket, texts, number);
    await arrived(...sockets.map(({ number }) => number));
    ports.drain();
    for (const { got } of sockets) expect(got.map(({ text }) => text)).toEqual(texts);
  });

  it('sends more than its memory holds at once', async () => {
    const ports = newNative();
    const peer = await openPeer();
    peer.socket.setRecvBufferSize(4 * 2 ** 20);
    const { port } = await openPort(ports, peer);
    for (let i = 0; i < 1100; i++) send(port, `${i}`, peer.port);
    // Full: the first 1024 have left by themselves.
    await until(ports, () => peer.received.length > 150);
    ports.flush();
    await until(ports, () => peer.received.at(-1)?.text === '1099');
    const numbers = peer.received.slice(1).map(({ text }) => Number(text));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it('sends each datagram where it was meant to go, though the socket goes elsewhere before the flush', async () => {
    const ports = newNative();
    const [one, two] = [await openPeer(), await openPeer()];
    const { port } = await openPort(ports, one);
    [...'ABCDEF'].forEach((text, i) => send(port, text, i % 2 === 0 ? one.port : two.port));
    ports.flush();
    await until(ports, () => one.received.length === 4 && two.received.length === 3);
    expect(one.received.slice(1).map(({ text }) => text)).toEqual([...'ACE']);
    expect(two.received.map(({ text }) => text)).toEqual([...'BDF']);
  });

  it('lets a listener close its own and another socket while datagrams of both wait', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const open: { port: DatagramPort }[] = [];
    const closeAll = () => open.forEach(({ port }) => port.close());
    const one = await openPort(ports, peer, closeAll);
    const two = await openPort(ports, peer, closeAll);
    open.push(one, two);
    await sendAll(peer.socket, ['1', '2', '3'], one.number);
    await sendAll(peer.socket, ['1', '2', '3'], two.number);
    await arrived(one.number, two.number);
    ports.drain();
    expect(one.got.length + two.got.length).toBe(1);
    const three = await openPort(ports, peer);
    ports.drain();
    expect(three.got).toEqual([]);
    expect(ports.count).toBe(1);
  });

  it('does not give a closed socket’s datagrams to one opened in its place', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const strangers: Got[] = [];
    const first = await openPort(ports, peer, () => {
      first.port.close();
      void ports
        .open('127.0.0.1', 0, (bytes, length, address, port, arrivalMs) => {
          strangers.push({ text: Buffer.from(bytes.subarray(0, length)).toString(), address, port, arrivalMs });
        })
        .then((port) => cleanUps.push(() => port.close()));
    });
    await sendAll(peer.socket, ['1', '2', '3'], first.number);
    await arrived(first.number);
    ports.drain();
    await Promise.resolve();
    ports.drain();
    expect(first.got).toHaveLength(1);
    expect(strangers).toEqual([]);
    expect(ports.count).toBe(1);
  });

  it('counts what is too long and what cannot be sent', async () => {
    const ports = newNative();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    const before = ports.counters;
    await sendAll(peer.socket, ['x'.repeat(2049), 'short'], number);
    await arrived(number);
    ports.drain();
    expect(got.map(({ text }) => text)).toEqual(['short']);
    send(port, 'x', peer.port, 'no address');
    ports.flush();
    expect(ports.counters.tooLong).toBe(before.tooLong + 1);
    expect(ports.counters.sendErrors).toBe(before.sendErrors + 1);
  });

  it('keeps a few source addresses as text, and tells any number apart', async () => {
    const ports = newNative();
    const receiver = await openPeer();
    const { got, number } = await openPort(ports, receiver);
    const hosts = Array.from({ length: 7 }, (_, i) => `127.0.0.${i + 1}`);
    const peers: Peer[] = [];
    for (const host of hosts) peers.push(await openPeer(host));
    for (let round = 0; round < 3; round++) {
      for (const peer of peers) await sendAll(peer.socket, [peer.host], number);
      await arrived(number);
      ports.drain();
    }
    expect(got).toHaveLength(21);
    for (const { text, address } of got) expect(address).toBe(text);
  });

  it('has a state of its own in every thread, which ends with the thread', async () => {
    const before = openFiles();
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      const addon = require(workerData);
      const sockets = Array.from({ length: 20 }, () => addon.open('127.0.0.1', 0, 4096));
      parentPort.postMessage(sockets);
      parentPort.on('message', () => { addon.receive(true); parentPort.postMessage('alive'); });`;
    const path = new URL('native/build/udp.node', root).pathname;
    const workers = [0, 1].map(() => new Worker(program, { eval: true, workerData: path }));
    const opened = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as number[]));
    expect(opened).toEqual([0, 1].map(() => Array.from({ length: 20 }, (_, i) => i)));
    const [one, two] = workers as [Worker, Worker];
    await one.terminate();
    two.postMessage('?');
    expect(await once(two, 'message')).toEqual(['alive']);
    await two.terminate();
    expect(openFiles()).toBe(before);
  });
});
