import { CodedError } from '../../errors.js';
import { TapReader } from '../../media/tap/reader.js';
import type { RecorderCommand, RecorderSettings, ToolCommand, ToolEvent } from '../protocol.js';
import type { Tool } from '../tool.js';
import { diskErrorCode, diskFailure } from './disk.js';
import type { Disk } from './disk.js';
import { isId, isScratchName, reserveName } from './names.js';
import { Recording } from './recording.js';
import { StoredRecording } from './stored-recording.js';

/** What the recorder is made from. */
export interface RecorderToolOptions {
  readonly disk: Disk;
  /** Who this process is, see `owner.ts`. */
  readonly owner: string;
  readonly nowMs: () => number;
  readonly emit: (event: ToolEvent) => void;
}

/** All recordings of this server, on the tool worker. */
export class RecorderTool implements Tool {
  readonly #options: RecorderToolOptions;
  #settings: RecorderSettings | undefined;
  readonly #recordings = new Map<string, Recording>();
  /** Finished recordings in which something is being purged. */
  readonly #stored = new Map<string, StoredRecording>();

  constructor(options: RecorderToolOptions) {
    this.#options = options;
  }

  command(command: ToolCommand): boolean {
    switch (command.type) {
      case 'openRecordings':
        this.#answer(command.requestId, () => void (this.#settings = command.settings));
        return true;
      case 'beginRecording':
        this.#answer(command.requestId, () => this.#begin(command));
        return true;
      case 'noteRecording':
        this.#recordings.get(command.recordingId)?.note(command.note);
        return true;
      case 'abandonRecording':
        this.#recordings.get(command.recordingId)?.abandon(command.reason, this.#options.nowMs());
        return true;
      case 'purgeRecording':
        this.#purge(command);
        return true;
      case 'recoverRecording':
        this.#answer(command.requestId, () => this.#recover(command));
        return true;
      case 'finishRecordings':
        this.#answer(command.requestId, () => this.#finish());
        return true;
    }
  }

  poll(nowMs: number): boolean {
    let more = false;
    for (const [recordingId, recording] of this.#recordings) {
      try {
        more = recording.poll(nowMs) || more;
      } catch (error) {
        this.#fault(error);
      }
      if (recording.closed) this.#recordings.delete(recordingId);
    }
    for (const [recordingId, { purges }] of this.#stored) {
      purges.step();
      if (!purges.open) this.#stored.delete(recordingId);
      more ||= purges.open;
    }
    return more;
  }

  #finish(): void {
    const nowMs = this.#options.nowMs();
    for (const recording of this.#recordings.values()) {
      recording.abandon('The server stopped before the call had ended.', nowMs);
    }
    while (this.poll(nowMs));
  }

  #begin({ order, startedAtMs }: RecorderCommand & { type: 'beginRecording' }): void {
    const { disk, owner, emit } = this.#options;
    const { root, minFreeBytes } = this.#opened();
    const { ring, ...about } = order;
    const { recordingId } = about;
    if (!isId(recordingId)) throw new CodedError('recordingFailed', 'The id of the recording is not allowed.');
    if (disk.freeBytes(root) < minFreeBytes) throw new CodedError('recordingFailed', 'The disk is too full.');
    const recording = new Recording({
      disk,
      root,
      order: about,
      startedAtMs,
      owner,
      reader: new TapReader(ring),
      onEnd: (status, failure) => emit({ type: 'recordingEnded', recordingId, status, failure }),
    });
    this.#recordings.set(recordingId, recording);
  }

  #purge({ requestId, recordingId, legId, beforeTick }: RecorderCommand & { type: 'purgeRecording' }): void {
    const settle = (error?: CodedError) => this.#result(requestId, error);
    const recording = this.#recordings.get(recordingId);
    if (recording) {
      recording.purge(legId, beforeTick, settle);
      return;
    }
    try {
      const stored = this.#stored.get(recordingId) ?? this.#open(recordingId);
      this.#stored.set(recordingId, stored);
      stored.purges.add(legId, beforeTick, settle);
    } catch (error) {
      settle(failureOf(error));
    }
  }

  #recover({ recordingId, status, failure }: RecorderCommand & { type: 'recoverRecording' }): void {
    const { disk } = this.#options;
    const { root } = this.#opened();
    if (!isId(recordingId) || this.#recordings.has(recordingId)) return;
    const directory = `${root}/${recordingId}`;
    const names = disk.names(directory);
    if (names.includes(reserveName) && names.every(isScratchName)) {
      // Killed before it had begun.
      for (const name of names) disk.removeFile(`${directory}/${name}`);
      disk.removeDirectory(directory);
      return;
    }
    this.#open(recordingId).recover(status, failure);
  }

  #open(recordingId: string): StoredRecording {
    if (!isId(recordingId)) throw new CodedError('recordingNotFound');
    return StoredRecording.open(this.#options.disk, this.#opened().root, recordingId);
  }

  #opened(): RecorderSettings {
    if (!this.#settings) throw new CodedError('recordingFailed', 'There is no directory of recordings yet.');
    return this.#settings;
  }

  #answer(requestId: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#result(requestId, failureOf(error));
      if (!(error instanceof CodedError) && diskErrorCode(error) === undefined) this.#fault(error);
      return;
    }
    this.#result(requestId);
  }

  #result(requestId: number, error?: CodedError): void {
    this.#options.emit({ type: 'result', requestId, error: error && { code: error.code, detail: error.detail } });
  }

  #fault(error: unknown): void {
    this.#options.emit({
      type: 'fault',
      detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}

function failureOf(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  if (diskErrorCode(thrown) === 'ENOENT') return new CodedError('recordingNotFound');
  return new CodedError('recordingFailed', diskFailure(thrown), { cause: thrown });
}
