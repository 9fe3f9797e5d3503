import { describe, expect, it } from 'vitest';
import { Packetizer } from '../../../src/media/rtp/packetizer.js';
import { createRtpPacket, parseRtp } from '../../../src/media/rtp/packet.js';
import { RtpSender } from '../../../src/media/rtp/sender.js';

/** Sends what `ptimes` says per tick (0 = silence) and returns the packets with their bytes, which count 10 ms blocks. */
function send(ptimes: readonly number[], seed = 1) {
  const sender = new RtpSender(0xdecafbad, seed, 8000, 0);
  const packetizer = new Packetizer(80, 80, ptimes.find((ptime) => ptime > 0) ?? 20);
  const start = sender.timestampRtp;
  const buffer = new Uint8Array(1500);
  const packets: { tick: number; sequence: number; marker: boolean; blocks: number[]; at: number }[] = [];
  ptimes.forEach((ptime, tick) => {
    if (ptime > 0) {
      packetizer.setPtime(ptime);
      const payload = new Uint8Array(160).fill(2 * tick, 0, 80).fill(2 * tick + 1, 80);
      packetizer.push(payload, 0, 160, sender.timestampRtp);
      while (packetizer.next()) {
        const offset = sender.writeAudioHeader(
          buffer,
          0,
          0,
          packetizer.timestampRtp,
          packetizer.durationRtp,
          packetizer.length,
        );
        buffer.set(packetizer.buffer.subarray(packetizer.offset, packetizer.offset + packetizer.length), offset);
        const packet = createRtpPacket();
        expect(parseRtp(buffer, offset + packetizer.length, packet)).toBe(0);
        const blocks: number[] = [];
        for (let at = offset; at < offset + packetizer.length; at += 80) blocks.push(buffer[at] ?? -1);
        packets.push({
          tick,
          sequence: packet.sequence,
          marker: packet.marker,
          blocks,
          at: ((packet.timestampRtp - start) >>> 0) / 80,
        });
      }
    }
    sender.advance(tick * 20);
  });
  return { sender, packets };
}

