import type { RecordingFile } from '../../tools/port.js';

/** Facts about recordings as they go on the call's record. */
export interface RecordingEventData {
  /** Every source goes into it from `firstTick` on. */
  'recording.started': { readonly recordingId: string; readonly firstTick: number };
  /** `endTick` is the first tick that is not in it; the files are being finished. */
  'recording.stopped': { readonly recordingId: string; readonly endTick: number | undefined };
  /** All files are as they will stay. */
  'recording.completed': RecordingOutcome;
  /** What had been written before is kept and readable. */
  'recording.failed': RecordingOutcome & { readonly failure: string };
}

/** What a recording has become. */
export interface RecordingOutcome {
  readonly recordingId: string;
  readonly firstTick: number | undefined;
  readonly endTick: number | undefined;
  /** Ticks lost because the disk did not keep up; silence in every track. */
  readonly droppedTicks: number;
  readonly files: readonly RecordingFile[];
}

/** Names of the facts. */
export const recordingEventTypes = [
  'recording.started',
  'recording.stopped',
  'recording.completed',
  'recording.failed',
] as const satisfies readonly (keyof RecordingEventData)[];
