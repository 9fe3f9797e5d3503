import type { Kernels } from './kernels.js';

/** Level of digital silence, and the lowest that is told, dBov. */
export const silenceDbov = -127;

/** Level of a root mean square (0 and more), where a full-scale square wave is 0 dBov (RFC 6464 §3, ITU-T G.100.1). */
export function levelDbov(rms: number): number {
  // No choice between a constant and a result: that would make an object of the result.
  return Math.max(silenceDbov, 20 * Math.log10(rms));
}

/** Measures frames in wasm memory; one serves a whole worker. */
export class LevelMeter {
  readonly #kernels: Kernels;
  readonly #pointer: number;
  readonly #result: Float32Array;
  // A number in a field would be a new object on the heap in every frame.
  readonly #rmsDbov = Float64Array.of(silenceDbov);

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#pointer = kernels.allocateFloats(2);
    this.#result = kernels.f32(this.#pointer, 2);
  }

  /** Greatest magnitude of the last frame measured, 1 = full scale. */
  get peak(): number {
    return this.#result[0]!;
  }

  /** RMS of the last frame measured, −127…+6 dBov. */
  get rmsDbov(): number {
    return this.#rmsDbov[0]!;
  }

  /** Measures `count` floats (a multiple of 4) at a pointer; the results are in {@link peak} and {@link rmsDbov}. */
  measure(pointer: number, count: number): void {
    this.#kernels.run.measure(pointer, count, this.#pointer);
    this.#rmsDbov[0] = levelDbov(Math.sqrt(this.#result[1]! / count));
  }

  /** As {@link measure} of zeros. */
  measureSilence(): void {
    this.#result[0] = 0;
    this.#rmsDbov[0] = silenceDbov;
  }

  /** Gives the memory back. */
  close(): void {
    this.#kernels.free(this.#pointer);
  }
}
