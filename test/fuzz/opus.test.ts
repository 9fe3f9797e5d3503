import { describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../src/media/codec/opus-decoder.js';
import { seededRandom } from '../support/noise.js';
import { createOpus, createOpusEncoder, encodeFrames, encodeTicks, sine, speechLike } from '../support/opus.js';
import { toneAt } from '../support/spectrum.js';

/**
 * Random and mutated payloads at the Opus decoder (SAFETY M3, M8): nothing throws, no memory grows, what comes out is a
 * number within bounds, and a good packet is heard afterwards. `OPUS_FUZZ_RUNS=1000000` makes it a long run.
 */
const runs = Number(process.env.OPUS_FUZZ_RUNS ?? 50_000);
const seed = Number(process.env.OPUS_FUZZ_SEED ?? 1);

const opus = createOpus();
const random = seededRandom(seed);
const upTo = (limit: number) => Math.floor(random() * limit);

/** Packets of every mode and frame size to start from. */
function goodPackets(): Uint8Array[] {
  const signal = speechLike(0.4, 5);
  const sized = [120, 240, 480, 960, 1920, 2880].flatMap((samples) => encodeFrames(opus, signal, samples, 20));
  const full = createOpusEncoder(opus, { useinbandfec: '1' }, { bitrateBps: 64_000 });
  const packets = [...sized, ...encodeTicks(full, signal)];
  full.close();
  return packets;
}
const seeds = goodPackets();

/** Writes the next hostile payload to `bytes`. @returns its length */
function hostile(bytes: Uint8Array): number {
  const kind = random();
  if (kind < 0.3) {
    const length = random() < 0.1 ? upTo(bytes.length) : upTo(200);
    for (let i = 0; i < length; i++) bytes[i] = upTo(256);
    return length;
  }
  const from = seeds[upTo(seeds.length)]!;
  bytes.set(from);
  let length = from.length;
  if (kind < 0.5) length = upTo(length + 1);
  if (kind > 0.9) {
    // Many frames: a count byte and whatever lengths come.
    bytes[0]! |= 3;
    bytes.copyWithin(2, 1, length++);
    bytes[1] = upTo(256);
  }
  for (let flips = upTo(6); flips > 0; flips--) bytes[upTo(Math.max(1, Math.min(length, 12)))]! ^= 1 << upTo(8);
  for (let flips = upTo(4); flips > 0; flips--) bytes[upTo(Math.max(1, length))] = upTo(256);
  return length;
}

describe('OpusDecoder', () => {
  it(
    `survives ${runs} hostile payloads`,
    () => {
      const decoder = new OpusDecoder(opus);
      const bytes = new Uint8Array(1500);
      const output = new Float32Array(5760 + 1);
      // Noise that parses leaves SILK's predictors in a state that a steady tone needs up to a second to get out of.
      const tone = encodeFrames(opus, sine(1000, 2), 960);
      const counts = { decoded: 0, refused: 0, rescued: 0 };
      const { memoryBytes, liveBytes } = opus;
      for (let run = 0; run < runs; run++) {
        const length = hostile(bytes);
        const samples = decoder.samplesIn(bytes, length);
        output[5760] = 9;
        const got = random() < 0.2 ? decoder.decodeLost(bytes, length, output, 1 + upTo(2880)) : -2;
        if (got > 0) counts.rescued++;
        const decoded = decoder.decode(bytes, length, output);
        if (decoded < 0) counts.refused++;
        else counts.decoded++;
        if (decoded !== samples && decoded !== -1) expect.fail(`run ${run}: ${samples} samples became ${decoded}`);
        if (random() < 0.2) decoder.conceal(output, 1 + upTo(2880));
        for (let i = 0; i < decoded; i += 37) {
          if (!(Math.abs(output[i]!) <= 1)) expect.fail(`run ${run}: sample ${i} is ${output[i]}`);
        }
        if (output[5760] !== 9) expect.fail(`run ${run}: written beyond the end`);
        if (run % 5000 === 4999) {
          for (const packet of tone) expect(decoder.decode(packet, packet.length, output)).toBe(960);
          const { amplitude } = toneAt(output.subarray(0, 960), 48_000, 1000);
          expect(Math.abs(20 * Math.log10(amplitude / 0.3))).toBeLessThan(1);
        }
      }
      expect(opus.memoryBytes).toBe(memoryBytes);
      expect(opus.liveBytes).toBe(liveBytes);
      expect(counts.decoded).toBeGreaterThan(runs / 4);
      expect(counts.refused).toBeGreaterThan(runs / 20);
      expect(counts.rescued).toBeGreaterThan(runs / 200);
      decoder.close();
    },
    20_000 + runs / 5,
  );
});
