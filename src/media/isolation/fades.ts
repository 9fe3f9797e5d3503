/** Rounded edges, so that nothing clicks where playing does not begin or end where the audio does. */
import { busRateHz } from '../dsp/frame.js';

/** 3 ms at 48 kHz. */
export const EDGE_SAMPLES = (3 * busRateHz) / 1000;

/** Fades samples in, in place. @param at how many of the {@link EDGE_SAMPLES} have been faded in before */
export function fadeIn(samples: Float32Array, count: number, at: number): void {
  for (let index = 0; index < count; index++) samples[index]! *= (at + index + 0.5) / EDGE_SAMPLES;
}

/** What is left of things that were cut: faded out over the first 3 ms of the next frame. */
export class FadeTail {
  readonly #samples = new Float32Array(EDGE_SAMPLES);
  #sounding = false;

  /** Whether the next frame has anything of it. */
  get sounding(): boolean {
    return this.#sounding;
  }

  /** Adds what would have come next, faded out. @param count samples there are, at most {@link EDGE_SAMPLES} */
  add(next: Float32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      this.#samples[index]! += next[index]! * (1 - (index + 0.5) / EDGE_SAMPLES);
    }
    if (count > 0) this.#sounding = true;
  }

  /** Adds a value that was heard last, and nothing of what came after it, so that its end is no step. */
  hold(value: number): void {
    for (let index = 0; index < EDGE_SAMPLES; index++) {
      this.#samples[index]! += value * (1 - (index + 0.5) / EDGE_SAMPLES);
    }
    if (value !== 0) this.#sounding = true;
  }

  /** Adds it to the beginning of a frame, once. */
  drainInto(frame: Float32Array): void {
    if (!this.#sounding) return;
    for (let index = 0; index < EDGE_SAMPLES; index++) frame[index]! += this.#samples[index]!;
    this.#samples.fill(0);
    this.#sounding = false;
  }
}
