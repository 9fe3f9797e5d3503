/**
 * Tool legs as the control plane holds them. A tool gets every source of a call unmerged through a ring in shared memory
 * that a media worker fills (`media/tap/`), and works on a thread of its own. `tools/` implements this; tests in memory.
 */

/** What a recording is to hold, apart from audio. */
export interface RecordingOrder {
  /** `[A-Za-z0-9_-]{1,64}`; also the name of its directory. */
  readonly recordingId: string;
  readonly callId: string;
  readonly callName: string;
  /** Filled from `firstTick` on, once `MediaCall.openTap` has resolved. */
  readonly ring: SharedArrayBuffer;
}

/** Something the recording's JSON is to say about a leg: who it was, what it consented to. Appended in order. */
export interface RecordingNote {
  readonly tick: number;
  readonly timeMs: number;
  readonly type: string;
  readonly legId: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** State of a recording; `failed`: what had been written before is kept and readable. */
export type RecordingStatus = 'recording' | 'stopping' | 'completed' | 'failed' | 'recovered';

/** One file of a recording. */
export interface RecordingFile {
  /** Within the recording, e.g. `leg_abc.wav`. */
  readonly name: string;
  readonly legId: string | undefined;
  readonly bytes: number;
}

/** A recording as it is on disk. */
export interface RecordingInfo {
  readonly recordingId: string;
  readonly callId: string;
  readonly callName: string;
  readonly status: RecordingStatus;
  readonly startedAtMs: number;
  /** First tick in it, and first not in it; undefined = not known yet. */
  readonly firstTick: number | undefined;
  readonly endTick: number | undefined;
  /** Ticks lost because the disk did not keep up; silence in every track. */
  readonly droppedTicks: number;
  readonly files: readonly RecordingFile[];
  /** Why it failed. */
  readonly failure: string | undefined;
}

/** What happens to recordings by themselves. */
export type RecordingEvent =
  | { readonly type: 'recordingCompleted'; readonly recordingId: string; readonly info: RecordingInfo }
  | { readonly type: 'recordingFailed'; readonly recordingId: string; readonly info: RecordingInfo };

/** The recorder. Recordings outlive calls and processes: they are what is in the recordings directory. */
export interface Recorder {
  /** Starts the tool worker, and finishes what a crash left unfinished. @throws CodedError `recordingFailed` */
  start(): Promise<void>;
  /** Makes a ring fit for a call of up to so many legs. */
  createRing(maxLegs: number): SharedArrayBuffer;
  /** Begins to read the ring. @throws CodedError `recordingFailed` when its directory cannot be made or the disk is too full */
  begin(order: RecordingOrder): Promise<void>;
  note(recordingId: string, note: RecordingNote): void;
  /**
   * Ends a recording whose ring gets no end record: its media worker crashed, or the tap could not be opened. What the ring
   * holds is kept; `recordingFailed` follows with the reason. Nothing happens to a recording that has ended.
   */
  abandon(recordingId: string, reason: string): void;
  /** Makes silence of everything a leg said before a tick; resolves when it is on disk. @throws CodedError `recordingFailed` */
  purge(recordingId: string, legId: string, beforeTick: number): Promise<void>;
  /** Registers the only listener. */
  onEvent(listener: (event: RecordingEvent) => void): void;
  /** @throws CodedError `recordingNotFound` */
  get(recordingId: string): Promise<RecordingInfo>;
  /** Newest first. */
  list(query: {
    callId: string | undefined;
    after: string | undefined;
    limit: number;
  }): Promise<readonly RecordingInfo[]>;
  /** Path of a finished or growing file, checked to lie in the recording. @throws CodedError `recordingNotFound` */
  filePath(recordingId: string, name: string): Promise<string>;
  /** @throws CodedError `recordingNotFound`, `recordingActive` */
  remove(recordingId: string): Promise<void>;
  /** Ends with every ring read to its end. */
  close(): Promise<void>;
}

/** One fact on the record of a call; see `call/event.ts`. */
export interface CallFact {
  readonly callId: string;
  readonly sequence: number;
  readonly tick: number;
  readonly timeMs: number;
  readonly type: string;
  readonly legId: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How the record has fared. */
export interface CallRecordCounters {
  readonly written: number;
  /** Facts that were not taken because the disk did not keep up. */
  readonly dropped: number;
  /** Facts that could not be written. */
  readonly failed: number;
}

/** The record of calls that outlives them: who was in, and who agreed to what. Only ever appended to. */
export interface CallRecord {
  /**
   * Takes a fact; never throws, never waits. Facts of one call are written in the order they came.
   * @param durable whether it is to survive a power cut from the moment it was written
   */
  append(fact: CallFact, durable: boolean): void;
  counters(): CallRecordCounters;
  /** Resolves when everything taken has been written, or given up. */
  close(): Promise<void>;
}
