/** Keeps what was used last, up to a total weight. */

/** A map that forgets what was not used for longest. */
export class Recent<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly weight: number }>();
  #weight = 0;

  /**
   * @param mostWeight of all entries together; what weighs more alone is not kept
   * @param onForgotten called with what had to go
   */
  constructor(
    private readonly mostWeight: number,
    private readonly onForgotten: (key: string) => void = () => undefined,
  ) {}

  /** Weight of all entries. */
  get weight(): number {
    return this.#weight;
  }

  /** The value, which counts as used. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, weight = 1): void {
    this.delete(key);
    if (weight > this.mostWeight) {
      this.onForgotten(key);
      return;
    }
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.mostWeight) break;
      this.delete(oldest);
      this.onForgotten(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}
