import type { Call } from '../call.js';
import type { Leg } from '../leg.js';
import type { ConsentState } from './consent-state.js';
import { type ConsentHost, LegConsent } from './leg-consent.js';
import type { ConsentPolicy } from './policy.js';
import type { ConsentEvent } from './view.js';

/** Entries of the ledger kept in memory; the call's record on disk has all of them. */
const maxLedger = 10_000;
/** Legs that are over are remembered until this many newer ones are over too; as long as a call knows them. */
const maxEndedLegs = 64;

/** Consent of one call: its legs, its ledger, and what has begun for good. */
export class CallConsent {
  readonly #host: ConsentHost;
  readonly #call: Call;
  readonly #legs = new Map<string, LegConsent>();
  readonly #recordings = new Set<string>();
  readonly #ledger: ConsentEvent[] = [];
  /** The API has asked everybody once. */
  demanded = false;
  #asks: boolean;

  constructor(host: ConsentHost, call: Call) {
    this.#host = host;
    this.#call = call;
    this.#asks = call.policy.consent !== undefined;
  }

  /** Every ask and answer, oldest first. */
  get ledger(): readonly ConsentEvent[] {
    return this.#ledger;
  }
  /** Where every leg stands that anything was asked of. */
  get standings(): readonly { readonly legId: string; readonly state: ConsentState }[] {
    return [...this.#legs].map(([legId, { state }]) => ({ legId, state }));
  }

  /** Whether whoever comes is asked, by a policy of this kind. */
  asks(when: ConsentPolicy['ask']): boolean {
    if (when === 'onJoin' || this.demanded) return true;
    return when === 'beforeRecording' && this.#recordings.size > 0;
  }

  leg(leg: Leg): LegConsent {
    const known = this.#legs.get(leg.id);
    if (known !== undefined) return known;
    const made = new LegConsent(this.#host, this.#call, leg);
    this.#legs.set(leg.id, made);
    return made;
  }

  /** The call's policy may be another one now. */
  policyChanged(): void {
    const asks = this.#call.policy.consent !== undefined;
    if (asks === this.#asks) return;
    this.#asks = asks;
    for (const leg of this.#call.legs) this.leg(leg).policyChanged(asks);
  }

  recordingStarted(recordingId: string): void {
    this.#recordings.add(recordingId);
  }

  recordingStopped(recordingId: string): void {
    this.#recordings.delete(recordingId);
  }

  /** The leg is over; what it said stays on record. */
  legEnded(legId: string): void {
    this.#legs.get(legId)?.onLegEnded();
    const ended = [...this.#legs.values()].filter(({ leg }) => leg.end !== undefined);
    for (const { leg } of ended.slice(0, -maxEndedLegs)) this.#legs.delete(leg.id);
  }

  enter(entry: ConsentEvent): void {
    this.#ledger.push(entry);
    if (this.#ledger.length > maxLedger) this.#ledger.shift();
  }
}
