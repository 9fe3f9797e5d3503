import { CodedError } from '../errors.js';
import { createTapRing } from '../media/tap/ring.js';
import type { Recorder, RecordingEvent, RecordingInfo, RecordingNote, RecordingOrder } from './port.js';
import { FsStore } from './recorder/fs-store.js';
import { isAnotherAlive } from './recorder/owner.js';
import { RecordingIndex } from './recorder/recording-index.js';
import type { ToolNews, ToolPlane } from './tool-plane.js';

/** What a recorder is made from. */
export interface FsRecorderOptions {
  /** Directory of all recordings; made if need be. */
  readonly directory: string;
  /** With less room left no recording begins, octets. */
  readonly minFreeBytes: number;
  /** How long a disk may stand still without anything being lost, s. */
  readonly bufferS: number;
  /** Most memory that may take per recording, octets. */
  readonly bufferBytes: number;
  /** Has been started, and is closed after the recorder. */
  readonly tools: ToolPlane;
  /** Since 1970, ms. */
  readonly wallMs: () => number;
  /** Told what deserves to be in the log: a crash of the worker, a recording that cannot be recovered. */
  readonly onFault: (detail: string) => void;
}

/** 960 float32 fifty times a second. */
const bytesPerLegSecond = 192_000;

/** {@link Recorder} over a directory and the tool worker. */
export class FsRecorder implements Recorder {
  readonly #options: FsRecorderOptions;
  readonly #tools: ToolPlane;
  readonly #index = new RecordingIndex();
  /** Recordings on the worker. */
  readonly #active = new Set<string>();
  /** Those among them that have not begun. */
  readonly #beginning = new Set<string>();
  /** Recordings being purged, with the number of orders. */
  readonly #purging = new Map<string, number>();
  /** Why recordings failed whose JSON could not be told. */
  readonly #failures = new Map<string, string>();
  readonly #announcing = new Set<Promise<void>>();
  #store: FsStore | undefined;
  #listener: (event: RecordingEvent) => void = () => undefined;

  constructor(options: FsRecorderOptions) {
    this.#options = options;
    this.#tools = options.tools;
    this.#tools.onNews((news) => this.#follow(this.#onNews(news)));
    this.#tools.onLoss(() => this.#follow(this.#onLoss()));
  }

