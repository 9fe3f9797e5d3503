import type { Programme, PromptClip } from '../../media/protocol.js';
import type { PreparedPrompt } from '../../speech/port.js';
import type { Call } from '../call.js';

/** How a prompt is played. */
export interface PromptStyle {
  /** How often; 0 = for ever. Default 1. */
  readonly plays?: number | undefined;
  /** −60…+24. Default 0. */
  readonly volumeDb?: number | undefined;
  /** Of the first time round. Default 0. */
  readonly startOffsetMs?: number | undefined;
}

/**
 * A prepared prompt on its way to a call's media: what is still being made is collected until the media plane knows the
 * programme, and sent after it from then on.
 *
 *     collecting ── programme() ──► following ── complete ──► done
 *         └────────── complete ─────────┴───────────────────────▲
 */
export class CallPrompt {
  readonly contentHash: string;
  readonly wording: string | undefined;
  readonly #crossfadeMs: number;
  readonly #clips: PromptClip[];
  #complete: boolean;
  #failure: unknown;
  #follow: ((clips: readonly PromptClip[], complete: boolean) => void) | undefined;

  constructor(prepared: PreparedPrompt) {
    this.contentHash = prepared.contentHash;
    this.wording = prepared.wording;
    this.#crossfadeMs = prepared.crossfadeMs;
    this.#clips = [...prepared.clips];
    this.#complete = prepared.complete;
    if (prepared.complete) return;
    prepared.onMore((clips, complete, failure) => {
      this.#complete = complete;
      this.#failure = failure;
      if (this.#follow === undefined) this.#clips.push(...clips);
      else this.#follow(clips, complete);
    });
  }

  /** Why it is shorter than it should be, when it is: its synthesizer failed in the middle. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * The programme to hand to the call's media plane at once, because later clips are sent after it. Once per prompt.
   */
  programme(call: Call, style: PromptStyle = {}): Programme {
    const programmeId = call.nextProgrammeId();
    this.#follow = (clips, complete) => {
      call.media.extendProgramme(programmeId, clips, complete);
    };
    return {
      programmeId,
      clips: [...this.#clips],
      plays: style.plays ?? 1,
      gainDb: style.volumeDb ?? 0,
      startOffsetMs: style.startOffsetMs ?? 0,
      crossfadeMs: this.#crossfadeMs,
      complete: this.#complete,
    };
  }
}
