/** Work that several ask for at the same time is done once. */

interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  /** Who still waits. */
  waiting: number;
}

/** Work by key; it is aborted when nobody waits for it any more. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /** Joins the work of this key, or begins it. Rejects with the signal's reason when that aborts first. */
  run(key: string, signal: AbortSignal | undefined, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const running = this.#running.get(key) ?? this.#begin(key, begin);
    running.waiting++;
    return new Promise<T>((resolve, reject) => {
      const abort = () => {
        if (--running.waiting === 0) {
          // Whoever comes now begins anew.
          if (this.#running.get(key) === running) this.#running.delete(key);
          running.controller.abort(signal?.reason);
        }
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      running.result.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort));
    });
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController();
    const result = begin(controller.signal);
    const running: Running<T> = { result, controller, waiting: 0 };
    this.#running.set(key, running);
    const done = () => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    result.then(done, done);
    return running;
  }
}
