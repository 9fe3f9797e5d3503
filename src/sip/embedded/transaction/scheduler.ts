/** Time for the signalling stack: many deadlines on one host timer, and a seam through which tests bring their own clock. */

/** A deadline that can be called off. */
export interface Timer {
  cancel(): void;
}

/** Runs things at deadlines. */
export interface Scheduler {
  /** Monotonic, milliseconds. */
  nowMs(): number;
  /** Calls `run` once at `deadlineMs` or soon after; never from inside this call. */
  at(deadlineMs: number, run: () => void): Timer;
  /** Deadlines that wait. */
  readonly size: number;
}

/** What a scheduler needs of its host. */
export interface TimerHost {
  nowMs(): number;
  /** One timer at a time; `afterMs` is a whole number ≥ 0. Returns how to call it off. */
  schedule(afterMs: number, run: () => void): () => void;
}

interface Entry {
  readonly deadlineMs: number;
  /** Order of arrival, so that equal deadlines run first in, first out. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** The process's own timers. */
export const systemHost: TimerHost = {
  nowMs: () => performance.now(),
  schedule(afterMs, run) {
    const timeout = setTimeout(run, afterMs);
    return () => clearTimeout(timeout);
  },
};

/** A binary heap of deadlines over one host timer, armed for the earliest. */
export class TimerQueue implements Scheduler {
  readonly #heap: Entry[] = [];
  #order = 0;
  #live = 0;
  #wakeAtMs = Infinity;
  #cancelWake: (() => void) | undefined;

  /**
   * @param host    clock and wake-up call
   * @param onThrow told of what a timer's function threw; the other timers go on
   */
  constructor(
    private readonly host: TimerHost = systemHost,
    private readonly onThrow: (thrown: unknown) => void = () => undefined,
  ) {}

  get size(): number {
    return this.#live;
  }

  nowMs(): number {
    return this.host.nowMs();
  }

  at(deadlineMs: number, run: () => void): Timer {
    const entry: Entry = { deadlineMs, order: this.#order++, run };
    this.#live++;
    this.#push(entry);
    this.#arm();
    return {
      cancel: () => {
        if (entry.run === undefined) return;
        entry.run = undefined;
        this.#live--;
        this.#dropCancelled();
        this.#arm();
      },
    };
  }

  /** Calls everything off. */
  clear(): void {
    for (const entry of this.#heap) entry.run = undefined;
    this.#heap.length = 0;
    this.#live = 0;
    this.#arm();
  }

  #fire(): void {
    this.#wakeAtMs = Infinity;
    this.#cancelWake = undefined;
    const nowMs = this.host.nowMs();
    for (let top = this.#heap[0]; top !== undefined && top.deadlineMs <= nowMs; top = this.#heap[0]) {
      this.#pop();
      const { run } = top;
      if (run === undefined) continue;
      top.run = undefined;
      this.#live--;
      try {
        run();
      } catch (thrown) {
        this.onThrow(thrown);
      }
    }
    this.#dropCancelled();
    this.#arm();
  }

  #arm(): void {
    const earliestMs = this.#heap[0]?.deadlineMs ?? Infinity;
    // A wake-up that comes too early costs one look, less than moving it with every timer that is called off.
    if (earliestMs >= this.#wakeAtMs && earliestMs !== Infinity) return;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAtMs = earliestMs;
    if (earliestMs === Infinity) return;
    // Node fires up to 0.4 ms early: the ceiling of what remains.
    const afterMs = Math.max(0, Math.ceil(earliestMs - this.host.nowMs()));
    this.#cancelWake = this.host.schedule(afterMs, () => this.#fire());
  }

  /** Cancelled entries leave the heap from its top, and all at once when they are most of it. */
  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#pop();
    if (this.#heap.length < 64 || this.#live * 2 > this.#heap.length) return;
    const live = this.#heap.filter((entry) => entry.run !== undefined);
    this.#heap.length = 0;
    for (const entry of live) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      if (left === undefined) break;
      const right = heap[2 * index + 2];
      const rightFirst = right !== undefined && isBefore(right, left);
      const child = rightFirst ? right : left;
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (rightFirst ? 2 : 1);
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order);
}
