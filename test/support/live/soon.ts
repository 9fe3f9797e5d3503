/** Waiting for what will be, instead of for how long it takes. */
import { vi } from 'vitest';

/** Longest wait on a machine that is busy with other things. */
export const PATIENCE_MS = 10_000;

/** Looks again and again until that does not throw. @returns what it saw */
export async function soon<Result>(look: () => Result | Promise<Result>, timeoutMs = PATIENCE_MS): Promise<Result> {
  return vi.waitFor(look, { timeout: timeoutMs, interval: 10 });
}

/** Waits until something holds; fails when it never does. */
export async function until(holds: () => boolean, timeoutMs = PATIENCE_MS): Promise<void> {
  await soon(() => {
    if (!holds()) throw new Error(`It never came true that ${holds.toString()}`);
  }, timeoutMs);
}
