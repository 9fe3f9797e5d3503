/**
 * The memory through which a media worker gives a tool every source of a call, unmerged: one writer, one reader, no lock.
 *
 *     SharedArrayBuffer, in words of 4 bytes
 *
 *     │ head, 48 words                                                                       │ records, `capacity` words │
 *       0 magic   1 capacity   2 first tick   3 next tick   4 dropped ticks   5 state
 *       16 written (its own cache line)       32 read (its own cache line)
 *
 * `written` and `read` count words and only grow, modulo twice the capacity: equal means empty, a capacity apart means
 * full. The writer publishes whole ticks by storing `written`, the reader gives room back by storing `read`. `state` goes
 * from 0 (no writer yet) over 1 (open) to 2 (ended); then `next tick` is the first that is not in the ring.
 *
 *      31                          12 11     8 7             0
 *     ┌──────────────────────────────┬────────┬───────────────┐
 *     │        words, this one too   │ state  │     kind      │  every record begins so, and lies in one piece
 *     └──────────────────────────────┴────────┴───────────────┘
 *     pad     no more before the end of the memory
 *     tick    tick number                                  what follows, up to the next `tick`, belongs to it
 *     source  number, length of leg id, its UTF-16 units   said before the first frame of that number
 *     frame   number, and when `state` is audio 960 float32
 *
 * A source without a frame in a tick was not in the call then. A tick that does not fit is dropped whole and counted: the
 * reader sees it missing by its number.
 */
import { CodedError } from '../../errors.js';

/** Samples of one frame, at 48 kHz. */
export const tapFrameSamples = 960;

const magic = 0x7a90_0001;
const headWords = 48;
const wordBytes = Int32Array.BYTES_PER_ELEMENT;
const ticksPerSecond = 50;
/** Positions are added up in 32 bits, twice the capacity of them. */
const greatestCapacity = 2 ** 28;

/** Words of the head. */
export const headAt = {
  magic: 0,
  capacity: 1,
  firstTick: 2,
  nextTick: 3,
  dropped: 4,
  state: 5,
  written: 16,
  read: 32,
} as const;

/** Values of the head's `state`. */
export const ringState = { fresh: 0, open: 1, ended: 2 } as const;

/** Kinds of records. */
export const recordKind = { pad: 0, tick: 1, source: 2, frame: 3 } as const;

/** Words before the samples of a frame. */
export const frameHeadWords = 2;
/** Words of a frame with audio: the longest record there is. */
export const audioFrameWords = frameHeadWords + tapFrameSamples;

/**
 * What a source was in one tick, the first that applies:
 * `isolated` out of the mix; `muted`; `noConsent` in the talk, but not for tools; `silent` digital zero; `audio`.
 */
export type TapState = 'isolated' | 'muted' | 'noConsent' | 'silent' | 'audio';

/** States by their number in a record. */
export const tapStates: readonly TapState[] = ['isolated', 'muted', 'noConsent', 'silent', 'audio'];

/** A ring's memory as both sides see it. */
export interface RingViews {
  readonly head: Int32Array;
  readonly words: Int32Array;
  /** The same memory as `words`. */
  readonly floats: Float32Array;
  readonly capacity: number;
}

/**
 * A ring that holds at least `seconds` in which `maxLegs` legs all talk: 192 kB per leg and second. Legs that are silent
 * take 8 bytes per tick, so it usually lasts much longer.
 * @throws CodedError `invalidRequest` when that is nothing, or more than 1 GiB
 */
export function createTapRing(maxLegs: number, seconds: number): SharedArrayBuffer {
  const tickWords = 2 + maxLegs * audioFrameWords;
  // A record that does not fit before the end of the memory leaves less than its own length unused.
  const capacity = Math.ceil(seconds * ticksPerSecond) * tickWords + 2 * audioFrameWords;
  if (!(maxLegs >= 1 && seconds > 0 && capacity <= greatestCapacity)) {
    throw new CodedError('invalidRequest', 'A tap ring of this size cannot be made.');
  }
  const ring = new SharedArrayBuffer((headWords + capacity) * wordBytes);
  const head = new Int32Array(ring, 0, headWords);
  head[headAt.magic] = magic;
  head[headAt.capacity] = capacity;
  return ring;
}

/** Looks at a ring. @throws CodedError `invalidRequest` when it was not made by {@link createTapRing} */
export function viewRing(ring: SharedArrayBuffer): RingViews {
  const head = ring.byteLength >= headWords * wordBytes ? new Int32Array(ring, 0, headWords) : undefined;
  const capacity = head?.[headAt.capacity] ?? 0;
  if (head?.[headAt.magic] !== magic || ring.byteLength !== (headWords + capacity) * wordBytes) {
    throw new CodedError('invalidRequest', 'This memory is no tap ring.');
  }
  const words = new Int32Array(ring, headWords * wordBytes, capacity);
  return { head, words, floats: new Float32Array(ring, words.byteOffset, capacity), capacity };
}
