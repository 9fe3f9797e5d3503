import { CodedError } from '../../src/errors.js';
import type {
  CallFact,
  CallRecord,
  Recorder,
  RecordingEvent,
  RecordingFile,
  RecordingInfo,
  RecordingNote,
  RecordingOrder,
} from '../../src/tools/port.js';

/** A recorder in memory: the test says when a recording is finished, and how. */
export class FakeRecorder implements Recorder {
  readonly infos = new Map<string, RecordingInfo>();
  readonly orders: RecordingOrder[] = [];
  readonly notes: (RecordingNote & { readonly recordingId: string })[] = [];
  readonly purges: { recordingId: string; legId: string; beforeTick: number }[] = [];
  readonly abandoned: { recordingId: string; reason: string }[] = [];
  /** Thrown by `begin`, and by `purge`. */
  failBegin: CodedError | undefined;
  failPurge: CodedError | undefined;
  /** Runs while a recording begins. */
  whileBeginning: () => void | Promise<void> = () => undefined;
  #listener: (event: RecordingEvent) => void = () => undefined;

  start(): Promise<void> {
    return Promise.resolve();
  }

  createRing(maxLegs: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 * maxLegs);
  }

  async begin(order: RecordingOrder): Promise<void> {
    this.orders.push(order);
    await this.whileBeginning();
    if (this.failBegin !== undefined) throw this.failBegin;
    const { recordingId, callId, callName } = order;
    this.infos.set(recordingId, {
      recordingId,
      callId,
      callName,
      status: 'recording',
      startedAtMs: Date.UTC(2026, 0, 1),
      firstTick: undefined,
      endTick: undefined,
      droppedTicks: 0,
      files: [],
      failure: undefined,
    });
  }

  note(recordingId: string, note: RecordingNote): void {
    this.notes.push({ ...note, recordingId });
  }

  abandon(recordingId: string, reason: string): void {
    this.abandoned.push({ recordingId, reason });
    if (this.infos.get(recordingId)?.status === 'recording')
      this.end(recordingId, { status: 'failed', failure: reason });
  }

  /** Ends a recording: the listener is told. */
  end(recordingId: string, change: Partial<RecordingInfo> = {}): void {
    const info: RecordingInfo = { ...this.#known(recordingId), status: 'completed', ...change };
    this.infos.set(recordingId, info);
    const type = info.status === 'failed' ? 'recordingFailed' : 'recordingCompleted';
    this.#listener({ type, recordingId, info });
  }

  /** Gives a recording files. */
  setFiles(recordingId: string, files: readonly RecordingFile[]): void {
    this.infos.set(recordingId, { ...this.#known(recordingId), files });
  }

  purge(recordingId: string, legId: string, beforeTick: number): Promise<void> {
    if (this.failPurge !== undefined) return Promise.reject(this.failPurge);
    this.purges.push({ recordingId, legId, beforeTick });
    return Promise.resolve();
  }

  onEvent(listener: (event: RecordingEvent) => void): void {
    this.#listener = listener;
  }

  async get(recordingId: string): Promise<RecordingInfo> {
    return this.#known(recordingId);
  }

  async list(query: {
    callId: string | undefined;
    after: string | undefined;
    limit: number;
  }): Promise<RecordingInfo[]> {
    const newestFirst = [...this.infos.values()].reverse();
    const start = query.after === undefined ? 0 : newestFirst.findIndex((info) => info.recordingId === query.after) + 1;
    const wanted = newestFirst
      .slice(start)
      .filter(({ callId }) => query.callId === undefined || callId === query.callId);
    return wanted.slice(0, query.limit);
  }

  /** Paths by recording and file name. */
  readonly paths = new Map<string, string>();
  /** Names of files that were asked for. */
  readonly filesAsked: string[] = [];

  async filePath(recordingId: string, name: string): Promise<string> {
    this.filesAsked.push(name);
    const path = this.paths.get(`${recordingId}/${name}`);
    if (path === undefined) throw new CodedError('recordingNotFound');
    return path;
  }

  async remove(recordingId: string): Promise<void> {
    if (this.#known(recordingId).status === 'recording') throw new CodedError('recordingActive');
    this.infos.delete(recordingId);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #known(recordingId: string): RecordingInfo {
    const info = this.infos.get(recordingId);
    if (info === undefined) throw new CodedError('recordingNotFound');
    return info;
  }
}

/** A call record in memory. */
export class FakeCallRecord implements CallRecord {
  readonly facts: (CallFact & { readonly durable: boolean })[] = [];

  append(fact: CallFact, durable: boolean): void {
    this.facts.push({ ...fact, durable });
  }

  counters() {
    return { written: this.facts.length, dropped: 0, failed: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
