/** Sender clocks that drift, for as long as a call may last. */
import { describe, expect, it } from 'vitest';
import { PlayoutRig } from '../../support/playout-rig.js';
import { MINUTE_MS, SCALE, VOICE } from '../../support/playout-run.js';

describe('a clock that drifts', () => {
  it.each([
    [200, 0],
    [-200, 0],
    [200, 2],
    [-200, 2],
    [200, 20],
    [-200, 20],
  ])('by %i ppm under %i ms of jitter costs few corrections and no reset', (driftPpm, jitterMs) => {
    const corrections: number[] = [];
    let count = 0;
    let worst = 0;
    const rig = new PlayoutRig({ network: { seed: 50, jitterMs }, driftPpm, signal: VOICE });
    rig.run(60 * MINUTE_MS * SCALE, ({ nowMs, depthMs, targetMs }) => {
      const { accelerated, decelerated } = rig.playout.statistics();
      if (nowMs > 2000) {
        worst = Math.max(worst, Math.abs(depthMs - targetMs));
        if (accelerated + decelerated > count) corrections.push(nowMs);
      }
      count = accelerated + decelerated;
    });
    const { resets, dropped, concealed } = rig.playout.statistics();
    expect({ resets, dropped }).toEqual({ resets: 0, dropped: 0 });
    expect(worst).toBeLessThanOrEqual(20);
    expect(corrections.length).toBeGreaterThan(0);
    expect(corrections.length).toBeLessThan((60 * MINUTE_MS * SCALE) / 20_000);
    // A correction of less than a tick may leave the rest to one short concealment.
    expect(concealed).toBeLessThanOrEqual(2 + corrections.length);
    // A packet missed by surprise may call for a second correction at once; without jitter there is no surprise.
    const hurried = corrections.filter((atMs, index) => atMs - (corrections[index - 1] ?? -Infinity) < 4999);
    expect(hurried.length).toBeLessThanOrEqual(jitterMs > 2 ? 1 : 0);
  });
});
