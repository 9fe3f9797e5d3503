/** Lets a few through at once; the others wait in line. */
import { CodedError } from '../errors.js';

/** A bounded semaphore. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(
    private readonly mostInside: number,
    private readonly mostWaiting: number,
  ) {}

  /**
   * Runs `task` when it is its turn.
   * @throws CodedError `capacityReached` when the line is too long, the signal's reason when that aborts while it waits
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await task();
    } finally {
      this.#inside--;
      this.#waiting.shift()?.();
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#inside < this.mostInside) {
      this.#inside++;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.mostWaiting) {
      throw new CodedError('capacityReached', 'Too many prompts are being made.');
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', abort);
        this.#inside++;
        resolve();
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      this.#waiting.push(enter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
