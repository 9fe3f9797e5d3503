/** What a {@link RecordBook} keeps. */
export interface KeptRecord {
  readonly id: string;
  /** It will not change any more. */
  readonly over: boolean;
}

/** Records of one call, in the order of their creation; what is over stays readable until enough newer ones are over too. */
export class RecordBook<Kept extends KeptRecord> {
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
