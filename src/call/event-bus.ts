/**
 * Tells each listener of everything published, in order; a listener that throws harms neither publisher nor others.
 * What a listener publishes while it is being told waits until all have been told, so that everybody hears the same order.
 */
export class EventBus<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #waiting: Event[] = [];
  readonly #onListenerError: (thrown: unknown) => void;
  #publishing = false;

  constructor(onListenerError: (thrown: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** @returns what ends the subscription */
  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  publish(event: Event): void {
    this.#waiting.push(event);
    if (this.#publishing) return;
    this.#publishing = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#tell(next);
    this.#publishing = false;
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }
}
