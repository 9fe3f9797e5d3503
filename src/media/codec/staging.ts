import type { Kernels } from '../dsp/kernels.js';

/** Greatest number of samples of one packet: 120 ms at 48 kHz. */
const greatestSamples = 5760;

const ofKernels = new WeakMap<Kernels, Staging>();

/** Views of the memory in which packets and samples pass between the heap and the kernels: one for all codecs. */
export class Staging {
  /** Pointer to samples, before a kernel or after. */
  readonly samplesAt: number;
  /** Pointer to payload bytes. */
  readonly bytesAt: number;
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;
  /** By length: packets have few of them, and making a view allocates. */
  readonly #floats: (Float32Array | undefined)[] = [];

  private constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.samplesAt = kernels.staging;
    this.bytesAt = this.samplesAt + greatestSamples * Float32Array.BYTES_PER_ELEMENT;
    this.#bytes = new Uint8Array(kernels.buffer, this.bytesAt, greatestSamples * 2);
  }

  /** The staging of a worker's kernels. */
  static of(kernels: Kernels): Staging {
    let staging = ofKernels.get(kernels);
    if (!staging) ofKernels.set(kernels, (staging = new Staging(kernels)));
    return staging;
  }

  /** The first `count` samples. */
  floats(count: number): Float32Array {
    return (this.#floats[count] ??= new Float32Array(this.#kernels.buffer, this.samplesAt, count));
  }

  /** Puts the first `length` bytes of a payload where kernels reach them. */
  putBytes(payload: Uint8Array, length: number): void {
    for (let i = 0; i < length; i++) this.#bytes[i] = payload[i]!;
  }

  /** Takes `length` bytes out. */
  takeBytes(output: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) output[offset + i] = this.#bytes[i]!;
  }

  /** Pointer to a frame: its own if it lies in wasm memory, else that of a copy in here. */
  pointerTo(frame: Float32Array): number {
    if (frame.buffer === this.#kernels.buffer) return frame.byteOffset;
    this.floats(frame.length).set(frame);
    return this.samplesAt;
  }

  /** Pointer to where a kernel can write a payload for `output`: its own place, or in here to be taken out afterwards. */
  pointerFor(output: Uint8Array, offset: number): number {
    return output.buffer === this.#kernels.buffer ? output.byteOffset + offset : this.bytesAt;
  }
}
