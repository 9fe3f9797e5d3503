import type { CallMediaEvent } from '../../media/plane.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { Leg } from '../leg.js';
import { beganTick } from '../timeline.js';
import { defaultPrompts, fillIn } from './default-prompts.js';
import { isMember, membersOf } from './members.js';
import {
  idleMenu,
  type Menu,
  type MenuOutcome,
  type MenuState,
  type ModeratorAction,
  pauseInMenu,
  pressInMenu,
} from './menu.js';
import { type ConsentTaker, performAction } from './menu-actions.js';
import type { HabitSounds } from './sounds.js';

const defaultPauseMs = 2_000;

/** What a leg has pressed so far. */
interface Pressing {
  state: MenuState;
  /** First tick in which presses that begin are for the menu: before it they were for an interaction. */
  fromTick: number;
  stop: () => void;
}

/**
 * Lets legs do things by pressing keys, each by the menu of its role. Digits of an interaction are not for the menu, nor are
 * those of legs that are not in yet.
 */
export class MenuDesk {
  readonly #context: CallContext;
  readonly #sounds: HabitSounds;
  readonly #consent: ConsentTaker;
  readonly #pressing = new Map<string, Pressing>();

  constructor(context: CallContext, sounds: HabitSounds, consent: ConsentTaker) {
    this.#context = context;
    this.#sounds = sounds;
    this.#consent = consent;
    context.mediaEvents.subscribe((event) => {
      this.#onMedia(event);
    });
    context.events.subscribe(({ type, callId, legId }) => {
      if (type === 'call.updated') this.#keepDigits(callId);
      if (legId !== undefined && (type === 'leg.left' || type === 'leg.failed')) this.#forget(legId);
    });
  }

  #onMedia(event: CallMediaEvent): void {
    if (event.type !== 'digit' && event.type !== 'interactionStarted' && event.type !== 'interactionEnded') return;
    const call = this.#context.registry.find(event.callId);
    const leg = call?.legs.find(({ id }) => id === event.legId);
    if (call === undefined || leg === undefined || call.policy.menus === undefined) return;
    if (event.type === 'digit') {
      this.#pressed(call, leg, event);
    } else {
      const pressing = this.#of(leg);
      this.#rest(pressing);
      pressing.fromTick = event.type === 'interactionStarted' ? Number.POSITIVE_INFINITY : event.outcome.endedTick;
    }
  }

  #pressed(call: Call, leg: Leg, press: Extract<CallMediaEvent, { type: 'digit' }>): void {
    const { digit, durationMs, tick } = press;
    const menu = menuOf(call, leg);
    if (menu === undefined || !isMember(leg) || leg.secretDigits.has(tick, durationMs)) return;
    const pressing = this.#of(leg);
    if (beganTick(tick, durationMs) < pressing.fromTick) return;
    pressing.stop();
    const { state, actions } = pressInMenu(menu, pressing.state, digit);
    pressing.state = state;
    pressing.stop = state.digits === '' ? () => undefined : this.#await(call, leg, pressing);
    this.#do(call, leg, actions);
  }

  /** The call may have menus now: what is pressed for them is nobody else's, unless the leg was asked to do otherwise. */
  #keepDigits(callId: string): void {
    const call = this.#context.registry.find(callId);
    if (call?.policy.menus === undefined) return;
    for (const leg of call.legs) {
      if (leg.end === undefined && leg.controls.digitMode === undefined) leg.control({ digitMode: 'detect' });
    }
  }

  /** Waits for the next digit. @returns what ends that */
  #await(call: Call, leg: Leg, pressing: Pressing): () => void {
    const pauseMs = call.policy.menus?.interDigitTimeoutMs ?? defaultPauseMs;
    return this.#context.clock.schedule(pauseMs, () => {
      const menu = menuOf(call, leg);
      const { actions } = pauseInMenu(menu ?? {}, pressing.state);
      this.#rest(pressing);
      if (isMember(leg)) this.#do(call, leg, actions);
    });
  }

  #do(call: Call, leg: Leg, actions: readonly ModeratorAction[]): void {
    for (const action of actions) {
      performAction(call, leg, action, this.#consent)
        .then((outcome) => {
          if (leg.end === undefined) call.tell('menu.used', leg.id, { action, outcome });
          if (outcome !== undefined) this.#answer(call, leg, outcome);
        })
        .catch((thrown: unknown) => {
          this.#context.log.error({ err: thrown, callId: call.id, action }, 'A menu entry failed.');
        });
    }
  }

  #answer(call: Call, leg: Leg, outcome: MenuOutcome): void {
    const ownWords = call.policy.menus?.feedback?.[outcome];
    const prompt = ownWords ?? (outcome === 'count' ? defaultPrompts.count : undefined);
    if (prompt === undefined || leg.end !== undefined) return;
    const { displayName } = leg.identity;
    const words = fillIn(prompt, { displayName, count: membersOf(call).length });
    this.#sounds.play(call, 'menu', { prompt: words, legIds: [leg.id] });
  }

  #of(leg: Leg): Pressing {
    const known = this.#pressing.get(leg.id);
    if (known !== undefined) return known;
    const made = { state: idleMenu, fromTick: Number.NEGATIVE_INFINITY, stop: () => undefined };
    this.#pressing.set(leg.id, made);
    return made;
  }

  #rest(pressing: Pressing): void {
    pressing.stop();
    pressing.stop = () => undefined;
    pressing.state = idleMenu;
  }

  #forget(legId: string): void {
    this.#pressing.get(legId)?.stop();
    this.#pressing.delete(legId);
  }
}

function menuOf(call: Call, leg: Leg): Menu | undefined {
  return call.policy.menus?.[leg.role];
}
