import type { CallEvent } from './event.js';
import type { EventBus } from './event-bus.js';

/** What a {@link RecordBook} keeps. */
export interface KeptRecord {
  readonly id: string;
  /** It will not change any more. */
  readonly over: boolean;
}

/** Records of one call, in the order of their creation; what is over stays readable until enough newer ones are over too. */
class RecordBook<Kept extends KeptRecord> {
  readonly #byId = new Map<string, Kept>();
  readonly #maxOver: number;

  constructor(maxOver = 256) {
    this.#maxOver = maxOver;
  }

  add(record: Kept): void {
    this.#byId.set(record.id, record);
    let over = 0;
    for (const known of this.#byId.values()) if (known.over) over += 1;
    for (const [id, known] of this.#byId) {
      if (over <= this.#maxOver) break;
      if (!known.over) continue;
      this.#byId.delete(id);
      over -= 1;
    }
  }

  find(id: string): Kept | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  all(): readonly Kept[] {
    return [...this.#byId.values()];
  }

  /** Those that are not over, oldest first. */
  open(): readonly Kept[] {
    return this.all().filter((record) => !record.over);
  }
}

/** The books of all calls; a call's is gone with it. */
export class RecordBooks<Kept extends KeptRecord> {
  readonly #byCall = new Map<string, RecordBook<Kept>>();

  constructor(events: EventBus<CallEvent>) {
    events.subscribe(({ type, callId }) => {
      if (type === 'call.ended') this.#byCall.delete(callId);
    });
  }

  /** The book of a call, to read; empty where nothing was ever added. */
  of(callId: string): Pick<RecordBook<Kept>, 'find' | 'all' | 'open'> {
    return this.#byCall.get(callId) ?? new RecordBook<Kept>();
  }

  /** To a call that goes on. */
  add(callId: string, record: Kept): void {
    const book = this.#byCall.get(callId) ?? new RecordBook<Kept>();
    this.#byCall.set(callId, book);
    book.add(record);
  }
}
