import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SteadyCall } from '../../support/steady-state/steady-call.js';

const script = fileURLToPath(new URL('../../support/steady-state/steady-call.ts', import.meta.url));

describe('a call of ten legs in its steady state', () => {
  it.each([
    ['G.711', ['PCMA', 'PCMU'], 100_000, 200_000],
    ['G.722 and L16', ['G722', 'G722', 'L16'], 20_000, 500_000],
  ])('allocates nothing with %s', async (_name, encodings, ticks, mostBytes) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--expose-gc', '--import', 'tsx'],
      ...[script, String(ticks), ...encodings],
    ]);
    const { sent, grown, collections } = JSON.parse(stdout) as SteadyCall;
    expect(sent).toBeGreaterThan(0);
    // What compilers still do, and no collection that could hide more: an object per leg and tick would be 3 MB.
    expect(grown).toBeLessThan(mostBytes);
    expect(collections).toBe(0);
  });
});
