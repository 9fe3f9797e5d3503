/**
 * What a recording needs of a file system: synchronous, because it runs on a thread that may wait. Every method throws
 * what the system says, with its `code` (`ENOSPC`, `EIO`, …).
 */
export interface Disk {
  /** Makes a directory that must not exist, for its owner only. */
  makeDirectory(path: string): void;
  /** Makes a file that must not exist, for its owner only; follows no link. @returns a handle to read and write it */
  createFile(path: string): number;
  /** Opens a regular file to read and write it; follows no link. */
  openFile(path: string): number;
  /** Writes all of it. */
  write(handle: number, bytes: Uint8Array, position: number): void;
  /** @returns octets read, less than asked for only at the end of the file */
  read(handle: number, into: Uint8Array, position: number): number;
  length(handle: number): number;
  /** Cuts a file off or makes it longer, by a hole. */
  setLength(handle: number, bytes: number): void;
  /** Waits until the file's contents are on the medium. */
  sync(handle: number): void;
  close(handle: number): void;
  /** Waits until a directory's entries are on the medium. */
  syncDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** A file that is not there is fine. */
  removeFile(path: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Names in a directory. */
  names(path: string): readonly string[];
  /** Where a path leads, links resolved. */
  realPath(path: string): string;
  freeBytes(path: string): number;
}

/** Ends the name of a file that is to take the place of another. */
export const draftSuffix = '.tmp';

/** `code` of what a {@link Disk} threw; undefined when it is no error of the system. */
export function diskErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  return thrown.code;
}

/** A sentence for people about what a {@link Disk} threw, without paths. */
export function diskFailure(thrown: unknown): string {
  const code = diskErrorCode(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'The disk is full.';
  return code === undefined ? 'The recorder failed.' : `The disk reported ${code}.`;
}

/**
 * Puts a text in the place of a file, so that readers find the old one or the new one whole, whatever happens; returns when
 * it is on the medium.
 */
export function replaceFile(disk: Disk, directory: string, name: string, text: string): void {
  const path = `${directory}/${name}`;
  const draft = path + draftSuffix;
  disk.removeFile(draft);
  const handle = disk.createFile(draft);
  try {
    disk.write(handle, Buffer.from(text), 0);
    disk.sync(handle);
  } finally {
    disk.close(handle);
  }
  disk.rename(draft, path);
  disk.syncDirectory(directory);
}

/** The whole text of a file. */
export function readText(disk: Disk, path: string): string {
  const handle = disk.openFile(path);
  try {
    const bytes = Buffer.alloc(disk.length(handle));
    return bytes.toString('utf8', 0, disk.read(handle, bytes, 0));
  } finally {
    disk.close(handle);
  }
}
