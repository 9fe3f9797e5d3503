import type { Kernels } from './kernels.js';

/** Level of digital silence, and the lowest that is told, dBov. */
export const silenceDbov = -127;

/** Level of a root mean square, where a full-scale square wave is 0 dBov (RFC 6464 §3, ITU-T G.100.1). */
export function levelDbov(rms: number): number {
  return rms > 0 ? Math.max(silenceDbov, 20 * Math.log10(rms)) : silenceDbov;
}

/** Measures frames in wasm memory; one serves a whole worker. */
export class LevelMeter {
  readonly #kernels: Kernels;
  readonly #pointer: number;
  readonly #result: Float32Array;
  /** Greatest magnitude of the last frame measured, 1 = full scale. */
  peak = 0;
  /** RMS of the last frame measured, −127…+6 dBov. */
  rmsDbov = silenceDbov;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#pointer = kernels.allocateFloats(2);
    this.#result = kernels.f32(this.#pointer, 2);
  }

  /** Measures `count` floats (a multiple of 4) at a pointer; the results are in {@link peak} and {@link rmsDbov}. */
  measure(pointer: number, count: number): void {
    this.#kernels.run.measure(pointer, count, this.#pointer);
    this.peak = this.#result[0]!;
    this.rmsDbov = levelDbov(Math.sqrt(this.#result[1]! / count));
  }

  /** Gives the memory back. */
  close(): void {
    this.#kernels.free(this.#pointer);
  }
}
