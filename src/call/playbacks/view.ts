import type { ErrorCode } from '../../errors.js';
import type { PlaybackEnd } from '../../media/protocol.js';
import { isoTime } from '../clock.js';
import type { Playback, PlaybackStatus } from './playback.js';

/** A playback as edges show it. */
export interface PlaybackView {
  readonly id: string;
  readonly callId: string;
  readonly status: PlaybackStatus;
  readonly legIds: readonly string[] | undefined;
  readonly duckDb: number;
  readonly plays: number;
  readonly volumeDb: number;
  readonly end: PlaybackEnd | undefined;
  readonly playedMs: number | undefined;
  /** Why its prompt could not be had. */
  readonly failure: { readonly code: ErrorCode; readonly detail: string } | undefined;
  readonly prompt: { readonly contentHash: string; readonly wording: string | undefined } | undefined;
  readonly startedAtTick: number | undefined;
  readonly endedAtTick: number | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly endedAt: string | undefined;
}

/** Used where a request says nothing. */
export const playbackDefaults = { duckDb: -12, plays: 1, volumeDb: 0 } as const;

export function viewPlayback(playback: Playback): PlaybackView {
  const { beginning, status, outcome, failure, prompt, startedTick, ended } = playback;
  const { legIds, duckDb, plays, volumeDb } = beginning.request;
  return {
    id: beginning.id,
    callId: beginning.callId,
    status,
    legIds,
    duckDb: duckDb ?? playbackDefaults.duckDb,
    plays: plays ?? playbackDefaults.plays,
    volumeDb: volumeDb ?? playbackDefaults.volumeDb,
    end: outcome?.end,
    playedMs: outcome?.playedMs,
    failure: failure && { code: failure.code, detail: failure.detail },
    prompt: prompt && { contentHash: prompt.contentHash, wording: prompt.wording },
    startedAtTick: startedTick,
    endedAtTick: startedTick === undefined ? undefined : ended?.tick,
    createdAt: isoTime(beginning.createdAtMs),
    endedAt: ended && isoTime(ended.atMs),
  };
}
