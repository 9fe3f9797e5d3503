import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CallFact, CallRecord, CallRecordCounters } from '../port.js';

/** What a call record is made of. */
export interface FsCallRecordOptions {
  /** One file `{callId}.jsonl` per call goes there; made if need be. */
  readonly directory: string;
  /** Told of the first failure, and of the first one after a success. */
  readonly onFailure: (thrown: unknown) => void;
  /** Facts that may wait to be written. Default 10 000. */
  readonly maxQueued?: number;
}

/** What is to be appended to one file at once. */
interface Batch {
  readonly lines: string[];
  durable: boolean;
}

/** Ids this server makes; nothing else becomes the name of a file. */
const fileNameOf = /^[A-Za-z0-9_-]{1,64}$/;
const filesAtOnce = 8;

/**
 * {@link CallRecord} as JSON lines, one file per call, readable by its owner only. What comes while files are being written
 * waits and is then written together, with one fsync for all of it; a file that is new is made durable with its directory.
 */
export class FsCallRecord implements CallRecord {
  readonly #directory: string;
  readonly #maxQueued: number;
  readonly #onFailure: (thrown: unknown) => void;
  #waiting = new Map<string, Batch>();
  #queued = 0;
  #written = 0;
  #dropped = 0;
  #failed = 0;
  #failing = false;
  #writing: Promise<void> | undefined;

  constructor({ directory, onFailure, maxQueued = 10_000 }: FsCallRecordOptions) {
    this.#directory = directory;
    this.#onFailure = onFailure;
    this.#maxQueued = maxQueued;
  }

  append(fact: CallFact, durable: boolean): void {
    if (this.#queued >= this.#maxQueued || !fileNameOf.test(fact.callId)) {
      this.#dropped += 1;
      return;
    }
    const batch = this.#waiting.get(fact.callId) ?? { lines: [], durable: false };
    batch.lines.push(lineOf(fact));
    batch.durable ||= durable;
    this.#waiting.set(fact.callId, batch);
    this.#queued += 1;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  counters(): CallRecordCounters {
    return { written: this.#written, dropped: this.#dropped, failed: this.#failed };
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    // Facts of the same moment go together.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batches = [...this.#waiting];
      this.#waiting = new Map();
      for (let start = 0; start < batches.length; start += filesAtOnce) {
        const some = batches.slice(start, start + filesAtOnce);
        await Promise.all(some.map(([callId, batch]) => this.#writeBatch(callId, batch)));
      }
    }
  }

  async #writeBatch(callId: string, { lines, durable }: Batch): Promise<void> {
    try {
      await appendTo(join(this.#directory, `${callId}.jsonl`), lines.join(''), durable);
      this.#written += lines.length;
      this.#failing = false;
    } catch (thrown) {
      this.#failed += lines.length;
      if (!this.#failing) this.#onFailure(thrown);
      this.#failing = true;
    } finally {
      this.#queued -= lines.length;
    }
  }
}

function lineOf({ callId, sequence, tick, timeMs, type, legId, data }: CallFact): string {
  return `${JSON.stringify({ callId, sequence, tick, time: new Date(timeMs).toISOString(), type, legId, data })}\n`;
}

async function appendTo(path: string, text: string, durable: boolean): Promise<void> {
  const directory = dirname(path);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const openFile = () => open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  const file = await openFile().catch(async (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return openFile();
  });
  try {
    const isNew = (await file.stat()).size === 0;
    await file.appendFile(text);
    if (!durable) return;
    await file.datasync();
    if (isNew) await syncDirectory(directory);
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
