import type { Disk } from '../../../src/tools/recorder/disk.js';
import { fsDisk } from '../../../src/tools/recorder/fs-disk.js';

/** What a disk may refuse. */
type Deed = 'write' | 'sync' | 'setLength' | 'createFile' | 'rename' | 'removeFile';

/** A disk that begins to refuse things when told to. */
export interface FaultyDisk extends Disk {
  /** From now on, after so many more that go well, these fail with this code. */
  refuse(code: string, deeds: readonly Deed[], after?: number): void;
  /** All is well again. */
  heal(): void;
  /** Deeds done, in order, e.g. `sync`. */
  readonly done: string[];
}

/** The machine's file system, with faults. */
export function faultyDisk(): FaultyDisk {
  let fault: { code: string; deeds: readonly Deed[]; left: number } | undefined;
  const done: string[] = [];
  const guard = (deed: Deed): void => {
    if (fault?.deeds.includes(deed) && fault.left-- <= 0) {
      throw Object.assign(new Error(`${fault.code}: ${deed}`), { code: fault.code });
    }
    done.push(deed);
  };
  return {
    ...fsDisk,
    done,
    refuse: (code, deeds, after = 0) => void (fault = { code, deeds, left: after }),
    heal: () => void (fault = undefined),
    createFile(path) {
      guard('createFile');
      return fsDisk.createFile(path);
    },
    write(handle, bytes, position) {
      guard('write');
      fsDisk.write(handle, bytes, position);
    },
    setLength(handle, bytes) {
      guard('setLength');
      fsDisk.setLength(handle, bytes);
    },
    sync(handle) {
      guard('sync');
      fsDisk.sync(handle);
    },
    rename(from, to) {
      guard('rename');
      fsDisk.rename(from, to);
    },
    removeFile(path) {
      guard('removeFile');
      fsDisk.removeFile(path);
    },
  };
}
