/** Token buckets: a steady rate with a burst on top (SAFETY S4). Time is an argument. */

/** One bucket. */
export class TokenBucket {
  #tokens: number;
  #filledMs: number;

  constructor(
    private readonly ratePerS: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  /** Takes a token; returns 0, or the whole seconds (≥ 1) after which to try again. A clock that goes back gives nothing. */
  take(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#filledMs = Math.max(this.#filledMs, nowMs);
    this.#tokens = Math.min(this.burst, this.#tokens + (elapsedMs * this.ratePerS) / 1_000);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.ratePerS));
  }
}

/** A bucket for each key; the key not used for longest is forgotten when there are too many. */
export class TokenBuckets {
  /** In order of use, oldest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    private readonly ratePerS: number,
    private readonly burst: number,
    private readonly maxKeys: number,
  ) {}

  /** Keys remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** As {@link TokenBucket.take}. */
  take(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.ratePerS, this.burst, nowMs);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.maxKeys) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket.take(nowMs);
  }
}
