import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import type { Disk } from './disk.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const ownerOnlyFile = 0o600;
const ownerOnlyDirectory = 0o700;

/** The machine's file system. */
export const fsDisk: Disk = {
  makeDirectory: (path) => mkdirSync(path, { mode: ownerOnlyDirectory }),
  createFile: (path) => openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, ownerOnlyFile),
  openFile(path) {
    const handle = openSync(path, O_RDWR | O_NOFOLLOW);
    if (fstatSync(handle).isFile()) return handle;
    closeSync(handle);
    throw Object.assign(new Error('This is no regular file.'), { code: 'EINVAL' });
  },
  write(handle, bytes, position) {
    let done = 0;
    while (done < bytes.byteLength) {
      const written = writeSync(handle, bytes, done, bytes.byteLength - done, position + done);
      if (written === 0) throw Object.assign(new Error('Nothing was written.'), { code: 'EIO' });
      done += written;
    }
  },
  read(handle, into, position) {
    let done = 0;
    while (done < into.byteLength) {
      const read = readSync(handle, into, done, into.byteLength - done, position + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  },
  length: (handle) => fstatSync(handle).size,
  setLength: (handle, bytes) => ftruncateSync(handle, bytes),
  sync: (handle) => fdatasyncSync(handle),
  close: (handle) => closeSync(handle),
  syncDirectory(path) {
    const handle = openSync(path, O_RDONLY | O_DIRECTORY);
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
  rename: (from, to) => renameSync(from, to),
  removeFile: (path) => rmSync(path, { force: true }),
  removeDirectory: (path) => rmdirSync(path),
  names: (path) => readdirSync(path),
  realPath: (path) => realpathSync(path),
  freeBytes(path) {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  },
};
