import type { PlaybackEnd } from '../../media/protocol.js';
import type { PromptItem } from '../../speech/port.js';
import { Prompted, type PromptedBeginning, type PromptedPhase } from '../prompts/prompted.js';

/** Audio for participants; those in an interaction, or kept out of the mix, do not hear it. */
export interface PlaybackRequest {
  readonly prompt: readonly PromptItem[];
  /** Who hears it; absent = everybody in the mix, whoever joins while it lasts too. */
  readonly legIds?: readonly string[] | undefined;
  /** Gain on the mix of those who hear it, −60…0. Default −12. */
  readonly duckDb?: number | undefined;
  /** How often it is played; 0 = until it is stopped. Default 1. */
  readonly plays?: number | undefined;
  /** −60…+24. Default 0. */
  readonly volumeDb?: number | undefined;
  /** Of the first time round. Default 0. */
  readonly startOffsetMs?: number | undefined;
}

/** Where a playback is in its life; the last two are final. */
export type PlaybackStatus = Exclude<PromptedPhase, 'active'> | 'playing' | 'paused';

/** How a playback ended. */
export interface PlaybackOutcome {
  readonly end: PlaybackEnd;
  readonly playedMs: number;
}

/** What is known when a playback begins. */
export interface PlaybackBeginning extends PromptedBeginning {
  readonly request: PlaybackRequest;
}

/**
 * One playback as the control plane holds it. While it is active it is
 *
 *     playing ◄── pause · resume ──► paused
 *
 * and may be paused before that, to begin so.
 */
export class Playback extends Prompted<PlaybackBeginning, PlaybackOutcome> {
  #paused = false;
  #endedTick: number | undefined;

  get status(): PlaybackStatus {
    if (this.phase !== 'active') return this.phase;
    return this.#paused ? 'paused' : 'playing';
  }
  get paused(): boolean {
    return this.#paused;
  }
  get endedTick(): number | undefined {
    return this.#endedTick;
  }

  /** @returns whether that is a change */
  pause(paused: boolean): boolean {
    if (this.over || this.#paused === paused) return false;
    this.#paused = paused;
    return true;
  }

  end(outcome: PlaybackOutcome, tick: number, atMs: number): boolean {
    if (!this.endWith(outcome, atMs)) return false;
    this.#endedTick = tick;
    return true;
  }
}