describe('RtpSender and Packetizer', () => {
  it('send one packet per tick at ptime 20, the first with a marker, sequence and timestamp without a break', () => {
    const { packets, sender } = send(new Array<number>(1000).fill(20));
    packets.forEach((packet, n) => {
      expect(packet).toMatchObject({ tick: n, at: 2 * n, blocks: [2 * n, 2 * n + 1].map((b) => b & 0xff) });
      expect(packet.marker).toBe(n === 0);
      expect(packet.sequence).toBe(((packets[0]?.sequence ?? 0) + n) & 0xffff);
    });
    expect([sender.packets, sender.octets]).toEqual([1000, 160_000]);
  });

  it.each([
    [10, [2, 2, 2, 2, 2, 2]],
    [20, [1, 1, 1, 1, 1, 1]],
    [30, [0, 1, 1, 0, 1, 1]],
    [40, [0, 1, 0, 1, 0, 1]],
    [50, [0, 0, 1, 0, 1, 0]],
    [60, [0, 0, 1, 0, 0, 1]],
    [120, [0, 0, 0, 0, 0, 1]],
  ])('at ptime %i packets leave in the tick that completes them', (ptime, perTick) => {
    const { packets } = send(new Array<number>(6).fill(ptime));
    expect(perTick.map((_, tick) => packets.filter((packet) => packet.tick === tick).length)).toEqual(perTick);
    for (const packet of packets) expect(packet.blocks).toHaveLength(ptime / 10);
    expect(packets.flatMap((packet) => packet.blocks)).toEqual(
      Array.from({ length: (packets.length * ptime) / 10 }, (_, n) => n),
    );
  });

  it('advance the timestamp in silence and mark the packet after it', () => {
    const { packets } = send([20, 20, 0, 0, 0, 20, 20]);
    expect(packets.map((packet) => [packet.at, packet.marker])).toEqual([
      [0, true],
      [2, false],
      [10, true],
      [12, false],
    ]);
    expect(packets.map((packet) => packet.sequence - (packets[0]?.sequence ?? 0))).toEqual([0, 1, 2, 3]);
  });

  it('lose no audio and no time when ptime changes in mid-stream', () => {
    const { packets } = send([60, 60, 20, 20, 30, 30, 10, 10, 60, 60, 60, 20]);
    expect(packets.flatMap((packet) => packet.blocks)).toEqual(Array.from({ length: 24 }, (_, n) => n));
    let at = 0;
    for (const packet of packets) {
      expect(packet.at).toBe(at);
      at += packet.blocks.length;
      expect(packet.marker).toBe(packet.at === 0);
    }
    expect(packets.map((packet) => packet.blocks.length)).toEqual([4, 2, 2, 3, 1, 1, 1, 1, 1, 6, 2]);
  });

  it('send what had gathered before a gap on its own, with its own timestamp', () => {
    const { packets } = send([40, 0, 40, 40]);
    expect(packets.map(({ at, blocks, marker }) => [at, blocks, marker])).toEqual([
      [0, [0, 1], true],
      [4, [4, 5, 6, 7], true],
    ]);
  });

  it('throw away what had gathered when told to', () => {
    const packetizer = new Packetizer(80, 80, 40);
    packetizer.push(new Uint8Array(160), 0, 160, 1000);
    expect(packetizer.next()).toBe(false);
    packetizer.discard();
    packetizer.push(new Uint8Array(160), 0, 160, 1160);
    expect(packetizer.next()).toBe(false);
    packetizer.push(new Uint8Array(160), 0, 160, 1320);
    expect(packetizer.next()).toBe(true);
    expect(packetizer.timestampRtp).toBe(1160);
  });

  it('wrap sequence and timestamp and count on', () => {
    const sender = new RtpSender(1, 1, 8000, 0);
    const buffer = new Uint8Array(12);
    const first = sender.sequence;
    for (let n = 0; n < 70_000; n++) sender.writeAudioHeader(buffer, 0, 0, 0, 160, 160);
    expect(sender.sequence).toBe((first + 70_000) & 0xffff);
    expect(sender.packets).toBe(70_000);
    sender.advance(0, 0xffff_ffff / 160);
    expect(sender.timestampRtp).toBeLessThan(0x1_0000_0000);
  });

  it('start at points that differ with the seed', () => {
    const starts = new Set([1, 2, 3, 4, 5].map((seed) => new RtpSender(1, seed, 8000, 0).timestampRtp));
    expect(starts.size).toBe(5);
  });

  it('tell RTCP the timestamp of any moment', () => {
    const sender = new RtpSender(1, 1, 8000, 1000);
    const start = sender.timestampRtp;
    expect((sender.timestampAt(1005) - start) >>> 0).toBe(40);
    sender.advance(1000);
    sender.advance(1020);
    expect((sender.timestampAt(1055) - start) >>> 0).toBe(440);
    sender.advance(1140, 5);
    expect((sender.timestampAt(1160) - start) >>> 0).toBe(7 * 160);
  });

  it('go on at another clock from where they are', () => {
    const sender = new RtpSender(1, 1, 8000, 0);
    const start = sender.timestampRtp;
    sender.advance(0);
    sender.setClockRate(48_000);
    sender.advance(20);
    expect((sender.timestampRtp - start) >>> 0).toBe(160 + 960);
  });

  it.each([
    ['L16 at 48 kHz', 960, 20, 10],
    ['L16 at 16 kHz', 320, 60, 40],
    ['L16 at 8 kHz', 160, 120, 90],
    ['G.722', 80, 120, 120],
  ])('never make %s packets longer than a datagram', (_name, bytesPer10Ms, ptime, sent) => {
    for (const packetizer of [new Packetizer(bytesPer10Ms, 80, ptime), new Packetizer(bytesPer10Ms, 80, 10)]) {
      packetizer.setPtime(ptime);
      const lengths: number[] = [];
      for (let tick = 0; tick < 18; tick++) {
        packetizer.push(new Uint8Array(2 * bytesPer10Ms), 0, 2 * bytesPer10Ms, tick * 160);
        while (packetizer.next()) lengths.push(packetizer.length);
      }
      expect(lengths).toEqual(new Array(Math.floor(360 / sent)).fill((sent / 10) * bytesPer10Ms));
    }
  });
});
