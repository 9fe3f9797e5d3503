import type { LegControls } from '../../media/protocol.js';
import type { PromptSource } from '../../speech/port.js';
import { AdmissionDesk, type ConsentAsker } from '../admission/desk.js';
import type { CallContext } from '../context.js';
import type { InteractionDesk } from '../interactions/desk.js';
import type { PlaybackDesk } from '../playbacks/desk.js';
import type { LegRole } from '../role.js';
import { AloneMusic } from './alone-music.js';
import { Announcer } from './announcer.js';
import { DurationWatch } from './duration.js';
import type { ConsentTaker } from './menu-actions.js';
import { MenuDesk } from './menu-desk.js';
import { ModeratorWatch } from './moderator-watch.js';
import { MusicBox } from './music-box.js';
import { HabitSounds } from './sounds.js';

/** What the API may change about a leg. */
export interface LegChange extends Partial<LegControls> {
  readonly role?: LegRole;
  /** Keep it out of the mix with the call's `holdMusic`, or let it in, from the waiting room too. */
  readonly isolated?: boolean;
}

/** The rooms that habits of conferences use. */
export interface HabitRooms {
  readonly interactions: InteractionDesk;
  readonly playbacks: PlaybackDesk;
  readonly prompts: PromptSource;
  readonly consent: ConsentAsker & ConsentTaker;
}

/** Everything conferences do by themselves, as the policy of each call has it; a call without a policy is left alone. */
export class HabitDesk {
  readonly #context: CallContext;
  readonly #admission: AdmissionDesk;
  readonly #music: MusicBox;

  constructor(context: CallContext, { interactions, playbacks, prompts, consent }: HabitRooms) {
    this.#context = context;
    this.#music = new MusicBox(prompts, context.log);
    this.#admission = new AdmissionDesk(context, interactions, consent, this.#music);
    const sounds = new HabitSounds(playbacks, context.log);
    // They keep themselves alive by listening.
    new ModeratorWatch(context, this.#admission);
    new DurationWatch(context, sounds);
    new Announcer(context, sounds);
    new AloneMusic(context, sounds);
    new MenuDesk(context, sounds, consent);
  }

  /**
   * Changes a leg.
   * @throws CodedError `callNotFound`, `legNotFound`, `legEnded`, `forbidden` (a listener is to be heard)
   */
  changeLeg(callId: string, legId: string, { isolated, ...controls }: LegChange): void {
    const call = this.#context.registry.get(callId);
    const leg = call.leg(legId);
    leg.control(controls);
    if (isolated === true) {
      leg.keepOut('api');
      this.#music.play(call, leg, 'api', call.policy.holdMusic);
    } else if (isolated === false) {
      leg.letIn('api');
      this.#admission.letIn(leg);
    }
  }
}
