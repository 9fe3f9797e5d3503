import type { RecordingInfo, RecordingStatus } from '../../tools/port.js';
import { isoTime } from '../clock.js';

/** A recording as edges show it. */
export interface RecordingView {
  readonly id: string;
  readonly callId: string;
  readonly callName: string;
  readonly status: RecordingStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  /** First tick in it, and first not in it. */
  readonly firstTick: number | undefined;
  readonly endTick: number | undefined;
  /** Ticks of 20 ms lost because the disk did not keep up; silence in every track. */
  readonly droppedTicks: number;
  readonly files: readonly { readonly name: string; readonly legId: string | undefined; readonly bytes: number }[];
  /** Why it failed. */
  readonly failure: string | undefined;
}

export function viewRecording(info: RecordingInfo): RecordingView {
  const { recordingId, startedAtMs, callId, callName, status, firstTick, endTick, droppedTicks, files, failure } = info;
  return {
    id: recordingId,
    callId,
    callName,
    status,
    startedAt: isoTime(startedAtMs),
    firstTick,
    endTick,
    droppedTicks,
    files,
    failure,
  };
}
