/**
 * A whole media worker on a fake clock and an emulated network: real jitter buffers, mixers and RTP, no sockets, no waiting.
 * Peers send and keep raw RTP, made and read here by hand, so that a mistake in the server's RTP code cannot hide.
 */
import { alaw, mulaw } from '../../demo/phone/g711.js';
import type { DatagramListener, DatagramPorts } from '../../src/media/datagram-ports.js';
import type { OpusLibrary } from '../../src/media/codec/opus-library.js';
import type { Kernels } from '../../src/media/dsp/kernels.js';
import { LevelMeter } from '../../src/media/dsp/level.js';
import type { Rnnoise } from '../../src/media/dsp/rnnoise.js';
import type {
  CallSnapshot,
  LegControls,
  LegMedia,
  LegOpening,
  LegStatistics,
  MediaCommand,
  MediaEvent,
  MediaResult,
  PayloadFormat,
} from '../../src/media/protocol.js';
import { WorkerCalls } from '../../src/media/worker-calls.js';
import { createKernels } from './kernels.js';

export const PCMU: PayloadFormat = { encoding: 'PCMU', payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} };
export const PCMA: PayloadFormat = { encoding: 'PCMA', payloadType: 8, clockRateHz: 8000, channels: 1, parameters: {} };
const TELEPHONE_EVENT = { payloadType: 101, clockRateHz: 8000 };

/** A packet as a peer got it. */
export interface Received {
  readonly atMs: number;
  readonly bytes: Buffer;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** One far end: sends what `speak` gives, keeps what arrives. */
export class RigPeer {
  readonly received: Received[] = [];
  readonly rtcp: Buffer[] = [];
  law: 0 | 8 = 0;
  /** 160 samples of frame `index`; undefined = say nothing in this frame. */
  speak: (index: number) => Int16Array | undefined = () => undefined;
  frames = 0;
  sequence = 1000;
  timestamp = 5000;
  ssrc: number;

  constructor(
    readonly legId: string,
    readonly port: number,
    readonly serverPort: number,
    private readonly rig: MediaRig,
  ) {
    this.ssrc = port * 7919;
  }

  /** Sends the next frame of what it says. */
  sendFrame(): void {
    const samples = this.speak(this.frames++);
    if (samples) this.send(this.law, this.law === 0 ? mulaw.encode(samples) : alaw.encode(samples));
    else this.skipFrame();
  }

  /** Lets 20 ms pass unsent. */
  skipFrame(): void {
    this.timestamp = (this.timestamp + 160) >>> 0;
  }

  /** Sends one packet and moves on by 20 ms. */
  send(payloadType: number, payload: Uint8Array, marker = false): void {
    this.raw(this.packet(payloadType, payload, this.timestamp, marker));
    this.timestamp = (this.timestamp + 160) >>> 0;
  }

  packet(payloadType: number, payload: Uint8Array, timestamp: number, marker = false): Buffer {
    const bytes = Buffer.alloc(12 + payload.length);
    bytes[0] = 0x80;
    bytes[1] = payloadType | (marker ? 0x80 : 0);
    bytes.writeUInt16BE(this.sequence, 2);
    bytes.writeUInt32BE(timestamp, 4);
    bytes.writeUInt32BE(this.ssrc, 8);
    bytes.set(payload, 12);
    this.sequence = (this.sequence + 1) & 0xffff;
    return bytes;
  }

  /** Sends a datagram as it is, from another port if wished. */
  raw(bytes: Uint8Array, fromPort = this.port): void {
    this.rig.deliver(this.serverPort, bytes, '127.0.0.1', fromPort);
  }

  /** Everything heard since packet `from`, decoded, 8 kHz. */
  heard(from = 0): Int16Array {
    const parts = this.received
      .slice(from)
      .filter(({ payloadType }) => payloadType === 0 || payloadType === 8)
      .map(({ payloadType, payload }) => (payloadType === 0 ? mulaw.decode(payload) : alaw.decode(payload)));
    const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  hear(bytes: Buffer, atMs: number): void {
    const second = bytes[1] ?? 0;
    if (second >= 192 && second <= 223) {
      this.rtcp.push(bytes);
      return;
    }
    this.received.push({
      atMs,
      bytes,
      payloadType: second & 0x7f,
      marker: second >= 128,
      sequence: bytes.readUInt16BE(2),
      timestamp: bytes.readUInt32BE(4),
      payload: bytes.subarray(12),
    });
  }
}

/** The worker and its surroundings. */
export class MediaRig {
  readonly events: MediaEvent[] = [];
  nowMs = 10_000;
  readonly calls: WorkerCalls;
  readonly kernels: Kernels;
  /** Moment within a tick at which peers send: just before it. */
  sendPhaseMs = 10;
  readonly #listeners = new Map<number, DatagramListener>();
  readonly #peers = new Map<number, RigPeer>();
  #lastRequestId = 0;
  #nextPort = 20_000;

