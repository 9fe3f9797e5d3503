import { CodedError } from '../../errors.js';
import type { LegAudience } from '../protocol.js';

/** Something that is routed. */
export interface Routed {
  /** Who hears it and whom it hears, where no relation says otherwise. */
  readonly audience: LegAudience;
}

/** A listener hears `source` with a gain of its own, whatever their audiences are. */
export interface Relation<Leg> {
  readonly source: Leg;
  /** Linear; 0 = not heard. */
  gain: number;
}

/** In the mix as everybody is unless told otherwise. */
export const openAudience: LegAudience = { heardBy: 'all', hears: 'all' };

/** Greatest gain of a relation: +24 dB. */
const greatestRelationGain = 16;

const none: readonly never[] = [];

/**
 * Who hears whom.
 *
 *     gain(listener, source) = 0                 when they are the same, always
 *                            = the relation's    when there is one
 *                            = 1                 when the listener hears all, and the source is heard by all
 *                            = 0                 otherwise
 *
 * Only relations are kept here, so a call without any costs nothing however many legs it has. One stays until it is taken
 * back, also while audiences make no difference of it. That a leg does not hear itself is no relation and cannot be changed.
 */
export class RoutingMatrix<Leg extends Routed> {
  readonly #rows = new Map<Leg, Relation<Leg>[]>();
  #version = 0;

  /**
   * Sets what `listener` hears of `source`.
   * @param gain linear, 0…16; undefined takes the relation back
   * @throws CodedError `invalidRequest` when the gain is out of range or listener and source are the same
   */
  set(listener: Leg, source: Leg, gain: number | undefined): void {
    if (gain !== undefined && !(gain >= 0 && gain <= greatestRelationGain)) {
      throw new CodedError('invalidRequest', `A relation's gain is 0…${greatestRelationGain}.`);
    }
    if (listener === source) throw new CodedError('invalidRequest', 'A leg never hears itself.');
    this.#version++;
    const row = this.#rows.get(listener) ?? [];
    const index = row.findIndex((relation) => relation.source === source);
    if (gain === undefined) {
      if (index >= 0) row.splice(index, 1);
    } else if (index >= 0) {
      row[index]!.gain = gain;
    } else {
      row.push({ source, gain });
    }
    if (row.length > 0) this.#rows.set(listener, row);
    else this.#rows.delete(listener);
  }

  /** What `listener` hears of `source`, linear. */
  gain(listener: Leg, source: Leg): number {
    if (listener === source) return 0;
    const relation = this.relationsOf(listener).find((candidate) => candidate.source === source);
    return relation?.gain ?? (hearsByDefault(listener, source) ? 1 : 0);
  }

  /** Everything one listener hears with a gain of its own; valid until the next change. */
  relationsOf(listener: Leg): readonly Relation<Leg>[] {
    return this.#rows.get(listener) ?? none;
  }

  /** All listeners with relations. */
  rows(): IterableIterator<[Leg, readonly Relation<Leg>[]]> {
    return this.#rows.entries();
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  /** Forgets a leg as listener and as source. */
  remove(leg: Leg): void {
    if (this.#rows.size > 0) this.#version++;
    this.#rows.delete(leg);
    for (const [listener, row] of this.#rows) {
      const kept = row.filter((relation) => relation.source !== leg);
      if (kept.length === 0) this.#rows.delete(listener);
      else if (kept.length < row.length) this.#rows.set(listener, kept);
    }
  }

  /** Relations that are kept. */
  get size(): number {
    let size = 0;
    for (const row of this.#rows.values()) size += row.length;
    return size;
  }
}

function hearsByDefault(listener: Routed, source: Routed): boolean {
  return listener.audience.hears === 'all' && source.audience.heardBy === 'all';
}
