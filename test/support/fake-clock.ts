/** A clock for tests: time moves when told to, and what waits for it runs in order. */
import type { TimerHost } from '../../src/sip/embedded/transaction/scheduler.js';

/** A {@link TimerHost} that stands still until {@link FakeClock.advance}. */
export class FakeClock implements TimerHost {
  #nowMs: number;
  readonly #waiting = new Set<{ atMs: number; run: () => void }>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Wake-ups that wait. */
  get pending(): number {
    return this.#waiting.size;
  }

  wake(afterMs: number, run: () => void): () => void {
    const entry = { atMs: this.#nowMs + afterMs, run };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  /** Moves time on, waking what falls due on the way and letting promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#earliest(); next !== undefined && next.atMs <= untilMs; next = this.#earliest()) {
      this.#waiting.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #earliest(): { atMs: number; run: () => void } | undefined {
    let first: { atMs: number; run: () => void } | undefined;
    for (const entry of this.#waiting) if (first === undefined || entry.atMs < first.atMs) first = entry;
    return first;
  }
}

/** Lets every promise that can settle do so: a macrotask comes after all microtasks. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
