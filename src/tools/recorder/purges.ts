import { CodedError } from '../../errors.js';
import { diskFailure } from './disk.js';
import type { Disk } from './disk.js';
import type { SidecarPurge } from './sidecar.js';

/** Octets of a file, the second not in it. */
export type ByteRange = readonly [from: number, to: number];

/** A recording whose audio can be wiped. */
export interface Purgeable {
  /** Where a leg's audio before a tick lies; undefined = there is no such track. */
  audioBefore(legId: string, beforeTick: number): { path: string; ranges: ByteRange[] } | undefined;
  /** What was audio is now purged. */
  markPurged(legId: string, beforeTick: number): void;
  /** Writes the recording's JSON, and waits until it is on the medium. */
  save(): void;
}

/** Octets overwritten between two looks at the rings: at 100 MB/s that is 40 ms. */
const stepBytes = 4 * 2 ** 20;
const zeros = new Uint8Array(2 ** 18);

/** An order that is being carried out. */
interface Purging {
  readonly order: SidecarPurge;
  readonly settle: (error?: CodedError) => void;
  /** Undefined until it is this one's turn. */
  work?: { path: string; ranges: ByteRange[] };
}

/**
 * Wipes audio in place, in small steps. An order is in the recording's JSON before its first octet is overwritten, and is
 * `done` there after the last one is on the medium; a crash in between leaves it open, and recovery carries it out.
 */
export class Purges {
  readonly orders: SidecarPurge[];
  readonly #disk: Disk;
  readonly #target: Purgeable;
  readonly #queue: Purging[] = [];

  /** @param orders what the recording's JSON has so far; open ones are carried out first */
  constructor(disk: Disk, target: Purgeable, orders: SidecarPurge[] = []) {
    this.#disk = disk;
    this.#target = target;
    this.orders = orders;
    for (const order of orders) if (!order.done) this.#queue.push({ order, settle: () => undefined });
  }

  get open(): boolean {
    return this.#queue.length > 0;
  }

  /** Takes an order; `settle` is told when it is on the medium. */
  add(legId: string, beforeTick: number, settle: (error?: CodedError) => void): void {
    const order: SidecarPurge = { legId, beforeTick, done: false };
    this.orders.push(order);
    try {
      this.#target.save();
    } catch (error) {
      settle(failure(error));
      return;
    }
    this.#queue.push({ order, settle });
  }

  /** Does a little of the work. */
  step(): void {
    const [purging] = this.#queue;
    if (!purging) return;
    const { order, settle } = purging;
    try {
      purging.work ??= this.#target.audioBefore(order.legId, order.beforeTick) ?? { path: '', ranges: [] };
      if (purging.work.ranges.length > 0) {
        this.#wipe(purging.work);
        return;
      }
      this.#target.markPurged(order.legId, order.beforeTick);
      order.done = true;
      this.#target.save();
    } catch (error) {
      order.done = false;
      this.#queue.shift();
      settle(failure(error));
      return;
    }
    this.#queue.shift();
    settle();
  }

  #wipe(work: { path: string; ranges: ByteRange[] }): void {
    const handle = this.#disk.openFile(work.path);
    try {
      let left = stepBytes;
      for (let range = work.ranges[0]; range && left > 0; range = work.ranges[0]) {
        const [from, to] = range;
        const bytes = Math.min(to - from, left, zeros.byteLength);
        this.#disk.write(handle, zeros.subarray(0, bytes), from);
        left -= bytes;
        if (from + bytes === to) work.ranges.shift();
        else work.ranges[0] = [from + bytes, to];
      }
      this.#disk.sync(handle);
    } finally {
      this.#disk.close(handle);
    }
  }
}

function failure(thrown: unknown): CodedError {
  return new CodedError('recordingFailed', diskFailure(thrown), { cause: thrown });
}
