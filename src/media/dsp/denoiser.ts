import { frameSamples } from './frame.js';
import { type Rnnoise, rnnoiseFrameSamples } from './rnnoise.js';

/** How much later the denoised stream is, samples at 48 kHz: 10 ms, the overlap of RNNoise's windows. */
export const denoiserDelaySamples = 480;

const fullScale = 32_768;

/** Takes the noise out of one stream of bus frames. */
export class Denoiser {
  readonly #rnnoise: Rnnoise;
  #state: number;

  /** @throws CodedError `capacityReached` */
  constructor(rnnoise: Rnnoise) {
    this.#rnnoise = rnnoise;
    this.#state = rnnoise.createState();
  }

  /**
   * Denoises one tick in place: `output`[n] belongs to `input`[n − {@link denoiserDelaySamples}]. The two may be the same.
   * @param input  960 samples at 48 kHz, 1 = full scale
   * @param output 960 samples
   * @returns probability of voice in the tick, 0…1: the greater of its two halves'
   */
  process(input: Float32Array, output: Float32Array): number {
    const { frame } = this.#rnnoise;
    let greatest = 0;
    for (let at = 0; at < frameSamples; at += rnnoiseFrameSamples) {
      for (let i = 0; i < rnnoiseFrameSamples; i++) frame[i] = input[at + i]! * fullScale;
      const probability = this.#rnnoise.process(this.#state);
      // One sample that is no number would stay in the network's memory for ever.
      if (Number.isNaN(probability) || Number.isNaN(frame[0]!)) {
        this.reset();
        output.fill(0, at, at + rnnoiseFrameSamples);
        continue;
      }
      if (probability > greatest) greatest = probability;
      for (let i = 0; i < rnnoiseFrameSamples; i++) output[at + i] = frame[i]! / fullScale;
    }
    return greatest;
  }

  /** Forgets the past: what comes next begins after silence. */
  reset(): void {
    this.#rnnoise.freeState(this.#state);
    this.#state = this.#rnnoise.createState();
  }

  /** Gives the memory back; the object is of no use afterwards. */
  close(): void {
    this.#rnnoise.freeState(this.#state);
  }
}
