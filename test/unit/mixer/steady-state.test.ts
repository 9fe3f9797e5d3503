import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Upsampler } from '../../../src/media/dsp/resampler.js';
import { LevelMeter } from '../../../src/media/dsp/level.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import type { EncodingName } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a call of ten legs in its steady state', () => {
  it.each<[string, EncodingName[], number, number]>([
    ['G.711', ['PCMA', 'PCMU'], 100_000, 200_000],
    ['G.722 and L16', ['G722', 'G722', 'L16'], 20_000, 1_000_000],
  ])('allocates nothing with %s', async (_name, encodings, ticks, mostBytes) => {
    const kernels = createKernels();
    const mixer = new Mixer(kernels);
    const meter = new LevelMeter(kernels);
    const legs = Array.from({ length: 10 }, (_, i) => mixer.addLeg(`${i}`));
    const upsamplers = [0, 1].map(() => new Upsampler(kernels, 8000));
    const input = kernels.allocateFloats(160);
    kernels.f32(input, 160).set(seededNoise(1, 160).map((value) => value / 4));
    legs.forEach((leg, i) =>
      leg.setFormat({
        encoding: encodings[i % encodings.length]!,
        payloadType: 0,
        clockRateHz: 8000,
        channels: 1,
        parameters: {},
      }),
    );
    mixer.routing.set(legs[5]!, legs[0]!, 0.5);
    let bytes = 0;
    const tick = (number: number) => {
      // Two talkers, who pause now and then so that legs go between shared and private.
      for (let i = 0; i < 2; i++) {
        // And a pause now and then in which encoders come to rest.
        if (number % 16 < 4 * (i + 1) || number % 400 > 340) continue;
        upsamplers[i]!.process(input, legs[i]!.sourcePointer);
        legs[i]!.submit();
      }
      mixer.sum();
      mixer.render();
      for (const leg of legs) {
        const payload = leg.payload();
        bytes += payload.length + payload.bytes[0]!;
      }
      meter.measure(legs[0]!.sourcePointer, 960);
    };
    for (let i = 0; i < 10_000; i++) tick(i);
    let collections = 0;
    const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
    observer.observe({ entryTypes: ['gc'] });
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < ticks; i++) tick(i);
    const grown = process.memoryUsage().heapUsed - before;
    await new Promise((resolve) => setTimeout(resolve, 10));
    observer.disconnect();
    expect(bytes).toBeGreaterThan(0);
    // What compilers still do, and no collection that could hide more: an object per leg and tick would be 3 MB.
    expect(grown).toBeLessThan(mostBytes);
    expect(collections).toBe(0);
  });
});
