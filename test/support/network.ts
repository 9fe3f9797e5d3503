/**
 * A network that exists only as arithmetic: packets go in with the time they are sent, and come out with the time they
 * arrive. Seeded, therefore repeatable; as fast as the machine, therefore hours of media fit into a test.
 */
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';

/** What the network does to packets; everything is off by default. */
export interface NetworkConditions {
  readonly seed: number;
  /** Constant transit, ms. */
  readonly delayMs?: number;
  /** Random delay on top, ms: evenly spread over 0…jitterMs, or the right half of a bell with this deviation. */
  readonly jitterMs?: number;
  readonly jitterShape?: 'even' | 'bell';
  /** True (a queue): no packet overtakes another. False: every packet is delayed on its own. */
  readonly keepsOrder?: boolean;
  /** Share of packets lost, 0…1, and how many are lost in a row on average (Gilbert's two states). */
  readonly lossRatio?: number;
  readonly meanLossBurst?: number;
  readonly duplicateRatio?: number;
  /** Share of packets that are held back by `reorderMs` more than the others. */
  readonly reorderRatio?: number;
  readonly reorderMs?: number;
  /** Packets sent from then on suffer nothing but the constant transit. */
  readonly calmFromMs?: number;
  /** Spans of time in which nothing arrives; what was due comes at their end, all at once. */
  readonly stalls?: readonly { readonly atMs: number; readonly durationMs: number }[];
}

/** A packet on its way out of the network. */
export interface Delivery<Packet> {
  readonly arrivalMs: number;
  readonly packet: Packet;
}

/** One direction of a path. */
export class EmulatedNetwork<Packet> {
  readonly #conditions: NetworkConditions;
  readonly #random: SeededRandom;
  /** Sorted by arrival. */
  readonly #underway: Delivery<Packet>[] = [];
  #latestMs = -Infinity;
  #losing = false;
  /** Packets lost so far. */
  lost = 0;

  constructor(conditions: NetworkConditions) {
    this.#conditions = conditions;
    this.#random = new SeededRandom(conditions.seed);
  }

  /** Hands a packet to the network; times must not go back. */
  send(packet: Packet, sentMs: number): void {
    if (sentMs >= (this.#conditions.calmFromMs ?? Infinity)) {
      this.#deliver(packet, sentMs + (this.#conditions.delayMs ?? 0));
      return;
    }
    if (this.#isLost()) {
      this.lost++;
      return;
    }
    this.#deliver(packet, this.#arrival(sentMs));
    if (this.#happens(this.#conditions.duplicateRatio)) this.#deliver(packet, this.#arrival(sentMs));
  }

  /** Everything that has arrived by `nowMs`, in order of arrival. */
  *arrivals(nowMs: number): Generator<Delivery<Packet>> {
    for (let next = this.#underway[0]; next !== undefined && next.arrivalMs <= nowMs; next = this.#underway[0]) {
      this.#underway.shift();
      yield next;
    }
  }

  #arrival(sentMs: number): number {
    const { delayMs = 0, keepsOrder = false, reorderRatio, reorderMs = 0, stalls = [] } = this.#conditions;
    let arrivalMs = sentMs + delayMs + this.#jitter();
    if (this.#happens(reorderRatio)) return arrivalMs + reorderMs;
    for (const { atMs, durationMs } of stalls) {
      if (arrivalMs >= atMs && arrivalMs < atMs + durationMs) arrivalMs = atMs + durationMs;
    }
    if (keepsOrder) arrivalMs = Math.max(arrivalMs, this.#latestMs);
    this.#latestMs = Math.max(arrivalMs, this.#latestMs);
    return arrivalMs;
  }

  #jitter(): number {
    const { jitterMs = 0, jitterShape = 'even' } = this.#conditions;
    if (jitterMs === 0) return 0;
    if (jitterShape === 'even') return this.#random.nextRatio() * jitterMs;
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.nextRatio()));
    return Math.abs(radius * Math.cos(2 * Math.PI * this.#random.nextRatio())) * jitterMs;
  }

  #isLost(): boolean {
    const { lossRatio = 0, meanLossBurst = 1 } = this.#conditions;
    if (lossRatio === 0) return false;
    const leave = 1 / meanLossBurst;
    const enter = (lossRatio * leave) / (1 - lossRatio);
    this.#losing = this.#random.nextRatio() < (this.#losing ? 1 - leave : enter);
    return this.#losing;
  }

  #happens(ratio = 0): boolean {
    return ratio > 0 && this.#random.nextRatio() < ratio;
  }

  #deliver(packet: Packet, arrivalMs: number): void {
    let at = this.#underway.length;
    while (at > 0 && (this.#underway[at - 1]?.arrivalMs ?? 0) > arrivalMs) at--;
    this.#underway.splice(at, 0, { arrivalMs, packet });
  }
}
