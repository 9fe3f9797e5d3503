import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DigitReceiver } from '../../src/media/rtp/digit-receiver.js';
import { MAX_DATAGRAM_BYTES, createRtpPacket, isRtcp, parseRtp, writeRtpHeader } from '../../src/media/rtp/packet.js';
import { ReceiveCounters } from '../../src/media/rtp/receive-statistics.js';
import { ReceiveStream } from '../../src/media/rtp/receive-stream.js';
import { createRtcpCompound, parseRtcp } from '../../src/media/rtp/rtcp-packets.js';
import { RtcpSession } from '../../src/media/rtp/rtcp-session.js';
import { createVoipMetrics, writeVoipMetrics } from '../../src/media/rtp/voip-metrics.js';
import { writeBye, writeSenderReport, writeSourceDescription } from '../../src/media/rtp/rtcp-writer.js';
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import { RtpSender } from '../../src/media/rtp/sender.js';
import { SourceLatch } from '../../src/media/rtp/source-latch.js';
import { createTelephoneEvent, parseTelephoneEvent, writeTelephoneEvent } from '../../src/media/rtp/telephone-event.js';

/**
 * Mutated datagrams at every parser (SAFETY M3): none throws, and none looks beyond the end. The latter is seen by parsing
 * the same bytes twice in a larger buffer whose rest differs. `RTP_FUZZ_RUNS=10000000` makes it a long run.
 */
const runs = Number(process.env.RTP_FUZZ_RUNS ?? 200_000);
const seed = Number(process.env.RTP_FUZZ_SEED ?? 1);
const timeout = 20_000 + runs / 20;

const ownSsrc = 0xcafe0001;

function rtpSeeds(): Uint8Array[] {
  const plain = new Uint8Array(172);
  writeRtpHeader(plain, 0, 0, false, 65535, 0xffff_ff60, 1);
  const event = new Uint8Array(16);
  writeRtpHeader(event, 0, 101, true, 1, 160, 1);
  writeTelephoneEvent(event, 12, 5, true, 10, 800);
  const rich = Uint8Array.from([
    ...[0xb2, 0x80, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1],
    ...[0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0],
    ...[1, 2, 3, 4, 5, 6, 0, 0, 0, 4],
  ]);
  return [plain, event, rich, plain.subarray(0, 12), new Uint8Array(0)];
}

function rtcpSeeds(): Uint8Array[] {
  const buffer = new Uint8Array(300);
  const info = { ntpSeconds: 0xb44db705, ntpFraction: 0x20000000, timestampRtp: 9, packets: 100, octets: 16_000 };
  const block = {
    ssrc: ownSsrc,
    fractionLost: 12,
    cumulativeLost: 30,
    extendedHighestSequence: 70_000,
    jitterRtp: 55,
    lastSenderReport: 0xb7052000,
    delaySinceLastSenderReport: 0x8000,
  };
  const report = writeSenderReport(buffer, 0, 1, info, block);
  const named = writeSourceDescription(buffer, report, 1, 'someone@example.org');
  const whole = writeBye(buffer, named, 1);
  const extended = new Uint8Array(300);
  extended.set(buffer.subarray(0, named));
  const metrics = { ...createVoipMetrics(), lossRatio: 0.2, rFactor: 80, mosListening: 4 };
  const withMetrics = writeVoipMetrics(extended, named, 1, ownSsrc, metrics);
  const odd = Uint8Array.from([
    ...[0x80, 201, 0, 1, 0, 0, 0, 1, 0x83, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 0],
    ...[0xa1, 203, 0, 4, 0, 0, 0, 1, 3, 98, 121, 101, 0, 0, 0, 0, 0, 0, 0, 4],
  ]);
  return [buffer.slice(0, report), buffer.slice(0, named), buffer.slice(0, whole), extended.slice(0, withMetrics), odd];
}

/** Makes datagrams out of seeds: bits flipped, bytes set to edges, cut, lengthened, doubled, or made up altogether. */
class Mutator {
  readonly datagram = new Uint8Array(2048);
  length = 0;
  private readonly random = new SeededRandom(seed);

  constructor(private readonly seeds: readonly Uint8Array[]) {}

