/** Opus legs through a whole media worker: RTP in, jitter buffer, mix, RTP out. */
import { describe, expect, it } from 'vitest';
import type { OpusEncoder } from '../../../src/media/codec/opus-encoder.js';
import { OpusPacketizer } from '../../../src/media/codec/opus-packetizer.js';
import { OpusFrames } from '../../../src/media/codec/opus-packets.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { MediaRig, type RigPeer, sine as sine8 } from '../../support/media-rig.js';
import { createOpus, createOpusEncoder, decodePackets, opusFormat, sine } from '../../support/opus.js';
import { vowel } from '../../support/playout-rig.js';
import { toneAt } from '../../support/spectrum.js';

const opus = createOpus();
const frames = new OpusFrames();
const peak = 0.3;

/** A peer that speaks Opus: a tone, in packets of its own ptime. */
class OpusPeer {
  readonly #encoder: OpusEncoder;
  readonly #packetizer: OpusPacketizer;
  readonly #bytes = new Uint8Array(1920);
  #tick = 0;

  constructor(
    readonly peer: RigPeer,
    private readonly tone: Float32Array,
    ptimeMs: number,
  ) {
    this.#encoder = createOpusEncoder(opus, { useinbandfec: '1', framespertick: ptimeMs % 20 ? '2' : '1' });
    this.#encoder.setPacketLoss(0.1);
    this.#packetizer = new OpusPacketizer(ptimeMs);
    peer.sendFrame = () => this.#send();
  }

