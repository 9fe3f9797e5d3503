/**
 * Whether interactions make ticks late: `npx tsx bench/isolation.ts [legs] [legs asked] [seconds per turn]`.
 *
 * A whole media worker on the real clock, in calls of ten PCMU legs of which two talk; packets are handed to it as bytes and
 * its packets are thrown away. By turns nobody is asked, legs are kept out of the mix in silence, and as many legs are in
 * interactions: each with a prompt of its own that is crossfaded sentence by sentence, waits with music, asks again, and is
 * followed by the next interaction, so that starts, ends and all between are in it. The legs asked do not talk, so that the
 * calls mix the same in every turn. Prints how long ticks took and how late they began.
 */
import { mulaw } from '../demo/phone/g711.js';
import { createKernels } from '../test/support/kernels.js';
import type { DatagramListener } from '../src/media/datagram-ports.js';
import { LevelMeter } from '../src/media/dsp/level.js';
import type { InteractionOrder, MediaCommand, MediaEvent, PromptClip } from '../src/media/protocol.js';
import { ownThread, preferThisThread } from '../src/media/thread.js';
import { Ticker, type TickTurn } from '../src/media/ticker.js';
import { WorkerCalls } from '../src/media/worker-calls.js';

const [legCount = 200, askedCount = 50, seconds = 4] = process.argv.slice(2).map(Number);
const LEGS_PER_CALL = 10;
const TALKERS = 2;
const ROUNDS = 3;
const LATE_MS = 10;
const PCMU = { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} } as const;
const FRAMES = 50;

const listeners = new Map<number, DatagramListener>();
const kernels = createKernels();
let ended = 0;
let packets = 0;
const asked: Leg[] = [];
const worker = new WorkerCalls({
  kernels,
  meter: new LevelMeter(kernels),
  ports: {
    open: async (_host, port, listener) => {
      listeners.set(port, listener);
      return { send: () => void packets++, close: () => undefined };
    },
    count: 0,
    kind: 'native',
  },
  emit: heed,
  nowMs: () => performance.now(),
  wallOffsetMs: 0,
  heapUsedBytes: () => 0,
});

interface Leg {
  readonly callId: string;
  readonly legId: string;
  readonly port: number;
  readonly packets: readonly Buffer[];
  sequence: number;
  timestamp: number;
}

preferThisThread();
const legs = Array.from({ length: legCount }, (_, index) => open(index));
await Promise.resolve();
for (const leg of legs) connect(leg);
// Every fourth of those who do not talk, so that all calls have some.
const quiet = legs.filter((_, index) => index % LEGS_PER_CALL >= TALKERS);
for (let index = 0; index < askedCount; index++) asked.push(quiet[Math.floor((index * quiet.length) / askedCount)]!);

/** Different audio for each leg: three sentences of 0.3 s. */
const prompts = asked.map((_, index) => [0, 1, 2].map((sentence) => sound(200 + 7 * index + 90 * sentence, 300)));
const music = asked.map((_, index) => [sound(1000 + 11 * index, 900)]);
let lastProgramme = 0;
let lastInteraction = 0;
/** Interaction of each leg that is asked. */
const current: string[] = [];
let asking = false;

type Turn = 'nobody is asked' | 'kept out' | 'asked';
interface Reading {
  readonly durationsMs: number[];
  readonly latenessMs: number[];
  skipped: number;
  /** Processor time of all ticks, ms: what others do on this machine is not in it. */
  cpuMs: number;
}
const readings = new Map<Turn, Reading>();
for (const turn of ['nobody is asked', 'kept out', 'asked'] as const) {
  readings.set(turn, { durationsMs: [], latenessMs: [], skipped: 0, cpuMs: 0 });
}
let reading: Reading | undefined;
const ticker = new Ticker(ownThread, (turn) => tick(turn));
ticker.start();
await sleep(2000);
for (let round = 0; round < ROUNDS; round++) {
  for (const [turn, readingOfTurn] of readings) {
    begin(turn);
    await sleep(300);
    reading = readingOfTurn;
    await sleep(seconds * 1000);
    reading = undefined;
    end(turn);
    await sleep(300);
  }
}
ticker.stop();

console.log(`${legCount} legs in calls of ${LEGS_PER_CALL}, ${TALKERS} talking in each; ${askedCount} legs asked`);
console.log(`${ended} interactions ended, ${packets} packets sent`);
console.log('                 CPU ms         tick ms                begins late by ms');
console.log('                 mean ratio     p50    p99    max     p50    p99    max   ticks > 10 ms late, skipped');
const base = meanCpuMs(readings.get('nobody is asked')!);
for (const [turn, measured] of readings) {
  const { durationsMs, latenessMs, skipped } = measured;
  const cpuMs = meanCpuMs(measured);
  const cells = [cpuMs.toFixed(2), (cpuMs / base).toFixed(2).padStart(5), ' '];
  for (const rank of [0.5, 0.99, 1]) cells.push(percentile(durationsMs, rank).toFixed(2).padStart(6));
  cells.push('');
  for (const rank of [0.5, 0.99, 1]) cells.push(percentile(latenessMs, rank).toFixed(2).padStart(6));
  const late = latenessMs.filter((ms) => ms > LATE_MS).length;
  console.log(`${turn.padEnd(16)} ${cells.join(' ')}   ${late} of ${latenessMs.length}, ${skipped}`);
}
process.exit(0);