  next(): void {
    const origin = this.seeds[this.pick(this.seeds.length)] ?? new Uint8Array(0);
    this.datagram.set(origin);
    this.length = origin.length;
    const kind = this.pick(10);
    if (kind === 0) this.make(this.pick(64));
    if (kind === 1) this.make(this.pick(MAX_DATAGRAM_BYTES + 100));
    if (kind === 2) this.length = this.pick(this.length + 1);
    if (kind === 3) this.length += this.pick(40);
    if (kind === 4) this.append();
    for (let change = this.pick(5); change > 0 && this.length > 0; change--) this.change(this.pick(this.length));
    // The head decides the most: change it more often.
    if (kind > 6 && this.length > 0) this.change(this.pick(Math.min(4, this.length)));
  }

  private change(at: number): void {
    const edges = [0, 1, 3, 4, 0x7f, 0x80, 0xa0, 0xff, 200, 201, 202, 203];
    const before = this.datagram[at] ?? 0;
    this.datagram[at] = this.pick(2) === 0 ? before ^ (1 << this.pick(8)) : (edges[this.pick(edges.length)] ?? 0);
  }

  private append(): void {
    const more = this.seeds[this.pick(this.seeds.length)] ?? new Uint8Array(0);
    this.datagram.set(more, this.length);
    this.length += more.length;
  }

  private make(length: number): void {
    this.length = length;
    for (let at = 0; at < length; at++) this.datagram[at] = this.pick(256);
  }

  private pick(count: number): number {
    return this.random.nextUint32() % count;
  }
}

/** Fills what lies behind the datagram, so that reading it would show. */
function poison(mutator: Mutator, value: number): void {
  mutator.datagram.fill(value, mutator.length, mutator.length + 64);
}

