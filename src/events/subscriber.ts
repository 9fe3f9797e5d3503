import { type Envelope, gapEnvelope } from './envelope.js';

/** Where a subscriber's events go; a WebSocket fits. */
export interface EventSink {
  /** Octets taken but not yet handed to the network. */
  readonly bufferedAmount: number;
  /** @param onDone called when the text has left the process, or could not */
  send(text: string, onDone: () => void): void;
  close(code: number, reason: string): void;
}

/** Bounds of what is held for a subscriber that does not read. */
export interface SubscriberLimits {
  /** Send no more while the sink holds this many octets. */
  readonly maxBufferedOctets: number;
  /** Events kept waiting; beyond it the oldest is dropped. */
  readonly maxQueued: number;
  /** Dropped events after which the subscriber is cut off. */
  readonly maxDropped: number;
}

/** WebSocket close code for "try again later" (IANA registry of RFC 6455 §7.4). */
const tryAgainLater = 1013;

/**
 * Feeds one sink through a bounded queue, so that a slow reader costs memory up to a bound and nobody else anything.
 *
 *     flowing ── sink holds too much ──► queueing ── queue full ──► dropping oldest ── too many ──► closed (1013)
 *        ▲                                  │                          │
 *        └───────── sink drains ◄───────────┴── `events.gap` first ◄───┘
 */
export class Subscriber {
  readonly #sink: EventSink;
  readonly #limits: SubscriberLimits;
  readonly #nowMs: () => number;
  #queue: Envelope[];
  /** Grows by the backlog, which is kept elsewhere anyway and is no sign of a slow reader. */
  readonly #maxQueued: number;
  #dropped = 0;
  #gaps = 0;
  #closed = false;
  /** Pumping is not re-entrant: a sink may call back from within `send`. */
  #pumping = false;

  /** @param backlog events to begin with */
  constructor(sink: EventSink, limits: SubscriberLimits, nowMs: () => number, backlog: readonly Envelope[]) {
    this.#sink = sink;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#queue = [...backlog];
    this.#maxQueued = limits.maxQueued + backlog.length;
    this.#pump();
  }

  get queued(): number {
    return this.#queue.length;
  }

  push(envelope: Envelope): void {
    if (this.#closed) return;
    this.#queue.push(envelope);
    if (this.#queue.length > this.#maxQueued) {
      this.#queue.shift();
      this.#dropped += 1;
      if (this.#dropped > this.#limits.maxDropped) {
        this.stop();
        this.#sink.close(tryAgainLater, 'too slow');
        return;
      }
    }
    this.#pump();
  }

  /** Forgets what waits; nothing is sent any more. */
  stop(): void {
    this.#closed = true;
    this.#queue = [];
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#closed && this.#queue.length > 0 && this.#sink.bufferedAmount < this.#limits.maxBufferedOctets) {
      this.#sendNext();
    }
    this.#pumping = false;
  }

  #sendNext(): void {
    // What was dropped was older than everything that waits, so the notice goes first.
    const next = this.#dropped > 0 ? this.#gap() : this.#queue.shift();
    if (next === undefined) return;
    this.#sink.send(JSON.stringify(next), () => {
      this.#pump();
    });
  }

  #gap(): Envelope {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#gaps += 1;
    return gapEnvelope(dropped, this.#nowMs(), this.#gaps);
  }
}
