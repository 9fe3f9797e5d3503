import { asCodedError, CodedError } from '../../errors.js';
import type { Call } from '../call.js';
import { type Clock, within } from '../clock.js';
import type { InteractionDesk, RunningInteraction } from '../interactions/desk.js';
import { legEnd } from '../leg-end.js';
import type { Leg } from '../leg.js';
import type { CallLog } from '../log.js';
import { type Answer, answerOf, consequenceOf, keepsOut, requestOf } from './asking.js';
import {
  type ConsentEffect,
  type ConsentInput,
  type ConsentPhase,
  type ConsentState,
  consentStateOf,
  newConsent,
  stepConsent,
} from './consent-state.js';
import { nothingPressed, pressDigit } from './digit-sequence.js';
import { answerBy, type ConsentAnswer, type ConsentQuestion } from './facts.js';
import type { ConsentPolicy } from './policy.js';

/** How long the media plane may take to confirm; a worker that lives does so in a tick or two. */
const confirmLimitMs = 2_000;

/** What the consent of a leg needs of the rooms around it. */
export interface ConsentHost {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly interactions: InteractionDesk;
}

/**
 * Consent of one leg: asks it, tells the mixer, tells the record. The mixer is told yes only when the asking is over and the
 * answer is beyond doubt, and `given` is told only when the mixer has confirmed; it is told no at once.
 */
export class LegConsent {
  readonly leg: Leg;
  readonly #host: ConsentHost;
  readonly #call: Call;
  #standing = newConsent;
  /** The asking that is going on, its consequences included. */
  #asking: Promise<void> | undefined;
  /** Told as asked, and not yet how that ended. */
  #open = false;
  #running: RunningInteraction | undefined;
  #question: Asked = unasked;
  /** What the API said when it overruled an asking. */
  #grant = answerBy('api');
  #pressed = nothingPressed;
  #awaited: { readonly consented: boolean; readonly resolve: (tick: number | undefined) => void } | undefined;

  constructor(host: ConsentHost, call: Call, leg: Leg) {
    this.#host = host;
    this.#call = call;
    this.leg = leg;
  }

  get phase(): ConsentPhase {
    return this.#standing.phase;
  }
  get state(): ConsentState {
    return consentStateOf(this.phase);
  }

