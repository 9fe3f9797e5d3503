import type { CallEvent, LevelsReported } from '../call/event.js';
import type { LevelSubscription } from '../call/levels.js';
import { CodedError } from '../errors.js';
import { type Envelope, envelopeOf, gapEnvelope, levelsEnvelopeOf } from './envelope.js';
import { type EventFilter, passes } from './filter.js';
import { EventHistory } from './history.js';
import { type EventSink, Subscriber, type SubscriberLimits } from './subscriber.js';

/** Where events come from; `CallService` fits. */
export interface EventSource {
  subscribe(listener: (event: CallEvent) => void): () => void;
  subscribeLevels(subscription: LevelSubscription): () => void;
}

/** What a subscriber asks for. */
export interface EventSubscription extends EventFilter {
  /** Level reports every so many ticks (20 ms), 1 at least; undefined = none. */
  readonly levelsEveryTicks: number | undefined;
  /** Continue after the event of this id, as far as history reaches. */
  readonly after: string | undefined;
}

/** Bounds of {@link Broadcaster}. */
export interface BroadcasterLimits extends SubscriberLimits {
  readonly maxSubscribers: number;
  /** Newest events kept for subscribers that come back. */
  readonly historyEvents: number;
}

/** Used unless told otherwise. */
export const defaultBroadcasterLimits: BroadcasterLimits = {
  maxBufferedOctets: 256 * 1024,
  maxQueued: 1_000,
  maxDropped: 10_000,
  maxSubscribers: 100,
  historyEvents: 5_000,
};

/** Tells subscribers what happens in calls. Webhooks will be one more kind of subscriber with its own, durable queue. */
export class Broadcaster {
  readonly #source: EventSource;
  readonly #limits: BroadcasterLimits;
  readonly #nowMs: () => number;
  readonly #history: EventHistory;
  readonly #subscribers = new Map<Subscriber, EventFilter>();
  readonly #unsubscribe: () => void;

  constructor(source: EventSource, limits: BroadcasterLimits, nowMs: () => number) {
    this.#source = source;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#history = new EventHistory(limits.historyEvents);
    this.#unsubscribe = source.subscribe((event) => {
      this.#publish(event);
    });
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * Begins to feed a sink.
   * @returns what ends the subscription
   * @throws CodedError `capacityReached`, and `callNotFound` when levels of an unknown call are wanted
   */
  add(sink: EventSink, subscription: EventSubscription): () => void {
    this.assertRoom();
    const subscriber = new Subscriber(sink, this.#limits, this.#nowMs, this.#missed(subscription));
    const stopLevels = this.#subscribeLevels(subscriber, subscription);
    this.#subscribers.set(subscriber, subscription);
    return () => {
      this.#subscribers.delete(subscriber);
      stopLevels();
      subscriber.stop();
    };
  }

  /** @throws CodedError `capacityReached` when no further subscriber is taken */
  assertRoom(): void {
    if (this.#subscribers.size >= this.#limits.maxSubscribers) {
      throw new CodedError('capacityReached', 'There are too many event subscribers.');
    }
  }

  /** Takes no more events. */
  close(): void {
    this.#unsubscribe();
  }

  #publish(event: CallEvent): void {
    const envelope = envelopeOf(event);
    this.#history.add({ callId: event.callId, envelope });
    for (const [subscriber, filter] of this.#subscribers) if (passes(filter, event)) subscriber.push(envelope);
  }

  #subscribeLevels(subscriber: Subscriber, subscription: EventSubscription): () => void {
    const { callId, levelsEveryTicks } = subscription;
    if (levelsEveryTicks === undefined) return () => undefined;
    const listener = (report: LevelsReported) => {
      subscriber.push(levelsEnvelopeOf(report));
    };
    return this.#source.subscribeLevels({ callId, everyTicks: levelsEveryTicks, listener });
  }

  /** What history has for a subscriber that comes back; everything it keeps, after a notice, when it reaches not far enough. */
  #missed(subscription: EventSubscription): readonly Envelope[] {
    if (subscription.after === undefined) return [];
    const newer = this.#history.after(subscription.after);
    const wanted = (newer ?? this.#history.all())
      .filter(({ callId, envelope }) => passes(subscription, { callId, type: envelope.type }))
      .map(({ envelope }) => envelope);
    return newer === undefined ? [gapEnvelope(undefined, this.#nowMs(), 0), ...wanted] : wanted;
  }
}
