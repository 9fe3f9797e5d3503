import { CodedError } from '../../errors.js';

/** The functions of RNNoise (rnnoise.h) that its WebAssembly build exports; pointers are addresses in its memory. */
interface RnnoiseExports {
  readonly memory: WebAssembly.Memory;
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  malloc(bytes: number): number;
  rnnoise_get_frame_size(): number;
  rnnoise_create(model: number): number;
  rnnoise_destroy(state: number): void;
  rnnoise_process_frame(state: number, output: number, input: number): number;
}

/** Samples RNNoise takes at once: 10 ms at 48 kHz. */
export const rnnoiseFrameSamples = 480;

/**
 * One instance of RNNoise (J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement",
 * 2018), with the states of all streams in its own memory.
 *
 * That memory never grows (asking for more is refused), so views stay valid; at 19 KB a stream there is room for about
 * 590 of them, several times what a processor can serve. One per media worker.
 */
export class Rnnoise {
  /** 480 samples go in and come out here, in units of 16-bit samples (±32 768); shared by all streams. */
  readonly frame: Float32Array;
  readonly #exports: RnnoiseExports;
  readonly #frameAt: number;
  #live = 0;

  /** @param module from `compileRnnoise` */
  constructor(module: WebAssembly.Module) {
    let bytes = new Uint8Array(0);
    const env = {
      emscripten_memcpy_big: (to: number, from: number, count: number) => {
        bytes.copyWithin(to, from, from + count);
        // The view as a result would be turned into a number by way of a text of all its bytes.
        return to;
      },
      emscripten_resize_heap: () => 0,
      __assert_fail: () => {
        throw new Error('RNNoise has given up.');
      },
    };
    const exports = new WebAssembly.Instance(module, { env }).exports as RnnoiseExports;
    this.#exports = exports;
    bytes = new Uint8Array(exports.memory.buffer);
    exports.__wasm_call_ctors();
    exports.emscripten_stack_init();
    if (exports.rnnoise_get_frame_size() !== rnnoiseFrameSamples) throw new Error('This RNNoise has other frames.');
    this.#frameAt = exports.malloc(rnnoiseFrameSamples * Float32Array.BYTES_PER_ELEMENT);
    this.frame = new Float32Array(exports.memory.buffer, this.#frameAt, rnnoiseFrameSamples);
  }

  /** Streams that have a state now. */
  get liveStates(): number {
    return this.#live;
  }

  /** Bytes of the whole memory: never changes. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** The state of a new stream. @throws CodedError `capacityReached` */
  createState(): number {
    const state = this.#exports.rnnoise_create(0);
    if (state === 0) throw new CodedError('capacityReached', 'No more streams can be denoised.');
    this.#live++;
    return state;
  }

  /** Gives the memory of a stream back. */
  freeState(state: number): void {
    this.#exports.rnnoise_destroy(state);
    this.#live--;
  }

  /** Denoises {@link frame} in place; what comes out is 480 samples older. @returns probability of voice in it, 0…1 */
  process(state: number): number {
    return this.#exports.rnnoise_process_frame(state, this.#frameAt, this.#frameAt);
  }
}
