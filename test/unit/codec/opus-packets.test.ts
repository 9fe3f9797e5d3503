import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinFrames, OpusFrames, samplesPerFrame } from '../../../src/media/codec/opus-packets.js';
import { createOpus, decodePackets, encodeFrames, speechLike } from '../../support/opus.js';

const opus = createOpus();
const frames = new OpusFrames();
const parse = (...bytes: number[]) => {
  const packet = Uint8Array.from(bytes);
  if (!frames.parse(packet, 0, packet.length)) return undefined;
  return { count: frames.count, sizes: [...frames.sizes.subarray(0, frames.count)] };
};
const zeros = (count: number) => new Array<number>(count).fill(0);

/** Joins frames given by their sizes; byte i of all of them is i. */
function join(toc: number, sizes: readonly number[]): Uint8Array {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const source = Uint8Array.from({ length: bytes }, (_, i) => i);
  const output = new Uint8Array(bytes + 2 + 2 * sizes.length);
  return output.slice(0, joinFrames(toc, source, Int32Array.from(sizes), sizes.length, output));
}

describe('the TOC byte', () => {
  it('tells the frame size by RFC 6716 table 2', () => {
    const ms = (config: number) => samplesPerFrame(config << 3) / 48;
    const silk = [10, 20, 40, 60];
    expect(Array.from({ length: 32 }, (_, config) => ms(config))).toEqual([
      ...[...silk, ...silk, ...silk],
      ...[10, 20, 10, 20],
      ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
    ]);
  });
});

describe('the frames of a packet', () => {
  it.each<[string, number[], number[]]>([
    ['one frame', [0x08, 1, 2, 3], [3]],
    ['one frame that was not transmitted', [0x08], [0]],
    ['two of one size', [0x09, 1, 2, 3, 4], [2, 2]],
    ['two of two sizes', [0x0a, 1, 9, 2, 3], [1, 2]],
    ['two, the first longer than 251 bytes', [0x0a, 252, 1, ...zeros(256), 7], [256, 1]],
    ['three of one size', [0x0b, 3, 1, 2, 3], [1, 1, 1]],
    ['three of three sizes', [0x0b, 0x83, 2, 0, 1, 2, 3], [2, 0, 1]],
    ['two with padding', [0x0b, 0x42, 3, 1, 2, 0, 0, 0], [1, 1]],
    ['one with 254 + 2 bytes of padding', [0x0b, 0x41, 255, 2, 9, ...zeros(256)], [1]],
    ['48 of 2.5 ms', [0x83, 48, ...zeros(48)], zeros(48).map(() => 1)],
    ['one of 1275 bytes', [0x08, ...zeros(1275)], [1275]],
  ])('are found: %s', (_, bytes, sizes) => {
    expect(parse(...bytes)).toEqual({ count: sizes.length, sizes });
  });

  it.each<[string, number[]]>([
    ['nothing at all (R1)', []],
    ['a frame of 1276 bytes (R2)', [0x08, ...zeros(1276)]],
    ['two frames of one size in an odd number of bytes (R3)', [0x09, 1, 2, 3]],
    ['two frames without a length (R4)', [0x0a]],
    ['a length cut off (R4)', [0x0a, 252]],
    ['a length beyond the end (R4)', [0x0a, 3, 1, 2]],
    ['many frames without a count (R5)', [0x0b]],
    ['no frames (R5)', [0x0b, 0]],
    ['more than 120 ms (R5)', [0x0b, 7, ...zeros(7)]],
    ['49 frames of 2.5 ms (R5)', [0x83, 49, ...zeros(49)]],
    ['three frames of one size that do not divide (R6)', [0x0b, 3, 1, 2]],
    ['padding beyond the end (R6)', [0x0b, 0x41, 9, 1]],
    ['padding without its length', [0x0b, 0x41]],
    ['a chain of padding lengths without end', [0x0b, 0x41, 255, 255, 255]],
    ['lengths beyond the end (R7)', [0x0b, 0x82, 4, 1]],
    ['three frames with one length (R7)', [0x0b, 0x83, 1]],
  ])('are refused: %s', (_, bytes) => {
    expect(parse(...bytes)).toBeUndefined();
  });

  it('are looked for within the packet only, wherever it lies', () => {
    const around = Uint8Array.from([0xff, 0x0a, 1, 9, 2, 3, 0xff]);
    expect(frames.parse(around, 1, 5)).toBe(true);
    expect([...frames.offsets.subarray(0, 2), ...frames.sizes.subarray(0, 2)]).toEqual([3, 4, 1, 2]);
    expect(frames.parse(around, 1, 7)).toBe(false);
  });

  it('lie one after the other within any packet that is taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, offset) => {
        if (!frames.parse(bytes, Math.min(offset, bytes.length), bytes.length - offset)) return;
        let at = offset + 1;
        for (let i = 0; i < frames.count; i++) {
          expect(frames.offsets[i]).toBeGreaterThanOrEqual(at);
          at = frames.offsets[i]! + frames.sizes[i]!;
        }
        expect(at).toBeLessThanOrEqual(bytes.length);
        expect(frames.samples).toBeLessThanOrEqual(5760);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('joining frames', () => {
  it('gives back the frames it was given, in the shortest way', () => {
    const sizes = fc.array(fc.oneof(fc.nat(5), fc.nat(1275)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.nat(255), (given, toc) => {
        const packet = join((toc & 7) | 0x08, given);
        const found = parse(...packet);
        expect(found?.sizes).toEqual(given);
        expect(packet[0]! >> 2).toBe(((toc & 7) | 0x08) >> 2);
        const first = frames.offsets[0]!;
        expect(packet.subarray(first).every((value, i) => value === (i & 255))).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(join(0x08, [3])).toHaveLength(4);
    expect(join(0x08, [3, 3])).toHaveLength(7);
    expect(join(0x08, [3, 4])).toHaveLength(9);
    expect(join(0x08, [3, 3, 3])).toHaveLength(11);
    expect(join(0x08, [3, 4, 3])).toHaveLength(14);
  });

  it.each([
    [10, 2],
    [10, 3],
    [10, 12],
    [20, 2],
    [20, 3],
    [20, 6],
  ])('of %i ms, %i at a time, decodes to the same samples as the frames one by one', (ms, count) => {
    const single = encodeFrames(opus, speechLike(1.2), ms * 48);
    const joined: Uint8Array[] = [];
    for (let i = 0; i + count <= single.length; i += count) {
      const group = single.slice(i, i + count);
      expect(new Set(group.map((packet) => packet[0]! & 0xfc)).size).toBe(1);
      const source = Uint8Array.from(group.flatMap((packet) => [...packet.subarray(1)]));
      const output = new Uint8Array(4000);
      const sizes = Int32Array.from(group, (packet) => packet.length - 1);
      joined.push(output.slice(0, joinFrames(group[0]![0]!, source, sizes, count, output)));
    }
    const expected = decodePackets(opus, single.slice(0, joined.length * count));
    expect(decodePackets(opus, joined)).toEqual(expected);
  });
});

describe('the rescue flag', () => {
  it.each([480, 960, 1920, 2880])('of frames of %i samples is set only while the encoder knows of loss', (samples) => {
    const flags = (lossPercent: number) =>
      encodeFrames(opus, speechLike(1.2), samples, lossPercent).filter(
        (packet) => frames.parse(packet, 0, packet.length) && frames.hasRescue,
      ).length;
    expect(flags(0)).toBe(0);
    expect(flags(20)).toBeGreaterThan(57_600 / samples / 4);
  });
});
