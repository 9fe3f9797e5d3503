import type { OpusLibrary } from '../codec/opus-library.js';
import { Arena } from './arena.js';

/**
 * The functions of dsp.wasm. Pointers are byte addresses in its memory, counts are float32 samples and multiples of 8
 * unless said otherwise; all audio is mono float, 1 = full scale.
 */
export interface KernelFunctions {
  zero(at: number, count: number): void;
  /** Overlap is allowed. */
  copy(from: number, to: number, count: number): void;
  /** to += from */
  add(from: number, to: number, count: number): void;
  /** to += gain · from, each product rounded onto the grid of 2^-16. */
  addScaled(from: number, to: number, count: number, gain: number): void;
  /** to = left − right */
  subtract(left: number, right: number, to: number, count: number): void;
  /** 1 when every sample is +0 or −0, else 0. */
  isZero(at: number, count: number): number;
  /** 1 when `count` 4-byte words are the same bit for bit, else 0. */
  isSame(left: number, right: number, count: number): number;
  /**
   * Makes a frame a mixer source, in place: gain going linearly from `fromGain` to `toGain`, NaN to 0, clamp to ±2,
   * rounding onto the grid of 2^-16. @returns 1 when a sample is not zero
   */
  settle(at: number, count: number, fromGain: number, toGain: number): number;
  /** In place, gain going linearly from `fromGain` to `toGain`, which the last sample has. */
  fade(at: number, count: number, fromGain: number, toGain: number): void;
  /** Writes greatest magnitude and sum of squares as two float32 to `result`. */
  measure(at: number, count: number, result: number): void;
  /** Limits `blocks` blocks of 32 samples in place; see limiter.ts. */
  limit(at: number, blocks: number, state: number, ceiling: number, holdBlocks: number, release: number): void;
  /** 8 → 48 kHz of `count` input samples; the 17 samples before `from` are the history. */
  up6(from: number, to: number, count: number, taps: number): void;
  /** 16 → 48 kHz of `count` input samples; the 23 samples before `from` are the history. */
  up3(from: number, to: number, count: number, taps: number): void;
  /** 48 → 8 kHz giving `count` output samples; the 102 samples before `from` are the history. */
  down6(from: number, to: number, count: number, reversedTaps: number): void;
  /** 48 → 16 kHz giving `count` output samples; the 69 samples before `from` are the history. */
  down3(from: number, to: number, count: number, reversedTaps: number): void;
  /** Rounds half to even to 16 bit, compresses by G.711 µ-law, writes `count` bytes. */
  encodeMu(from: number, to: number, count: number): void;
  /** As encodeMu by A-law. */
  encodeA(from: number, to: number, count: number): void;
  /** Rounds half to even, saturates, writes `count` int16. */
  toInt16(from: number, to: number, count: number): void;
  fromInt16(from: number, to: number, count: number): void;
  /** As toInt16, most significant byte first. */
  encodeL16(from: number, to: number, count: number): void;
  /** The inverse of encodeL16; any `count`, but whole blocks of 8 are read and written. */
  decodeL16(from: number, to: number, count: number): void;
  /** ITU-T G.722 at 64 kbit/s: `count` samples (at most 1920) at 16 kHz to half as many bytes; 176 bytes of state. */
  encodeG722(state: number, from: number, to: number, count: number): void;
  /** `count` bytes (any number up to 960) to twice as many samples at 16 kHz. */
  decodeG722(state: number, from: number, to: number, count: number): void;
  /**
   * Writes the 160 bytes a G.722 stream says while it is idle, as if they had been encoded; only after zeros have been.
   * @param atRest the last result
   * @returns 1 when that changed nothing and never will, else 0
   */
  idleG722(state: number, to: number, atRest: number): number;
}

interface KernelExports extends KernelFunctions {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  staging(): number;
}

/**
 * One instance of dsp.wasm with its memory: SIMD arithmetic, and the arena in which frames and states live.
 *
 * The memory never grows, so views and pointers stay valid for the life of the instance. One per media worker.
 */
export class Kernels {
  /** The kernels; calling one costs some nanoseconds and allocates nothing. */
  readonly run: KernelFunctions;
  /** The whole memory; a view whose `buffer` is this one can be passed to kernels by its `byteOffset`. */
  readonly buffer: ArrayBuffer;
  /**
   * Where one packet of at most 120 ms and its samples pass on their way to and from kernels, 34 560 bytes; nothing stays
   * in it from call to call.
   */
  readonly staging: number;
  readonly #arena: Arena;
  readonly #floats = new Map<number, Float32Array>();
  readonly #bytes = new Map<number, Uint8Array>();

  /**
   * @param module dsp.wasm
   * @param opus   libopus, the other compiled code a worker has; without it there is no Opus
   */
  constructor(
    module: WebAssembly.Module,
    readonly opus?: OpusLibrary,
  ) {
    const exports = new WebAssembly.Instance(module).exports as KernelExports;
    this.run = exports;
    this.buffer = exports.memory.buffer;
    this.staging = exports.staging();
    this.#arena = new Arena(exports.heapBase(), this.buffer.byteLength);
  }

  /** Bytes of the arena that are handed out now. */
  get liveBytes(): number {
    return this.#arena.liveBytes;
  }

  /** A block of `bytes` zero bytes, 16-byte aligned. @throws CodedError `capacityReached` */
  allocate(bytes: number): number {
    const pointer = this.#arena.allocate(bytes);
    new Uint8Array(this.buffer, pointer, bytes).fill(0);
    return pointer;
  }

  /** A block of `count` float32 zeros. @throws CodedError `capacityReached` */
  allocateFloats(count: number): number {
    return this.allocate(count * Float32Array.BYTES_PER_ELEMENT);
  }

  /** Gives a block back; its views must no longer be used. @throws Error when no live block begins there */
  free(pointer: number): void {
    this.#arena.free(pointer);
    this.#floats.delete(pointer);
    this.#bytes.delete(pointer);
  }

  /** View of `count` floats; asking again for the same allocates nothing. */
  f32(pointer: number, count: number): Float32Array {
    let view = this.#floats.get(pointer);
    if (view?.length !== count) this.#floats.set(pointer, (view = new Float32Array(this.buffer, pointer, count)));
    return view;
  }

  /** View of `count` bytes; asking again for the same allocates nothing. */
  u8(pointer: number, count: number): Uint8Array {
    let view = this.#bytes.get(pointer);
    if (view?.length !== count) this.#bytes.set(pointer, (view = new Uint8Array(this.buffer, pointer, count)));
    return view;
  }
}
