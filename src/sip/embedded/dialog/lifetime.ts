/** What a dialog does later, and who is told of its end. */
import type { Scheduler, Timer } from '../transaction/scheduler.js';

/** The time from a dialog's beginning to its end. */
export class Lifetime {
  readonly #scheduler: Scheduler;
  readonly #timers = new Set<Timer>();
  readonly #onEnded = new Set<() => void>();
  #isOver = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Runs `run` after a while, unless the dialog ends before. */
  later(afterMs: number, run: () => void): Timer {
    if (this.#isOver) return { cancel: () => undefined };
    const timer = this.#scheduler.at(this.#scheduler.nowMs() + afterMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Calls `run` when the dialog ends; returns how to take that back. */
  onEnded(run: () => void): () => void {
    this.#onEnded.add(run);
    return () => this.#onEnded.delete(run);
  }

  /** Resolves after a while, or when the dialog ends. */
  sleep(afterMs: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = this.onEnded(resolve);
      this.later(afterMs, () => {
        forget();
        resolve();
      });
    });
  }

  /** Ends it: timers are gone, and who asked is told. */
  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const run of [...this.#onEnded]) run();
    this.#onEnded.clear();
  }
}
