import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { LegIsolation } from '../../../src/media/isolation/leg-isolation.js';
import { Playback } from '../../../src/media/isolation/playback.js';
import { ProgrammeRegistry } from '../../../src/media/isolation/programme-track.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import { PCMU } from '../../support/media-rig.js';
import { hum, programme } from '../../support/clips.js';
import { order, rules } from '../../support/interaction-order.js';
import { createKernels } from '../../support/kernels.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const forever = 2 ** 30;

describe('ticks in which legs are asked, wait with music, are kept out, and hear announcements', () => {
  it('allocate nothing', async () => {
    const kernels = createKernels();
    const mixer = new Mixer(kernels);
    const registry = new ProgrammeRegistry();
    const clips = [hum(440, 8000, 333), hum(600, 8000, 77), hum(900, 8000, 1)];
    const endless = (crossfadeMs: number) => programme(clips, { plays: 0, crossfadeMs, startOffsetMs: 5 });
    const legs = Array.from({ length: 8 }, (_, index) => {
      const place = mixer.addLeg(`${index}`);
      place.setFormat(PCMU);
      const isolation = new LegIsolation(registry);
      if (index === 1 || index === 2) isolation.start(order({ prompt: endless(index * 10) }), 0);
      // Asks over and over: 20 ticks of prompt, 15 to wait.
      const gather = rules({ timeoutTicks: 15, retries: forever });
      if (index === 3 || index === 4) {
        isolation.start(order({ prompt: programme([hum(440, 8000, 400)]), music: endless(3), gather }), 0);
      }
      if (index === 5) isolation.keepOut(endless(20));
      if (index === 6) isolation.start(order({ prompt: programme([], { complete: false }) }), 0);
      place.isolated = isolation.isolated;
      return { place, isolation };
    });
    const announcement = new Playback(
      { playbackId: 'announcement', programme: endless(50), legIds: undefined, duckDb: -10 },
      registry,
    );
    let bytes = 0;
    const tick = (number: number): void => {
      mixer.sum();
      for (const { place, isolation } of legs) {
        if (!isolation.isBusy) continue;
        const { frame, pointer } = place.programme;
        kernels.run.zero(pointer, frame.length);
        if (isolation.step(number, frame)) throw new Error('No interaction was to end.');
        if (kernels.run.isZero(pointer, frame.length) === 0) place.programme.submit();
      }
      kernels.run.zero(mixer.programme.pointer, mixer.programme.frame.length);
      announcement.fill(mixer.programme.frame);
      mixer.programme.submit(announcement.duckGain);
      mixer.render();
      for (const { place } of legs) bytes += place.payload().bytes[0]!;
    };
    for (let number = 0; number < 15_000; number++) tick(number);
    let collections = 0;
    const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
    observer.observe({ entryTypes: ['gc'] });
    const before = process.memoryUsage().heapUsed;
    for (let number = 15_000; number < 35_000; number++) tick(number);
    const grown = process.memoryUsage().heapUsed - before;
    await new Promise((resolve) => setTimeout(resolve, 10));
    observer.disconnect();
    expect(bytes).toBeGreaterThan(0);
    // What compilers still do, and no collection that could hide more: an object per leg and tick would be 5 MB.
    expect(grown).toBeLessThan(300_000);
    expect(collections).toBe(0);
  });
});
