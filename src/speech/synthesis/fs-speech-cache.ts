/** Synthesized sentences on disk: the same words need not be made again after a restart. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownCopy } from '../bounded-read.js';
import { Recent } from '../recent.js';

/** Remembers audio files by key. What it cannot read or write is as if it was not there. */
export interface SpeechCache {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** Writes nothing more; resolves when what is being written is there. */
  close(): Promise<void>;
}

const fileExpression = /^([0-9a-f]{64})\.audio$/;

/** A directory of files named by their keys (SHA-256, hex), bounded; what was not used for longest goes first. */
export class FileSpeechCache implements SpeechCache {
  readonly #files: Recent<true>;
  readonly #writes = new Set<Promise<void>>();
  #closed = false;

  constructor(
    private readonly directory: string,
    private readonly mostBytes: number,
  ) {
    this.#files = new Recent(mostBytes, (key) => void this.#remove(key));
  }

  /** Sees what is there. */
  async start(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const found: { key: string; size: number; usedMs: number }[] = [];
    for (const file of await readdir(this.directory)) {
      const [, key] = fileExpression.exec(file) ?? [];
      // The rest of a write that did not end.
      if (file.endsWith('.part')) await rm(join(this.directory, file), { force: true });
      if (key === undefined) continue;
      const { size, mtimeMs } = await stat(join(this.directory, file));
      found.push({ key, size, usedMs: mtimeMs });
    }
    found.sort((a, b) => a.usedMs - b.usedMs);
    for (const { key, size } of found) this.#files.set(key, true, size);
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#files.get(key) === undefined) return undefined;
    try {
      const bytes = ownCopy(await readFile(this.#path(key)));
      const now = new Date();
      await utimes(this.#path(key), now, now);
      return bytes;
    } catch {
      this.#files.delete(key);
      return undefined;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#closed || bytes.length > this.mostBytes) return;
    const write = this.#write(key, bytes);
    this.#writes.add(write);
    await write;
    this.#writes.delete(write);
  }

  async delete(key: string): Promise<void> {
    this.#files.delete(key);
    await this.#remove(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#writes);
  }

  /** Never rejects. */
  async #write(key: string, bytes: Uint8Array): Promise<void> {
    const part = join(this.directory, `${randomUUID()}.part`);
    try {
      await writeFile(part, bytes, { mode: 0o600, flag: 'wx' });
      await rename(part, this.#path(key));
      this.#files.set(key, true, bytes.length);
    } catch {
      // A full disk costs time, not calls.
      await rm(part, { force: true }).catch(() => undefined);
    }
  }

  #remove(key: string): Promise<void> {
    return rm(this.#path(key), { force: true }).catch(() => undefined);
  }

  #path(key: string): string {
    return join(this.directory, `${key}.audio`);
  }
}

/** Remembers nothing. */
export const noSpeechCache: SpeechCache = {
  get: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  delete: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
