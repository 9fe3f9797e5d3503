/** What the bridge adds between mouth and ear at rest; `bench/latency.ts` measures the same on a real server. */
import { describe, expect, it } from 'vitest';
import { measureDelays } from '../../support/delay-room.js';
import { percentile } from '../../support/playout-run.js';

const legs = 20;
/** Together with twenty legs: a phase every 0.25 ms. */
const offsets = [0.125, 0.375, 0.625, 0.875];

describe('twenty legs on a clean network, jitter buffer on', () => {
  it.each([
    { jitterMs: 0.1, tickJitterMs: 0.1 },
    { jitterMs: 0.5, tickJitterMs: 0.3 },
  ])(
    'add 12 ms in the middle and 22 to all but 5 %, phones late by up to $jitterMs ms and ticks by $tickJitterMs',
    async (jitter) => {
      const delaysMs: number[] = [];
      for (const offset of offsets) {
        const room = await measureDelays({ legs, ...jitter, offset, seed: 1 });
        delaysMs.push(...room.delaysMs);
        for (const { playout } of room.statistics) {
          expect(playout).toMatchObject({ concealed: 0, late: 0, dropped: 0, accelerated: 0 });
        }
      }
      expect(delaysMs).toHaveLength(offsets.length * 2 * legs);
      expect(percentile(delaysMs, 0.5)).toBeLessThanOrEqual(12);
      expect(percentile(delaysMs, 0.95)).toBeLessThanOrEqual(22);
      // All phases were there, and nobody is heard sooner than the filters let sound through.
      expect(Math.min(...delaysMs)).toBeGreaterThan(0.3);
      expect(Math.max(...delaysMs) - Math.min(...delaysMs)).toBeGreaterThan(19);
    },
  );
});
