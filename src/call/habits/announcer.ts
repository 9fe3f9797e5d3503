import type { PromptItem } from '../../speech/port.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import type { Leg } from '../leg.js';
import { fillIn } from './default-prompts.js';
import { memberThatCame, membersOf } from './members.js';
import type { HabitSounds } from './sounds.js';

/** Tells everybody in a call who comes and goes, by tone or by name. Nobody is told of itself alone. */
export class Announcer {
  readonly #context: CallContext;
  readonly #sounds: HabitSounds;

  constructor(context: CallContext, sounds: HabitSounds) {
    this.#context = context;
    this.#sounds = sounds;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
  }

  #onEvent(event: CallEvent): void {
    const call = this.#context.registry.find(event.callId);
    if (!call?.open) return;
    const came = memberThatCame(call, event);
    if (came !== undefined) this.#announce(call, came, call.policy.entryAnnouncement, 2);
    if (event.type !== 'leg.left' || event.legId === undefined) return;
    const gone = call.leg(event.legId);
    if (gone.admission === 'admitted') this.#announce(call, gone, call.policy.exitAnnouncement, 1);
  }

  #announce(call: Call, leg: Leg, prompt: readonly PromptItem[] | undefined, atLeast: number): void {
    const count = membersOf(call).length;
    if (prompt === undefined || count < atLeast) return;
    const { displayName } = leg.identity;
    this.#sounds.play(call, 'announcement', { prompt: fillIn(prompt, { displayName, count }) });
  }
}
