import { describe, expect, it } from 'vitest';
import { inProcessOfItsOwn } from '../../support/steady-state/process-of-its-own.js';

describe('a call of ten legs in its steady state', () => {
  it.each([
    ['G.711', ['PCMA', 'PCMU'], 100_000],
    ['G.722 and L16', ['G722', 'G722', 'L16'], 20_000],
  ])('allocates nothing with %s', async (_name, encodings, ticks) => {
    const { sent, grown, collections } = await inProcessOfItsOwn('call', String(ticks), ...encodings);
    expect(sent).toBeGreaterThan(0);
    // What compilers still do, and no collection that could hide more: an object per leg and tick would be 3 MB.
    expect(grown).toBeLessThan(200_000);
    expect(collections).toBe(0);
  });
});
