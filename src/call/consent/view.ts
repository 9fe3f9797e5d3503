import type { Call } from '../call.js';
import { isoTime } from '../clock.js';
import type { CallEvent } from '../event.js';
import type { ConsentState } from './consent-state.js';
import type { ConsentEventData } from './facts.js';
import type { ConsentPolicy } from './policy.js';

/** A fact about consent, as it happened. */
export type ConsentEvent = Extract<CallEvent, { type: keyof ConsentEventData }>;

/** Where a leg stands. */
export interface LegConsentView {
  readonly legId: string;
  readonly state: ConsentState;
  /** Every ask and answer of the leg, oldest first. */
  readonly ledger: readonly ConsentEntryView[];
}

/** Where a call stands. */
export interface CallConsentView {
  /** Undefined = nobody is asked, and everybody who did not take it back counts as having consented. */
  readonly policy: ConsentPolicy | undefined;
  /** Legs that are in, then those that are over and were asked; oldest first. */
  readonly legs: readonly { readonly legId: string; readonly state: ConsentState; readonly live: boolean }[];
  /** Every ask and answer, oldest first. */
  readonly ledger: readonly ConsentEntryView[];
}

/** One line of the ledger: the event, flat. */
export type ConsentEntryView = {
  readonly type: keyof ConsentEventData;
  readonly legId: string | undefined;
  readonly tick: number;
  /** ISO 8601. */
  readonly time: string;
} & Readonly<Record<string, unknown>>;

export function viewEntry({ type, legId, tick, timeMs, data }: ConsentEvent): ConsentEntryView {
  return { ...data, type, legId, tick, time: isoTime(timeMs) };
}

export function viewCallConsent(
  call: Call,
  asked: readonly LegStanding[],
  ledger: readonly ConsentEvent[],
): CallConsentView {
  const live = call.legs;
  const over = asked.filter(({ legId }) => !live.some(({ id }) => id === legId));
  return {
    policy: call.policy.consent,
    legs: [
      ...live.map(({ id, consent }) => ({ legId: id, state: consent, live: true })),
      ...over.map(({ legId, state }) => ({ legId, state, live: false })),
    ],
    ledger: ledger.map(viewEntry),
  };
}

/** As much of a leg's consent as is known once the leg is gone. */
interface LegStanding {
  readonly legId: string;
  readonly state: ConsentState;
}
