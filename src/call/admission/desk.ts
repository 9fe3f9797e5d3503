import { asCodedError, CodedError } from '../../errors.js';
import type { InteractionOutcome } from '../../media/protocol.js';
import type { PromptItem } from '../../speech/port.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import { defaultPrompts, pinTone } from '../habits/default-prompts.js';
import type { MusicBox } from '../habits/music-box.js';
import type { InteractionDesk } from '../interactions/desk.js';
import type { InteractionRequest } from '../interactions/request.js';
import { legEnd } from '../leg-end.js';
import type { Leg } from '../leg.js';
import { judgePin, longestPin } from './pin.js';
import {
  type AdmissionEffect,
  type AdmissionInput,
  type AdmissionState,
  newAdmission,
  stepAdmission,
} from './sequence.js';

const defaultTries = 3;
/** From the end of the prompt to the first digit of a PIN, and from one to the next. */
const pinTimeoutMs = 10_000;
const pinInterDigitTimeoutMs = 4_000;

/** Who asks legs whether they may be recorded; `ConsentDesk` fits. */
export interface ConsentAsker {
  /** Resolves when the leg has answered, or has not, and what the policy wants of that is done. */
  ask(call: Call, leg: Leg): Promise<unknown>;
}

/** A leg on its way in. */
interface Entrant {
  readonly call: Call;
  readonly leg: Leg;
  state: AdmissionState;
  /** Another interaction has taken the place of ours: ask again when it is over. */
  interrupted: boolean;
}

/** Leads legs into their calls: PIN, consent, waiting room. Legs that have nothing to do are none of its business. */
export class AdmissionDesk {
  readonly #context: CallContext;
  readonly #interactions: InteractionDesk;
  readonly #consent: ConsentAsker;
  readonly #music: MusicBox;
  readonly #entrants = new Map<string, Entrant>();

  constructor(context: CallContext, interactions: InteractionDesk, consent: ConsentAsker, music: MusicBox) {
    this.#context = context;
    this.#interactions = interactions;
    this.#consent = consent;
    this.#music = music;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
  }

  /** Lets a leg in that waits for a moderator; nothing for any other. */
  letIn(leg: Leg): void {
    const entrant = this.#entrants.get(leg.id);
    if (entrant?.state.status === 'waiting') this.#step(entrant, { type: 'letIn' });
  }

