/** What the addon does by itself: reading and sending in batches. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { DatagramPort } from '../../../src/media/datagram-ports.js';
import { arrived } from '../../support/udp-arrival.js';
import {
  addon,
  drainUntil,
  type Got,
  nativePorts,
  openFiles,
  type OpenPort,
  sendAll,
  sendText,
  type UdpPeer,
  UdpStage,
} from '../../support/udp-stage.js';

const { openPeer, openPort, later } = new UdpStage();

describe.runIf(addon !== undefined)('native/udp', () => {
  it('tells arrival times from before a stall, not the time of reading', async () => {
    const ports = nativePorts();
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
    const ports = nativePorts();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    await sendAll(peer.socket, ['waits'], number);
    await arrived(number);
    sendText(port, 'waits too', peer.port);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toHaveLength(0);
    expect(peer.received).toHaveLength(1);
    ports.drain();
    ports.flush();
    expect(got).toHaveLength(1);
    await drainUntil(ports, () => peer.received.length === 2);
  });

  it('gives a flooded socket its budget per drain and everybody else all of theirs', async () => {
    const ports = nativePorts();
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
    const ports = nativePorts();
    const peer = await openPeer();
    const sockets: OpenPort[] = [];
    for (let i = 0; i < 8; i++) sockets.push(await openPort(ports, peer));
    const texts = Array.from({ length: 150 }, (_, i) => `datagram ${i}`);
    for (const { number } of sockets) await sendAll(peer.socket, texts, number);
    await arrived(...sockets.map(({ number }) => number));
    ports.drain();
    for (const { got } of sockets) expect(got.map(({ text }) => text)).toEqual(texts);
  });

  it('sends more than its memory holds at once', async () => {
    const ports = nativePorts();
    const peer = await openPeer();
    peer.socket.setRecvBufferSize(4 * 2 ** 20);
    const { port } = await openPort(ports, peer);
    for (let i = 0; i < 1100; i++) sendText(port, `${i}`, peer.port);
    // Full: the first 1024 have left by themselves.
    await drainUntil(ports, () => peer.received.length > 150);
    ports.flush();
    await drainUntil(ports, () => peer.received.at(-1)?.text === '1099');
    const numbers = peer.received.slice(1).map(({ text }) => Number(text));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it('sends each datagram where it was meant to go, though the socket goes elsewhere before the flush', async () => {
    const ports = nativePorts();
    const [one, two] = [await openPeer(), await openPeer()];
    const { port } = await openPort(ports, one);
    [...'ABCDEF'].forEach((text, i) => sendText(port, text, i % 2 === 0 ? one.port : two.port));
    ports.flush();
    await drainUntil(ports, () => one.received.length === 4 && two.received.length === 3);
    expect(one.received.slice(1).map(({ text }) => text)).toEqual([...'ACE']);
    expect(two.received.map(({ text }) => text)).toEqual([...'BDF']);
  });

  it('lets a listener close its own and another socket while datagrams of both wait', async () => {
    const ports = nativePorts();
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
    const ports = nativePorts();
    const peer = await openPeer();
    const strangers: Got[] = [];
    const first = await openPort(ports, peer, () => {
      first.port.close();
      void ports
        .open('127.0.0.1', 0, (bytes, length, address, port, arrivalMs) => {
          strangers.push({ text: Buffer.from(bytes.subarray(0, length)).toString(), address, port, arrivalMs });
        })
        .then((port) => later(() => port.close()));
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
    const ports = nativePorts();
    const peer = await openPeer();
    const { port, got, number } = await openPort(ports, peer);
    const before = ports.counters;
    await sendAll(peer.socket, ['x'.repeat(2049), 'short'], number);
    await arrived(number);
    ports.drain();
    expect(got.map(({ text }) => text)).toEqual(['short']);
    sendText(port, 'x', peer.port, 'no address');
    ports.flush();
    expect(ports.counters.tooLong).toBe(before.tooLong + 1);
    expect(ports.counters.sendErrors).toBe(before.sendErrors + 1);
  });

  it('keeps a few source addresses as text, and tells any number apart', async () => {
    const ports = nativePorts();
    const receiver = await openPeer();
    const { got, number } = await openPort(ports, receiver);
    const hosts = Array.from({ length: 7 }, (_, i) => `127.0.0.${i + 1}`);
    const peers: UdpPeer[] = [];
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
    const path = new URL('../../../native/build/udp.node', import.meta.url).pathname;
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
