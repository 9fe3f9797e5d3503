import { describe, expect, it } from 'vitest';
import { DigitReceiver } from '../../../src/media/rtp/digit-receiver.js';
import { DigitSender } from '../../../src/media/rtp/digit-sender.js';
import { createRtpPacket, parseRtp } from '../../../src/media/rtp/packet.js';
import { Packetizer } from '../../../src/media/rtp/packetizer.js';
import { ReceiveCounters } from '../../../src/media/rtp/receive-statistics.js';
import { ReceiveStream } from '../../../src/media/rtp/receive-stream.js';
import { RtpSender } from '../../../src/media/rtp/sender.js';
import { SourceLatch } from '../../../src/media/rtp/source-latch.js';
import { createTelephoneEvent, parseTelephoneEvent } from '../../../src/media/rtp/telephone-event.js';
import { TokenBucket } from '../../../src/media/rtp/token-bucket.js';

/** A leg that sends to a leg, every packet through every stage. */
function loop() {
  const sender = new RtpSender(7, 1, 8000, 0);
  const packetizer = new Packetizer(80, 80, 30);
  const digitsOut = new DigitSender(160);
  const latch = new SourceLatch('sdp-ip');
  latch.signal({ address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 }, false, 0);
  const bucket = new TokenBucket(400, 100, 0);
  const stream = new ReceiveStream();
  const counters = new ReceiveCounters();
  const digitsIn = new DigitReceiver({ pressBegan: () => undefined, pressEnded: () => undefined });
  const packet = createRtpPacket();
  const event = createTelephoneEvent();
  const payload = new Uint8Array(160).fill(0xff);
  const wire = new Uint8Array(1500);
  let tick = 0;

  const receive = (length: number, nowMs: number) => {
    if (!bucket.take(nowMs) || parseRtp(wire, length, packet) !== 0) return;
    if (latch.screen('192.0.2.1', 5555) === 'learn') latch.learn('192.0.2.1', 5555, packet, true, nowMs);
    const isAudio = packet.payloadType === 0;
    const verdict = stream.receive(packet, 8000, isAudio);
    counters.count(verdict, stream, packet.payloadLength, 8000, isAudio, nowMs);
    if (!isAudio && parseTelephoneEvent(wire, packet.payloadOffset, packet.payloadLength, event)) {
      digitsIn.receive(packet, event, 8000, nowMs);
    }
  };
  return (ticks: number) => {
    for (const last = tick + ticks; tick < last; tick++) {
      const nowMs = tick * 20;
      if (tick % 100 === 0) digitsOut.relayBegan(0, 5, 10);
      if (tick % 100 === 10) digitsOut.relayEnded(0, 200);
      if (digitsOut.next(sender.timestampRtp, wire, 12)) {
        packetizer.discard();
        sender.writeEventHeader(wire, 0, 101, digitsOut.marker, digitsOut.timestampRtp, 4);
        receive(16, nowMs);
      } else {
        packetizer.push(payload, 0, 160, sender.timestampRtp);
        while (packetizer.next()) {
          sender.writeAudioHeader(wire, 0, 0, packetizer.timestampRtp, packetizer.durationRtp, packetizer.length);
          receive(12 + packetizer.length, nowMs);
        }
      }
      digitsIn.advance(nowMs);
      sender.advance(nowMs);
    }
    return counters;
  };
}

describe('the hot path', () => {
  it('makes no object per packet', () => {
    const run = loop();
    run(100_000);
    const growth: number[] = [];
    for (let round = 0; round < 7; round++) {
      const before = process.memoryUsage().heapUsed;
      run(20_000);
      growth.push((process.memoryUsage().heapUsed - before) / 20_000);
    }
    growth.sort((one, other) => one - other);
    // Bytes per tick: a number may be boxed here and there (12 to 16 bytes), an object per packet would be far more.
    expect(growth[3]).toBeLessThan(24);
    expect(run(0).statistics()).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 });
  });
});
