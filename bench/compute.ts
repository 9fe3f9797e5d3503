/**
 * What a leg costs without its sockets: `npx tsx bench/compute.ts [calls] [legs per call] [seconds of audio]`.
 *
 * A whole media worker on a fake clock: packets are handed to it as bytes and its packets are thrown away, so what is
 * left is latch, RTP, jitter buffer, codec, resampling, mix, limiter and RTP again. All legs talk. Many calls put the
 * caches under the load a server puts them under. Processor time of this thread, per leg and tick.
 */
import { mulaw } from '../demo/phone/g711.js';
import { createKernels } from '../test/support/kernels.js';
import type { DatagramListener } from '../src/media/datagram-ports.js';
import { LevelMeter } from '../src/media/dsp/level.js';
import { WorkerCalls } from '../src/media/worker-calls.js';

const [calls = 10, legsPerCall = 10, seconds = 20] = process.argv.slice(2).map(Number);
const PCMU = { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} } as const;
const FRAMES = 50;

let nowMs = 1000;
const listeners: DatagramListener[] = [];
const kernels = createKernels();
const worker = new WorkerCalls({
  kernels,
  meter: new LevelMeter(kernels),
  rnnoise: undefined as never,
  ports: {
    open: async (_host, port, listener) => {
      listeners[port] = listener;
      return { send: () => undefined, close: () => undefined };
    },
    get count() {
      return 0;
    },
    kind: 'native',
  },
  emit: () => undefined,
  nowMs: () => nowMs,
  wallOffsetMs: 0,
  heapUsedBytes: () => 0,
});

interface Talker {
  readonly listener: DatagramListener;
  readonly packets: readonly Buffer[];
  readonly port: number;
  sequence: number;
  timestamp: number;
}
const talkers: Talker[] = [];
for (let call = 0; call < calls; call++) {
  const callId = `c${call}`;
  worker.command({ type: 'openCall', callId });
  for (let leg = 0; leg < legsPerCall; leg++) {
    const number = call * legsPerCall + leg;
    const rtpPort = 2 * number;
    const legId = `l${number}`;
    worker.command({
      type: 'openLeg',
      requestId: number,
      callId,
      leg: {
        legId,
        latching: 'off',
        rtpTimeoutMs: 0,
        rtpHoldTimeoutMs: 0,
        controls: { muted: false, deaf: false, gainDb: 0 },
      },
      host: '127.0.0.1',
      rtpPort,
      rtcpPort: rtpPort + 1,
      ssrc: number,
      cname: legId,
      seed: number,
    });
    await new Promise(setImmediate);
    worker.command({
      type: 'connectLeg',
      callId,
      legId,
      media: {
        remote: { address: '127.0.0.1', rtpPort: 40_000 + rtpPort, rtcpPort: 40_001 + rtpPort },
        rtcpMux: false,
        direction: 'sendrecv',
        send: PCMU,
        receive: [PCMU],
        sendPtimeMs: 20,
        sendTelephoneEvent: { payloadType: 101, clockRateHz: 8000 },
        receiveTelephoneEvents: [{ payloadType: 101, clockRateHz: 8000 }],
      },
    });
    talkers.push({
      listener: listeners[rtpPort]!,
      packets: speech(number),
      port: 40_000 + rtpPort,
      sequence: 0,
      timestamp: 0,
    });
  }
}

run(250);
const before = process.cpuUsage();
const rounds = seconds * 50;
run(rounds);
const { user, system } = process.cpuUsage(before);
const handing = handOnly(rounds);
const us = (user + system - handing) / (rounds * talkers.length);
console.log(
  `${calls} calls × ${legsPerCall} legs PCMU, all talking: ${us.toFixed(2)} µs per leg per tick without sockets`,
);

function run(ticks: number): void {
  for (let tick = 0; tick < ticks; tick++) {
    nowMs += 10;
    for (const talker of talkers) talker.listener(next(talker), 172, '127.0.0.1', talker.port, nowMs);
    nowMs += 10;
    worker.tick({ dueMs: nowMs, latenessMs: 0, skipped: 0 });
  }
}

/** The bench's own part. */
function handOnly(ticks: number): number {
  const start = process.cpuUsage();
  for (let tick = 0; tick < ticks; tick++) for (const talker of talkers) next(talker);
  const { user: own, system: kernel } = process.cpuUsage(start);
  return own + kernel;
}

function next(talker: Talker): Buffer {
  const packet = talker.packets[talker.sequence % FRAMES]!;
  packet[2] = (talker.sequence >> 8) & 0xff;
  packet[3] = talker.sequence & 0xff;
  talker.timestamp += 160;
  packet.writeUInt32BE(talker.timestamp, 4);
  talker.sequence++;
  return packet;
}

function speech(number: number): Buffer[] {
  return Array.from({ length: FRAMES }, (_, frame) => {
    const samples = Int16Array.from({ length: 160 }, (_, i) =>
      Math.round(1500 * Math.sin(((number % 17) + 3) * 0.05 * (frame * 160 + i))),
    );
    const packet = Buffer.alloc(172);
    packet[0] = 0x80;
    packet.writeUInt32BE(number + 1, 8);
    packet.set(mulaw.encode(samples), 12);
    return packet;
  });
}