  /**
   * Asks the leg, or waits for the asking that is going on; a leg that gave its consent is not asked again.
   * @returns its state when that is over; whatever goes wrong while it is asked is told by events, and is no yes
   * @throws CodedError `consentNotAsked` (no policy), `legEnded`, `legNotConnected`
   */
  async ask(): Promise<ConsentState> {
    const policy = this.assertAskable();
    if (this.#asking === undefined && this.#step('ask').includes('beginAsk')) {
      this.#asking = this.#conduct(policy).finally(() => {
        this.#asking = undefined;
      });
    }
    await this.#asking;
    return this.state;
  }

  /** What it would be asked. @throws CodedError as {@link ask} */
  assertAskable(): ConsentPolicy {
    const policy = this.#call.policy.consent;
    if (policy === undefined) throw new CodedError('consentNotAsked');
    this.#assertConnected();
    return policy;
  }

  /**
   * Records a consent that was obtained elsewhere; an asking that is going on is broken off first.
   * @returns the state once the mixer has confirmed
   * @throws CodedError `legEnded`, `legNotConnected`
   */
  async grant(note: string): Promise<ConsentState> {
    this.#assertConnected();
    // One that was withdrawn while it was asked: what was asked has to be over first.
    if (this.phase !== 'asking') await this.#asking;
    const facts = answerBy('api', { note });
    const effects = this.#step('grant');
    if (effects.includes('breakOffAsk')) {
      this.#grant = facts;
      this.#breakOffAsk();
      await this.#asking;
    } else if (effects.includes('permit')) {
      await this.#permit(facts);
    }
    return this.state;
  }

  /**
   * Takes consent back at once, whether it had been given or not.
   * @returns whether that is news, and the first tick without it, if the media plane told
   */
  async withdraw(cause: 'api' | 'digit', note?: string): Promise<{ changed: boolean; tick: number | undefined }> {
    const effects = this.#step('withdraw');
    if (!effects.includes('cut')) return { changed: false, tick: undefined };
    this.#open = false;
    const confirmed = this.#tellMixer(false);
    if (effects.includes('breakOffAsk')) this.#breakOffAsk();
    const tick = await confirmed;
    this.#call.tell('consent.withdrawn', this.leg.id, answerBy(cause, { note, effectTick: tick }), tick);
    return { changed: true, tick };
  }

  /** The call asks for consent now, or does not any more. What the leg itself said stays as it is. */
  policyChanged(asks: boolean): void {
    if (asks) {
      if (this.phase !== 'given') void this.#tellMixer(false);
    } else {
      this.leg.letIn('consent');
      if (this.phase === 'notAsked') void this.#tellMixer(true);
    }
  }

  /** An interaction of the leg has begun; it may be the asking. */
  onInteractionStarted(interactionId: string, tick: number): void {
    if (interactionId !== this.#running?.interactionId) return;
    const prompt = this.#running.prompt();
    const question = { interactionId, wordingHash: prompt?.contentHash, wording: prompt?.wording };
    this.#question = { ...question, askedTick: tick };
    this.#open = true;
    this.#call.tell('consent.asked', this.leg.id, question, tick);
  }

  /** From this tick on tool legs get its audio, or do not. */
  onConfirmed(consented: boolean, tick: number): void {
    if (this.#awaited?.consented === consented) this.#awaited.resolve(tick);
  }

  /** It pressed a digit. @returns whether that takes back the consent it gave */
  pressed(digit: string, tick: number): boolean {
    const sequence = this.#call.policy.consent?.withdrawKey;
    if (sequence === undefined) return false;
    const { pressed, complete } = pressDigit(this.#pressed, digit, tick, sequence);
    this.#pressed = pressed;
    return complete && this.phase === 'given';
  }

  /** Nothing will be confirmed any more. */
  onLegEnded(): void {
    this.#awaited?.resolve(undefined);
  }

  async #conduct(policy: ConsentPolicy): Promise<void> {
    if (keepsOut(policy)) this.leg.keepOut('consent');
    const { answer, facts } = await this.#interact(policy);
    // Withdrawn meanwhile: that is the end of it, unless the asking had not even begun then; the answer came late.
    const late = this.phase === 'withdrawn';
    const effects = this.#step(answer.input);
    if (effects.includes('permit')) {
      await this.#permit(answer.input === 'yes' ? facts : { ...this.#grant, answeredTick: facts.answeredTick });
    } else if (!late || this.#open) {
      this.#open = false;
      const type = late || answer.input === 'unanswered' ? 'consent.unanswered' : 'consent.refused';
      this.#call.tell(type, this.leg.id, facts, facts.answeredTick);
    }
    this.#bearConsequence(policy, late ? { input: 'no', cause: 'api' } : answer);
  }

  async #interact(policy: ConsentPolicy): Promise<{ answer: Answer; facts: ConsentAnswer }> {
    const { interactions, log } = this.#host;
    this.#question = unasked;
    this.#running = undefined;
    try {
      const running = interactions.run(this.#call, this.leg, requestOf(policy));
      this.#running = running;
      const outcome = await running.done;
      const answer = answerOf(policy, outcome, running.prompt()?.failure !== undefined);
      const { digits, endedTick: answeredTick, promptCompleted } = outcome;
      return { answer, facts: answerBy(answer.cause, { ...this.#question, digits, answeredTick, promptCompleted }) };
    } catch (thrown) {
      const { code } = asCodedError(thrown);
      log.warn({ err: thrown, callId: this.#call.id, legId: this.leg.id }, 'A leg could not be asked for its consent.');
      const answer: Answer = { input: 'unanswered', cause: code === 'legEnded' ? 'hangup' : 'failed' };
      return { answer, facts: answerBy(answer.cause, { ...this.#question, code }) };
    }
  }

  /** Lets tool legs have its audio. A mixer that does not confirm has not done so, as far as anybody may rely on it. */
  async #permit(facts: ConsentAnswer): Promise<void> {
    const effectTick = await this.#tellMixer(true);
    const input = effectTick === undefined ? 'unpermitted' : 'permitted';
    const effects = this.#step(input);
    this.#open = false;
    if (effects.includes('cut')) {
      void this.#tellMixer(false);
      const cause = this.leg.end === undefined ? 'failed' : 'hangup';
      this.#call.tell('consent.unanswered', this.leg.id, { ...facts, cause });
    } else if (this.phase === 'given') {
      // Before that is told: who listens finds a leg that nothing keeps out any more.
      this.leg.letIn('consent');
      this.#call.tell('consent.given', this.leg.id, { ...facts, effectTick }, effectTick);
    }
  }

  #bearConsequence(policy: ConsentPolicy, answer: Answer): void {
    const free = this.phase === 'given' || this.#call.policy.consent === undefined;
    const consequence = free ? 'joinUnrecorded' : consequenceOf(policy, answer);
    if (consequence === 'joinUnrecorded') this.leg.letIn('consent');
    else if (consequence === 'stayIsolated') this.leg.keepOut('consent');
    else
      this.leg.terminate(
        legEnd('localHangup', { detail: 'The leg did not consent, and the call takes no such legs.' }),
      );
  }

  /** @returns the tick from which that holds; undefined when nobody confirmed it */
  #tellMixer(consented: boolean): Promise<number | undefined> {
    this.#awaited?.resolve(undefined);
    this.#awaited = undefined;
    if (this.leg.address === undefined) return Promise.resolve(undefined);
    if (this.leg.end !== undefined) {
      // Its media may live a moment longer, and is not waited for.
      this.#call.media.setConsent(this.leg.id, consented);
      return Promise.resolve(undefined);
    }
    const confirmed = new Promise<number | undefined>((resolve) => {
      this.#awaited = { consented, resolve };
    });
    this.#call.media.setConsent(this.leg.id, consented);
    return within(this.#host.clock, confirmLimitMs, confirmed, undefined);
  }

  #breakOffAsk(): void {
    const interactionId = this.#running?.interactionId;
    if (interactionId !== undefined) this.#host.interactions.cancel(this.#call.id, this.leg.id, interactionId);
  }

  #step(input: ConsentInput): readonly ConsentEffect[] {
    const { standing, effects } = stepConsent(this.#standing, input);
    this.#standing = standing;
    this.leg.consent = this.state;
    return effects;
  }

  #assertConnected(): void {
    if (this.leg.end !== undefined) throw new CodedError('legEnded');
    if (this.leg.joined === undefined) throw new CodedError('legNotConnected');
  }
}

type Asked = ConsentQuestion & { readonly askedTick: number | undefined };

const unasked: Asked = { interactionId: undefined, wordingHash: undefined, wording: undefined, askedTick: undefined };
