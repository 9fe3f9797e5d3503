import { describe, expect, it } from 'vitest';
import { inProcessOfItsOwn } from '../../support/steady-state/process-of-its-own.js';

describe('ticks in which legs are asked, wait with music, are kept out, and hear announcements', () => {
  it('allocate nothing', async () => {
    const { sent, grown, collections } = await inProcessOfItsOwn('isolation');
    expect(sent).toBeGreaterThan(0);
    // What compilers still do, and no collection that could hide more: an object per leg and tick would be 5 MB.
    expect(grown).toBeLessThan(300_000);
    expect(collections).toBe(0);
  });
});
