import { silenceDbov } from './level.js';

/** Half of what is remembered, ticks: 1.5 s, longer than speech goes on without a pause for breath or a closed lip. */
const halfTicks = 75;
/** Tones move the level from tick to tick by less than this, dB; noise of telephone bandwidth by 0.5 on average. */
const steadyDb = 0.15;
/** A stream of which more than this share is steady is a tone. */
const greatestSteadyShare = 0.5;

/**
 * What noise a stream has under its speech: the least level of the last 1.5 to 3 s, unless that is a steady tone.
 *
 * Tones (ringing, music of one note, test signals) are as constant as noise but no noise; they are told by being more
 * constant, since the power of noise within 20 ms is itself random (its relative deviation is 1 / √(bandwidth · time)).
 */
export class NoiseTracker {
  #ticks = 0;
  #least = Infinity;
  #leastBefore = Infinity;
  #steady = 0;
  #steadyBefore = 0;
  #halves = 0;
  #last = silenceDbov;

  /** Takes one tick. @param levelDbov of its frame, −127 when there was none */
  step(levelDbov: number): void {
    if (Math.abs(levelDbov - this.#last) < steadyDb && levelDbov > silenceDbov) this.#steady++;
    this.#last = levelDbov;
    if (levelDbov < this.#least) this.#least = levelDbov;
    if (++this.#ticks < halfTicks) return;
    this.#leastBefore = this.#least;
    this.#steadyBefore = this.#steady;
    this.#least = Infinity;
    this.#steady = 0;
    this.#ticks = 0;
    this.#halves++;
  }

  /** Level of the noise, dBov; −127 while it is not known yet, and when there is none. */
  get noiseDbov(): number {
    if (this.#halves < 2) return silenceDbov;
    if (this.#steady + this.#steadyBefore > greatestSteadyShare * (halfTicks + this.#ticks)) return silenceDbov;
    return Math.min(this.#least, this.#leastBefore);
  }

  /** Forgets everything. */
  reset(): void {
    this.#ticks = 0;
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#steady = 0;
    this.#steadyBefore = 0;
    this.#halves = 0;
    this.#last = silenceDbov;
  }
}