  async start(): Promise<void> {
    const store = await FsStore.open(this.#options.directory);
    this.#store = store;
    await this.#openRecordings();
    await this.#recoverAll(store);
  }

  createRing(maxLegs: number): SharedArrayBuffer {
    const { bufferS, bufferBytes } = this.#options;
    // Legs that are silent take next to nothing: a ring for all legs of a large call at once would never fill.
    const legs = Math.max(1, Math.min(maxLegs, Math.floor(bufferBytes / (bytesPerLegSecond * bufferS))));
    return createTapRing(legs, bufferS);
  }

  async begin(order: RecordingOrder): Promise<void> {
    const { recordingId, callId } = order;
    const startedAtMs = this.#options.wallMs();
    if (this.#index.has(recordingId)) throw new CodedError('recordingFailed', 'There is a recording of this id.');
    this.#active.add(recordingId);
    this.#beginning.add(recordingId);
    try {
      await this.#tools.ask({ type: 'beginRecording', order, startedAtMs });
    } catch (error) {
      this.#active.delete(recordingId);
      throw error;
    } finally {
      this.#beginning.delete(recordingId);
    }
    this.#index.add({ recordingId, callId, startedAtMs });
  }

  note(recordingId: string, note: RecordingNote): void {
    this.#tools.tell({ type: 'noteRecording', recordingId, note });
  }

  abandon(recordingId: string, reason: string): void {
    this.#tools.tell({ type: 'abandonRecording', recordingId, reason });
  }

  async purge(recordingId: string, legId: string, beforeTick: number): Promise<void> {
    this.#purging.set(recordingId, (this.#purging.get(recordingId) ?? 0) + 1);
    try {
      await this.#tools.ask({ type: 'purgeRecording', recordingId, legId, beforeTick });
    } finally {
      const left = (this.#purging.get(recordingId) ?? 1) - 1;
      if (left > 0) this.#purging.set(recordingId, left);
      else this.#purging.delete(recordingId);
    }
  }

  onEvent(listener: (event: RecordingEvent) => void): void {
    this.#listener = listener;
  }

  async get(recordingId: string): Promise<RecordingInfo> {
    const info = await this.#directory().info(recordingId);
    if (info.status !== 'recording') this.#failures.delete(recordingId);
    const failure = this.#failures.get(recordingId);
    if (failure === undefined) return info;
    return { ...info, status: 'failed', failure };
  }

  async list(query: {
    callId: string | undefined;
    after: string | undefined;
    limit: number;
  }): Promise<readonly RecordingInfo[]> {
    const { callId, after, limit } = query;
    if (after !== undefined && !this.#index.knows(after)) throw new CodedError('recordingNotFound');
    const found: RecordingInfo[] = [];
    let last = after;
    for (;;) {
      const next = this.#index.listed(last, callId, limit - found.length);
      if (next.length === 0) break;
      for (const { recordingId } of next) {
        last = recordingId;
        const info = await this.#getUnlessRemoved(recordingId);
        if (info) found.push(info);
      }
    }
    return found;
  }

  filePath(recordingId: string, name: string): Promise<string> {
    return this.#directory().filePath(recordingId, name);
  }

  async remove(recordingId: string): Promise<void> {
    const { status } = await this.get(recordingId);
    const isActive = this.#active.has(recordingId) || this.#purging.has(recordingId) || status === 'recording';
    if (isActive) throw new CodedError('recordingActive');
    await this.#directory().remove(recordingId);
    this.#index.remove(recordingId);
    this.#failures.delete(recordingId);
  }

  async close(): Promise<void> {
    // When the worker crashes meanwhile, its recordings are recovered and told of as ever.
    await this.#tools.ask({ type: 'finishRecordings' }).catch(() => undefined);
    await Promise.all(this.#announcing);
  }

  /** A recording that somebody removed by hand is no longer listed. */
  async #getUnlessRemoved(recordingId: string): Promise<RecordingInfo | undefined> {
    try {
      return await this.get(recordingId);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#index.remove(recordingId);
      return undefined;
    }
  }

  /** Finishes what died with another process, and lists everything. */
  async #recoverAll(store: FsStore): Promise<void> {
    for await (const { recordingId, head } of store.scan()) {
      const isOpen = !head || head.status === 'recording' || head.openPurges > 0;
      if (isOpen && !isAnotherAlive(head?.owner ?? '')) await this.#recover(recordingId, 'recovered', null);
      if (head) this.#index.add({ recordingId, callId: head.callId, startedAtMs: head.startedAtMs });
    }
  }

  async #recover(recordingId: string, status: 'recovered' | 'failed', failure: string | null): Promise<void> {
    try {
      await this.#tools.ask({ type: 'recoverRecording', recordingId, status, failure });
    } catch (error) {
      // What is no recording at all lies in our directory, but is not ours.
      if (error instanceof CodedError && error.code === 'recordingNotFound') return;
      this.#options.onFault(`Recording ${recordingId} could not be recovered: ${String(error)}`);
    }
  }

  async #onNews(news: ToolNews): Promise<void> {
    const { recordingId, status, failure } = news;
    this.#active.delete(recordingId);
    if (failure !== null) this.#failures.set(recordingId, failure);
    await this.#announce(recordingId, status);
  }

  async #onLoss(): Promise<void> {
    const failure = 'The tool worker crashed.';
    const lost = [...this.#active].filter((recordingId) => !this.#beginning.has(recordingId));
    const torn = new Set([...this.#beginning, ...this.#purging.keys()]);
    this.#active.clear();
    // Nothing can be asked of the next worker before. Where there is none, what follows fails, too.
    await this.#openRecordings().catch(() => undefined);
    for (const recordingId of lost) {
      this.#failures.set(recordingId, failure);
      await this.#recover(recordingId, 'failed', failure);
      await this.#announce(recordingId, 'failed');
    }
    for (const recordingId of torn) {
      if (!lost.includes(recordingId)) await this.#recover(recordingId, 'failed', failure);
    }
  }

  async #announce(recordingId: string, status: 'completed' | 'failed'): Promise<void> {
    try {
      const info = await this.get(recordingId);
      const type = status === 'completed' ? 'recordingCompleted' : 'recordingFailed';
      this.#listener({ type, recordingId, info });
    } catch (error) {
      this.#options.onFault(`Recording ${recordingId} ended and cannot be read: ${String(error)}`);
    }
  }

  /** Lets {@link close} wait for it. */
  #follow(announcing: Promise<void>): void {
    const done = announcing.finally(() => this.#announcing.delete(done));
    this.#announcing.add(done);
  }

  async #openRecordings(): Promise<void> {
    const settings = { root: this.#directory().root, minFreeBytes: this.#options.minFreeBytes };
    await this.#tools.ask({ type: 'openRecordings', settings });
  }

  #directory(): FsStore {
    if (!this.#store) throw new CodedError('recordingFailed', 'The recorder has not been started.');
    return this.#store;
  }
}
