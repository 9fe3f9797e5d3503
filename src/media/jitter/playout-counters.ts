/** What is counted about a leg's playout, and how it is told. */

import type { PlayoutStatistics } from '../protocol.js';
import { TICK_MS } from './playout-policy.js';

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

  /** Tells what the made-up audio since the last packet stood for. */
  decide(wasPause: boolean): void {
    if (wasPause) this.silent += this.undecided;
    else this.concealed += this.undecided;
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
