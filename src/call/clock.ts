/** Time as the control plane takes it: an argument, so that tests own it. */
export interface Clock {
  /** Wall time in ms since 1970. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function takes it back. */
  schedule(delayMs: number, task: () => void): () => void;
}

/** The clock of the machine; its timers never keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Settles as `promise` does, or with `late` when that takes longer than `limitMs`. */
export function within<T>(clock: Clock, limitMs: number, promise: Promise<T>, late: T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = clock.schedule(limitMs, () => {
      resolve(late);
    });
    promise.then(resolve, reject).finally(stop);
  });
}

/** Date and time as the API writes it (ISO 8601, UTC, ms). */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
