/** What is counted about a leg's playout, and how it is told. */

import type { PlayoutStatistics } from '../protocol.js';
import { TICK_MS } from './playout-policy.js';

/** What a tick got: audio, audio some of it made up for want of a packet, or as nothing is expected zeros or comfort noise. */
export type PlayoutOutcome = 'played' | 'concealed' | 'silent' | 'noise';

/** The counters of one leg, in ticks unless said otherwise. */
export class PlayoutCounters {
  played = 0;
  concealed = 0;
  silent = 0;
  /** Concealed ticks of which the next packet will tell whether they were a loss or a pause. */
  undecided = 0;
  droppedMs = 0;
  /** Times. */
  accelerated = 0;
  decelerated = 0;
  /** Packets. */
  late = 0;
  decodeErrors = 0;
  rescued = 0;
  resets = 0;

  /** What went into the tick that is being filled. */
  tickConcealed = false;
  tickSilent = false;
  tickAudible = false;

  /** @param audible whether anything waits that was decoded before */
  beginTick(audible: boolean): void {
    this.tickConcealed = false;
    this.tickSilent = false;
    this.tickAudible = audible;
  }

  /**
   * Counts the tick that was filled.
   *
   * @param madeUp what was concealed last may still turn out to have been a pause
   * @param noisy  pauses sound like something
   */
  endTick(madeUp: boolean, noisy: boolean): PlayoutOutcome {
    if (this.tickConcealed) {
      if (madeUp) this.undecided++;
      else this.concealed++;
      return 'concealed';
    }
    if (this.tickSilent && !this.tickAudible) {
      this.silent++;
      return noisy ? 'noise' : 'silent';
    }
    this.played++;
    return 'played';
  }

  /** Tells what the made-up audio since the last packet stood for. */
  decide(wasPause: boolean): void {
    if (wasPause) {
      this.silent += this.undecided;
      this.tickConcealed = false;
    } else {
      this.concealed += this.undecided;
    }
    this.undecided = 0;
  }

  statistics(depthMs: number, targetMs: number): PlayoutStatistics {
    return {
      played: this.played,
      concealed: this.concealed,
      rescued: this.rescued,
      silent: this.silent,
      dropped: Math.round(this.droppedMs / TICK_MS),
      accelerated: this.accelerated,
      decelerated: this.decelerated,
      late: this.late,
      decodeErrors: this.decodeErrors,
      resets: this.resets,
      depthMs,
      targetMs,
    };
  }
}
