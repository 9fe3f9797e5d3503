import { describe, expect, it } from 'vitest';
import {
  extendSequence,
  extendTimestamp,
  firstExtendedSequence,
  firstExtendedTimestamp,
  sequenceDelta,
  timestampDelta,
} from '../../../src/media/rtp/sequence.js';
import { SeededRandom } from '../../../src/media/rtp/seeded-random.js';
import { TokenBucket } from '../../../src/media/rtp/token-bucket.js';

describe('modular comparison', () => {
  it.each([
    [1, 0, 1],
    [0, 1, -1],
    [0, 65535, 1],
    [65535, 0, -1],
    [32767, 0, 32767],
    [32768, 0, -32768],
  ])('sequence %i is %i steps after %i… the short way round', (to, from, steps) => {
    expect(sequenceDelta(to, from)).toBe(steps);
  });

  it.each([
    [0, 0xffff_ffff, 1],
    [0xffff_ffff, 0, -1],
    [0x8000_0000, 1, 0x7fff_ffff],
    [0x8000_0000, 0, -0x8000_0000],
  ])('timestamp %i against %i is %i', (to, from, steps) => {
    expect(timestampDelta(to, from)).toBe(steps);
  });
});

describe('unwrapping', () => {
  it('stays above zero for packets older than the first', () => {
    expect(extendSequence(65535, firstExtendedSequence(0))).toBe(65535);
    expect(extendTimestamp(0xffff_ffff, firstExtendedTimestamp(0))).toBe(0xffff_ffff);
  });

  it('counts 30 days at 50 packets per second and 48 kHz without losing one, both wrapping at the same packet', () => {
    const packets = 30 * 24 * 3600 * 50;
    const stride = 30_000; // Packets looked at: far apart, but less than half a cycle.
    let sequence = firstExtendedSequence(65535);
    let timestamp = firstExtendedTimestamp(0x1_0000_0000 - 960);
    for (let packet = stride; packet <= packets; packet += stride) {
      sequence = extendSequence((65535 + packet) & 0xffff, sequence);
      timestamp = extendTimestamp((960 * (packet - 1)) % 0x1_0000_0000, timestamp);
    }
    const counted = Math.floor(packets / stride) * stride;
    expect(sequence).toBe(0x1_0000 + 65535 + counted);
    expect(timestamp).toBe(0x2_0000_0000 + 960 * (counted - 1));
  });
});

describe('SeededRandom', () => {
  it('repeats itself for a seed, differs between neighbours, and spreads evenly', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 4 },
        (
          (random) => () =>
            random.nextUint32()
        )(new SeededRandom(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const random = new SeededRandom(1);
    const bins = new Array<number>(8).fill(0);
    for (let index = 0; index < 8000; index++) {
      const bin = Math.floor(random.nextRatio() * 8);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('TokenBucket', () => {
  it('lets a burst through, then the rate', () => {
    const bucket = new TokenBucket(200, 50, 1000);
    const taken = (from: number, to: number, perMs: number) => {
      let count = 0;
      for (let ms = from; ms < to; ms++) for (let n = 0; n < perMs; n++) if (bucket.take(ms)) count += 1;
      return count;
    };
    expect(taken(1000, 1001, 1000)).toBe(50);
    expect(taken(1001, 2001, 20)).toBe(200);
    expect(taken(10_000, 10_001, 1000)).toBe(50);
  });

  it('never refuses the nominal rate', () => {
    const bucket = new TokenBucket(200, 50, 0);
    for (let packet = 0; packet < 10_000; packet++) expect(bucket.take(packet * 20)).toBe(true);
  });

  it('gives nothing for a clock that steps back and forth', () => {
    const bucket = new TokenBucket(100, 1, 1000);
    expect(bucket.take(1000)).toBe(true);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(1000)).toBe(false);
    expect(bucket.take(1010)).toBe(true);
  });
});
