/** Why one leg is out of the mix, and what it hears meanwhile: it is kept out, it is in an interaction, or both. */
import type { CancelCause, InteractionOrder, InteractionOutcome, Programme } from '../protocol.js';
import { FadeTail } from './fades.js';
import { Interaction } from './interaction.js';
import { ProgrammePlayer } from './programme-player.js';
import type { ProgrammeRegistry } from './programme-track.js';

/**
 * The isolation of one leg.
 *
 *                     hears
 *     in the mix      the mix, and for 3 ms the fading end of what was cut
 *     kept out        its music, which stands still during interactions, or silence
 *     interaction     what the interaction plays
 */
export class LegIsolation {
  readonly #registry: ProgrammeRegistry;
  readonly #tail = new FadeTail();
  #kept = false;
  #music: ProgrammePlayer | undefined;
  #interaction: Interaction | undefined;

  /** @param registry of the leg's call */
  constructor(registry: ProgrammeRegistry) {
    this.#registry = registry;
  }

  /** Whether the leg is out of the mix. */
  get isolated(): boolean {
    return this.#kept || this.#interaction !== undefined;
  }

  /** The interaction that goes on. */
  get interaction(): Interaction | undefined {
    return this.#interaction;
  }

  /** Keeps the leg out of the mix, with this music from its beginning. */
  keepOut(music: Programme | undefined): void {
    this.#closeMusic();
    this.#kept = true;
    if (music) this.#music = new ProgrammePlayer(this.#registry.open(music));
  }

  /** Lets the leg in again, as soon as it is in no interaction. */
  letIn(): void {
    this.#closeMusic();
    this.#kept = false;
  }

  /** Begins an interaction; there must be none. */
  start(order: InteractionOrder, tick: number): void {
    this.#music?.cut(this.#tail);
    this.#interaction = new Interaction(order, tick, this.#registry, this.#tail);
  }

  /** The leg leaves the mix in this tick. @param lastSample of what it has heard of it */
  leaveMix(lastSample: number): void {
    this.#tail.hold(lastSample);
  }

  /** Ends the interaction that goes on. @returns its outcome; undefined when there is none */
  cancel(endedTick: number, cause: CancelCause): InteractionOutcome | undefined {
    this.#interaction?.cancel(endedTick, cause);
    return this.#takeOutcome();
  }

  /** Phase 5 of a tick: adds what the server plays to this leg. @returns the outcome of what ended in this tick */
  step(tick: number, frame: Float32Array): InteractionOutcome | undefined {
    if (this.#interaction) {
      this.#interaction.step(tick, frame);
      return this.#takeOutcome();
    }
    this.#tail.drainInto(frame);
    this.#music?.fill(frame, 0);
    return undefined;
  }

  /** Whether {@link step} has anything to do. */
  get isBusy(): boolean {
    if (this.#interaction !== undefined || this.#tail.sounding) return true;
    return this.#music !== undefined && !this.#music.ended;
  }

  /** Gives its music's programme back; the interaction must be over. */
  close(): void {
    this.#closeMusic();
  }

  #takeOutcome(): InteractionOutcome | undefined {
    const outcome = this.#interaction?.outcome;
    if (outcome) this.#interaction = undefined;
    return outcome;
  }

  #closeMusic(): void {
    const music = this.#music;
    if (!music) return;
    if (!this.#interaction) music.cut(this.#tail);
    this.#registry.close(music.track);
    this.#music = undefined;
  }
}
