/** How many requests one holder of a key may send. */
export interface RateLimit {
  /** In the long run. */
  readonly perSecond: number;
  /** At once. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const maxBuckets = 10_000;

/** Token buckets by name, a bounded number of them: the one that was made first makes room. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
  }

  /** Takes one token. @returns false when there is none */
  take(name: string): boolean {
    const bucket = this.#bucket(name);
    const nowMs = this.#nowMs();
    const { perSecond, burst } = this.#limit;
    const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs / 1000) * perSecond);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #bucket(name: string): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const made = { tokens: this.#limit.burst, filledAtMs: this.#nowMs() };
    this.#buckets.set(name, made);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= maxBuckets) break;
      this.#buckets.delete(oldest);
    }
    return made;
  }
}
