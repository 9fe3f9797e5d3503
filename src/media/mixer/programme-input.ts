import { frameSamples } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';

/**
 * Where the server's own audio comes into what is heard, for one leg or for all legs in the mix.
 *
 * In any tick, between `Mixer.sum()` and `Mixer.render()`: write 960 samples to {@link frame}, call {@link submit}. It is
 * added after self has been subtracted and after the mix has been ducked, before the limiter, and counts for that tick
 * only. What the server plays at the same time is one frame: whoever plays adds it up.
 */
export class ProgrammeInput {
  /** 960 floats at 48 kHz, of any loudness; keeps what was written last. */
  readonly frame: Float32Array;
  /** Pointer of {@link frame} in wasm memory. */
  readonly pointer: number;
  readonly #kernels: Kernels;
  #submitted = false;
  #duckGain = 1;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.pointer = kernels.allocateFloats(frameSamples);
    this.frame = kernels.f32(this.pointer, frameSamples);
  }

  /**
   * This tick's frame has been written and counts.
   * @param duckGain linear gain the mix of legs goes to meanwhile, 0…1; changes fade over one frame, and so does the way
   *   back in the first tick without a frame. Gains of a leg and of the call multiply; of no account to isolated legs
   */
  submit(duckGain = 1): void {
    this.#submitted = true;
    this.#duckGain = duckGain;
  }

  /** Whether there is a frame in this tick. */
  get submitted(): boolean {
    return this.#submitted;
  }

  /** Gain on the mix in this tick; 1 without a frame. */
  get duckGain(): number {
    return this.#submitted ? this.#duckGain : 1;
  }

  /** For the mixer: the tick is over. */
  finish(): void {
    this.#submitted = false;
  }

  /** Gives all memory back. */
  close(): void {
    this.#kernels.free(this.pointer);
  }
}
