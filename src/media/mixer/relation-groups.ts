import { frameSamples } from '../dsp/frame.js';
import type { KernelFunctions } from '../dsp/kernels.js';
import type { MixerLeg } from './mixer-leg.js';
import type { Relation, RoutingMatrix } from './routing-matrix.js';

/**
 * Listeners whose relations come to the same: what these make of the mix is added up once for all of them.
 *
 * Side talk is what it is for. Its members have a relation to each other, so no two have the same row; but each row with
 * the listener itself added is the same: everybody in the side talk. That sum is made once, and each takes itself out.
 */
interface RelationGroup {
  readonly members: readonly MixerLeg[];
  /** Whether `row` has the members themselves in it. */
  readonly withSelf: boolean;
  readonly hears: MixerLeg['audience']['hears'];
  readonly row: readonly Relation<MixerLeg>[];
  /** Entries of the row that make a difference in this tick. */
  differences: number;
}

/**
 * What relations make of the mix of each listener, at a cost that goes with the number of legs in ever so many relations
 * as long as these form groups. Per tick: {@link update}, then the questions, then {@link render}.
 */
export class RelationGroups {
  readonly #routing: RoutingMatrix<MixerLeg>;
  #groups: readonly RelationGroup[] = [];
  readonly #groupOf = new Map<MixerLeg, RelationGroup>();
  #version = 0;

  constructor(routing: RoutingMatrix<MixerLeg>) {
    this.#routing = routing;
  }

  /** Begins a tick, after sources have been settled. Allocates only when relations or audiences have changed. */
  update(): void {
    if (this.#isOutdated()) this.#rebuild();
    for (const group of this.#groups) {
      let differences = 0;
      for (const { source, gain } of group.row) if (difference(group.hears, source, gain) !== 0) differences++;
      group.differences = differences;
    }
  }

  /** Whether a listener has relations at all. */
  has(listener: MixerLeg): boolean {
    return this.#groupOf.has(listener);
  }

  /** Whether relations make any difference to what a listener hears in this tick. */
  matter(listener: MixerLeg): boolean {
    const group = this.#groupOf.get(listener);
    return group !== undefined && group.differences > ownDifference(group, listener);
  }

  /**
   * Renders all listeners that have relations, group by group.
   * @param sum where the sum of a group may be written, 960 floats
   * @param each renders one listener; it calls {@link add} with the same `sum` to add what relations make of its mix
   */
  render(run: KernelFunctions, sum: number, each: (listener: MixerLeg) => void): void {
    for (const group of this.#groups) {
      const { members } = group;
      if (members.length > 1 && group.differences > 0) {
        run.zero(sum, frameSamples);
        addRow(run, group, sum);
      }
      for (const listener of members) each(listener);
    }
  }

  /** Adds to a listener's mix what its relations make of it; only while {@link render} is at it. */
  add(run: KernelFunctions, sum: number, listener: MixerLeg, mix: number): void {
    const group = this.#groupOf.get(listener);
    if (!group || group.differences === 0) return;
    if (group.members.length === 1) {
      addRow(run, group, mix);
    } else {
      run.add(sum, mix, frameSamples);
      // With itself taken out again it is not in it by a single bit: all are on the grid.
      if (ownDifference(group, listener)) run.subtract(mix, listener.sourcePointer, mix, frameSamples);
    }
  }

  #isOutdated(): boolean {
    if (this.#version !== this.#routing.version) return true;
    for (const { members, hears } of this.#groups) {
      for (const { audience } of members) if (audience.hears !== hears) return true;
    }
    return false;
  }

  #rebuild(): void {
    this.#version = this.#routing.version;
    this.#groupOf.clear();
    const numbers = new Map<MixerLeg, number>();
    const numberOf = (leg: MixerLeg) => numbers.get(leg) ?? numbers.set(leg, numbers.size).size - 1;
    const rows = [...this.#routing.rows()].map(([listener, relations]) => {
      const withSelf = [...relations, { source: listener, gain: 1 }];
      const key = (row: readonly Relation<MixerLeg>[]) =>
        [listener.audience.hears, ...row.map(({ source, gain }) => `${numberOf(source)} ${gain}`).sort()].join();
      return { listener, relations, withSelf, plainKey: key(relations), selfKey: key(withSelf) };
    });
    const plain = gather(rows, ({ plainKey }) => plainKey);
    const alone = rows.filter(({ plainKey }) => (plain.get(plainKey)?.length ?? 0) < 2);
    const mutual = gather(alone, ({ selfKey }) => selfKey);
    const groups: RelationGroup[] = [];
    const form = (members: typeof rows, withSelf: boolean) => {
      const [first] = members;
      if (!first) return;
      const { hears } = first.listener.audience;
      const row = withSelf ? first.withSelf : first.relations;
      groups.push({ members: members.map(({ listener }) => listener), withSelf, hears, row, differences: 0 });
    };
    for (const members of plain.values()) if (members.length > 1) form(members, false);
    for (const members of mutual.values()) form(members, members.length > 1);
    for (const group of groups) for (const member of group.members) this.#groupOf.set(member, group);
    this.#groups = groups;
  }
}

function gather<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const gathered = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = gathered.get(key);
    if (known) known.push(item);
    else gathered.set(key, [item]);
  }
  return gathered;
}

/** By what factor more a listener hears a source than it is in Σ, if the listener hears Σ. */
function difference(hears: 'all' | 'pairs', source: MixerLeg, gain: number): number {
  if (!source.audible) return 0;
  return source.summed && hears === 'all' ? gain - 1 : gain;
}

/** 1 when the listener itself makes a difference in its group's row, else 0. */
function ownDifference({ withSelf, hears }: RelationGroup, listener: MixerLeg): number {
  return withSelf ? difference(hears, listener, 1) : 0;
}

function addRow(run: KernelFunctions, { hears, row }: RelationGroup, to: number): void {
  for (const { source, gain } of row) {
    const factor = difference(hears, source, gain);
    if (factor !== 0) run.addScaled(source.sourcePointer, to, frameSamples, factor);
  }
}
