import type { Disk } from './disk.js';
import type { TrackSink } from './track.js';
import { wavHeader, wavHeaderBytes } from './wav.js';

/**
 * A track's WAV file while it grows. At any instant the file holds at least what its header says, so that it can be read
 * wherever its writer is killed.
 */
export class TrackFile implements TrackSink {
  readonly #disk: Disk;
  readonly #path: string;
  #handle: number | undefined;
  /** Length of the file. */
  #bytes = 0;
  /** What its header says, samples only. */
  #declaredBytes = -1;
  /** A write failed half done: there may be more in the file than {@link #bytes}. */
  #torn = false;

  /** Makes the file, empty. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    this.#handle = disk.createFile(path);
    try {
      this.declare(0);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  write(bytes: Uint8Array, position: number): void {
    this.#torn = true;
    this.#disk.write(this.#open(), bytes, position);
    this.#torn = false;
    this.#bytes = Math.max(this.#bytes, position + bytes.byteLength);
  }

  /** Makes the header say that there are so many octets of samples, after making sure that there are. */
  declare(dataBytes: number): void {
    if (this.#declaredBytes === dataBytes) return;
    const handle = this.#open();
    const wanted = wavHeaderBytes + dataBytes;
    if (this.#bytes < wanted) this.#setLength(handle, wanted);
    this.#disk.write(handle, wavHeader(dataBytes), 0);
    this.#declaredBytes = dataBytes;
  }

  /** Makes the file exactly that long, without what was written half, and waits until it is on the medium. */
  finish(dataBytes: number): void {
    if (this.#torn) this.#setLength(this.#open(), this.#bytes);
    this.declare(dataBytes);
    const handle = this.#open();
    if (this.#bytes > wavHeaderBytes + dataBytes) this.#setLength(handle, wavHeaderBytes + dataBytes);
    this.#disk.sync(handle);
    this.release();
  }

  /** Lets go of the file; the next use takes it up again. */
  release(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) this.#disk.close(handle);
  }

  #setLength(handle: number, bytes: number): void {
    this.#disk.setLength(handle, bytes);
    this.#bytes = bytes;
    this.#torn = false;
  }

  #open(): number {
    this.#handle ??= this.#disk.openFile(this.#path);
    return this.#handle;
  }
}
