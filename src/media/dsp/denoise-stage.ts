import { Denoiser } from './denoiser.js';
import { frameSamples } from './frame.js';
import type { Rnnoise } from './rnnoise.js';

/** Ticks a fresh denoiser listens before it is heard, so that its network knows the noise and its windows are full. */
const warmTicks = 3;

/** A worker serves at most so many streams of legs that did not insist: at 0.15 ms each, a third of a tick. */
const greatestVoluntary = 40;

/** One scratch frame serves all stages: nothing stays in it from call to call. */
const scratch = new Float32Array(frameSamples);

/**
 * Switches denoising of one stream on and off without a click. While off it touches nothing and holds no memory.
 *
 *            wanted             3 ticks heard        fade over 1 tick
 *     off ───────────► warming ───────────────► on ──────────────────► off
 *      ▲                  │ not wanted              (not wanted)
 *      └──────────────────┘
 *
 * While `on` the stream is `denoiserDelaySamples` late: going on, the last 10 ms are heard again under a crossfade of one
 * tick; going off, 10 ms are skipped under one. When the stream pauses, one more tick brings what is still inside out.
 */
export class DenoiseStage {
  readonly #rnnoise: Rnnoise;
  #denoiser: Denoiser | undefined;
  #warmed = 0;
  #on = false;
  #drained = true;
  /** Probability of voice in the last tick, 0…1; undefined while the denoiser does not run. */
  probability: number | undefined;

  constructor(rnnoise: Rnnoise) {
    this.#rnnoise = rnnoise;
  }

  /** Whether the stream is denoised now. */
  get active(): boolean {
    return this.#on;
  }

  /**
   * One tick with audio, in place.
   * @param frame    960 samples at 48 kHz
   * @param wanted   whether it is to be denoised
   * @param insisted also when the worker denoises many streams already
   */
  process(frame: Float32Array, wanted: boolean, insisted: boolean): void {
    if (!this.#denoiser && !(wanted && this.#begin(insisted))) return;
    if (!wanted && !this.#on) {
      this.drop();
      return;
    }
    const denoiser = this.#denoiser!;
    this.probability = denoiser.process(frame, scratch);
    this.#drained = false;
    if (!wanted) {
      crossfade(scratch, frame, frame);
      this.drop();
    } else if (this.#on) {
      frame.set(scratch);
    } else if (++this.#warmed > warmTicks) {
      crossfade(frame, scratch, frame);
      this.#on = true;
    }
  }

  /**
   * One tick without audio.
   * @returns true when `frame` now holds the 10 ms that were still inside, false when it holds nothing new
   */
  pause(frame: Float32Array, wanted: boolean): boolean {
    this.probability = undefined;
    if (!this.#on || this.#drained) {
      if (!wanted || !this.#on) this.drop();
      return false;
    }
    scratch.fill(0);
    this.#denoiser?.process(scratch, frame);
    this.#drained = true;
    return true;
  }

  /** Off at once, for a stream nobody hears. */
  drop(): void {
    this.#denoiser?.close();
    this.#denoiser = undefined;
    this.probability = undefined;
    this.#warmed = 0;
    this.#on = false;
    this.#drained = true;
  }

  #begin(insisted: boolean): boolean {
    if (!insisted && this.#rnnoise.liveStates >= greatestVoluntary) return false;
    try {
      this.#denoiser = new Denoiser(this.#rnnoise);
      return true;
    } catch {
      // A worker that cannot take one more lets it pass as it is.
      return false;
    }
  }
}

/** From one to the other over a frame, linearly; `output` may be either. */
function crossfade(from: Float32Array, to: Float32Array, output: Float32Array): void {
  for (let i = 0; i < frameSamples; i++) {
    const share = (i + 1) / frameSamples;
    output[i] = from[i]! + share * (to[i]! - from[i]!);
  }
}
