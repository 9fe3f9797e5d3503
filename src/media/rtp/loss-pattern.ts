/**
 * How loss clusters (RFC 3611 §4.7.2): every packet of a stream, in order, is received, lost, or discarded because it came
 * too late to be played. Losses with fewer than {@link GMIN} received packets between them belong to one burst; a loss
 * that stands alone belongs to the gap around it.
 *
 *     ··············x····················x··x··xx·x·······················x··········
 *     └─────────── gap, one loss ───────┘└─ burst ─┘└───────── gap, one loss ───────┘
 *
 * What has to be remembered is the run that may still grow; what is over is only counted. Nothing is allocated.
 */

/** Received packets in a row that end a burst (the value RFC 3611 recommends). */
export const GMIN = 16;

/** What became of a packet. */
export type PacketFate = 'received' | 'lost' | 'discarded';

/** Fractions are ratios 0…1, durations are in packets. */
export interface LossPatternSummary {
  /** Packets that were received, lost or discarded. */
  readonly packets: number;
  readonly lossRatio: number;
  readonly discardRatio: number;
  /** Part of the packets inside bursts, and outside of them, that was lost or discarded. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean length of bursts and of the gaps between them, in packets. */
  readonly burstPackets: number;
  readonly gapPackets: number;
  /**
   * Mean run of consecutive losses over what independent loss of the same ratio would give: BurstR of ITU-T G.107 §3.5, not
   * below 1.
   */
  readonly burstRatio: number;
}

/** Counts one stream. */
export class LossPattern {
  #lost = 0;
  #discarded = 0;
  #received = 0;
  /** Of bursts that are over or open: how many, and the packets and losses in them. */
  #bursts = 0;
  #inBursts = 0;
  #lostInBursts = 0;
  /** Losses of the run that may still grow; 1 = it is no burst yet. */
  #run = 0;
  /** Packets received since the last loss. */
  #since = 0;
  /** Runs of losses with nothing received between them. */
  #consecutiveRuns = 0;

  /** Notes the next packet, or `count` alike. */
  note(fate: PacketFate, count = 1): void {
    if (count <= 0) return;
    if (fate === 'received') {
      this.#received += count;
      this.#since += count;
      return;
    }
    if (fate === 'lost') this.#lost += count;
    else this.#discarded += count;
    if (this.#since > 0 || this.#run === 0) this.#consecutiveRuns++;
    this.#grow();
    for (let more = 1; more < count; more++) this.#grow();
  }

  /** A packet that counted as lost came after all, too late to be played. */
  cameLate(): void {
    if (this.#lost === 0) return;
    this.#lost--;
    this.#discarded++;
  }

  summary(): LossPatternSummary {
    const missing = this.#lost + this.#discarded;
    const packets = this.#received + missing;
    const inGaps = packets - this.#inBursts;
    const lossShare = packets === 0 ? 0 : missing / packets;
    return {
      packets,
      lossRatio: packets === 0 ? 0 : this.#lost / packets,
      discardRatio: packets === 0 ? 0 : this.#discarded / packets,
      burstDensity: this.#inBursts === 0 ? 0 : this.#lostInBursts / this.#inBursts,
      gapDensity: inGaps === 0 ? 0 : (missing - this.#lostInBursts) / inGaps,
      burstPackets: this.#bursts === 0 ? 0 : this.#inBursts / this.#bursts,
      // Before, between and after the bursts, as many as there are bursts (RFC 3611 A.1 counts them so).
      gapPackets: this.#bursts === 0 ? packets : inGaps / this.#bursts,
      burstRatio: missing === 0 ? 1 : Math.max(1, (missing / this.#consecutiveRuns) * (1 - lossShare)),
    };
  }

  /** One more loss. */
  #grow(): void {
    const continues = this.#run > 0 && this.#since < GMIN;
    if (!continues) {
      this.#run = 1;
    } else {
      if (this.#run === 1) {
        this.#bursts++;
        this.#inBursts++;
        this.#lostInBursts++;
      }
      this.#run++;
      this.#inBursts += this.#since + 1;
      this.#lostInBursts++;
    }
    this.#since = 0;
  }
}
