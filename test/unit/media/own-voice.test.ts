/** Who talks in one codec among two of another, through a whole media worker, does not hear itself. */
import { describe, expect, it } from 'vitest';
import { codecPairs, ownVoiceDb, selfLeak } from '../../support/codec-pair.js';

describe('who talks', () => {
  it.each(codecPairs.filter(([from, to]) => from !== 'L16' && to !== 'L16'))(
    'in %s hears no more of itself among two of %s than an ideal bridge would leave there',
    async (from, to) => {
      const { bridgeDb, idealDb, heard, own } = await selfLeak(from, to);
      expect(bridgeDb - idealDb).toBeLessThan(1);
      // A leak just as loud would be noticed.
      const leak = 10 ** (idealDb / 20);
      const leaking = heard.signal.map((value, n) => value + leak * own(n, heard.rateHz));
      expect(ownVoiceDb(leaking, heard.rateHz) - idealDb).toBeGreaterThan(1);
    },
  );
});
