import { describe, expect, it } from 'vitest';
import { Ticker, TICK_MS, type TickerThread, type TickTurn } from '../../../src/media/ticker.js';

/** A thread whose time passes only when told to; timers fire `timerErrorMs` off, as Node's do. */
class FakeThread implements TickerThread {
  time = 1000;
  timerErrorMs = 0;
  #pending: { atMs: number; callback: () => void }[] = [];
  nowMs(): number {
    return this.time;
  }
  after(delayMs: number, callback: () => void): { cancel(): void } {
    const entry = { atMs: this.time + delayMs, callback };
    this.#pending.push(entry);
    return { cancel: () => void (this.#pending = this.#pending.filter((other) => other !== entry)) };
  }
  block(durationMs: number): void {
    this.time += durationMs;
  }
  afterInput(callback: () => void): void {
    this.#pending.push({ atMs: this.time, callback });
  }
  /** Runs what is due next. @returns false when nothing waits */
  step(): boolean {
    this.#pending.sort((a, b) => a.atMs - b.atMs);
    const next = this.#pending.shift();
    if (!next) return false;
    this.time = Math.max(this.time, next.atMs + this.timerErrorMs);
    next.callback();
    return true;
  }
}

function run(thread: FakeThread, turns: number, onTick?: (turn: TickTurn, index: number) => void): TickTurn[] {
  const seen: TickTurn[] = [];
  const ticker = new Ticker(thread, (turn) => {
    seen.push(turn);
    onTick?.(turn, seen.length - 1);
    if (seen.length === turns) ticker.stop();
  });
  ticker.start();
  while (thread.step());
  return seen;
}

describe('the media clock', () => {
  it.each([0, 0.9, -0.4])('keeps an absolute schedule with timers %s ms off', (timerErrorMs) => {
    const thread = new FakeThread();
    thread.timerErrorMs = timerErrorMs;
    const turns = run(thread, 500);
    expect(turns.map((turn) => turn.dueMs)).toEqual(turns.map((_, index) => 1000 + TICK_MS * (index + 1)));
    expect(turns.every((turn) => turn.skipped === 0)).toBe(true);
    expect(Math.max(...turns.map((turn) => turn.latenessMs))).toBeLessThan(1);
  });

  it('catches up one tick after a short stall', () => {
    const thread = new FakeThread();
    const turns = run(thread, 10, (_, index) => {
      if (index === 4) thread.time += 30;
    });
    expect(turns.reduce((sum, turn) => sum + turn.skipped, 0)).toBe(0);
    expect(turns[5]?.latenessMs).toBeGreaterThanOrEqual(10);
    expect(turns[9]?.latenessMs).toBeLessThan(1);
  });

  it('runs at most two ticks back to back after a long stall and skips the others', () => {
    const thread = new FakeThread();
    const starts: number[] = [];
    const turns = run(thread, 20, (_, index) => {
      starts.push(thread.time);
      if (index === 4) thread.time += 500;
    });
    expect(turns.reduce((sum, turn) => sum + turn.skipped, 0)).toBe(23);
    const stallEnd = (starts[4] ?? 0) + 500;
    expect(starts.filter((at) => at >= stallEnd && at < stallEnd + TICK_MS).length).toBeLessThanOrEqual(3);
    expect(turns.at(-1)?.dueMs).toBe(1000 + TICK_MS * (20 + 23));
  });

  it('lets input be read again even when every tick takes longer than it lasts', () => {
    const thread = new FakeThread();
    const turns = run(thread, 50, () => void (thread.time += 45));
    expect(turns).toHaveLength(50);
    expect(turns.reduce((sum, turn) => sum + turn.skipped, 0)).toBeGreaterThan(40);
  });
});
