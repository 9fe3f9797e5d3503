import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameSamples } from '../../src/media/dsp/frame.js';
import { limitFrame, limiterCeiling, limiterStateWords, resetLimiter } from '../../src/media/dsp/limiter.js';
import { Mixer } from '../../src/media/mixer/mixer.js';
import type { MixerLeg } from '../../src/media/mixer/mixer-leg.js';
import { createKernels } from '../support/kernels.js';
import { seededNoise, seededRandom } from '../support/noise.js';

const kernels = createKernels();
const words = (samples: Float32Array) => new Uint32Array(samples.slice().buffer);

/** Hands out random permutations, to sum in another order than the mixer does. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** By definition: the others' frames with their gains, in float32, added one after the other in any order. */
function naiveMix(mixer: Mixer, listener: MixerLeg, random: () => number): Float32Array {
  const mix = new Float32Array(960);
  if (listener.deaf || listener.isolated) return mix;
  for (const source of shuffled(mixer.legs, random)) {
    if (source.isolated) continue;
    const gain = mixer.routing.gain(listener, source);
    if (gain === 0) continue;
    for (let n = 0; n < 960; n++) mix[n] = mix[n]! + source.sourceFrame[n]! * gain;
  }
  return mix;
}

/** What a limiter of its own makes of a frame that is the first it gets. */
function limited(frame: Float32Array): Float32Array {
  const pointer = kernels.allocateFloats(frameSamples + limiterStateWords);
  resetLimiter(kernels, pointer + frameSamples * 4);
  const memory = kernels.f32(pointer, frameSamples);
  memory.set(frame);
  limitFrame(kernels, pointer);
  const result = memory.slice();
  kernels.free(pointer);
  return result;
}

describe('mix-minus', () => {
  it('is bit for bit the sum of the others, for any legs, loudness, mutes, deafness, audiences, isolation and pairs', () => {
    const shape = fc.record({
      seed: fc.integer(),
      legs: fc.integer({ min: 1, max: 12 }),
      relations: fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.nat(1)), { maxLength: 20 }),
      /** Legs that have a side talk, all with all. */
      aside: fc.oneof(fc.constant(0), fc.nat(0xfff)),
      notHeardByAll: fc.nat(0xfff),
      notHearingAll: fc.nat(0xfff),
      isolated: fc.oneof(fc.constant(0), fc.nat(0xfff)),
      muted: fc.nat(0xfff),
      deaf: fc.nat(0xfff),
      silent: fc.nat(0xfff),
    });
    fc.assert(
      fc.property(shape, ({ seed, legs: count, relations, aside, muted, deaf, silent, ...bits }) => {
        const has = (set: number, i: number) => ((set >> i) & 1) === 1;
        const random = seededRandom(seed);
        const mixer = new Mixer(kernels);
        const legs = Array.from({ length: count }, (_, i) => mixer.addLeg(`${i}`));
        const relate = (listener: number, source: number, gain: number) => {
          if (listener === source || listener >= count || source >= count) return;
          mixer.routing.set(legs[listener]!, legs[source]!, gain);
        };
        for (const l of legs.keys()) for (const s of legs.keys()) if (has(aside, l) && has(aside, s)) relate(l, s, 1);
        for (const [listener, source, gain] of relations) relate(listener, source, gain);
        legs.forEach((leg, i) => {
          leg.muted = has(muted, i);
          leg.deaf = has(deaf, i);
          leg.isolated = has(bits.isolated, i);
          leg.audience = {
            heardBy: has(bits.notHeardByAll, i) ? 'pairs' : 'all',
            hears: has(bits.notHearingAll, i) ? 'pairs' : 'all',
          };
          if (has(silent, i)) return;
          // Loud enough together to use every bit, quiet enough for the limiter to rest.
          leg.sourceFrame.set(seededNoise(seed + i, 960).map((value) => (value * limiterCeiling) / count));
          leg.submit();
        });
        mixer.sum();
        mixer.render();
        for (const leg of legs) {
          const expected = naiveMix(mixer, leg, random);
          expect(words(leg.heard.pcm48)).toEqual(words(expected));
        }
        mixer.close();
      }),
      { numRuns: 100 },
    );
  });

  it('stays exact with 128 legs far beyond full scale', () => {
    const mixer = new Mixer(kernels);
    const legs = Array.from({ length: 128 }, (_, i) => mixer.addLeg(`${i}`));
    const random = seededRandom(128);
    // One listener hears the difference of two equal crowds, so that its mix is small although Σ uses all 24 bits.
    const crowd = seededNoise(1, 960).map((value) => Math.sign(value) * 1.9 + value * 0.1);
    legs.forEach((leg, i) => {
      leg.sourceFrame.set(
        i < 126 ? crowd.map((value) => (i % 2 ? value : -value)) : seededNoise(i, 960).map((v) => v / 4),
      );
      leg.submit();
    });
    mixer.sum();
    mixer.render();
    for (const leg of legs.slice(126)) {
      const expected = naiveMix(mixer, leg, random);
      expect(words(leg.heard.pcm48)).toEqual(words(expected));
    }
    mixer.close();
  });

  it('holds even when every one of 128 sources says the same at ±2', () => {
    const mixer = new Mixer(kernels);
    const legs = Array.from({ length: 128 }, (_, i) => mixer.addLeg(`${i}`));
    const frame = seededNoise(3, 960).map((value) => Math.sign(value) * (2 - Math.abs(value) / 1e4));
    for (const leg of legs) {
      leg.sourceFrame.set(frame);
      leg.submit();
    }
    // Listener 0 is to hear one source only; 126 closed relations bring the whole sum down to it.
    for (const source of legs.slice(2)) mixer.routing.set(legs[0]!, source, 0);
    mixer.sum();
    mixer.render();
    // ±2 is limited, by the same gains as that one source would be alone.
    expect(words(legs[0]!.heard.pcm48)).toEqual(words(limited(legs[1]!.sourceFrame)));
    expect(words(limited(legs[1]!.sourceFrame.map((value, n) => (n === 959 ? value - 2 ** -16 : value))))).not.toEqual(
      words(limited(legs[1]!.sourceFrame)),
    );
    mixer.close();
  });

  it('is within half a grid step per relation of the definition, for gains in between', () => {
    const gains = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.double({ min: 0, max: 16, noNaN: true })), {
      maxLength: 15,
    });
    fc.assert(
      fc.property(fc.integer(), gains, (seed, relations) => {
        const mixer = new Mixer(kernels);
        const legs = Array.from({ length: 6 }, (_, i) => mixer.addLeg(`${i}`));
        for (const [l, s, gain] of relations) if (l !== s) mixer.routing.set(legs[l]!, legs[s]!, gain);
        legs.forEach((leg, i) => {
          leg.sourceFrame.set(seededNoise(seed + i, 960).map((value) => value / 100));
          leg.submit();
        });
        mixer.sum();
        mixer.render();
        for (const leg of legs) {
          const expected = naiveMix(mixer, leg, seededRandom(seed));
          const heard = leg.heard.pcm48;
          // Half a step for each product, and what the definition itself loses in float32.
          const bound = (mixer.routing.relationsOf(leg).length + 1) * 2 ** -17 + 1e-6;
          const error = heard.reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n]!)), 0);
          expect(error).toBeLessThanOrEqual(bound);
        }
        mixer.close();
      }),
      { numRuns: 40 },
    );
  });
});
