/**
 * How late packets come: the measurement behind the playout delay.
 *
 * A packet's *transit* is its arrival time minus its media time (RTP timestamp in ms). The two clocks are unrelated, so
 * only differences of transits mean anything (RFC 3550 §6.4.1 says the same of its jitter). To play without loss, each
 * packet must be wanted no earlier than the slowest transit; waiting longer than that is delay for nothing.
 *
 * The last {@link WINDOW_BUCKETS} × {@link BUCKET_MS} of flow are kept as buckets, each with its fastest and its two
 * slowest transits, so that the picture forgets completely within 2 s and drift of the sender's clock ages out with it.
 * Time in which nothing arrives does not count: a pause in speech must not erase what is known of the network.
 *
 * A stalled network delivers its backlog at once. That is one event, not many: only the first packet of a backlog counts
 * as slow, and an event that stands alone, far beyond all others, is not a property of the network that should be paid
 * for with delay.
 */

const WINDOW_BUCKETS = 10;
const BUCKET_MS = 200;
/** Buckets that tell the fastest transit: short, so that a route that became slower is noticed quickly. */
const BASE_BUCKETS = 3;
/** Arrival gaps beyond this count as this much flow. */
const MAX_FLOW_STEP_MS = 60;
/** Transits this far outside the picture begin a new one: the sender's timestamps jumped. */
const REBASE_MS = 500;
/** A slowest transit is alone when it exceeds twice the next slowest by this much. */
const LONE_EVENT_MS = 40;
/** A packet that came within this part of its media time after its predecessor came along with it. */
const BACKLOG_RATIO = 0.25;

/** Forgetting measurement of transit times; all results are on the transit scale, in ms. */
export class DelayEstimator {
  private readonly fastest = new Float64Array(WINDOW_BUCKETS);
  private readonly slowest = new Float64Array(WINDOW_BUCKETS);
  private readonly secondSlowest = new Float64Array(WINDOW_BUCKETS);
  private bucket = 0;
  private bucketFlowMs = 0;
  private packets = 0;
  private lastArrivalMs = 0;
  private lastMediaMs = 0;
  private lastTransitMs = 0;

  private baseMs = 0;
  private slowMs = 0;
  private usualMs = 0;

  /** @param ceilingMs delay above the fastest transit that is never exceeded, whatever is lost by it */
  constructor(private readonly ceilingMs: number) {
    this.clear();
  }

  /** False until the first packet was seen. */
  get ready(): boolean {
    return this.packets > 0;
  }

  /** Fastest recent transit. */
  get fastestTransitMs(): number {
    return this.baseMs;
  }

  /** The transit every packet of the window kept to, lone events aside: waiting longer than this is for nothing. */
  get slowestTransitMs(): number {
    return this.slowMs;
  }

  /** The transit all packets but one kept to: waiting less than this loses packets again and again. */
  get usualSlowTransitMs(): number {
    return this.usualMs;
  }

  /** Spread of transits that the delay has to cover. */
  get spreadMs(): number {
    return this.slowMs - this.baseMs;
  }

  /**
   * Takes a packet into account; call it for every packet that is not a duplicate, late ones included.
   *
   * @param arrivalMs when it was received
   * @param mediaMs   its unwrapped RTP timestamp in ms
   */
  observe(arrivalMs: number, mediaMs: number): void {
    const transitMs = arrivalMs - mediaMs;
    const isAstray = transitMs < this.baseMs - REBASE_MS || transitMs > this.slowMs + REBASE_MS;
    if (this.packets === 0 || isAstray) {
      this.clear();
      this.note(transitMs, true);
    } else {
      this.flow(arrivalMs - this.lastArrivalMs);
      this.note(transitMs, !this.cameAlong(arrivalMs, mediaMs, transitMs));
    }
    this.packets++;
    this.lastArrivalMs = arrivalMs;
    this.lastMediaMs = mediaMs;
    this.lastTransitMs = transitMs;
    this.conclude();
  }

  /** Forgets everything. */
  clear(): void {
    this.fastest.fill(Infinity);
    this.slowest.fill(-Infinity);
    this.secondSlowest.fill(-Infinity);
    this.packets = 0;
    this.bucketFlowMs = 0;
  }

  /** True for a packet that was held up behind its predecessor and is no event of its own. */
  private cameAlong(arrivalMs: number, mediaMs: number, transitMs: number): boolean {
    const mediaStepMs = mediaMs - this.lastMediaMs;
    return (
      mediaStepMs > 0 && transitMs < this.lastTransitMs && arrivalMs - this.lastArrivalMs < mediaStepMs * BACKLOG_RATIO
    );
  }

  private flow(arrivalStepMs: number): void {
    this.bucketFlowMs += Math.min(MAX_FLOW_STEP_MS, Math.max(0, arrivalStepMs));
    if (this.bucketFlowMs < BUCKET_MS) return;
    this.bucketFlowMs = 0;
    this.bucket = (this.bucket + 1) % WINDOW_BUCKETS;
    this.fastest[this.bucket] = Infinity;
    this.slowest[this.bucket] = -Infinity;
    this.secondSlowest[this.bucket] = -Infinity;
  }

  private note(transitMs: number, isEvent: boolean): void {
    const at = this.bucket;
    if (transitMs < (this.fastest[at] ?? 0)) this.fastest[at] = transitMs;
    if (!isEvent) return;
    const slowest = this.slowest[at] ?? 0;
    if (transitMs > slowest) {
      this.secondSlowest[at] = slowest;
      this.slowest[at] = transitMs;
    } else if (transitMs > (this.secondSlowest[at] ?? 0)) {
      this.secondSlowest[at] = transitMs;
    }
  }

  private conclude(): void {
    let base = Infinity;
    for (let age = 0; age < BASE_BUCKETS; age++) {
      base = Math.min(base, this.fastest[(this.bucket + WINDOW_BUCKETS - age) % WINDOW_BUCKETS] ?? 0);
    }
    let first = -Infinity;
    let second = -Infinity;
    for (let at = 0; at < WINDOW_BUCKETS; at++) {
      const slowest = this.slowest[at] ?? 0;
      if (slowest > first) {
        second = Math.max(first, this.secondSlowest[at] ?? 0);
        first = slowest;
      } else {
        second = Math.max(second, slowest);
      }
    }
    if (base === Infinity) base = first;
    second = Math.max(second, base);
    const isAlone = first - base > 2 * (second - base) + LONE_EVENT_MS;
    this.baseMs = base;
    this.usualMs = Math.min(second, base + this.ceilingMs);
    this.slowMs = Math.min(Math.max(base, isAlone ? second : first), base + this.ceilingMs);
  }
}
