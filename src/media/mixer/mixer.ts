import { frameSamples } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import { Encodings } from './encodings.js';
import { Heard } from './heard.js';
import { MixerLeg } from './mixer-leg.js';
import { ProgrammeInput } from './programme-input.js';
import { RelationGroups } from './relation-groups.js';
import { RoutingMatrix } from './routing-matrix.js';

/**
 * One call's mix-minus: every leg hears the sum of all others, computed as sum − self + what its relations differ.
 *
 *                              sum()   │ programmes │                      render()
 *                                      │            │
 *     sources ─ gain, mute, isolation, ─┬─ Σ ─┬─────────────── all who add nothing to Σ ─ duck ─ + call's ──► shared Heard
 *               grid                    │     └─ − self + Σ (gain − 1)·source ─ per leg ─ duck ─ + call's, + own ──► its own Heard
 *                                       └─ stay readable for tools                  isolated legs:   own only ──► its own Heard
 *
 * Σ is of the legs in the mix that are heard by all; a listener that hears only pairs begins with zero in its place.
 *
 * Every source sample is a multiple of 2^-16 within ±2, so float32 sums are exact in any order while the sum of all
 * magnitudes stays within 256 (128 legs at ±2, 256 at full scale), and `Σ − self` is bit for bit the sum of the others:
 * nobody hears itself, not even as rounding noise. Programmes come after that, and can take nothing from it.
 *
 * Legs whose mix is Σ itself and whose streams have been alike so far share one Heard: limited, resampled and encoded
 * once. Alike means that everything the next tick depends on has the same bits, so sharing is never audible: see `#choose`.
 */
