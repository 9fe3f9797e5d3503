/** Prompt files: only what lies in the prompt directory can be read. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { CodedError } from '../errors.js';
import { ownCopy } from './bounded-read.js';
import { promptNamePattern } from './port.js';

/** A prompt file that was found; its bytes are read only when they are needed. */
export interface PromptFile {
  /** Changes when the file does. */
  readonly version: string;
  /** @throws CodedError `promptInvalid`, `promptNotFound` */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

const longestName = 255;
const nameExpression = new RegExp(promptNamePattern);

/** Reads prompts below one directory. */
export class PromptDirectory {
  constructor(
    private readonly root: string,
    private readonly mostBytes: number,
  ) {}

  /**
   * Looks at a file without reading it.
   * @param use is given the file while it is open
   * @throws CodedError `promptRefused` (name, or a link that leads out), `promptNotFound`, `promptInvalid`
   */
  async with<T>(name: string, use: (file: PromptFile) => Promise<T>): Promise<T> {
    if (name.length > longestName || !nameExpression.test(name)) {
      throw new CodedError('promptRefused', 'This is not a name a prompt file can have.');
    }
    const { handle, path } = await this.#open(name);
    try {
      const stat = await handle.stat({ bigint: true });
      // Devices and pipes never end; directories cannot be read.
      if (!stat.isFile()) throw new CodedError('promptRefused', 'The prompt is not a regular file.');
      // What was opened must still be what was checked: nobody put a link in its way in between.
      if ((await realpath(path)) !== path) throw outside();
      if (stat.size > BigInt(this.mostBytes)) throw tooLarge(this.mostBytes);
      const version = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');
      return await use({ version, read: () => readAll(handle, this.mostBytes) });
    } finally {
      await handle.close();
    }
  }

  async #open(name: string): Promise<{ handle: FileHandle; path: string }> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      const root = await realpath(this.root);
      const path = await realpath(join(root, name));
      if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw outside();
      // Opening a pipe must not wait for its writer.
      return { handle: await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), path };
    } catch (error) {
      if (error instanceof CodedError) throw error;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ELOOP') throw outside();
      throw new CodedError('promptNotFound', 'There is no such file in the prompt directory.', { cause: error });
    }
  }
}

/** Reads to the end, but no more than is allowed, whatever the file grew to in the meantime. */
async function readAll(handle: FileHandle, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.min(size, mostBytes + 1));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > mostBytes) throw tooLarge(mostBytes);
  return length === bytes.length ? bytes : ownCopy(bytes.subarray(0, length));
}

function outside(): CodedError {
  return new CodedError('promptRefused', 'The prompt does not lie in the prompt directory.');
}

function tooLarge(mostBytes: number): CodedError {
  return new CodedError('promptInvalid', `The prompt is larger than ${mostBytes} bytes.`);
}
