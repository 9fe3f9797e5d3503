import { Arena } from '../dsp/arena.js';
import { greatestPacketBytes, greatestPacketSamples } from './opus-packets.js';
import { opusDefaults, type OpusPreferences } from './opus-settings.js';

/** The functions of libopus (opus.h) that its WebAssembly build exports; pointers are addresses in its memory. */
interface OpusExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  stackSave(): number;
  stackRestore(stack: number): void;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(state: number, rateHz: number, channels: number, application: number): number;
  opus_encoder_ctl_set(state: number, request: number, value: number): number;
  opus_encode(state: number, pcm: number, samples: number, data: number, greatestBytes: number): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(state: number, rateHz: number, channels: number): number;
  opus_decode(state: number, data: number, bytes: number, pcm: number, samples: number, rescue: number): number;
}

const rateHz = 48_000;
const pageBytes = 65_536;
/** Fixed for good, because growing would detach every view: room for about 2900 encoders. Only what is used is resident. */
const memoryBytes = 128 * 1024 * 1024;
/** Left to the library's own allocator, which nothing here uses after the start. */
const spareBytes = 1024 * 1024;
const forVoice = 2048;

/** Requests of `opus_encoder_ctl` (opus_defines.h). */
export const OpusRequest = {
  bitrate: 4002,
  maxBandwidth: 4004,
  vbr: 4006,
  complexity: 4010,
  inbandFec: 4012,
  packetLossPercent: 4014,
  dtx: 4016,
  /** Not in opus_defines.h but in opus_private.h, and used by opus_demo. */
  forceMode: 11002,
} as const;

/** Values of {@link OpusRequest}`.forceMode`. */
export const OpusMode = { auto: -1000, celtOnly: 1002 } as const;

/** What the system may ask of a module without a system: to give up, refused by an exception. */
function refuse(): never {
  throw new Error('libopus has given up.');
}

/** An errno other than 0, so that nothing waits for output to get through. */
const noOutput = (): number => 8;

/**
 * One instance of libopus, at 48 kHz mono and 16 bit, with all encoder and decoder states in its own fixed memory.
 *
 * States are placed by this object, not by the library, and are plain memory ("only a shallow copy is sufficient",
 * opus.h), which is what makes an exact copy of an encoder possible. Nothing here allocates after construction, and what
 * a hostile packet may break stays inside: a trap of the library is an error code. One per media worker.
 */
export class OpusLibrary {
  /** What is wanted of every encoder made here. */
  readonly preferences: OpusPreferences;
  /** Samples go in and come out here, at most 120 ms; shared by all. */
  readonly pcm: Int16Array;
  /** Packets go in and come out here; shared by all. */
  readonly packet: Uint8Array;
  readonly #exports: OpusExports;
  readonly #arena: Arena;
  readonly #bytes: Uint8Array;
  readonly #pcmAt: number;
  readonly #packetAt: number;
  readonly #stack: number;
  readonly #encoderBytes: number;
  readonly #decoderBytes: number;

  /** @param module from `compileOpus` */
  constructor(module: WebAssembly.Module, preferences = opusDefaults) {
    this.preferences = preferences;
    const system = { fd_close: noOutput, fd_seek: noOutput, fd_write: noOutput, proc_exit: refuse };
    const env = { emscripten_notify_memory_growth: refuse };
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: system, env });
    const exports = (this.#exports = instance.exports as OpusExports);
    exports._initialize();
    exports.memory.grow((memoryBytes - exports.memory.buffer.byteLength) / pageBytes);
    const { buffer } = exports.memory;
    this.#pcmAt = exports.malloc(greatestPacketSamples * Int16Array.BYTES_PER_ELEMENT);
    this.#packetAt = exports.malloc(greatestPacketBytes);
    this.pcm = new Int16Array(buffer, this.#pcmAt, greatestPacketSamples);
    this.packet = new Uint8Array(buffer, this.#packetAt, greatestPacketBytes);
    this.#bytes = new Uint8Array(buffer);
    const size = memoryBytes - this.#packetAt - greatestPacketBytes - spareBytes;
    const begin = exports.malloc(size);
    if (begin === 0 || exports.memory.buffer !== buffer)
      throw new Error('This build of libopus lays memory out otherwise.');
    this.#arena = new Arena(Math.ceil(begin / 16) * 16, begin + size);
    this.#encoderBytes = exports.opus_encoder_get_size(1);
    this.#decoderBytes = exports.opus_decoder_get_size(1);
    this.#stack = exports.stackSave();
  }

  /** Bytes of states in use now. */
  get liveBytes(): number {
    return this.#arena.liveBytes;
  }

  /** Bytes of the whole memory: never changes. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** A fresh encoder for speech. @throws CodedError `capacityReached` */
  createEncoder(): number {
    const state = this.#arena.allocate(this.#encoderBytes);
    this.initEncoder(state);
    return state;
  }

  /** Makes an encoder as it was when fresh, its settings too. */
  initEncoder(state: number): void {
    expectOk(this.#exports.opus_encoder_init(state, rateHz, 1, forVoice));
  }

  /** Makes one encoder the exact twin of another. */
  copyEncoder(from: number, to: number): void {
    this.#bytes.copyWithin(to, from, from + this.#encoderBytes);
  }

  /** Changes a setting of an encoder, from its next frame on. @throws Error when the library does not take it */
  configure(encoder: number, request: number, value: number): void {
    expectOk(this.#exports.opus_encoder_ctl_set(encoder, request, value));
  }

  /** Encodes `samples` samples of {@link pcm} to {@link packet}. @returns bytes; 1 = nothing need be sent (DTX) */
  encode(encoder: number, samples: number, greatestBytes: number): number {
    return this.#exports.opus_encode(encoder, this.#pcmAt, samples, this.#packetAt, greatestBytes);
  }

  /** A fresh decoder. @throws CodedError `capacityReached` */
  createDecoder(): number {
    const state = this.#arena.allocate(this.#decoderBytes);
    this.initDecoder(state);
    return state;
  }

  /** Makes one decoder the exact twin of another. */
  copyDecoder(from: number, to: number): void {
    this.#bytes.copyWithin(to, from, from + this.#decoderBytes);
  }

  /** Makes a decoder as it was when fresh. */
  initDecoder(state: number): void {
    expectOk(this.#exports.opus_decoder_init(state, rateHz, 1));
  }

  /**
   * Decodes the first `length` bytes of {@link packet} to {@link pcm}.
   *
   * @param samples room, at most 5760; with `length` = 0 what is to be made up, with `rescue` what is missing *before* the
   * packet: both multiples of 120
   * @returns samples written, or a number below 0: the decoder may then be in any state
   */
  decode(decoder: number, length: number, samples: number, rescue: boolean): number {
    const data = length === 0 ? 0 : this.#packetAt;
    try {
      return this.#exports.opus_decode(decoder, data, length, this.#pcmAt, samples, rescue ? 1 : 0);
    } catch {
      this.#exports.stackRestore(this.#stack);
      return -1;
    }
  }

  /** Gives the memory of an encoder or decoder back. */
  free(state: number): void {
    this.#arena.free(state);
  }
}

function expectOk(code: number): void {
  if (code !== 0) throw new Error(`libopus says ${code}.`);
}
