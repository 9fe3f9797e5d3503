import { frameSamples } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import { Encodings } from './encodings.js';
import { Heard } from './heard.js';
import { MixerLeg } from './mixer-leg.js';
import { RoutingMatrix } from './routing-matrix.js';
import type { Relation } from './routing-matrix.js';

/**
 * One call's mix-minus: every leg hears the sum of all others, computed as sum − self + what its relations differ.
 *
 *     sources ─ gain, mute, grid ─┬─ Σ ─┬───────────── all who add nothing to Σ ──► shared Heard
 *                                 │     └─ − self + Σ (gain − 1)·source ─ per leg ─► its own Heard
 *                                 └─ stay readable for tools
 *
 * Every source sample is a multiple of 2^-16 within ±2, so float32 sums are exact in any order while the sum of all
 * magnitudes stays within 256 (128 legs at ±2, 256 at full scale), and `Σ − self` is bit for bit the sum of the others:
 * nobody hears itself, not even as rounding noise.
 *
 * Legs whose mix is Σ itself and whose streams have been alike so far share one Heard: limited, resampled and encoded
 * once. Alike means that everything the next tick depends on has the same bits, so sharing is never audible: see `mix`.
 */
export class Mixer {
  readonly routing = new RoutingMatrix<MixerLeg>();
  readonly #kernels: Kernels;
  readonly #encodings: Encodings;
  readonly #shared: Heard;
  readonly #sumBuffer: number;
  readonly #legs: MixerLeg[] = [];
  /** Pointer to Σ of this tick: the buffer, or the only source. */
  #sum = 0;
  #audibleLegs = 0;
  #sharing = 0;
  #tick = 0;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#encodings = new Encodings(kernels, this);
    this.#shared = new Heard(kernels);
    this.#sumBuffer = kernels.allocateFloats(frameSamples);
  }

  /** All legs, in the order they were added. */
  get legs(): readonly MixerLeg[] {
    return this.#legs;
  }

  /** Legs that heard the shared mix in the last tick. */
  get sharingLegs(): number {
    return this.#sharing;
  }

  /** A new leg that hears, and is heard, from the next `mix()` on. @throws CodedError `capacityReached` */
  addLeg(legId: string): MixerLeg {
    const leg = new MixerLeg(legId, this.#kernels, this.#encodings, this.#shared);
    this.#legs.push(leg);
    return leg;
  }

  /** Takes a leg out with all its relations and gives its memory back. */
  removeLeg(leg: MixerLeg): void {
    const index = this.#legs.indexOf(leg);
    if (index < 0) throw new Error('This leg is not in the call.');
    this.#legs.splice(index, 1);
    this.routing.remove(leg);
    leg.close();
  }

  /** Ticks mixed. */
  get tick(): number {
    return this.#tick;
  }

  /** One tick. */
  mix(): void {
    this.#tick++;
    this.#addUp();
    this.#choose();
    if (this.#sharing > 0) this.#renderShared();
    for (const leg of this.#legs) if (!leg.sharing) this.#renderAlone(leg);
  }

  /** Gives all memory back, that of legs still in the call too. */
  close(): void {
    for (const leg of this.#legs) leg.close();
    this.#legs.length = 0;
    this.#shared.close();
    this.#encodings.close();
    this.#kernels.free(this.#sumBuffer);
  }

  /** Settles the sources and adds up those that are not zero. */
  #addUp(): void {
    const { run } = this.#kernels;
    this.#audibleLegs = 0;
    for (const leg of this.#legs) {
      if (!leg.settle()) continue;
      this.#audibleLegs++;
      if (this.#audibleLegs === 1) {
        this.#sum = leg.sourcePointer;
      } else {
        if (this.#audibleLegs === 2) run.copy(this.#sum, this.#sumBuffer, frameSamples);
        this.#sum = this.#sumBuffer;
        run.add(leg.sourcePointer, this.#sum, frameSamples);
      }
    }
  }

  /**
   * Decides who hears the shared mix in this tick, before anybody's state moves on. A leg leaves as soon as its mix is
   * not Σ, taking the state with it, and comes back when its mix is Σ and its state has become the shared one's again.
   */
  #choose(): void {
    this.#sharing = 0;
    for (const leg of this.#legs) {
      if (!leg.sharing) continue;
      if (this.#hearsSum(leg)) this.#sharing++;
      else leg.hearAlone();
    }
    for (const leg of this.#legs) {
      if (leg.sharing || !this.#hearsSum(leg)) continue;
      // With nobody left in it the shared mix has stood still; it goes on from whoever comes first.
      if (this.#sharing === 0) this.#shared.continueFrom(leg.ownHeard);
      else if (!leg.ownHeard.isAlike(this.#shared)) continue;
      leg.hearShared();
      this.#sharing++;
    }
  }

  /** Whether a leg's mix in this tick is exactly Σ. */
  #hearsSum(leg: MixerLeg): boolean {
    if (this.#audibleLegs === 0) return true;
    return !leg.deaf && !leg.audible && !hasAudible(this.routing.relationsOf(leg));
  }

  #renderShared(): void {
    if (this.#audibleLegs === 0) {
      this.#shared.renderZero();
      return;
    }
    this.#kernels.run.copy(this.#sum, this.#shared.begin(), frameSamples);
    this.#shared.render();
  }

  #renderAlone(leg: MixerLeg): void {
    const heard = leg.ownHeard;
    if (leg.deaf || this.#audibleLegs - (leg.audible ? 1 : 0) === 0) {
      heard.renderZero();
      return;
    }
    const { run } = this.#kernels;
    const mix = heard.begin();
    if (leg.audible) run.subtract(this.#sum, leg.sourcePointer, mix, frameSamples);
    else run.copy(this.#sum, mix, frameSamples);
    for (const { source, gain } of this.routing.relationsOf(leg)) {
      if (source.audible) run.addScaled(source.sourcePointer, mix, frameSamples, gain - 1);
    }
    heard.render();
  }
}

function hasAudible(relations: readonly Relation<MixerLeg>[]): boolean {
  for (const { source } of relations) if (source.audible) return true;
  return false;
}
