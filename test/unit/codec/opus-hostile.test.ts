/** Packets that are not what they claim, through the playout of an Opus leg (SAFETY M8): how long they are heard. */
import { describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../../src/media/codec/opus-decoder.js';
import { Playout } from '../../../src/media/jitter/playout.js';
import { createOpus, createOpusEncoder, encodeFrames, encodeTicks, rms, sine } from '../../support/opus.js';
import { seededRandom } from '../../support/noise.js';
import { toneAt } from '../../support/spectrum.js';

const opus = createOpus();
const tone = sine(440, 4, 0.3);
const encoder = createOpusEncoder(opus);
const good = encodeTicks(encoder, tone);
encoder.close();
/** Frames of 60 ms, claimed to be 20 ms long by their place in the stream. */
const long = encodeFrames(opus, sine(2000, 2, 0.9), 2880);

const firstBad = 60;
const badPackets = 20;

/** Ticks of what is played when packets 60…79 are what `bad` makes, and the counts at the end. */
function play(bad: (index: number) => Uint8Array) {
  const playout = new Playout(() => ({ decoder: new OpusDecoder(opus), clockRateHz: 48_000 }), 48_000);
  const ticks: Float32Array[] = [];
  const depths: number[] = [];
  for (let index = 0; index < 180; index++) {
    const isBad = index >= firstBad && index < firstBad + badPackets;
    const payload = isBad ? bad(index) : good[index]!;
    playout.insert({
      payloadType: 96,
      extendedSequence: index,
      extendedTimestamp: index * 960,
      payload,
      offset: 0,
      length: payload.length,
      arrivalMs: index * 20,
    });
    const output = new Float32Array(960);
    playout.pull(output, index * 20 + 5);
    ticks.push(output);
    depths.push(playout.depthMs);
  }
  const statistics = playout.statistics();
  playout.close();
  return { ticks, depths, statistics };
}

const clean = play((index) => good[index]!);
const level = rms(clean.ticks[150]!);

describe('after a run of hostile Opus packets', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of random bytes (seed %i) the tone is back within two frames', (seed) => {
    const random = seededRandom(seed);
    const { ticks } = play(() => Uint8Array.from({ length: 40 + Math.floor(random() * 120) }, () => random() * 256));
    // The two frames in which the decoder begins anew may differ.
    const back = ticks.slice(firstBad + badPackets + 3);
    for (const tick of back) expect(rms(tick)).toBeLessThan(2 * level);
    expect(toneAt(Float32Array.from(back.flatMap((tick) => [...tick])), 48_000, 440).amplitude).toBeGreaterThan(0.25);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'of noise that only its last packet betrays (seed %i) the very next is heard',
    (seed) => {
      const random = seededRandom(seed);
      const { ticks } = play((index) => {
        const noise = Uint8Array.from({ length: 100 }, () => random() * 256);
        noise[0] = good[firstBad]![0]!;
        return index < firstBad + badPackets - 1 ? noise : Uint8Array.of(0xff, 0xff, 0xff);
      });
      for (const tick of ticks.slice(firstBad + badPackets)) {
        expect(rms(tick)).toBeGreaterThan(0.7 * level);
        expect(rms(tick)).toBeLessThan(1.3 * level);
      }
    },
  );

  it('that claim three times their place nothing of them is heard for longer than they took', () => {
    const { ticks, depths, statistics } = play((index) => long[index % long.length]!);
    expect(statistics.decodeErrors).toBeGreaterThan(badPackets / 2);
    const late = Float32Array.from(ticks.slice(firstBad + badPackets + 3).flatMap((tick) => [...tick]));
    expect(toneAt(late, 48_000, 2000).amplitude).toBeLessThan(0.01);
    expect(depths.at(-1)! - clean.depths.at(-1)!).toBeLessThan(40);
  });

  it('that cannot be parsed are concealed and counted one by one', () => {
    const { ticks, statistics } = play(() => Uint8Array.of(0xff, 0xff, 0xff));
    expect(statistics.decodeErrors).toBe(badPackets);
    for (const tick of ticks.slice(firstBad + badPackets + 3)) expect(rms(tick)).toBeGreaterThan(0.7 * level);
  });
});

describe('packets that are honest', () => {
  it('may change their duration in mid-stream without anything being taken back', () => {
    const frames = encodeFrames(opus, tone, 2880);
    const playout = new Playout(() => ({ decoder: new OpusDecoder(opus), clockRateHz: 48_000 }), 48_000);
    const output = new Float32Array(960);
    let sequence = 0;
    for (let tick = 0; tick < 180; tick++) {
      const isLong = tick >= 60;
      if (!isLong || tick % 3 === 0) {
        const payload = isLong ? frames[tick / 3]! : good[tick]!;
        playout.insert({
          payloadType: 96,
          extendedSequence: sequence++,
          extendedTimestamp: tick * 960,
          payload,
          offset: 0,
          length: payload.length,
          arrivalMs: tick * 20 + (isLong ? 40 : 0),
        });
      }
      playout.pull(output, tick * 20 + 5);
    }
    expect(playout.statistics().decodeErrors).toBe(0);
    playout.close();
  });
});