  #send(): void {
    const at = (this.#tick * 960) % this.tone.length;
    const length = this.#encoder.encode(this.tone.subarray(at, at + 960), this.#bytes, 0);
    this.#packetizer.push(this.#bytes, 0, length, this.#tick++ * 960);
    while (this.#packetizer.next()) {
      const { buffer, offset, timestampRtp } = this.#packetizer;
      const payload = buffer.slice(offset, offset + this.#packetizer.length);
      this.peer.raw(this.peer.packet(96, payload, timestampRtp));
    }
  }

  /** What it heard of the last packets, 48 kHz; they must follow on each other. */
  heard(packets: number): Float32Array {
    const received = this.peer.received.filter(({ payloadType }) => payloadType === 96).slice(-packets);
    received.forEach(({ timestamp, payload }, i) => {
      expect(frames.parse(payload, 0, payload.length)).toBe(true);
      const next = received[i + 1];
      if (next) expect((next.timestamp - timestamp) >>> 0).toBe(frames.samples);
    });
    return decodePackets(
      opus,
      received.map(({ payload }) => payload),
    );
  }
}

const format: PayloadFormat = opusFormat({ useinbandfec: '1' });
const levelDb = (signal: ArrayLike<number>, rateHz: number, hz: number) =>
  20 * Math.log10(toneAt(Array.from(signal).slice(-rateHz / 2), rateHz, hz).amplitude / peak);

/** @param voice a tone of so many Hz, or a second of sound at 48 kHz */
async function joinOpus(rig: MediaRig, legId: string, voice: number | Float32Array, ptimeMs: number) {
  const peer = await rig.join('call', legId, { send: format, receive: [format], sendPtimeMs: ptimeMs });
  return new OpusPeer(peer, typeof voice === 'number' ? sine(voice, 1, peak) : voice, ptimeMs);
}

function open(): MediaRig {
  const rig = new MediaRig(createOpus());
  rig.command({ type: 'openCall', callId: 'call' });
  return rig;
}

describe('Opus legs', () => {
  it.each([10, 20, 30, 40, 60])('are heard at 1 kHz within 0.5 dB, in and out in packets of %i ms', async (ptimeMs) => {
    const rig = open();
    const talker = await joinOpus(rig, 'talker', 1000, ptimeMs);
    const listener = await joinOpus(rig, 'listener', 0, ptimeMs);
    const telephone = await rig.join('call', 'telephone');
    rig.run(125);
    expect(Math.abs(levelDb(listener.heard(Math.ceil(1500 / ptimeMs)), 48_000, 1000))).toBeLessThan(0.5);
    const byTelephone = Array.from(telephone.heard(), (value) => value / 32_768);
    expect(Math.abs(levelDb(byTelephone, 8000, 1000))).toBeLessThan(0.5);
    expect(Math.max(...talker.heard(Math.ceil(1000 / ptimeMs)).map(Math.abs))).toBeLessThan(1e-3);
  });

  it('hear all others and not themselves', async () => {
    const rig = open();
    const first = await joinOpus(rig, 'first', 500, 20);
    const second = await joinOpus(rig, 'second', 800, 60);
    const third = await rig.join('call', 'third');
    third.speak = sine8(1100, peak * 32_768);
    rig.run(125);
    const byThird = Array.from(third.heard(), (value) => value / 32_768);
    for (const [heard, rateHz, own, others] of [
      [first.heard(75), 48_000, 500, [800, 1100]],
      [second.heard(20), 48_000, 800, [500, 1100]],
      [byThird, 8000, 1100, [500, 800]],
    ] as const) {
      // Two tones at once, coded twice, are hard on a codec for speech.
      for (const hz of others) expect(Math.abs(levelDb(heard, rateHz, hz))).toBeLessThan(1.5);
      expect(levelDb(heard, rateHz, own)).toBeLessThan(-35);
    }
  });

  it('get packets of another length from the tick on in which signalling says so, without a gap', async () => {
    const rig = open();
    const first = await joinOpus(rig, 'first', 500, 20);
    await joinOpus(rig, 'second', 800, 20);
    rig.run(60);
    for (const ptimeMs of [40, 10, 60, 30, 20]) {
      rig.connect('call', first.peer, { send: format, receive: [format], sendPtimeMs: ptimeMs });
      rig.run(60);
      const last = first.peer.received.at(-1)!.payload;
      expect(frames.parse(last, 0, last.length) && frames.samples).toBe(ptimeMs * 48);
    }
    const heard = first.heard(300);
    expect(Math.abs(levelDb(heard, 48_000, 800))).toBeLessThan(0.5);
  });

  it('get redundancy once they report loss', async () => {
    const rig = open();
    const first = await joinOpus(rig, 'first', 500, 20);
    // Libopus protects what it takes for speech; a tone is that now and then, as its phase will have it.
    const vowelAt = vowel(120);
    await joinOpus(
      rig,
      'second',
      Float32Array.from({ length: 48_000 }, (_, n) => vowelAt(n / 48_000)),
      20,
    );
    const rescues = () =>
      first.peer.received
        .slice(-40)
        .filter(({ payload }) => frames.parse(payload, 0, payload.length) && frames.hasRescue).length;
    rig.run(60);
    expect(rescues()).toBe(0);
    // RFC 3550 §6.4.2: receiver report of `first` on our SSRC, a fifth lost.
    const report = Buffer.alloc(32);
    report.set([0x81, 201, 0, 7]);
    report.writeUInt32BE(first.peer.ssrc, 4);
    report.writeUInt32BE(first.peer.serverPort, 8);
    report[12] = 51;
    rig.deliver(first.peer.serverPort + 1, report, '127.0.0.1', first.peer.port + 1);
    rig.run(60);
    expect(rescues()).toBeGreaterThan(20);
    expect((await rig.statistics('call', 'first')).send.remoteLossRatio).toBeCloseTo(0.2, 1);
  });

  it('give back all their memory', async () => {
    const rig = open();
    const idle = rig.kernels.liveBytes;
    for (let round = 0; round < 3; round++) {
      await joinOpus(rig, 'first', 500, 20);
      await joinOpus(rig, 'second', 800, 30);
      rig.run(20);
      for (const legId of ['first', 'second']) {
        await rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'call', legId }));
      }
    }
    expect(rig.kernels.opus!.liveBytes).toBeLessThanOrEqual(2 * 43_520);
    await rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'call' }));
    expect(rig.kernels.opus!.liveBytes).toBe(0);
    expect(rig.kernels.liveBytes).toBeLessThanOrEqual(idle);
  });
});
