import type { CallMediaEvent } from '../../media/plane.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import type { InteractionDesk } from '../interactions/desk.js';
import type { Leg } from '../leg.js';
import { CodedError } from '../../errors.js';
import { CallConsent } from './call-consent.js';
import { answerMissing, type ConsentState } from './consent-state.js';
import { consentEventTypes, type ConsentPurge } from './facts.js';
import { type CallConsentView, type ConsentEvent, type LegConsentView, viewCallConsent, viewEntry } from './view.js';

/** Makes silence of what recordings of a call hold of a leg. */
export interface Purger {
  purge(callId: string, legId: string, beforeTick: number): Promise<ConsentPurge>;
}

/** A leg takes its consent back. */
export interface Withdrawal {
  readonly note: string | undefined;
  /** Whether recordings forget the leg, too; undefined = as the policy has it. */
  readonly purge: boolean | undefined;
  /** `digit`: the leg itself, by its keys. Default `api`. */
  readonly cause?: 'api' | 'digit';
}

/**
 * Consent of all calls: who is asked and when, what everybody said, what becomes of it. {@link LegConsent} carries it out
 * leg by leg; media enforces it tick by tick; this knows who comes, goes and presses what.
 *
 * Absent policy: nobody is asked, and every leg counts as having consented until it takes that back.
 */
export class ConsentDesk {
  readonly #context: CallContext;
  readonly #interactions: InteractionDesk;
  readonly #purger: Purger;
  readonly #calls = new Map<string, CallConsent>();
  readonly #totals = new Map<string, number>();

  constructor(context: CallContext, interactions: InteractionDesk, purger: Purger) {
    this.#context = context;
    this.#interactions = interactions;
    this.#purger = purger;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
    context.mediaEvents.subscribe((event) => {
      this.#onMedia(event);
    });
  }

