import type { AdmissionDesk } from '../admission/desk.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import { membersOf } from './members.js';
import { type ModeratorEffect, type ModeratorInput, type ModeratorPresence, stepModerators } from './moderators.js';

interface Watched {
  presence: ModeratorPresence;
  stopGrace: (() => void) | undefined;
}

/** Opens the doors of a call to its first moderator, and ends it when moderators are missed for too long. */
export class ModeratorWatch {
  readonly #context: CallContext;
  readonly #admission: AdmissionDesk;
  readonly #watched = new Map<string, Watched>();

  constructor(context: CallContext, admission: AdmissionDesk) {
    this.#context = context;
    this.#admission = admission;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
  }

  #onEvent({ type, callId }: CallEvent): void {
    const call = this.#context.registry.find(callId);
    switch (type) {
      case 'leg.joined':
      case 'leg.admitted':
      case 'leg.updated':
      case 'leg.left':
        if (call?.open) this.#step(call, { type: 'counted', moderators: moderatorsIn(call) });
        break;
      case 'call.ended':
        this.#watched.get(callId)?.stopGrace?.();
        this.#watched.delete(callId);
        break;
      default:
        break;
    }
  }

  #step(call: Call, input: ModeratorInput): void {
    const watched = this.#watched.get(call.id) ?? { presence: 'awaited', stopGrace: undefined };
    const ends = call.policy.endOnModeratorExit !== undefined;
    const { presence, effects } = stepModerators(watched.presence, input, ends);
    if (presence === watched.presence) return;
    watched.presence = presence;
    this.#watched.set(call.id, watched);
    for (const effect of effects) this.#perform(call, watched, effect);
  }

  #startGrace(call: Call, watched: Watched): void {
    const graceMs = call.policy.endOnModeratorExit?.graceMs;
    if (graceMs === undefined) return;
    watched.stopGrace = this.#context.clock.schedule(graceMs, () => {
      this.#step(call, { type: 'missedTooLong' });
    });
  }

  #perform(call: Call, watched: Watched, effect: ModeratorEffect): void {
    switch (effect) {
      case 'openDoors':
        call.openDoors();
        for (const leg of call.legs) this.#admission.letIn(leg);
        break;
      case 'startGrace':
        this.#startGrace(call, watched);
        break;
      case 'stopGrace':
        watched.stopGrace?.();
        watched.stopGrace = undefined;
        break;
      case 'endCall':
        call.end('moderatorLeft');
        break;
    }
  }
}

function moderatorsIn(call: Call): number {
  return membersOf(call).filter(({ role }) => role === 'moderator').length;
}
