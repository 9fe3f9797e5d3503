import { describe, expect, it } from 'vitest';
import { createRtpPacket } from '../../../src/media/rtp/packet.js';
import { ReceiveCounters } from '../../../src/media/rtp/receive-statistics.js';
import { ReceiveStream } from '../../../src/media/rtp/receive-stream.js';
import { createRtcpCompound, parseRtcp } from '../../../src/media/rtp/rtcp-packets.js';
import { RtcpSession } from '../../../src/media/rtp/rtcp-session.js';
import {
  writeBye,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from '../../../src/media/rtp/rtcp-writer.js';
import { createVoipMetrics } from '../../../src/media/rtp/voip-metrics.js';
import { RtpSender } from '../../../src/media/rtp/sender.js';

const wallOffsetMs = 1_700_000_000_000;

/** One end of a conversation: what it sends, what it receives, and its RTCP. */
function end(ssrc: number, seed: number, startMs = 0, wallMs = wallOffsetMs) {
  const sender = new RtpSender(ssrc, seed, 8000, startMs);
  const stream = new ReceiveStream();
  const counters = new ReceiveCounters();
  const packet = createRtpPacket();
  const buffer = new Uint8Array(1500);
  const session = new RtcpSession({ cname: `leg-${ssrc}@mixminus`, seed, nowMs: startMs, wallOffsetMs: wallMs });
  return {
    sender,
    counters,
    session,
    buffer,
    talk: () => sender.writeAudioHeader(new Uint8Array(12), 0, 0, sender.timestampRtp, 160, 160),
    hear: (from: number, sequence: number, nowMs: number) => {
      packet.ssrc = from;
      packet.sequence = sequence & 0xffff;
      packet.timestampRtp = sequence * 160;
      counters.count(stream.receive(packet, 8000, true), stream, 160, 8000, true, nowMs);
    },
    report: (nowMs: number, peerSsrc: number) => session.writeReport(buffer, nowMs, sender, counters, peerSsrc),
    leave: (nowMs: number, peerSsrc: number) => session.writeLeave(buffer, nowMs, sender, counters, peerSsrc),
  };
}

describe('writers and parser', () => {
  it('agree on every field of an SR, SDES and BYE compound', () => {
    const buffer = new Uint8Array(200);
    const block = {
      ssrc: 0xfeedface,
      fractionLost: 200,
      cumulativeLost: -3,
      extendedHighestSequence: 0xfffffff0,
      jitterRtp: 0x80000000,
      lastSenderReport: 0x90000001,
      delaySinceLastSenderReport: 0xa0000002,
    };
    const info = { ntpSeconds: 0xf0000000, ntpFraction: 1, timestampRtp: 0xffffffff, packets: 7, octets: 2 ** 32 + 9 };
    let length = writeSenderReport(buffer, 0, 0x81818181, info, block);
    length = writeSourceDescription(buffer, length, 0x81818181, 'me@here');
    length = writeBye(buffer, length, 0x81818181);
    const compound = createRtcpCompound();
    expect(parseRtcp(buffer, length, 0xfeedface, compound)).toBe(0);
    const { ssrc, ...told } = block;
    expect(ssrc).toBe(0xfeedface);
    expect(compound).toMatchObject({
      hasSenderReport: true,
      senderSsrc: 0x81818181,
      ntpSeconds: 0xf0000000,
      ntpFraction: 1,
      timestampRtp: 0xffffffff,
      peerReport: told,
      hasBye: true,
      byeSsrc: 0x81818181,
    });
    const name = buffer.subarray(compound.cnameOffset, compound.cnameOffset + compound.cnameLength);
    expect(Buffer.from(name).toString()).toBe('me@here');
    expect([...buffer.subarray(20, 28)]).toEqual([0, 0, 0, 7, 0, 0, 0, 9]);
  });

  it.each(Array.from({ length: 10 }, (_, length) => length))('agree on a CNAME of %i characters', (characters) => {
    const buffer = new Uint8Array(100).fill(0xee);
    let length = writeReceiverReport(buffer, 0, 1, undefined);
    length = writeSourceDescription(buffer, length, 1, 'abcdefghij'.slice(0, characters));
    const withBye = writeBye(buffer, length, 1);
    const compound = createRtcpCompound();
    expect(length % 4).toBe(0);
    expect(parseRtcp(buffer, withBye, 2, compound)).toBe(0);
    expect(compound).toMatchObject({ cnameLength: characters, hasBye: true });
  });

  it('cut a CNAME at 255 characters', () => {
    const buffer = new Uint8Array(400);
    const length = writeSourceDescription(buffer, writeReceiverReport(buffer, 0, 1, undefined), 1, 'x'.repeat(300));
    const compound = createRtcpCompound();
    expect(parseRtcp(buffer, length, 2, compound)).toBe(0);
    expect(compound.cnameLength).toBe(255);
  });
});

describe('RtcpSession', () => {
  it('waits half an interval at first, then 0.5…1.5 of 5 s over 1.218, evenly spread', () => {
    const compensation = Math.E - 1.5;
    const intervals: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const leg = end(1, seed, 1000);
      const first = leg.session.nextDeadlineMs - 1000;
      expect(first).toBeGreaterThanOrEqual(1250 / compensation);
      expect(first).toBeLessThanOrEqual(3750 / compensation);
      leg.report(leg.session.nextDeadlineMs, 2);
      intervals.push(leg.session.nextDeadlineMs - 1000 - first);
    }
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(2500 / compensation);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(7500 / compensation);
    const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
    expect(Math.abs(mean - 5000 / compensation)).toBeLessThan(200);
  });

  it('reports every 5 s on average, because an interval is drawn anew when one is over (RFC 3550 §6.3.6)', () => {
    const intervals: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const leg = end(1, seed);
      let reported = 0;
      let nowMs = 0;
      for (let reports = 0; reports < 12; nowMs += 20) {
        if (!leg.session.isDue(nowMs)) continue;
        leg.report(nowMs, 2);
        if (reports > 0) intervals.push(nowMs - reported);
        reported = nowMs;
        reports++;
      }
    }
    const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(2500 / (Math.E - 1.5));
    expect(Math.max(...intervals)).toBeLessThanOrEqual(7500 / (Math.E - 1.5) + 20);
    expect(Math.abs(mean - 5000)).toBeLessThan(200);
  });

  it('is not due before its deadline', () => {
    const leg = end(1, 1);
    expect(leg.session.isDue(leg.session.nextDeadlineMs - 1)).toBe(false);
    expect(leg.session.isDue(7500)).toBe(true);
  });

  it('adds VoIP metrics where they are wanted and something was received, and remembers those of the peer', () => {
    const near = end(1, 1);
    const far = end(2, 2);
    const metrics = { ...createVoipMetrics(), rFactor: 77, lossRatio: 0.25 };
    const write = (leg: typeof near) => leg.session.writeReport(leg.buffer, 2000, leg.sender, leg.counters, 2, metrics);
    const bare = write(near);
    expect(near.buffer.subarray(0, bare).includes(207)).toBe(false);
    near.hear(2, 1, 0);
    const length = write(near);
    expect(near.buffer[length - 43]).toBe(207);
    expect(far.session.receive(near.buffer, length, 2, 8000, 2000)).toBe(0);
    expect(far.session.remoteMetrics).toMatchObject({ rFactor: 77, lossRatio: 0.25 });
    far.session.receive(Uint8Array.from([0x80, 207, 0, 0, 0, 0, 0, 0]), 8, 2, 8000, 2100);
    expect(far.session.remoteMetrics).toMatchObject({ rFactor: 77, lossRatio: 0.25 });
  });

  it('sends an RR before it talks, an SR while it talks, and an RR two reports after it stopped', () => {
    const leg = end(1, 1);
    const kind = (nowMs: number) => {
      leg.report(nowMs, 2);
      return leg.buffer[1];
    };
    expect(kind(2000)).toBe(201);
    leg.talk();
    expect([kind(7000), kind(12_000), kind(17_000)]).toEqual([200, 200, 201]);
    leg.talk();
    expect(kind(22_000)).toBe(200);
  });

  it('tells the peer loss, jitter and round trip, whatever the two wall clocks say', () => {
    const near = end(1, 1, 0);
    const far = end(2, 2, 500_000, 1_234_567_890_123);
    const skewMs = 500_000; // The far end's monotonic clock.
    near.talk();
    for (let n = 0; n < 100; n++) if (n % 10 !== 5) far.hear(1, n, skewMs + n * 20);

    const sentMs = 2000;
    const length = near.report(sentMs, 2);
    far.session.receive(near.buffer, length, 2, 8000, skewMs + sentMs + 30);
    const answerMs = 3500;
    const answer = far.report(skewMs + answerMs, 1);
    near.session.receive(far.buffer, answer, 1, 8000, answerMs + 45);

    expect(near.session.roundTripMs).toBeCloseTo(75, 1);
    expect(near.session.remoteLossRatio).toBeCloseTo(0.1, 2);
    expect(near.session.remoteJitterMs).toBeCloseTo(far.counters.jitterMs, 0);
    expect(far.session.roundTripMs).toBeUndefined();
  });

  it('says in an SR when its RTP timestamp was, how many packets and how many octets went', () => {
    const leg = end(1, 9);
    for (let tick = 0; tick < 50; tick++) {
      leg.talk();
      leg.sender.advance(tick * 20);
    }
    const length = leg.report(1007, 2);
    const compound = createRtcpCompound();
    expect(parseRtcp(leg.buffer, length, 2, compound)).toBe(0);
    expect(compound.timestampRtp).toBe(leg.sender.timestampAt(1007));
    expect(compound.ntpSeconds).toBe((1_700_000_001 + 2_208_988_800) >>> 0);
    expect(compound.ntpFraction / 2 ** 32).toBeCloseTo(0.007, 6);
    const view = new DataView(leg.buffer.buffer);
    expect([view.getUint32(20), view.getUint32(24)]).toEqual([50, 8000]);
  });

  it('answers only sender reports of the source it reports about', () => {
    const leg = end(1, 1);
    const stranger = end(3, 3);
    stranger.talk();
    leg.hear(2, 1, 0);
    leg.session.receive(stranger.buffer, stranger.report(100, 1), 1, 8000, 130);
    const length = leg.report(2000, 2);
    const compound = createRtcpCompound();
    parseRtcp(leg.buffer, length, 2, compound);
    expect(compound.peerReport).toMatchObject({ lastSenderReport: 0, delaySinceLastSenderReport: 0 });
  });

  it('counts malformed datagrams and keeps what it knew', () => {
    const leg = end(1, 1);
    expect(leg.session.receive(Uint8Array.from([1, 2, 3]), 3, 1, 8000, 0)).not.toBe(0);
    expect(leg.session.malformed).toBe(1);
    expect(leg.session.remoteLossRatio).toBeUndefined();
  });

  it('leaves with a BYE, and then has no deadline', () => {
    const leg = end(1, 1);
    leg.talk();
    const peer = end(2, 2);
    const length = leg.leave(900, 2);
    peer.session.receive(leg.buffer, length, 2, 8000, 900);
    expect(peer.session.byeSsrc).toBe(1);
    expect(leg.session.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves silently when it never sent anything', () => {
    expect(end(1, 1).leave(900, 2)).toBe(0);
  });
});
