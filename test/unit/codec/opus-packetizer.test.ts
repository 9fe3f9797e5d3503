import { describe, expect, it } from 'vitest';
import { OpusPacketizer } from '../../../src/media/codec/opus-packetizer.js';
import { OpusFrames } from '../../../src/media/codec/opus-packets.js';
import { opusFormatFor } from '../../../src/media/codec/opus-settings.js';
import {
  createOpus,
  createOpusEncoder,
  decodePackets,
  encodeTicks,
  opusFormat,
  sine,
  speechLike,
} from '../../support/opus.js';
import { toneAt } from '../../support/spectrum.js';

const opus = createOpus();
const speech = speechLike(2);
const frames = new OpusFrames();

describe('OpusPacketizer', () => {
  const start = 0xffff_f000;

  interface Sent {
    readonly tick: number;
    readonly bytes: Uint8Array;
    readonly at: number;
    readonly duration: number;
  }

  /** Packets of a signal; `ptimes` per tick, 0 = a tick that is not pushed; the encoder suits the first ptime. */
  function packets(
    signal: Float32Array,
    ptimes: (tick: number) => number,
    parameters: Record<string, string> = {},
  ): Sent[] {
    const encoder = createOpusEncoder(opus, opusFormatFor(opusFormat(parameters), ptimes(0)).parameters);
    const packetizer = new OpusPacketizer(ptimes(0));
    const sent: Sent[] = [];
    encodeTicks(encoder, signal).forEach((payload, tick) => {
      const ptime = ptimes(tick);
      if (ptime === 0) return;
      packetizer.setPtime(ptime);
      packetizer.push(Uint8Array.from([9, 9, 9, ...payload]), 3, payload.length, (start + tick * 960) >>> 0);
      while (packetizer.next()) {
        const { buffer, offset, length, timestampRtp, durationRtp } = packetizer;
        const bytes = buffer.slice(offset, offset + length);
        sent.push({ tick, bytes, at: (timestampRtp - start) >>> 0, duration: durationRtp });
      }
    });
    return sent;
  }

  it.each([10, 20, 30, 40, 50, 60, 100, 120])(
    'makes packets of %i ms without a gap that sound as the signal',
    (ptime) => {
      const signal = sine(1000, 1.2);
      const sent = packets(signal, () => ptime);
      let at = 0;
      for (const packet of sent) {
        expect(packet.at).toBe(at);
        expect(frames.parse(packet.bytes, 0, packet.bytes.length)).toBe(true);
        expect(frames.samples).toBe(packet.duration);
        at += packet.duration;
        expect((packet.tick + 1) * 960).toBeGreaterThanOrEqual(at);
      }
      expect(60 * 960 - at).toBeLessThan(ptime * 48);
      const shorter = sent.filter(({ duration }) => duration !== ptime * 48).length;
      expect(shorter).toBeLessThanOrEqual(4);
      const heard = decodePackets(
        opus,
        sent.map(({ bytes }) => bytes),
      );
      const { amplitude } = toneAt(heard.subarray(24_000, 43_200), 48_000, 1000);
      expect(Math.abs(20 * Math.log10(amplitude / 0.3))).toBeLessThan(0.5);
    },
  );

  it('joins frames to what decodes exactly as they do one by one', () => {
    const single = packets(speech, () => 20).map(({ bytes }) => bytes);
    for (const ptime of [40, 60, 120]) {
      const joined = packets(speech, () => ptime).map(({ bytes }) => bytes);
      const heard = decodePackets(opus, joined);
      expect(heard).toEqual(decodePackets(opus, single).subarray(0, heard.length));
      expect(joined.length).toBeLessThan(single.length * 0.75);
    }
  });

  it('sends what has gathered when the ptime changes, when a tick is missing, and keeps time', () => {
    const ptimes = [60, 60, 20, 60, 0, 60, 60, 60, 40, 40, 40, 40];
    const sent = packets(sine(500, 12 * 0.02), (tick) => ptimes[tick]!);
    expect(sent.map(({ tick, at, duration }) => [tick, at / 960, duration / 960])).toEqual([
      [2, 0, 2],
      [2, 2, 1],
      [5, 3, 1],
      [7, 5, 3],
      [9, 8, 2],
      [11, 10, 2],
    ]);
  });

  it('gives up what has gathered on request only', () => {
    const [payload] = packets(sine(500, 0.02), () => 20);
    const packetizer = new OpusPacketizer(60);
    const push = (tick: number) => packetizer.push(payload!.bytes, 0, payload!.bytes.length, tick * 960);
    push(0);
    expect(packetizer.next()).toBe(false);
    packetizer.flush();
    expect([packetizer.next(), packetizer.durationRtp, packetizer.next()]).toEqual([true, 960, false]);
    push(1);
    expect(packetizer.next()).toBe(false);
    packetizer.discard();
    packetizer.flush();
    expect(packetizer.next()).toBe(false);
    push(7);
    expect(packetizer.next()).toBe(false);
    packetizer.flush();
    expect([packetizer.next(), packetizer.timestampRtp]).toEqual([true, 6720]);
  });

  it('sends frames of different kinds in packets of their own, in order', () => {
    const packetizer = new OpusPacketizer(60);
    const sent: number[][] = [];
    [0x48, 0x48, 0x78, 0x78, 0x78, 0x7c].forEach((toc, tick) => {
      packetizer.push(Uint8Array.from([toc, tick, tick]), 0, 3, tick * 960);
      while (packetizer.next())
        sent.push([tick, packetizer.buffer[packetizer.offset]! >> 2, packetizer.timestampRtp / 960]);
    });
    expect(sent).toEqual([
      [2, 0x48 >> 2, 0],
      [4, 0x78 >> 2, 2],
    ]);
  });

  it('keeps joined packets below 1200 bytes', () => {
    const packetizer = new OpusPacketizer(120);
    const sizes: number[] = [];
    for (let tick = 0; tick < 30; tick++) {
      packetizer.push(new Uint8Array(301).fill(0xf8, 0, 1), 0, 301, tick * 960);
      while (packetizer.next()) sizes.push(packetizer.length);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1200);
    expect(new Set(sizes).size).toBe(1);
  });

  it.each([10, 20, 60])('sends nothing for frames that DTX leaves out, and time goes on: %i ms', (ptime) => {
    const signal = new Float32Array(48_000 * 3);
    signal.set(speech.subarray(0, 48_000));
    const sent = packets(signal, () => ptime, { usedtx: '1' });
    const silent = sent.filter(({ tick }) => tick >= 100);
    expect(silent.length).toBeGreaterThanOrEqual(2);
    expect(silent.length).toBeLessThan(15);
    for (const { bytes, at, tick, duration } of sent) {
      expect(bytes.length).toBeGreaterThan(2);
      expect(at + duration).toBeLessThanOrEqual((tick + 1) * 960);
      expect(at).toBeGreaterThan((tick - 4) * 960);
    }
  });

  it('drops a payload that is no Opus packet', () => {
    const packetizer = new OpusPacketizer(20);
    packetizer.push(Uint8Array.from([0x7b, 0, 1]), 0, 3, 0);
    expect(packetizer.next()).toBe(false);
    packetizer.push(new Uint8Array(0), 0, 0, 960);
    expect(packetizer.next()).toBe(false);
  });
});