function tick(turn: TickTurn): void {
  const nowMs = performance.now();
  for (const leg of legs) speak(leg, nowMs);
  const before = process.cpuUsage();
  const beganMs = performance.now();
  worker.tick(turn);
  if (!reading) return;
  const { user, system } = process.cpuUsage(before);
  reading.cpuMs += (user + system) / 1000;
  reading.durationsMs.push(performance.now() - beganMs);
  reading.latenessMs.push(turn.latenessMs);
  reading.skipped += turn.skipped;
}

function heed(event: MediaEvent): void {
  if (event.type === 'legFailed' || event.type === 'callFailed') throw new Error(JSON.stringify(event));
  if (event.type !== 'interactionEnded') return;
  ended += 1;
  const index = asked.findIndex(({ legId }) => legId === event.legId);
  if (asking && index >= 0) ask(index);
}

function begin(turn: Turn): void {
  asking = turn === 'asked';
  if (turn === 'asked') asked.forEach((_, index) => ask(index));
  if (turn === 'kept out') asked.forEach((leg) => keepOut(leg, true));
}

function end(turn: Turn): void {
  asking = false;
  if (turn === 'kept out') asked.forEach((leg) => keepOut(leg, false));
  if (turn !== 'asked') return;
  asked.forEach(({ callId, legId }, index) => {
    worker.command({ type: 'cancelInteraction', callId, legId, interactionId: current[index]! });
  });
}

function ask(index: number): void {
  const { callId, legId } = asked[index]!;
  const programme = (clips: readonly PromptClip[], plays: number, crossfadeMs: number) => ({
    ...{ programmeId: ++lastProgramme, clips, plays, crossfadeMs },
    ...{ gainDb: -6, startOffsetMs: 0, complete: true },
  });
  const order: InteractionOrder = {
    interactionId: (current[index] = `${++lastInteraction}`),
    prompt: programme(prompts[index]!, 1, 20),
    noInputPrompt: programme(prompts[(index + 1) % askedCount]!.slice(0, 1), 1, 0),
    invalidPrompt: undefined,
    music: programme(music[index]!, 0, 30),
    gather: {
      ...{ patterns: ['1', '2'], minDigits: 1, maxDigits: 1, finishOnKey: '', bargeIn: true, retries: 1 },
      // Different for each, so that they do not go in step.
      ...{ timeoutTicks: 5 + (index % 30), interDigitTimeoutTicks: 50 },
    },
  };
  // As it comes from the main thread.
  const command: MediaCommand = structuredClone({ type: 'startInteraction', callId, legId, order });
  worker.command(command);
}

function keepOut({ callId, legId }: Leg, isolated: boolean): void {
  worker.command({ type: 'isolateLeg', callId, legId, isolated, music: undefined });
}

function open(index: number): Leg {
  const callId = `call${Math.floor(index / LEGS_PER_CALL)}`;
  const legId = `leg${index}`;
  if (index % LEGS_PER_CALL === 0) worker.command({ type: 'openCall', callId });
  const port = 10_000 + 2 * index;
  worker.command({
    ...{ type: 'openLeg', requestId: index, callId, host: '127.0.0.1', rtpPort: port, rtcpPort: port + 1 },
    ...{ ssrc: index, cname: legId, seed: index },
    leg: {
      ...{ legId, latching: 'off', rtpTimeoutMs: 0, rtpHoldTimeoutMs: 0 },
      controls: { muted: false, deaf: false, gainDb: 0 },
    },
  });
  const talks = index % LEGS_PER_CALL < TALKERS;
  const frequencyHz = 200 + 50 * (index % 40);
  const packetOf = (frame: number): Buffer => {
    const samples = Int16Array.from({ length: 160 }, (_, at) =>
      talks ? Math.round(3000 * Math.sin((2 * Math.PI * frequencyHz * (frame * 160 + at)) / 8000)) : 0,
    );
    return Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), mulaw.encode(samples)]);
  };
  const ready = Array.from({ length: FRAMES }, (_, frame) => packetOf(frame));
  for (const packet of ready) packet.writeUInt32BE(index + 1, 8);
  return { callId, legId, port, packets: ready, sequence: 0, timestamp: 0 };
}

function connect({ callId, legId, port }: Leg): void {
  worker.command({
    ...{ type: 'connectLeg', callId, legId },
    media: {
      remote: { address: '127.0.0.1', rtpPort: port, rtcpPort: port + 1 },
      ...{ rtcpMux: false, direction: 'sendrecv', send: PCMU, receive: [PCMU], sendPtimeMs: 20 },
      ...{ sendTelephoneEvent: undefined, receiveTelephoneEvents: [{ payloadType: 101, clockRateHz: 8000 }] },
    },
  });
}

function speak(leg: Leg, nowMs: number): void {
  const packet = leg.packets[leg.sequence % FRAMES]!;
  packet.writeUInt16BE(leg.sequence & 0xffff, 2);
  packet.writeUInt32BE(leg.timestamp >>> 0, 4);
  leg.sequence += 1;
  leg.timestamp += 160;
  listeners.get(leg.port)?.(packet, packet.length, '127.0.0.1', leg.port, nowMs);
}

function sound(frequencyHz: number, durationMs: number): PromptClip {
  const length = durationMs * 48;
  const samples = new SharedArrayBuffer(2 * length);
  const values = new Int16Array(samples);
  for (let at = 0; at < length; at++) values[at] = 8000 * Math.sin((2 * Math.PI * frequencyHz * at) / 48_000);
  return { samples, length };
}

function meanCpuMs({ cpuMs, durationsMs }: Reading): number {
  return cpuMs / durationsMs.length;
}

function percentile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(rank * sorted.length))] ?? 0;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
