import type { PlaybackEnd } from '../../media/protocol.js';
import { type PromptedView, viewPrompted } from '../prompts/view.js';
import type { Playback, PlaybackStatus } from './playback.js';

/** A playback as edges show it. */
export interface PlaybackView extends PromptedView {
  readonly status: PlaybackStatus;
  readonly legIds: readonly string[] | undefined;
  readonly duckDb: number;
  readonly plays: number;
  readonly volumeDb: number;
  readonly end: PlaybackEnd | undefined;
  readonly playedMs: number | undefined;
  /** Absent for what never came to be. */
  readonly endedAtTick: number | undefined;
}

/** Used where a request says nothing. */
export const playbackDefaults = { duckDb: -12, plays: 1, volumeDb: 0 } as const;

export function viewPlayback(playback: Playback): PlaybackView {
  const { beginning, status, outcome, started, endedTick } = playback;
  const { legIds, duckDb, plays, volumeDb } = beginning.request;
  return {
    ...viewPrompted(playback),
    status,
    legIds,
    duckDb: duckDb ?? playbackDefaults.duckDb,
    plays: plays ?? playbackDefaults.plays,
    volumeDb: volumeDb ?? playbackDefaults.volumeDb,
    end: outcome?.end,
    playedMs: outcome?.playedMs,
    endedAtTick: started && endedTick,
  };
}
