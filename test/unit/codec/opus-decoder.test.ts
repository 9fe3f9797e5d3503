import { afterEach, describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../../src/media/codec/opus-decoder.js';
import { toneAt } from '../../support/spectrum.js';
import { concatenate, createOpus, decodePackets, encodeFrames, rms, sine, speechLike } from '../../support/opus.js';

const opus = createOpus();
const speech = speechLike(0.8);
const made: OpusDecoder[] = [];
const createDecoder = () => {
  const decoder = new OpusDecoder(opus);
  made.push(decoder);
  return decoder;
};
afterEach(() => {
  for (const decoder of made.splice(0)) decoder.close();
  expect(opus.liveBytes).toBe(0);
});

const output = new Float32Array(5760);
const decode = (decoder: OpusDecoder, packet: Uint8Array) => decoder.decode(packet, packet.length, output);

/** The greatest step between two samples that follow on each other. */
const steepest = (signal: Float32Array) =>
  signal.reduce((most, value, i) => (i ? Math.max(most, Math.abs(value - signal[i - 1]!)) : 0), 0);

describe('OpusDecoder', () => {
  it.each([2.5, 5, 10, 20, 40, 60])('takes frames of %s ms and says beforehand how long they are', (ms) => {
    const samples = ms * 48;
    const decoder = createDecoder();
    const packets = encodeFrames(opus, sine(1000, 1), samples);
    const heard = packets.map((packet) => {
      expect(decoder.samplesIn(packet, packet.length)).toBe(samples);
      expect(decode(decoder, packet)).toBe(samples);
      return output.slice(0, samples);
    });
    const { amplitude } = toneAt(concatenate(heard).subarray(24_000, 43_200), 48_000, 1000);
    expect(Math.abs(20 * Math.log10(amplitude / 0.3))).toBeLessThan(0.5);
  });

  it('reads the first `length` bytes only', () => {
    const packets = encodeFrames(opus, speech, 960);
    const padded = packets.map((packet) => Uint8Array.from([...packet, 1, 2, 3, 4, 5]));
    const decoder = createDecoder();
    const heard = padded.map((packet) => {
      decoder.decode(packet, packet.length - 5, output);
      return output.slice(0, 960);
    });
    expect(concatenate(heard)).toEqual(decodePackets(opus, packets));
  });

  it.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(4), 0],
    ['more than there is', new Uint8Array(4), 5],
    ['a frame of 1276 bytes', new Uint8Array(1277), 1277],
    ['140 ms', Uint8Array.from([0x0b, 7, 1, 1, 1, 1, 1, 1, 1]), 9],
    ['a length beyond the end', Uint8Array.from([0x0a, 200, 1, 1]), 4],
  ])('refuses %s and goes on with the next packet as if nothing had been', (_, garbage, length) => {
    const packets = encodeFrames(opus, speech, 960);
    const expected = decodePackets(opus, packets);
    const decoder = createDecoder();
    const heard = packets.map((packet) => {
      expect(decoder.samplesIn(garbage, length)).toBe(-1);
      expect(decoder.decode(garbage, length, output)).toBe(-1);
      expect(decoder.decodeLost(garbage, length, output, 960)).toBe(-1);
      decode(decoder, packet);
      return output.slice(0, 960);
    });
    expect(concatenate(heard)).toEqual(expected);
  });

  it('refuses a packet that does not fit the output', () => {
    const [packet] = encodeFrames(opus, speech, 960);
    expect(createDecoder().decode(packet!, packet!.length, new Float32Array(959))).toBe(-1);
  });

  it('hears the next good packet within two frames after noise that parses', () => {
    const packets = encodeFrames(opus, sine(1000, 1), 960);
    const decoder = createDecoder();
    for (let i = 0; i < 20; i++) decode(decoder, packets[i]!);
    const noise = Uint8Array.from({ length: 60 }, (_, i) => (i === 0 ? packets[0]![0]! : (i * 7919) & 255));
    for (let i = 0; i < 5; i++) expect(decode(decoder, noise)).toBe(960);
    for (let i = 20; i < 22; i++) decode(decoder, packets[i]!);
    decode(decoder, packets[22]!);
    const { amplitude } = toneAt(output.subarray(0, 960), 48_000, 1000);
    expect(Math.abs(20 * Math.log10(amplitude / 0.3))).toBeLessThan(3);
  });

  it('takes a packet whose frames were not transmitted (DTX) for as long as its TOC says', () => {
    const decoder = createDecoder();
    for (const packet of encodeFrames(opus, speech, 960)) decode(decoder, packet);
    for (const [packet, samples] of [
      [[0x48], 960],
      [[0x49], 1920],
      [[0x58], 2880],
    ] as const) {
      expect(decode(decoder, Uint8Array.from(packet))).toBe(samples);
    }
  });

  it('forgets the past on reset', () => {
    const packets = encodeFrames(opus, speech, 960);
    const decoder = createDecoder();
    for (const packet of packets) decode(decoder, packet);
    decoder.conceal(output, 100);
    decoder.reset();
    const heard = packets.map((packet) => {
      decode(decoder, packet);
      return output.slice(0, 960);
    });
    expect(concatenate(heard)).toEqual(decodePackets(opus, packets));
  });
});

