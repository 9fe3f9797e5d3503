/**
 * What the main thread and the tool worker say to each other. A new kind of tool adds its commands and events here, its
 * folder beside `recorder/`, and a line in `tool-worker.ts`.
 */
import type { ErrorCode } from '../errors.js';
import type { RecordingNote, RecordingOrder } from './port.js';

/** Main → tool worker, about recordings. A `requestId` asks for exactly one `result`. */
export type RecorderCommand =
  /** Comes first. */
  | { readonly type: 'openRecordings'; readonly requestId: number; readonly settings: RecorderSettings }
  | {
      readonly type: 'beginRecording';
      readonly requestId: number;
      readonly order: RecordingOrder;
      readonly startedAtMs: number;
    }
  | { readonly type: 'noteRecording'; readonly recordingId: string; readonly note: RecordingNote }
  | { readonly type: 'abandonRecording'; readonly recordingId: string; readonly reason: string }
  | {
      readonly type: 'purgeRecording';
      readonly requestId: number;
      readonly recordingId: string;
      readonly legId: string;
      readonly beforeTick: number;
    }
  | {
      /** Finishes what a dead writer left, and purges it left open. */
      readonly type: 'recoverRecording';
      readonly requestId: number;
      readonly recordingId: string;
      readonly status: 'recovered' | 'failed';
      readonly failure: string | null;
    }
  /** Reads every ring to its end, and finishes every recording. */
  | { readonly type: 'finishRecordings'; readonly requestId: number };

/** Main → tool worker; other tools' commands come beside. */
export type ToolCommand = RecorderCommand;

/** Tool worker → main. */
export type ToolEvent =
  | { readonly type: 'ready' }
  | {
      readonly type: 'result';
      readonly requestId: number;
      readonly error: { readonly code: ErrorCode; readonly detail: string } | undefined;
    }
  | {
      readonly type: 'recordingEnded';
      readonly recordingId: string;
      readonly status: 'completed' | 'failed';
      readonly failure: string | null;
    }
  /** A broken invariant; what it hit has ended. For the log. */
  | { readonly type: 'fault'; readonly detail: string };

/** Where recordings go. */
export interface RecorderSettings {
  /** Directory of all recordings; it exists, links resolved. */
  readonly root: string;
  /** With less room left no recording begins, octets. */
  readonly minFreeBytes: number;
}