  /** Without libopus there is no Opus, without RNNoise nothing is denoised. */
  constructor(opus?: OpusLibrary, rnnoise?: Rnnoise) {
    this.kernels = createKernels(opus);
    const ports: DatagramPorts = {
      open: async (_host, port, listener) => {
        if (this.busyPorts.has(port)) throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
        this.#listeners.set(port, listener);
        return {
          send: (bytes, length, _address, toPort) => {
            const peer = this.#peers.get(toPort) ?? this.#peers.get(toPort - 1);
            peer?.hear(Buffer.from(bytes.subarray(0, length)), this.nowMs);
            this.sentTo.push(toPort);
          },
          close: () => void this.#listeners.delete(port),
        };
      },
      get count(): number {
        return 0;
      },
      kind: 'dgram',
      flush: () => this.flushes.push({ sent: this.sentTo.length, events: this.events.length }),
    };
    this.calls = new WorkerCalls({
      kernels: this.kernels,
      meter: new LevelMeter(this.kernels),
      ...(rnnoise && { rnnoise }),
      ports,
      emit: (event) => this.events.push(event),
      nowMs: () => this.nowMs,
      wallOffsetMs: 0,
      heapUsedBytes: () => 0,
    });
  }

  readonly busyPorts = new Set<number>();
  /** Destination port of every datagram the server sent. */
  readonly sentTo: number[] = [];
  /** How many datagrams had been sent, and events told, at each flush. */
  readonly flushes: { readonly sent: number; readonly events: number }[] = [];

  get openPorts(): number {
    return this.#listeners.size;
  }

  command(command: MediaCommand): void {
    this.calls.command(command);
  }

  /** Sends a command and runs ticks until its result is there. */
  async ask(question: (requestId: number) => MediaCommand): Promise<MediaResult> {
    const requestId = ++this.#lastRequestId;
    this.command(question(requestId));
    for (let i = 0; i < 5; i++) {
      await Promise.resolve();
      const found = this.events.find((event) => event.type === 'result' && event.requestId === requestId);
      if (found?.type === 'result') return found.result;
      if (i >= 3) this.tick();
    }
    throw new Error('The worker did not answer.');
  }

  /** Opens and connects a leg with a peer behind it. */
  async join(
    callId: string,
    legId: string,
    media: Partial<LegMedia> = {},
    opening: Partial<LegOpening> = {},
  ): Promise<RigPeer> {
    const rtpPort = (this.#nextPort += 4);
    const controls: LegControls = { muted: false, deaf: false, gainDb: 0 };
    const leg: LegOpening = { legId, latching: 'off', rtpTimeoutMs: 0, rtpHoldTimeoutMs: 0, controls, ...opening };
    const result = await this.ask((requestId) => ({
      type: 'openLeg',
      requestId,
      callId,
      leg,
      host: '127.0.0.1',
      rtpPort,
      rtcpPort: rtpPort + 1,
      ssrc: rtpPort,
      cname: legId,
      seed: rtpPort,
    }));
    if (result.type !== 'legOpened') throw new Error(JSON.stringify(result));
    const peer = new RigPeer(legId, rtpPort + 20_000, rtpPort, this);
    this.#peers.set(peer.port, peer);
    this.connect(callId, peer, media);
    return peer;
  }

  connect(callId: string, peer: RigPeer, media: Partial<LegMedia> = {}): void {
    const settled: LegMedia = {
      remote: { address: '127.0.0.1', rtpPort: peer.port, rtcpPort: peer.port + 1 },
      rtcpMux: false,
      direction: 'sendrecv',
      send: PCMU,
      receive: [PCMU, PCMA],
      sendPtimeMs: 20,
      sendTelephoneEvent: TELEPHONE_EVENT,
      receiveTelephoneEvents: [TELEPHONE_EVENT],
      ...media,
    };
    this.command({ type: 'connectLeg', callId, legId: peer.legId, media: settled });
  }

  deliver(serverPort: number, bytes: Uint8Array, address: string, port: number): void {
    this.#listeners.get(serverPort)?.(bytes, bytes.length, address, port, this.nowMs);
  }

  /** One tick: peers send at their phase, then the worker runs. */
  tick(skipped = 0): void {
    const startMs = this.nowMs;
    this.nowMs = startMs + this.sendPhaseMs;
    for (const peer of this.#peers.values()) if (this.#listeners.has(peer.serverPort)) peer.sendFrame();
    this.nowMs = startMs + 20 * (1 + skipped);
    this.calls.tick({ dueMs: this.nowMs, latenessMs: 0, skipped });
  }

  run(ticks: number): void {
    for (let i = 0; i < ticks; i++) this.tick();
  }

  async snapshot(callId: string): Promise<CallSnapshot> {
    const result = await this.ask((requestId) => ({ type: 'snapshotCall', requestId, callId }));
    if (result.type !== 'snapshot') throw new Error(JSON.stringify(result));
    return result.snapshot;
  }

  async statistics(callId: string, legId: string): Promise<LegStatistics> {
    const leg = (await this.snapshot(callId)).legs.find((candidate) => candidate.legId === legId);
    if (!leg) throw new Error(`no leg ${legId}`);
    return leg.statistics;
  }

  /** Events of one type, oldest first. */
  eventsOf<Type extends MediaEvent['type']>(type: Type): Extract<MediaEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { type: Type }> => event.type === type);
  }
}

/** A sine of whole Hz at 8 kHz, continuous over frames. */
export function sine(frequencyHz: number, peak: number): (index: number) => Int16Array {
  return (index) =>
    Int16Array.from({ length: 160 }, (_, i) =>
      Math.round(peak * Math.sin((2 * Math.PI * ((frequencyHz * ((index * 160 + i) % 8000)) % 8000)) / 8000)),
    );
}