describe('Opus concealment', () => {
  it.each([1, 7, 120, 479, 481, 600, 960, 1000, 1920, 2880, 5760])('writes exactly %i samples', (samples) => {
    const decoder = createDecoder();
    for (const packet of encodeFrames(opus, speech, 960)) decode(decoder, packet);
    const marked = new Float32Array(samples + 1).fill(9);
    decoder.conceal(marked, samples);
    expect(marked.indexOf(9)).toBe(samples);
  });

  it('gives the same whether it is asked for in one piece or in many', () => {
    const packets = encodeFrames(opus, speech, 960);
    const concealed = (pieces: readonly number[]) => {
      const decoder = createDecoder();
      for (const packet of packets) decode(decoder, packet);
      return concatenate(
        pieces.map((samples) => {
          decoder.conceal(output, samples);
          return output.slice(0, samples);
        }),
      );
    };
    const pieces = Array.from({ length: 20 }, (_, i) => (i % 2 ? 37 : 59));
    expect(concealed(pieces)).toEqual(concealed([480, 480]));
  });

  it('is silence before the first packet', () => {
    output.fill(1);
    createDecoder().conceal(output, 1500);
    expect(output.subarray(0, 1500).every((value) => value === 0)).toBe(true);
  });

  /** 440 Hz with `missing` samples concealed in place of as many received. */
  function withHole(missing: number): { heard: Float32Array; at: number } {
    const decoder = createDecoder();
    const packets = encodeFrames(opus, sine(440, 1), 480);
    const parts = packets.map((packet, i) => {
      if (i >= 50 && i < 50 + missing / 480) decoder.conceal(output, 480);
      else decode(decoder, packet);
      return output.slice(0, 480);
    });
    return { heard: concatenate(parts), at: 50 * 480 };
  }

  it.each([480, 960, 1920])('goes on from what was heard, and back, without a click: %i samples', (missing) => {
    const { heard, at } = withHole(missing);
    const around = heard.subarray(at - 480, at + missing + 960);
    expect(steepest(around)).toBeLessThan(1.5 * steepest(heard.subarray(at - 4800, at)));
    expect(rms(heard.subarray(at, at + 480))).toBeGreaterThan(0.3 * rms(heard.subarray(at - 480, at)));
  });

  it('fades received frames in over what had been made up beyond what was asked for', () => {
    const packets = encodeFrames(opus, sine(440, 1), 960);
    const decoder = createDecoder();
    for (let i = 0; i < 25; i++) decode(decoder, packets[i]!);
    const before = output.slice(0, 960);
    decoder.conceal(output, 300);
    const made = output.slice(0, 300);
    decode(decoder, packets[25]!);
    const joined = concatenate([before, made, output.slice(0, 960)]);
    expect(steepest(joined)).toBeLessThan(1.5 * steepest(before));
  });
});
