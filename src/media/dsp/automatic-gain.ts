import { tickMs } from './frame.js';

/** Bounds of the gain, dB: noise must not be raised without end, nor a loud voice made small. */
const leastGainDb = -18;
const greatestGainDb = 18;
/** How fast the gain moves, dB per tick: up 4 dB/s, down 12 dB/s. */
const riseDb = (4 * tickMs) / 1000;
const fallDb = (12 * tickMs) / 1000;
/** Share of a new tick in the measured level: a time constant of 0.8 s of speech. */
const share = tickMs / 800;
/** Pauses between syllables, this much below the measured level, do not count, dB; the bar sinks by 2 dB/s meanwhile. */
const pauseDb = 12;
const sinkDb = (2 * tickMs) / 1000;
/** No sample shall leave above this: −1 dBFS, below where the limiter begins. */
const ceiling = 10 ** (-1 / 20);

/**
 * Brings the speech of one stream to a level, slowly, as a hand on a fader would: it moves only while somebody speaks and
 * stands still in silence, so that noise is never pumped up.
 */
export class AutomaticGain {
  #speechDbov: number | undefined;
  #gainDb = 0;

  /** Gain to apply now, dB. */
  get gainDb(): number {
    return this.#gainDb;
  }

  /**
   * Takes one tick.
   * @param levelDbov  level of the frame before any gain
   * @param peak       greatest magnitude in it, 1 = full scale
   * @param speaking   whether speech goes on
   * @param targetDbov level speech shall have
   * @param otherGainDb gain applied on top of this one; it moves speech off the target, but counts as to peaks
   * @returns linear gain for the frame
   */
  step(levelDbov: number, peak: number, speaking: boolean, targetDbov: number, otherGainDb: number): number {
    if (speaking) this.#follow(levelDbov, targetDbov);
    const roomDb = 20 * Math.log10(ceiling / Math.max(peak, 1e-6)) - otherGainDb;
    // A peak is answered at once; a loud voice may still need less than no gain, a gain set by hand does not.
    if (this.#gainDb > 0 && this.#gainDb > roomDb) this.#gainDb = Math.max(0, roomDb);
    return 10 ** (this.#gainDb / 20);
  }

  /** Back to no gain. */
  reset(): void {
    this.#speechDbov = undefined;
    this.#gainDb = 0;
  }

  #follow(levelDbov: number, wantedDbov: number): void {
    const before = this.#speechDbov ?? levelDbov;
    if (levelDbov < before - pauseDb) {
      this.#speechDbov = before - sinkDb;
      return;
    }
    // Loudness follows power, so the mean is one of power.
    const power = (1 - share) * 10 ** (before / 10) + share * 10 ** (levelDbov / 10);
    this.#speechDbov = 10 * Math.log10(power);
    const wantedDb = Math.min(greatestGainDb, Math.max(leastGainDb, wantedDbov - this.#speechDbov));
    this.#gainDb += Math.min(riseDb, Math.max(-fallDb, wantedDb - this.#gainDb));
  }
}
