/** Audio that the server itself plays: decoded before it reaches the media plane, in memory that all threads share. */

/** Decoded audio: 16-bit signed mono samples at 48 kHz, in the order of this machine. Never written once it was sent. */
export interface PromptClip {
  readonly samples: SharedArrayBuffer;
  /** Samples that count, 1 … `samples.byteLength / 2`. */
  readonly length: number;
}

/** Clips to be played one after the other without a gap. */
export interface Programme {
  /** Unique within the call; `extendProgramme` names it. */
  readonly programmeId: number;
  readonly clips: readonly PromptClip[];
  /** How often the whole list is played; 0 = for ever. */
  readonly plays: number;
  /** −60…+24. */
  readonly gainDb: number;
  /** Of the first time round. */
  readonly startOffsetMs: number;
  /** Overlap of each clip with the next, 0…100; for speech that is synthesized sentence by sentence. */
  readonly crossfadeMs: number;
  /** False while clips will still be added; the player waits in silence when it runs dry. */
  readonly complete: boolean;
}

/** What is played into what participants hear: an announcement, a tone, music. Isolated legs do not hear it. */
export interface PlaybackOrder {
  readonly playbackId: string;
  readonly programme: Programme;
  /** Who hears it; undefined = everybody in the mix, whoever joins while it lasts too. */
  readonly legIds: readonly string[] | undefined;
  /** Gain on the mix of those who hear it while it lasts, −60…0. */
  readonly duckDb: number;
}

/** Why a playback is over; `legsGone`: all that were to hear it have left. */
export type PlaybackEnd = 'completed' | 'stopped' | 'legsGone' | 'callEnded';
