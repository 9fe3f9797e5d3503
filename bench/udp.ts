/**
 * What a packet in and a packet out cost a media thread per leg and tick, without any media:
 * `npx tsx bench/udp.ts [sockets] [seconds per measurement] [rounds]`.
 *
 * Each way runs in a process of its own, pinned to core 0 where `taskset` exists, with the clock that media workers have.
 * Its peer here sends every socket a packet per 20 ms, evenly spread. Ways take turns in every round, because the machine may
 * be busy with other things; the median of the rounds is what counts, and the ratio more than the number.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { DatagramPort, UdpKind } from '../src/media/datagram-ports.js';
import { ownThread } from '../src/media/thread.js';
import { Ticker, TICK_MS } from '../src/media/ticker.js';
import { chooseUdp, openUdp } from '../src/media/udp.js';

/** What a child reports: µs of CPU and packets read, both per socket per tick. */
interface Measured {
  readonly costUs: number;
  readonly packets: number;
}

/** G.711, 20 ms. */
const PACKET_BYTES = 172;
const PACKET = Buffer.alloc(PACKET_BYTES, 0x80);
const WARM_UP_MS = 1000;

const [childWay, childPort] = process.argv[2] === 'child' ? process.argv.slice(3) : [];
if (childWay !== undefined) await serve(childWay as UdpKind, Number(childPort), Number(process.argv[5]));
else await compare();

/** The parent: sends packets, starts each way in turn, prints the table. */
async function compare(): Promise<void> {
  const [sockets = 100, seconds = 5, rounds = 3] = process.argv.slice(2).map(Number);
  const ways: UdpKind[] = ['dgram'];
  const { kind, why } = chooseUdp('auto');
  if (kind === 'native') ways.push('native');
  else console.log(`native/udp is not measured: ${why}`);
  const costs = new Map<UdpKind, number[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const { costUs, packets } = await measure(way, sockets, seconds);
      console.log(`round ${round + 1} ${way}: ${costUs.toFixed(2)} µs, ${packets.toFixed(3)} packets in per tick`);
      costs.get(way)?.push(costUs);
    }
  }
  const base = median(costs.get('dgram') ?? []);
  console.log(`\n${sockets} sockets, one packet in and one out per ${TICK_MS} ms; median of ${rounds} × ${seconds} s`);
  for (const [way, all] of costs) {
    console.log(
      `${way.padEnd(16)} ${median(all).toFixed(2).padStart(6)} µs per leg per tick, ${(median(all) / base).toFixed(2)} of dgram`,
    );
  }
}

async function measure(way: UdpKind, sockets: number, seconds: number): Promise<Measured> {
  const peer = createSocket('udp4');
  const ports = new Set<number>();
  peer.on('message', (_bytes, from) => void ports.add(from.port));
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const child = startChild(way, peer.address().port, sockets);
  const ready = once(child, 'message');
  await ready;
  const stopSending = sendEvenly([...ports], (port) => peer.send(PACKET, port, '127.0.0.1'));
  child.send(seconds);
  const [measured] = (await once(child, 'message')) as [Measured];
  stopSending();
  child.disconnect();
  await once(child, 'exit');
  peer.close();
  return measured;
}

function startChild(way: UdpKind, port: number, sockets: number): ChildProcess {
  const words = [...process.execArgv, process.argv[1] ?? '', 'child', way, String(port), String(sockets)];
  const pinned = spawnSync('taskset', ['-V']).status === 0 ? ['taskset', '-c', '0'] : [];
  const [command = '', ...rest] = [...pinned, process.execPath, ...words];
  return spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Sends to every port once per tick, spread over it. */
function sendEvenly(ports: readonly number[], send: (port: number) => void): () => void {
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / TICK_MS) * ports.length);
    for (; sent < due; sent++) send(ports[sent % ports.length] ?? 0);
  }, 1);
  return () => clearInterval(timer);
}

/** The child: a media thread without media. */
async function serve(way: UdpKind, peerPort: number, sockets: number): Promise<void> {
  // Whatever becomes of the parent, this ends with it.
  process.once('disconnect', () => process.exit(0));
  const ports = openUdp(way === 'native' ? 'native' : 'dgram', () => performance.now());
  if (ports.kind !== (way === 'native' ? 'native' : 'dgram')) throw new Error('The addon does not load.');
  let packets = 0;
  let sum = 0;
  const open: DatagramPort[] = [];
  const bytes = new Uint8Array(PACKET_BYTES);
  const sendAll = (): void => {
    for (const port of open) port.send(bytes, PACKET_BYTES, '127.0.0.1', peerPort);
    ports.flush?.();
  };
  for (let i = 0; i < sockets; i++) {
    const port = await ports.open('127.0.0.1', 0, (received, _length, address, from) => {
      packets++;
      // Looked at, as a parser does.
      sum += (received[0] ?? 0) + address.length + from;
    });
    open.push(port);
  }
  let ticks = 0;
  const ticker = new Ticker(ownThread, () => {
    ticks++;
    ports.drain?.();
    sendAll();
  });
  sendAll();
  await sleep(200);
  process.send?.('ready');
  const [seconds] = (await once(process, 'message')) as [number];
  ticker.start();
  await sleep(WARM_UP_MS);
  const before = { cpu: process.cpuUsage(), ticks, packets };
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before.cpu);
  const legTicks = (ticks - before.ticks) * sockets;
  const measured: Measured = { costUs: (user + system) / legTicks, packets: (packets - before.packets) / legTicks };
  if (sum === 0) throw new Error('Nothing came.');
  process.send?.(measured);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
