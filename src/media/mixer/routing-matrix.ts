import { CodedError } from '../../errors.js';

/** A listener hears `source` with another gain than 1. */
export interface Relation<Leg> {
  readonly source: Leg;
  /** Linear; 0 = not heard. */
  gain: number;
}

/** Greatest gain of a relation: +24 dB. */
const greatestRelationGain = 16;

const none: readonly never[] = [];

/**
 * Who hears whom: everybody hears everybody else with gain 1, except where a relation says otherwise.
 *
 * Only relations that differ from that are kept, so a call without any costs nothing however many legs it has. That a
 * leg does not hear itself is no relation and cannot be changed.
 */
export class RoutingMatrix<Leg extends object> {
  readonly #rows = new Map<Leg, Relation<Leg>[]>();

  /**
   * Sets what `listener` hears of `source`; 1 removes the relation.
   * @param gain linear, 0…16
   * @throws CodedError `invalidRequest` when the gain is out of range or listener and source are the same
   */
  set(listener: Leg, source: Leg, gain: number): void {
    if (!(gain >= 0 && gain <= greatestRelationGain)) {
      throw new CodedError('invalidRequest', `A relation's gain is 0…${greatestRelationGain}.`);
    }
    if (listener === source) throw new CodedError('invalidRequest', 'A leg never hears itself.');
    const row = this.#rows.get(listener) ?? [];
    const index = row.findIndex((relation) => relation.source === source);
    if (gain === 1) {
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
    return this.relationsOf(listener).find((relation) => relation.source === source)?.gain ?? 1;
  }

  /** Everything that differs from the default for one listener; valid until the next change. */
  relationsOf(listener: Leg): readonly Relation<Leg>[] {
    return this.#rows.get(listener) ?? none;
  }

  /** Forgets a leg as listener and as source. */
  remove(leg: Leg): void {
    this.#rows.delete(leg);
    for (const [listener, row] of this.#rows) {
      const kept = row.filter((relation) => relation.source !== leg);
      if (kept.length === 0) this.#rows.delete(listener);
      else if (kept.length < row.length) this.#rows.set(listener, kept);
    }
  }

  /** Relations that differ from the default. */
  get size(): number {
    let size = 0;
    for (const row of this.#rows.values()) size += row.length;
    return size;
  }
}
