/** Recordings as they lie in their directory, read without blocking: for the main thread. */
import { constants, type Dirent } from 'node:fs';
import { lstat, mkdir, open, opendir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../errors.js';
import type { RecordingFile, RecordingInfo } from '../port.js';
import { diskErrorCode } from './disk.js';
import { isId, isTrackName, legOfTrack, sidecarName } from './names.js';
import { longestHead, parseSidecarHead } from './sidecar.js';
import type { SidecarHead } from './sidecar.js';

/** A recording that is being removed has this before its name, which no id has. */
const removedPrefix = '.removed-';

/** Reads, finds and removes recordings. */
export class FsStore {
  /** Directory of all recordings, links resolved. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Opens a directory, and makes it if need be. @throws CodedError `recordingFailed` */
  static async open(directory: string): Promise<FsStore> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return new FsStore(await realpath(directory));
    } catch (error) {
      throw new CodedError('recordingFailed', 'The directory of recordings cannot be used.', { cause: error });
    }
  }

  /** Every recording there is; also finishes removing what was being removed. */
  async *scan(): AsyncIterable<{ readonly recordingId: string; readonly head: SidecarHead | undefined }> {
    for await (const entry of await opendir(this.root)) {
      if (!entry.isDirectory()) continue;
      if (entry.name.startsWith(removedPrefix)) {
        await rm(join(this.root, entry.name), { recursive: true, force: true });
      } else if (isId(entry.name)) {
        yield { recordingId: entry.name, head: await this.head(entry.name) };
      }
    }
  }

  /** What the first line of its JSON says; undefined when there is no such recording. */
  async head(recordingId: string): Promise<SidecarHead | undefined> {
    if (!isId(recordingId)) return undefined;
    try {
      const directory = join(this.root, recordingId);
      if ((await realpath(directory)) !== directory) return undefined;
      const file = await open(join(directory, sidecarName), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(longestHead), 0, longestHead, 0);
        const head = parseSidecarHead(buffer.toString('utf8', 0, bytesRead));
        return head?.recordingId === recordingId ? head : undefined;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (diskErrorCode(error) === undefined) throw error;
      return undefined;
    }
  }

  /** @throws CodedError `recordingNotFound` */
  async info(recordingId: string): Promise<RecordingInfo> {
    const head = await this.head(recordingId);
    if (!head) throw new CodedError('recordingNotFound');
    const { callId, callName, status, startedAtMs, firstTick, endTick, droppedTicks, failure } = head;
    return {
      recordingId,
      callId,
      callName,
      status,
      startedAtMs,
      firstTick: firstTick ?? undefined,
      endTick: endTick ?? undefined,
      droppedTicks,
      files: await this.#files(recordingId),
      failure: failure ?? undefined,
    };
  }

  /**
   * Path of one file of a recording: a regular file that lies in it.
   * @throws CodedError `recordingNotFound`
   */
  async filePath(recordingId: string, name: string): Promise<string> {
    const isName = name === sidecarName || isTrackName(name);
    if (!isId(recordingId) || !isName) throw new CodedError('recordingNotFound');
    const path = join(this.root, recordingId, name);
    try {
      if ((await realpath(path)) === path && (await lstat(path)).isFile()) return path;
    } catch (error) {
      if (diskErrorCode(error) === undefined) throw error;
    }
    throw new CodedError('recordingNotFound');
  }

  /** Removes a recording; from the first moment on it is not found. @throws CodedError `recordingNotFound`, `recordingFailed` */
  async remove(recordingId: string): Promise<void> {
    if (!(await this.head(recordingId))) throw new CodedError('recordingNotFound');
    const grave = join(this.root, removedPrefix + recordingId);
    try {
      await rename(join(this.root, recordingId), grave);
      await rm(grave, { recursive: true, force: true });
    } catch (error) {
      throw new CodedError('recordingFailed', 'The recording could not be removed.', { cause: error });
    }
  }

  async #files(recordingId: string): Promise<RecordingFile[]> {
    const directory = join(this.root, recordingId);
    const files: RecordingFile[] = [];
    try {
      for await (const entry of await opendir(directory)) {
        if (isOurs(entry)) files.push(await describe(directory, entry.name));
      }
    } catch (error) {
      // Removed meanwhile.
      if (diskErrorCode(error) !== 'ENOENT') throw error;
    }
    return files.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function isOurs(entry: Dirent): boolean {
  return entry.isFile() && (entry.name === sidecarName || isTrackName(entry.name));
}

async function describe(directory: string, name: string): Promise<RecordingFile> {
  const { size } = await stat(join(directory, name));
  return { name, legId: name === sidecarName ? undefined : legOfTrack(name), bytes: size };
}