export class Mixer {
  readonly routing = new RoutingMatrix<MixerLeg>();
  /** What the server plays to all legs in the mix. */
  readonly programme: ProgrammeInput;
  readonly #kernels: Kernels;
  readonly #encodings: Encodings;
  readonly #shared: Heard;
  /** Pointer to Σ of this tick; undefined contents while no leg is in it. */
  readonly #sum: number;
  /** Pointer to what relations add for a group of listeners. */
  readonly #groupSum: number;
  readonly #groups = new RelationGroups(this.routing);
  readonly #renderAlone = (leg: MixerLeg): void => this.#renderFor(leg);
  readonly #legs: MixerLeg[] = [];
  /** How many sources are in Σ. */
  #summedLegs = 0;
  /** Between `sum()` and `render()`. */
  #summed = false;
  #sharing = 0;
  #tick = 0;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#encodings = new Encodings(kernels, this);
    this.#shared = new Heard(kernels);
    this.#sum = kernels.allocateFloats(frameSamples);
    this.#groupSum = kernels.allocateFloats(frameSamples);
    this.programme = new ProgrammeInput(kernels);
  }

  /** All legs, in the order they were added. */
  get legs(): readonly MixerLeg[] {
    return this.#legs;
  }

  /** Legs that heard the shared mix in the last tick. */
  get sharingLegs(): number {
    return this.#sharing;
  }

  /** A new leg that hears, and is heard, from the next `sum()` on. @throws CodedError `capacityReached` */
  addLeg(legId: string): MixerLeg {
    const leg = new MixerLeg(legId, this.#kernels, this.#encodings, this.#shared);
    this.#legs.push(leg);
    return leg;
  }

  /** Takes a leg out with all its relations and gives its memory back; between `sum()` and `render()` out of Σ too. */
  removeLeg(leg: MixerLeg): void {
    const index = this.#legs.indexOf(leg);
    if (index < 0) throw new Error('This leg is not in the call.');
    this.#legs.splice(index, 1);
    this.routing.remove(leg);
    if (this.#summed && leg.summed) {
      this.#kernels.run.subtract(this.#sum, leg.sourcePointer, this.#sum, frameSamples);
      this.#summedLegs--;
    }
    leg.close();
  }

  /** Ticks rendered. */
  get tick(): number {
    return this.#tick;
  }

  /**
   * First half of a tick: settles what every leg offers and adds it up. Whether a leg is muted or isolated is decided for
   * this tick here; a change before `render()` counts for the next.
   */
  sum(): void {
    const { run } = this.#kernels;
    this.#summed = true;
    this.#summedLegs = 0;
    for (const leg of this.#legs) {
      leg.settle();
      if (!leg.summed) continue;
      this.#summedLegs++;
      if (this.#summedLegs > 1) run.add(leg.sourcePointer, this.#sum, frameSamples);
      else run.copy(leg.sourcePointer, this.#sum, frameSamples);
    }
  }

  /** Second half: renders what every leg hears. Programmes submitted until now count, and are over. */
  render(): void {
    this.#tick++;
    this.#summed = false;
    this.#groups.update();
    this.#choose();
    if (this.#sharing > 0) this.#renderShared();
    for (const leg of this.#legs) if (!this.#groups.has(leg)) this.#renderFor(leg);
    this.#groups.render(this.#kernels.run, this.#groupSum, this.#renderAlone);
    for (const leg of this.#legs) leg.programme.finish();
    this.programme.finish();
  }

  /** Gives all memory back, that of legs still in the call too. */
  close(): void {
    for (const leg of this.#legs) leg.close();
    this.#legs.length = 0;
    this.#shared.close();
    this.#encodings.close();
    this.programme.close();
    this.#kernels.free(this.#sum);
    this.#kernels.free(this.#groupSum);
  }

  /**
   * Decides who hears the shared mix in this tick, before anybody's state moves on. A leg leaves as soon as its mix is
   * not the shared one, taking the state with it, and comes back when its mix is and its state has become the shared one's
   * again.
   */
  #choose(): void {
    this.#sharing = 0;
    for (const leg of this.#legs) {
      if (!leg.sharing) continue;
      if (this.#hearsShared(leg)) this.#sharing++;
      else leg.hearAlone();
    }
    for (const leg of this.#legs) {
      if (leg.sharing || !this.#hearsShared(leg)) continue;
      // With nobody left in it the shared mix has stood still; it goes on from whoever comes first.
      if (this.#sharing === 0) this.#shared.continueFrom(leg.ownHeard);
      else if (!leg.ownHeard.isAlike(this.#shared)) continue;
      leg.hearShared();
      this.#sharing++;
    }
  }

  /** Whether what a leg hears in this tick is exactly Σ and the call's programme. */
  #hearsShared(leg: MixerLeg): boolean {
    if (leg.programme.submitted) return false;
    if (!leg.inMix) return this.#summedLegs === 0 && !this.programme.submitted;
    if (leg.deaf) return this.#summedLegs === 0;
    if (leg.summed || this.#groups.matter(leg)) return false;
    if (leg.entering) return this.#summedLegs === 0 && !this.programme.submitted;
    return this.#summedLegs === 0 || leg.audience.hears === 'all';
  }

  #renderShared(): void {
    const { programme } = this;
    if (this.#summedLegs === 0 && !programme.submitted) {
      this.#shared.renderZero();
      return;
    }
    const { run } = this.#kernels;
    const mix = this.#shared.begin();
    if (this.#summedLegs > 0) run.copy(this.#sum, mix, frameSamples);
    else run.zero(mix, frameSamples);
    this.#shared.duck(programme, undefined);
    if (programme.submitted) run.add(programme.pointer, mix, frameSamples);
    this.#shared.render();
  }

  /** Renders what a leg hears, unless it hears the shared mix. */
  #renderFor(leg: MixerLeg): void {
    if (leg.sharing) return;
    const heard = leg.ownHeard;
    if (leg.entering) heard.duckFromZero();
    const own = leg.programme;
    const all = leg.inMix ? this.programme : undefined;
    const ducking = leg.inMix ? own : undefined;
    const hearsLegs = leg.inMix && !leg.deaf && this.#hearsAnyLeg(leg);
    if (!hearsLegs && !own.submitted && !all?.submitted) {
      heard.renderZero(all, ducking);
      return;
    }
    const { run } = this.#kernels;
    const mix = heard.begin();
    if (hearsLegs) this.#mixLegs(leg, mix);
    else run.zero(mix, frameSamples);
    heard.duck(all, ducking);
    if (all?.submitted) run.add(all.pointer, mix, frameSamples);
    if (own.submitted) run.add(own.pointer, mix, frameSamples);
    heard.render();
  }

  #hearsAnyLeg(leg: MixerLeg): boolean {
    if (leg.audience.hears === 'all' && this.#summedLegs > (leg.summed ? 1 : 0)) return true;
    return this.#groups.matter(leg);
  }

  /** What a leg hears of other legs, before ducking. */
  #mixLegs(leg: MixerLeg, mix: number): void {
    const { run } = this.#kernels;
    if (leg.audience.hears !== 'all' || this.#summedLegs === 0) run.zero(mix, frameSamples);
    else if (leg.summed) run.subtract(this.#sum, leg.sourcePointer, mix, frameSamples);
    else run.copy(this.#sum, mix, frameSamples);
    this.#groups.add(run, this.#groupSum, leg, mix);
  }
}
