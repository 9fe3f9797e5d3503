import type { LevelsReported } from './event.js';

/** A wish for level reports. */
export interface LevelSubscription {
  /** Only of this call; undefined = of every call. */
  readonly callId: string | undefined;
  /** At most one report per call in so many ticks (20 ms each), at least 1. */
  readonly everyTicks: number;
  readonly listener: (report: LevelsReported) => void;
}

/**
 * Shares one stream of reports per call among subscribers: the media plane reports as often as the most eager one wants,
 * and each gets what it asked for.
 */
export class LevelHub {
  readonly #subscriptions = new Map<LevelSubscription, Map<string, number>>();
  readonly #request: (callId: string, everyTicks: number) => void;
  readonly #calls = new Map<string, number>();

  /** @param request asks the media plane for reports of a call; 0 = no more */
  constructor(request: (callId: string, everyTicks: number) => void) {
    this.#request = request;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** @returns what ends the subscription */
  subscribe(subscription: LevelSubscription): () => void {
    this.#subscriptions.set(subscription, new Map());
    this.#adjustAll();
    return () => {
      if (this.#subscriptions.delete(subscription)) this.#adjustAll();
    };
  }

  callStarted(callId: string): void {
    this.#calls.set(callId, 0);
    this.#adjust(callId);
  }

  callEnded(callId: string): void {
    this.#calls.delete(callId);
    for (const lastTicks of this.#subscriptions.values()) lastTicks.delete(callId);
  }

  publish(report: LevelsReported): void {
    for (const [subscription, lastTicks] of this.#subscriptions) {
      if (!concerns(subscription, report.callId)) continue;
      const last = lastTicks.get(report.callId);
      if (last !== undefined && report.tick - last < subscription.everyTicks) continue;
      lastTicks.set(report.callId, report.tick);
      subscription.listener(report);
    }
  }

  #adjustAll(): void {
    for (const callId of this.#calls.keys()) this.#adjust(callId);
  }

  #adjust(callId: string): void {
    let everyTicks = 0;
    for (const subscription of this.#subscriptions.keys()) {
      if (!concerns(subscription, callId)) continue;
      everyTicks = everyTicks === 0 ? subscription.everyTicks : Math.min(everyTicks, subscription.everyTicks);
    }
    if (this.#calls.get(callId) === everyTicks) return;
    this.#calls.set(callId, everyTicks);
    this.#request(callId, everyTicks);
  }
}

function concerns(subscription: LevelSubscription, callId: string): boolean {
  return subscription.callId === undefined || subscription.callId === callId;
}