  #onEvent(event: CallEvent): void {
    const { legId } = event;
    if (event.type === 'call.updated') this.#settleWaiting(event.callId);
    if (legId === undefined) return;
    const entrant = this.#entrants.get(legId);
    if (event.type === 'leg.joined') {
      this.#begin(event.callId, legId);
    } else if (entrant === undefined) {
      return;
    } else if (event.type === 'leg.left') {
      this.#entrants.delete(legId);
    } else if (event.type === 'leg.updated') {
      if (entrant.leg.role === 'moderator') this.#step(entrant, { type: 'promoted' });
    } else if (event.type === 'interaction.ended' || event.type === 'interaction.failed') {
      if (entrant.interrupted) this.#askPin(entrant, false);
    } else if (event.type === 'consent.given') {
      this.#settleConsent(entrant);
    }
  }

  #begin(callId: string, legId: string): void {
    const call = this.#context.registry.find(callId);
    const leg = call?.legs.find(({ id }) => id === legId);
    if (call === undefined || leg === undefined || leg.steps.length === 0) return;
    const { pinTries = defaultTries } = call.policy;
    const state = newAdmission(leg.steps, pinTries, leg.role === 'moderator');
    const entrant = { call, leg, state, interrupted: false };
    this.#entrants.set(legId, entrant);
    this.#step(entrant, { type: 'joined' });
  }

  /** The policy was changed: whoever waits may have nothing to wait for any more. */
  #settleWaiting(callId: string): void {
    for (const entrant of this.#entrants.values()) {
      if (entrant.call.id !== callId) continue;
      if (entrant.call.doorsOpen) this.letIn(entrant.leg);
      this.#settleConsent(entrant);
    }
  }

  /** Who was kept out for want of consent, and is not any more, goes on. */
  #settleConsent(entrant: Entrant): void {
    if (entrant.state.status !== 'consent' || entrant.leg.keptOutBy.includes('consent')) return;
    if (entrant.leg.consent !== 'asking') this.#step(entrant, { type: 'letIn' });
  }

  #step(entrant: Entrant, input: AdmissionInput): void {
    const { call, leg } = entrant;
    if (leg.end !== undefined) return;
    const { state, effects } = stepAdmission(entrant.state, input, call.doorsOpen);
    entrant.state = state;
    // It is in when everything on the way there has been done.
    if (state.status !== 'admitted') leg.admission = state.status;
    for (const effect of effects) this.#perform(entrant, effect);
  }

  #perform(entrant: Entrant, effect: AdmissionEffect): void {
    const { call, leg, state } = entrant;
    switch (effect) {
      case 'askPin':
        this.#askPin(entrant, false);
        break;
      case 'askPinAgain':
        call.tell('pin.refused', leg.id, { triesLeft: state.tries });
        this.#askPin(entrant, true);
        break;
      case 'becomeModerator':
        leg.control({ role: 'moderator' });
        break;
      case 'askConsent':
        this.#askConsent(entrant);
        break;
      case 'wait':
        call.tell('leg.waiting', leg.id, { role: leg.role });
        this.#music.play(call, leg, 'admission', call.policy.waitingMusic);
        break;
      case 'admit':
        this.#entrants.delete(leg.id);
        leg.admission = 'admitted';
        leg.letIn('admission');
        call.tell('leg.admitted', leg.id, { role: leg.role });
        break;
      case 'sayGoodbye':
        call.tell('pin.refused', leg.id, { triesLeft: 0 });
        this.#sayGoodbye(entrant);
        break;
      case 'hangUp':
        leg.terminate(legEnd('notAdmitted'));
        break;
    }
  }

  #askPin(entrant: Entrant, again: boolean): void {
    const { call, leg } = entrant;
    const { prompts } = call.policy;
    const question = prompts?.pin ?? defaultPrompts.pin;
    const prompt = again ? [...(prompts?.pinInvalid ?? defaultPrompts.pinInvalid), ...question] : question;
    entrant.interrupted = false;
    leg.secretDigits.begin();
    this.#interact(entrant, prompt, pinTone)
      .then((outcome) => {
        this.#pinEntered(entrant, outcome);
      })
      .catch((thrown: unknown) => {
        this.#giveUp(entrant, thrown);
      });
  }

  #pinEntered(entrant: Entrant, { result, digits, cancelledBy, endedTick }: InteractionOutcome): void {
    const { call, leg, state } = entrant;
    if (state.status !== 'pin' || leg.end !== undefined) return;
    if (result === 'cancelled' && cancelledBy === 'replaced') {
      entrant.interrupted = true;
      leg.secretDigits.end(endedTick);
      return;
    }
    const verdict = result === 'cancelled' ? 'wrong' : judgePin(call.policy, digits);
    if (verdict !== 'wrong') leg.secretDigits.end(endedTick);
    this.#step(entrant, { type: 'pinEntered', verdict });
  }

  /** Runs the question; if its words cannot be had, with a tone in their place: a PIN must not depend on a synthesizer. */
  async #interact(entrant: Entrant, prompt: readonly PromptItem[], otherwise: readonly PromptItem[]) {
    const { call, leg } = entrant;
    try {
      return await this.#interactions.run(call, leg, pinRequest(call, prompt)).done;
    } catch (thrown) {
      if (leg.end !== undefined) throw thrown;
      this.#context.log.warn({ err: thrown, callId: call.id }, 'The prompt for a PIN could not be played.');
      return await this.#interactions.run(call, leg, pinRequest(call, otherwise)).done;
    }
  }

  #askConsent(entrant: Entrant): void {
    const { call, leg } = entrant;
    this.#consent
      .ask(call, leg)
      .catch((thrown: unknown) => {
        // Nobody is to be asked any more: the policy was changed meanwhile.
        if (!(thrown instanceof CodedError && thrown.code === 'consentNotAsked')) throw thrown;
      })
      .then(() => {
        this.#step(entrant, { type: 'consentSettled', stays: leg.keptOutBy.includes('consent') });
      })
      .catch((thrown: unknown) => {
        this.#giveUp(entrant, thrown);
      });
  }

  #sayGoodbye(entrant: Entrant): void {
    const { call, leg } = entrant;
    const over = () => {
      this.#step(entrant, { type: 'goodbyeSaid' });
    };
    try {
      const prompt = call.policy.prompts?.goodbye ?? defaultPrompts.goodbye;
      this.#interactions.run(call, leg, { prompt, secret: true }).done.then(over, over);
    } catch {
      over();
    }
  }

  /** A leg that cannot be asked is not let in. */
  #giveUp({ call, leg }: Entrant, thrown: unknown): void {
    if (leg.end !== undefined) return;
    const { code } = asCodedError(thrown);
    const level = code === 'internal' ? 'error' : 'warn';
    this.#context.log[level]({ err: thrown, callId: call.id, legId: leg.id }, 'A leg could not be led into its call.');
    leg.terminate(legEnd('notAdmitted', { code, detail: 'The leg could not be asked what the call asks.' }));
  }
}

/** Any digits up to the longest PIN; patterns would tell by their speed which digits are right. */
function pinRequest({ policy }: Call, prompt: readonly PromptItem[]): InteractionRequest {
  return {
    prompt,
    secret: true,
    gather: {
      minDigits: policy.pin === undefined ? 0 : 1,
      maxDigits: longestPin(policy),
      finishOnKey: '#',
      timeoutMs: pinTimeoutMs,
      interDigitTimeoutMs: pinInterDigitTimeoutMs,
      bargeIn: true,
    },
  };
}
