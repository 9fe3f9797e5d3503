import { CodedError } from '../../errors.js';

const alignment = 16;

/**
 * Hands out blocks of one fixed range of addresses and takes them back: a bump pointer and one free list per size.
 *
 * A process works with few distinct sizes (frames, codec states), so freed blocks are reused by the next of their kind
 * and nothing fragments. Not for the hot path.
 */
export class Arena {
  #next: number;
  readonly #end: number;
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();
  #liveBytes = 0;

  /**
   * @param begin first address, a multiple of 16
   * @param end   first address beyond the range
   */
  constructor(begin: number, end: number) {
    this.#next = begin;
    this.#end = end;
  }

  /** Bytes handed out and not given back, each block rounded up to 16. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Address of `bytes` bytes, 16-byte aligned, contents undefined. @throws CodedError `capacityReached` */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / alignment)) * alignment;
    const pointer = this.#free.get(size)?.pop() ?? this.#take(size);
    this.#sizes.set(pointer, size);
    this.#liveBytes += size;
    return pointer;
  }

  /** Gives a block back. @throws Error when the address is not that of a live block */
  free(pointer: number): void {
    const size = this.#sizes.get(pointer);
    if (size === undefined) throw new Error(`No live block begins at ${pointer}.`);
    this.#sizes.delete(pointer);
    this.#liveBytes -= size;
    const list = this.#free.get(size);
    if (list) list.push(pointer);
    else this.#free.set(size, [pointer]);
  }

  #take(size: number): number {
    if (this.#next + size > this.#end) throw new CodedError('capacityReached', 'The media memory is used up.');
    const pointer = this.#next;
    this.#next += size;
    return pointer;
  }
}
