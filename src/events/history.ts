import type { Envelope } from './envelope.js';

/** One kept event. */
export interface Kept {
  readonly callId: string;
  readonly envelope: Envelope;
}

/** The newest events of this process, for subscribers that come back. A ring: the oldest makes room for the newest. */
export class EventHistory {
  readonly #slots: (Kept | undefined)[];
  #written = 0;

  /** @param capacity greatest number of events kept */
  constructor(capacity: number) {
    this.#slots = new Array<Kept | undefined>(capacity).fill(undefined);
  }

  add(kept: Kept): void {
    if (this.#slots.length === 0) return;
    this.#slots[this.#written % this.#slots.length] = kept;
    this.#written += 1;
  }

  /** Everything kept that is newer than the event `id`, oldest first; undefined when that event is not kept (any more). */
  after(id: string): readonly Kept[] | undefined {
    const kept = this.all();
    const index = kept.findIndex(({ envelope }) => envelope.id === id);
    return index < 0 ? undefined : kept.slice(index + 1);
  }

  /** Everything kept, oldest first. */
  all(): readonly Kept[] {
    const size = this.#slots.length;
    const kept: Kept[] = [];
    for (let n = Math.max(0, this.#written - size); n < this.#written; n++) {
      const slot = this.#slots[n % size];
      if (slot !== undefined) kept.push(slot);
    }
    return kept;
  }
}
