import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changesBetween,
  type MediaRouting,
  mediaRoutingOf,
  mentions,
  plainRouting,
  type RoutingView,
  tidy,
  withoutLeg,
} from '../../../src/call/audience/relations.js';
import type { LegAudience } from '../../../src/media/protocol.js';

const all: LegAudience = { heardBy: 'all', hears: 'all' };

/** What one leg hears of another, as the media plane's rules have it: a pair's own gain, else 1 where nobody is choosy. */
function heard({ audiences, gains }: MediaRouting, listener: string, source: string): number {
  const own = gains.get(listener)?.get(source);
  if (own !== undefined) return own;
  const isOpen = (audiences.get(source) ?? all).heardBy === 'all' && (audiences.get(listener) ?? all).hears === 'all';
  return isOpen ? 1 : 0;
}

/** The same as people mean it. */
function meant({ audiences, pairs }: RoutingView, listener: string, source: string): number {
  const pair = pairs.find((row) => row.listener === listener && row.source === source);
  if (pair !== undefined) return pair.gainDb === 'off' ? 0 : 10 ** (pair.gainDb / 20);
  const heardBy = audiences.find(({ legId }) => legId === source)?.heardBy ?? 'all';
  const hears = audiences.find(({ legId }) => legId === listener)?.hears ?? 'all';
  return (heardBy === 'all' || heardBy.includes(listener)) && (hears === 'all' || hears.includes(source)) ? 1 : 0;
}

const whisper: RoutingView = { audiences: [{ legId: 'coach', heardBy: ['agent'], hears: 'all' }], pairs: [] };

describe('a whisper', () => {
  it('is one audience and one pair, however many others there are', () => {
    const media = mediaRoutingOf(whisper);
    expect([...media.audiences]).toEqual([['coach', { heardBy: 'pairs', hears: 'all' }]]);
    expect([...media.gains].map(([listener, row]) => [listener, [...row]])).toEqual([['agent', [['coach', 1]]]]);
  });

  it('is heard by nobody when who heard it is gone', () => {
    const alone = withoutLeg(whisper, 'agent');
    expect(alone.audiences).toEqual([{ legId: 'coach', heardBy: [], hears: 'all' }]);
    expect(heard(mediaRoutingOf(alone), 'customer', 'coach')).toBe(0);
    expect(mentions(alone, 'agent')).toBe(false);
    expect(withoutLeg(whisper, 'coach')).toEqual(plainRouting);
  });
});

const legIds = ['a', 'b', 'c', 'd'] as const;
const leg = fc.constantFrom(...legIds);
const some = fc.oneof(fc.constant('all' as const), fc.uniqueArray(leg, { maxLength: 3 }));
const routings: fc.Arbitrary<RoutingView> = fc.record({
  audiences: fc.array(fc.record({ legId: leg, heardBy: some, hears: some }), { maxLength: 5 }),
  pairs: fc
    .array(
      fc.record({
        listener: leg,
        source: leg,
        gainDb: fc.oneof(fc.constant('off' as const), fc.integer({ min: -60, max: 24 })),
      }),
      { maxLength: 5 },
    )
    .map((pairs) => pairs.filter(({ listener, source }) => listener !== source)),
});
/** Ordered pairs of legs, one that came later and was never mentioned included. */
const everybody = [...legIds, 'later'].flatMap((listener) =>
  [...legIds, 'later'].filter((source) => source !== listener).map((source) => ({ listener, source })),
);

describe('any routing', () => {
  it('means for every pair of legs what people said, also for who comes later', () => {
    fc.assert(
      fc.property(routings.map(tidy), (routing) => {
        const media = mediaRoutingOf(routing);
        for (const { listener, source } of everybody) {
          expect(heard(media, listener, source)).toBe(meant(routing, listener, source));
        }
      }),
    );
  });

  it('the last word about a leg or pair counts', () => {
    fc.assert(
      fc.property(routings, (routing) => {
        const { audiences, pairs } = tidy(routing);
        for (const { legId } of routing.audiences) {
          const last = routing.audiences.findLast((audience) => audience.legId === legId);
          const kept = audiences.find((audience) => audience.legId === legId);
          expect(kept?.heardBy ?? 'all').toEqual(last?.heardBy);
        }
        for (const { listener, source } of routing.pairs) {
          const last = routing.pairs.findLast((pair) => pair.listener === listener && pair.source === source);
          expect(pairs.filter((pair) => pair.listener === listener && pair.source === source)).toEqual([last]);
        }
      }),
    );
  });

  it('is reached from any other by changes that on the way let nobody hear what it hears neither before nor after', () => {
    fc.assert(
      fc.property(routings.map(tidy), routings.map(tidy), (from, to) => {
        const [before, after] = [mediaRoutingOf(from), mediaRoutingOf(to)];
        const audiences = new Map(before.audiences);
        const gains = new Map([...before.gains].map(([listener, row]) => [listener, new Map(row)]));
        for (const change of changesBetween(before, after)) {
          if (change.type === 'audience') {
            audiences.set(change.legId, change.audience);
          } else {
            const row = gains.get(change.listener) ?? new Map<string, number>();
            if (change.gain === undefined) row.delete(change.source);
            else row.set(change.source, change.gain);
            gains.set(change.listener, row);
          }
          const now = { audiences, gains };
          for (const { listener, source } of everybody) {
            const [was, is, willBe] = [before, now, after].map((routing) => heard(routing, listener, source));
            if (was === 0 && willBe === 0) expect(is).toBe(0);
            if (was === 1 && willBe === 1) expect(is).toBe(1);
          }
        }
        for (const { listener, source } of everybody) {
          expect(heard({ audiences, gains }, listener, source)).toBe(heard(after, listener, source));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('that stays as it is needs no change', () => {
    fc.assert(
      fc.property(routings.map(tidy), (routing) => {
        expect(changesBetween(mediaRoutingOf(routing), mediaRoutingOf(routing))).toEqual([]);
      }),
    );
  });
});