describe('hostile datagrams', () => {
  it(
    'leave the RTP parser standing, inside its bounds, and blind for what lies behind',
    () => {
      const mutator = new Mutator(rtpSeeds());
      const one = createRtpPacket();
      const two = createRtpPacket();
      let accepted = 0;
      for (let run = 0; run < runs; run++) {
        mutator.next();
        const { datagram, length } = mutator;
        poison(mutator, 0x00);
        const fault = parseRtp(datagram, length, one);
        isRtcp(datagram, length);
        poison(mutator, 0xff);
        const again = parseRtp(datagram, length, two);
        if (fault !== again) throw new Error(`run ${run}: ${fault} became ${again}`);
        if (fault !== 0) continue;
        accepted += 1;
        const end = one.payloadOffset + one.payloadLength;
        const bounded = one.payloadOffset >= 12 && one.payloadLength > 0 && end <= length && length <= 1500;
        const same =
          one.payloadOffset === two.payloadOffset &&
          one.payloadLength === two.payloadLength &&
          one.timestampRtp === two.timestampRtp &&
          one.ssrc === two.ssrc;
        if (!bounded || !same) throw new Error(`run ${run}: payload ${one.payloadOffset}…${end} of ${length}`);
      }
      expect(accepted).toBeGreaterThan(runs / 10);
      expect(accepted).toBeLessThan(runs * 0.95);
    },
    timeout,
  );

  it(
    'leave the RTCP parser standing and blind for what lies behind, and the report writer able',
    () => {
      const mutator = new Mutator(rtcpSeeds());
      const one = createRtcpCompound();
      const two = createRtcpCompound();
      const session = new RtcpSession({ cname: 'fuzz', seed: 1, nowMs: 0, wallOffsetMs: 1_700_000_000_000 });
      const sender = new RtpSender(ownSsrc, 1, 8000, 0);
      const counters = new ReceiveCounters();
      const report = new Uint8Array(400);
      let accepted = 0;
      for (let run = 0; run < runs; run++) {
        mutator.next();
        const { datagram, length } = mutator;
        poison(mutator, 0x00);
        const fault = parseRtcp(datagram, length, ownSsrc, one);
        poison(mutator, 0xff);
        if (parseRtcp(datagram, length, ownSsrc, two) !== fault || !sameCompound(one, two)) {
          throw new Error(`run ${run}: another answer when other bytes lay behind`);
        }
        session.receive(datagram, length, ownSsrc, 8000, run);
        if (fault !== 0) continue;
        accepted += 1;
        if (one.cnameOffset + one.cnameLength > length) throw new Error(`run ${run}: CNAME beyond the end`);
        const { rFactor = 0, mosListening = 1, lossRatio = 0 } = session.remoteMetrics ?? {};
        if (!(rFactor <= 120 && mosListening >= 1 && mosListening <= 5 && lossRatio < 1)) throw new Error(`run ${run}`);
        const roundTrip = session.roundTripMs ?? 0;
        const loss = session.remoteLossRatio ?? 0;
        if (!(roundTrip >= 0 && roundTrip <= 30_000 && loss >= 0 && loss <= 1)) throw new Error(`run ${run}`);
        if (run % 100 === 0) {
          sender.writeAudioHeader(report, 0, 0, 0, 160, 160);
          const written = session.writeReport(report, run, sender, counters, 1);
          if (parseRtcp(report, written, 1, two) !== 0) throw new Error(`run ${run}: own report is malformed`);
        }
      }
      expect(accepted).toBeGreaterThan(runs / 10);
      expect(accepted).toBeLessThan(runs * 0.95);
    },
    timeout,
  );

  it(
    'pass through a whole leg without a throw, and the next good packets are heard',
    () => {
      const mutator = new Mutator(rtpSeeds());
      const packet = createRtpPacket();
      const event = createTelephoneEvent();
      const stream = new ReceiveStream();
      const counters = new ReceiveCounters();
      const latch = new SourceLatch('nat');
      latch.signal({ address: 'peer', rtpPort: 4000, rtcpPort: 4001 }, true, 0);
      let open = 0;
      const digits = new DigitReceiver({
        pressBegan: () => (open += 1),
        pressEnded: (_event, durationMs) => {
          open -= 1;
          if (!(durationMs >= 0)) throw new Error('A press has no duration.');
        },
      });
      const hear = (bytes: Uint8Array, length: number, nowMs: number) => {
        digits.advance(nowMs);
        if (parseRtp(bytes, length, packet) !== 0) return 'malformed';
        if (latch.screen('peer', 4000) === 'learn') latch.learn('peer', 4000, packet, true, nowMs);
        const isAudio = packet.payloadType !== 101;
        const verdict = stream.receive(packet, 8000, isAudio);
        counters.count(verdict, stream, packet.payloadLength, 8000, isAudio, nowMs);
        const isEvent = !isAudio && parseTelephoneEvent(bytes, packet.payloadOffset, packet.payloadLength, event);
        if (isEvent && verdict !== 'probation' && verdict !== 'duplicate') digits.receive(packet, event, 8000, nowMs);
        return verdict;
      };
      const good = new Uint8Array(172);
      for (let run = 0; run < runs; run++) {
        mutator.next();
        hear(mutator.datagram, mutator.length, run);
        if (open < 0 || open > 1) throw new Error(`run ${run}: ${open} presses at once`);
        if (run % 1000 !== 0) continue;
        const verdicts: string[] = [];
        for (let n = 0; n < 4; n++) {
          writeRtpHeader(good, 0, 0, false, run + n, run * 160 + n * 160, 0x600d);
          verdicts.push(hear(good, good.length, run));
        }
        expect(verdicts.slice(2)).toEqual(['play', 'play']);
      }
      const statistics = counters.statistics();
      for (const value of [statistics.lossRatio, statistics.jitterMs, statistics.lost, statistics.octets]) {
        expect(Number.isFinite(value) && value >= 0).toBe(true);
      }
      expect(statistics.lossRatio).toBeLessThanOrEqual(1);
    },
    timeout,
  );
});

function sameCompound(one: ReturnType<typeof createRtcpCompound>, two: ReturnType<typeof createRtcpCompound>): boolean {
  return (
    one.hasSenderReport === two.hasSenderReport &&
    one.hasPeerReport === two.hasPeerReport &&
    one.hasBye === two.hasBye &&
    one.hasVoipMetrics === two.hasVoipMetrics &&
    (!one.hasVoipMetrics || isDeepStrictEqual(one.voipMetrics, two.voipMetrics)) &&
    (!one.hasBye || one.byeSsrc === two.byeSsrc) &&
    (!one.hasSenderReport || one.timestampRtp === two.timestampRtp) &&
    (!one.hasPeerReport || one.peerReport.delaySinceLastSenderReport === two.peerReport.delaySinceLastSenderReport) &&
    one.cnameLength === two.cnameLength
  );
}
