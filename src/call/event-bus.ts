/** Tells each listener of everything published, in order; a listener that throws harms neither publisher nor others. */
export class EventBus<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #onListenerError: (thrown: unknown) => void;

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
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  }
}