  /** Facts about consent so far, by kind (`given`, `refused`, …). */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** Whether who comes into the call now is to be asked. */
  #due(call: Call): boolean {
    const ask = call.policy.consent?.ask;
    return ask !== undefined && this.#of(call).asks(ask);
  }

  /**
   * Asks a leg and does what the policy says about its answer: `stayIsolated` keeps the leg out as `consent`, whoever else
   * lets it in. An asking that is going on is joined; a leg that has consented is not asked again.
   * @returns the leg's state when that is over, and the mixer enforces it
   * @throws CodedError (rejects) `consentNotAsked` when the call has no policy, `legEnded`, `legNotConnected`
   */
  async ask(call: Call, leg: Leg): Promise<ConsentState> {
    return this.#of(call).leg(leg).ask();
  }

  /**
   * Begins to ask everybody in the call who has not answered yet, and, `onDemand`, whoever comes from now on.
   * @throws CodedError `callNotFound`, `callEnded`, `consentNotAsked`
   */
  askAll(callId: string): CallConsentView {
    const call = this.#context.registry.get(callId);
    if (!call.open) throw new CodedError('callEnded');
    if (call.policy.consent === undefined) throw new CodedError('consentNotAsked');
    this.#of(call).demanded = true;
    this.#askMissing(call);
    return this.view(callId);
  }

  /** Begins to ask one leg, again if need be. @throws CodedError also `callNotFound`, `legNotFound` */
  askLeg(callId: string, legId: string): LegConsentView {
    const { call, leg } = this.#find(callId, legId);
    const consent = this.#of(call).leg(leg);
    consent.assertAskable();
    this.#inBackground(consent.ask());
    return this.viewLeg(callId, legId);
  }

  /** Records a consent obtained elsewhere. @throws CodedError `callNotFound`, `legNotFound`, `legEnded`, `legNotConnected` */
  async give(callId: string, legId: string, note: string): Promise<LegConsentView> {
    const { call, leg } = this.#find(callId, legId);
    await this.#of(call).leg(leg).grant(note);
    return this.viewLeg(callId, legId);
  }

  /**
   * Takes consent back for a leg, also for one that is over. Asked for again, it purges again what could not be purged.
   * @throws CodedError `callNotFound`, `legNotFound`
   */
  async withdraw(callId: string, legId: string, { note, purge, cause = 'api' }: Withdrawal): Promise<LegConsentView> {
    const { call, leg } = this.#find(callId, legId);
    await this.#withdraw(call, leg, cause, purge, note);
    return this.viewLeg(callId, legId);
  }

  /** @throws CodedError `callNotFound` */
  view(callId: string): CallConsentView {
    const call = this.#context.registry.get(callId);
    const { standings, ledger } = this.#of(call);
    return viewCallConsent(call, standings, ledger);
  }

  /** @throws CodedError `callNotFound`, `legNotFound` */
  viewLeg(callId: string, legId: string): LegConsentView {
    const { call, leg } = this.#find(callId, legId);
    const ledger = this.#of(call).ledger.filter((entry) => entry.legId === legId);
    return { legId, state: leg.consent, ledger: ledger.map(viewEntry) };
  }

  #find(callId: string, legId: string): { call: Call; leg: Leg } {
    const call = this.#context.registry.get(callId);
    return { call, leg: call.leg(legId) };
  }

  #of(call: Call): CallConsent {
    const known = this.#calls.get(call.id);
    if (known !== undefined) return known;
    const { clock, log } = this.#context;
    const made = new CallConsent({ clock, log, interactions: this.#interactions }, call);
    this.#calls.set(call.id, made);
    return made;
  }

  #askMissing(call: Call): void {
    for (const leg of call.legs) {
      const isIn = leg.joined !== undefined && leg.end === undefined && leg.admission === 'admitted';
      if (isIn && answerMissing(this.#of(call).leg(leg).phase)) this.#inBackground(this.ask(call, leg));
    }
  }

  async #withdraw(
    call: Call,
    leg: Leg,
    cause: 'api' | 'digit',
    purge: boolean | undefined,
    note?: string,
  ): Promise<void> {
    const { tick } = await this.#of(call).leg(leg).withdraw(cause, note);
    if (!(purge ?? call.policy.consent?.purgeOnWithdrawal ?? false)) return;
    const purged = await this.#purger.purge(call.id, leg.id, tick ?? call.tick + 1);
    call.tell('consent.purged', leg.id, purged);
  }

  #onEvent(event: CallEvent): void {
    const call = this.#context.registry.find(event.callId);
    if (call === undefined) return;
    if (isConsentEvent(event)) {
      const kind = event.type.slice('consent.'.length);
      this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + 1);
      this.#of(call).enter(event);
    }
    switch (event.type) {
      case 'call.started':
      case 'call.updated':
        this.#of(call).policyChanged();
        break;
      case 'leg.joined':
      case 'leg.admitted':
        this.#legCame(call, event.legId);
        break;
      case 'leg.left':
      case 'leg.failed':
        this.#calls.get(call.id)?.legEnded(event.legId ?? '');
        break;
      case 'interaction.started':
        this.#interactionStarted(call, event);
        break;
      case 'recording.started':
        this.#of(call).recordingStarted(event.data.recordingId);
        if (call.policy.consent?.ask === 'beforeRecording') this.#askMissing(call);
        break;
      case 'recording.stopped':
        this.#of(call).recordingStopped(event.data.recordingId);
        break;
      case 'call.ended':
        this.#calls.delete(call.id);
        break;
      default:
        break;
    }
  }

  /** Whoever has no `consent` step on its way in is asked as soon as it is in. */
  #legCame(call: Call, legId: string | undefined): void {
    const leg = call.legs.find(({ id }) => id === legId);
    if (leg?.admission !== 'admitted' || leg.joined === undefined) return;
    if (leg.steps.includes('consent') || !this.#due(call)) return;
    if (answerMissing(this.#of(call).leg(leg).phase)) this.#inBackground(this.ask(call, leg));
  }

  #interactionStarted(call: Call, { legId, data, tick }: Extract<CallEvent, { type: 'interaction.started' }>): void {
    const leg = call.legs.find(({ id }) => id === legId);
    if (leg !== undefined) this.#of(call).leg(leg).onInteractionStarted(data.interactionId, tick);
  }

  #onMedia(event: CallMediaEvent): void {
    if (event.type !== 'consent' && event.type !== 'digit') return;
    const call = this.#context.registry.find(event.callId);
    const leg = call?.legs.find(({ id }) => id === event.legId);
    if (call === undefined || leg === undefined) return;
    const consent = this.#of(call).leg(leg);
    if (event.type === 'consent') consent.onConfirmed(event.consented, event.tick);
    else if (consent.pressed(event.digit, event.tick))
      this.#inBackground(this.#withdraw(call, leg, 'digit', undefined));
  }

  /** What nobody waits for: its outcome is told by events. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => {
      this.#context.log.warn({ err: thrown }, 'Consent could not be dealt with.');
    });
  }
}

function isConsentEvent(event: CallEvent): event is ConsentEvent {
  return (consentEventTypes as readonly string[]).includes(event.type);
}
