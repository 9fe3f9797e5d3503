/** Who hears whom in a call, as people say it, and what follows from that for each pair of legs. */
import type { LegAudience } from '../../media/protocol.js';

/** Who hears a leg and whom it hears: everybody, or only these legs. */
export interface AudienceRequest {
  readonly heardBy: 'all' | readonly string[];
  readonly hears: 'all' | readonly string[];
}

/** How loud one leg is to another: dB, −60…+24, or not at all. */
export type PairGain = number | 'off';

/** One pair of legs with a gain of its own; it counts whatever their audiences are. */
export interface PairRelation {
  readonly listener: string;
  readonly source: string;
  readonly gainDb: PairGain;
}

/** All that differs from everybody hearing everybody. */
export interface RoutingView {
  readonly audiences: readonly (AudienceRequest & { readonly legId: string })[];
  readonly pairs: readonly PairRelation[];
}

/** Everybody hears everybody. */
export const plainRouting: RoutingView = { audiences: [], pairs: [] };

/** The audience of a leg nobody said anything about. */
export const openAudience = { heardBy: 'all', hears: 'all' } as const;

/** Whether an audience is that of every leg nobody said anything about. */
function isOpen({ heardBy, hears }: AudienceRequest): boolean {
  return heardBy === 'all' && hears === 'all';
}

/** A routing without what says nothing, each leg and pair once: the last word counts. */
export function tidy({ audiences, pairs }: RoutingView): RoutingView {
  const byLeg = new Map(audiences.map((audience) => [audience.legId, audience]));
  const byPair = new Map(pairs.map((pair) => [`${pair.listener} ${pair.source}`, pair]));
  return {
    audiences: [...byLeg.values()].filter((audience) => !isOpen(audience)).map(withoutRepetition),
    pairs: [...byPair.values()],
  };
}

/** A routing without a leg that is gone. Who was heard by it alone is heard by nobody, and not by everybody. */
export function withoutLeg({ audiences, pairs }: RoutingView, legId: string): RoutingView {
  const drop = (legs: 'all' | readonly string[]) => (legs === 'all' ? legs : legs.filter((id) => id !== legId));
  return {
    audiences: audiences
      .filter((audience) => audience.legId !== legId)
      .map(({ legId: id, heardBy, hears }) => ({ legId: id, heardBy: drop(heardBy), hears: drop(hears) })),
    pairs: pairs.filter(({ listener, source }) => listener !== legId && source !== legId),
  };
}

/** Whether a routing says anything about a leg. */
export function mentions({ audiences, pairs }: RoutingView, legId: string): boolean {
  const lists = (legs: 'all' | readonly string[]) => legs !== 'all' && legs.includes(legId);
  return (
    audiences.some((audience) => audience.legId === legId || lists(audience.heardBy) || lists(audience.hears)) ||
    pairs.some(({ listener, source }) => listener === legId || source === legId)
  );
}

/** A routing as the media plane has it: who is heard by, or hears, only pairs; and the linear gain of those pairs. */
export interface MediaRouting {
  /** By leg; legs not in it are heard by all and hear all. */
  readonly audiences: ReadonlyMap<string, LegAudience>;
  /** Listener, then source. */
  readonly gains: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * What the media plane has to know. A pair whose leg is choosy gets a gain of its own when both sides want it, so whoever
 * comes later needs no command: it is not among the pairs of a choosy leg, and hears all others.
 */
export function mediaRoutingOf({ audiences, pairs }: RoutingView): MediaRouting {
  const wishes = new Map(audiences.map((audience) => [audience.legId, audience]));
  const gains = new Map<string, Map<string, number>>();
  const put = (listener: string, source: string, gain: number) => {
    if (listener === source) return;
    const row = gains.get(listener) ?? new Map<string, number>();
    gains.set(listener, row.set(source, gain));
  };
  const agree = (listener: string, source: string) => {
    const { heardBy }: AudienceRequest = wishes.get(source) ?? openAudience;
    const { hears }: AudienceRequest = wishes.get(listener) ?? openAudience;
    return (heardBy === 'all' || heardBy.includes(listener)) && (hears === 'all' || hears.includes(source));
  };
  for (const { legId, heardBy, hears } of audiences) {
    if (heardBy !== 'all') for (const listener of heardBy) if (agree(listener, legId)) put(listener, legId, 1);
    if (hears !== 'all') for (const source of hears) if (agree(legId, source)) put(legId, source, 1);
  }
  for (const { listener, source, gainDb } of pairs) put(listener, source, gainDb === 'off' ? 0 : 10 ** (gainDb / 20));
  return {
    audiences: new Map(audiences.map(({ legId, heardBy, hears }) => [legId, mediaAudience(heardBy, hears)])),
    gains,
  };
}

/** One change of the media plane's matrix. */
export type RoutingChange =
  | { readonly type: 'audience'; readonly legId: string; readonly audience: LegAudience }
  | {
      readonly type: 'gain';
      readonly listener: string;
      readonly source: string;
      /** Undefined = as the audiences have it. */
      readonly gain: number | undefined;
    };

/**
 * What leads from one routing to another. Gains that come are first and gains that go are last, so that a tick between two
 * changes neither cuts out a pair that is to go on nor lets anybody hear what it heard neither before nor after.
 */
export function changesBetween(before: MediaRouting, after: MediaRouting): readonly RoutingChange[] {
  const coming: RoutingChange[] = [];
  const going: RoutingChange[] = [];
  for (const [listener, row] of after.gains) {
    for (const [source, gain] of row) {
      if (before.gains.get(listener)?.get(source) !== gain) coming.push({ type: 'gain', listener, source, gain });
    }
  }
  for (const [listener, row] of before.gains) {
    for (const source of row.keys()) {
      if (after.gains.get(listener)?.has(source) !== true) {
        going.push({ type: 'gain', listener, source, gain: undefined });
      }
    }
  }
  return [...coming, ...audienceChanges(before, after), ...going];
}

/** First every leg becomes as choosy as it was or will be, then as it will be. */
function audienceChanges(before: MediaRouting, after: MediaRouting): RoutingChange[] {
  const closing: RoutingChange[] = [];
  const opening: RoutingChange[] = [];
  for (const legId of new Set([...before.audiences.keys(), ...after.audiences.keys()])) {
    const was = before.audiences.get(legId) ?? openAudience;
    const willBe = after.audiences.get(legId) ?? openAudience;
    const between = { heardBy: choosier(was.heardBy, willBe.heardBy), hears: choosier(was.hears, willBe.hears) };
    if (!same(was, between)) closing.push({ type: 'audience', legId, audience: between });
    if (!same(between, willBe)) opening.push({ type: 'audience', legId, audience: willBe });
  }
  return [...closing, ...opening];
}

function choosier(one: 'all' | 'pairs', other: 'all' | 'pairs'): 'all' | 'pairs' {
  return one === 'pairs' ? one : other;
}

function same(one: LegAudience, other: LegAudience): boolean {
  return one.heardBy === other.heardBy && one.hears === other.hears;
}

function mediaAudience(heardBy: AudienceRequest['heardBy'], hears: AudienceRequest['hears']): LegAudience {
  return { heardBy: heardBy === 'all' ? 'all' : 'pairs', hears: hears === 'all' ? 'all' : 'pairs' };
}

function withoutRepetition<Audience extends AudienceRequest>(audience: Audience): Audience {
  const once = (legs: 'all' | readonly string[]) => (legs === 'all' ? legs : [...new Set(legs)]);
  return { ...audience, heardBy: once(audience.heardBy), hears: once(audience.hears) };
}
