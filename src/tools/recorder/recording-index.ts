/** Which recordings there are, newest first: what a list needs before it reads any file. About 200 octets each. */

/** One recording in the index. */
export interface IndexEntry {
  readonly recordingId: string;
  readonly callId: string;
  readonly startedAtMs: number;
}

/** So many removed recordings are remembered, so that a list in pages goes on after one that is gone. */
const mostRemoved = 1000;

/** Recordings in order, newest first, then by id. */
export class RecordingIndex {
  readonly #sorted: IndexEntry[] = [];
  readonly #byId = new Map<string, IndexEntry>();
  readonly #removed = new Map<string, IndexEntry>();

  has(recordingId: string): boolean {
    return this.#byId.has(recordingId);
  }

  /** Adds a recording; nothing happens when it is there. */
  add(entry: IndexEntry): void {
    if (this.#byId.has(entry.recordingId)) return;
    this.#byId.set(entry.recordingId, entry);
    this.#sorted.splice(this.#positionOf(entry), 0, entry);
  }

  remove(recordingId: string): void {
    const entry = this.#byId.get(recordingId);
    if (!entry) return;
    this.#byId.delete(recordingId);
    this.#sorted.splice(this.#positionOf(entry), 1);
    this.#removed.set(recordingId, entry);
    const [oldest] = this.#removed.keys();
    if (this.#removed.size > mostRemoved && oldest !== undefined) this.#removed.delete(oldest);
  }

  /**
   * Recordings that come after one, in order.
   * @param after id of a recording that {@link knows} says yes to, or undefined = from the newest on
   */
  listed(after: string | undefined, callId: string | undefined, limit: number): readonly IndexEntry[] {
    const last = after === undefined ? undefined : this.#known(after);
    const listed: IndexEntry[] = [];
    for (let at = last ? this.#positionOf(last) : 0; at < this.#sorted.length && listed.length < limit; at++) {
      const entry = this.#sorted[at];
      if (entry && entry !== last && (callId === undefined || entry.callId === callId)) listed.push(entry);
    }
    return listed;
  }

  /** Whether a list may go on after this recording. */
  knows(recordingId: string): boolean {
    return this.#known(recordingId) !== undefined;
  }

  #known(recordingId: string): IndexEntry | undefined {
    return this.#byId.get(recordingId) ?? this.#removed.get(recordingId);
  }

  /** Where it is, or where it would have to be. */
  #positionOf(entry: IndexEntry): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#sorted[middle];
      if (other && comesBefore(other, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function comesBefore(a: IndexEntry, b: IndexEntry): boolean {
  if (a.startedAtMs !== b.startedAtMs) return a.startedAtMs > b.startedAtMs;
  return a.recordingId < b.recordingId;
}
