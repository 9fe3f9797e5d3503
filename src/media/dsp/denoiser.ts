import { frameSamples } from './frame.js';
import { type Rnnoise, rnnoiseFrameSamples } from './rnnoise.js';

/** How much later the denoised stream is, samples at 48 kHz: 10 ms, the overlap of RNNoise's windows. */
export const denoiserDelaySamples = 480;

const fullScale = 32_768;

/**
 * What is left of the noise under speech: −10 dB. RNNoise alone takes more, but the fine structure of the speech with it: by
 * STOI one then understands less than before (`bench/denoise.ts`), with this much left one understands more.
 */
const noiseShare = 10 ** (-10 / 20);
/** From this probability on it is a voice. */
const voiceProbability = 0.5;
/** Noise stays so long after the last of a voice, frames of 10 ms: gaps between words are to sound like the words. */
const holdFrames = 50;
/** Then it fades, by so much per frame: 20 dB in half a second. */
const fadeFactor = 10 ** (-20 / 20 / 50);

/**
 * Takes the noise out of one stream of bus frames: all of it in pauses, 10 dB of it under speech.
 *
 *     input ─┬─ RNNoise (10 ms) ── × (1 − share) ─┐
 *            └─ 10 ms ──────────── × share ───────┴─► output      share: 0.32 from each voice on for 0.5 s, then fading to 0
 */
export class Denoiser {
  readonly #rnnoise: Rnnoise;
  #state: number;
  /** The last 10 ms of input. */
  readonly #untouched = new Float32Array(rnnoiseFrameSamples);
  #share = 0;
  #held = 0;

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
      this.#blend(input, output, at, this.#nextShare(probability));
    }
    return greatest;
  }

  /** RNNoise's frame and the input of 10 ms ago, their shares changing evenly over the frame. */
  #blend(input: Float32Array, output: Float32Array, at: number, nextShare: number): void {
    const { frame } = this.#rnnoise;
    const untouched = this.#untouched;
    const step = (nextShare - this.#share) / rnnoiseFrameSamples;
    let share = this.#share;
    for (let i = 0; i < rnnoiseFrameSamples; i++) {
      share += step;
      const clean = frame[i]! / fullScale;
      const noisy = untouched[i]!;
      untouched[i] = input[at + i]!;
      output[at + i] = clean + share * (noisy - clean);
    }
    this.#share = nextShare;
  }

  #nextShare(probability: number): number {
    if (probability >= voiceProbability) this.#held = holdFrames;
    else if (this.#held > 0) this.#held--;
    return this.#held > 0 ? noiseShare : this.#share * fadeFactor;
  }

  /** Forgets the past: what comes next begins after silence. */
  reset(): void {
    this.#rnnoise.freeState(this.#state);
    this.#state = this.#rnnoise.createState();
    this.#untouched.fill(0);
    this.#share = 0;
    this.#held = 0;
  }

  /** Gives the memory back; the object is of no use afterwards. */
  close(): void {
    this.#rnnoise.freeState(this.#state);
  }
}
