import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAudience, RoutingMatrix } from '../../../src/media/mixer/routing-matrix.js';
import type { LegAudience } from '../../../src/media/protocol.js';

interface Person {
  audience: LegAudience;
}

const person = (): Person => ({ audience: openAudience });

describe('routing matrix', () => {
  const [alice, bob, carol] = [person(), person(), person()] as [Person, Person, Person];

  it('lets everybody hear everybody but itself, and stores nothing for it', () => {
    const matrix = new RoutingMatrix<Person>();
    expect(matrix.gain(alice, bob)).toBe(1);
    expect(matrix.gain(alice, alice)).toBe(0);
    expect(matrix.relationsOf(alice)).toEqual([]);
    expect(matrix.size).toBe(0);
  });

  it('keeps a relation until it is taken back, also one that makes no difference', () => {
    const matrix = new RoutingMatrix<Person>();
    matrix.set(alice, bob, 0);
    matrix.set(alice, carol, 0.5);
    matrix.set(alice, bob, 0.25);
    expect(matrix.gain(alice, bob)).toBe(0.25);
    expect(matrix.gain(bob, alice)).toBe(1);
    expect(matrix.size).toBe(2);
    matrix.set(alice, bob, 1);
    expect(matrix.size).toBe(2);
    matrix.set(alice, bob, undefined);
    matrix.set(alice, carol, undefined);
    matrix.set(bob, carol, undefined);
    expect(matrix.size).toBe(0);
    expect(matrix.gain(alice, bob)).toBe(1);
  });

  it.each<[LegAudience['hears'], LegAudience['heardBy'], number]>([
    ['all', 'all', 1],
    ['all', 'pairs', 0],
    ['pairs', 'all', 0],
    ['pairs', 'pairs', 0],
  ])(
    'lets a leg that hears %s hear one that is heard by %s with gain %s, and a pair with its own',
    (hears, by, gain) => {
      const matrix = new RoutingMatrix<Person>();
      const [listener, source] = [person(), person()];
      listener.audience = { heardBy: 'all', hears };
      source.audience = { heardBy: by, hears: 'all' };
      expect(matrix.gain(listener, source)).toBe(gain);
      matrix.set(listener, source, 1);
      expect(matrix.gain(listener, source)).toBe(1);
      matrix.set(listener, source, 0.5);
      expect(matrix.gain(listener, source)).toBe(0.5);
      listener.audience = source.audience = openAudience;
      expect(matrix.gain(listener, source)).toBe(0.5);
      matrix.set(listener, source, undefined);
      expect(matrix.gain(listener, source)).toBe(1);
    },
  );

  it('forgets a leg as listener and as source', () => {
    const matrix = new RoutingMatrix<Person>();
    matrix.set(alice, bob, 0);
    matrix.set(bob, carol, 0);
    matrix.set(alice, carol, 2);
    matrix.remove(bob);
    expect(matrix.size).toBe(1);
    expect(matrix.gain(alice, carol)).toBe(2);
    expect(matrix.gain(alice, bob)).toBe(1);
  });

  it.each([-0.1, 16.1, NaN, Infinity])('refuses a gain of %s', (gain) => {
    const matrix = new RoutingMatrix<Person>();
    expect(() => matrix.set(alice, bob, gain)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
    expect(matrix.size).toBe(0);
  });

  it('refuses to let a leg hear itself', () => {
    const matrix = new RoutingMatrix<Person>();
    expect(() => matrix.set(alice, alice, 1)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
  });

  it('equals a full matrix of pairs, with audiences for the rest, under any changes', () => {
    const index = fc.integer({ min: 0, max: 4 });
    const side = fc.constantFrom('all' as const, 'pairs' as const);
    const change = fc.record({
      listener: index,
      source: index,
      gain: fc.constantFrom(undefined, 0, 0.5, 1, 2),
      audience: fc.option(fc.record({ heardBy: side, hears: side })),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (steps) => {
        const legs = Array.from({ length: 5 }, person);
        const matrix = new RoutingMatrix<Person>();
        const pairs = legs.map(() => legs.map((): number | undefined => undefined));
        for (const { listener, source, gain, audience, remove } of steps) {
          if (audience) legs[source]!.audience = audience;
          if (remove && gain === 0) {
            matrix.remove(legs[source]!);
            legs.forEach((_, other) => (pairs[other]![source] = pairs[source]![other] = undefined));
          } else if (listener !== source) {
            matrix.set(legs[listener]!, legs[source]!, gain);
            pairs[listener]![source] = gain;
          }
        }
        const expected = legs.map((l, i) =>
          legs.map((s, j) => {
            if (i === j) return 0;
            return pairs[i]![j] ?? (l.audience.hears === 'all' && s.audience.heardBy === 'all' ? 1 : 0);
          }),
        );
        expect(legs.map((l) => legs.map((s) => matrix.gain(l, s)))).toEqual(expected);
        expect(matrix.size).toBe(pairs.flat().filter((gain) => gain !== undefined).length);
      }),
      { numRuns: 100 },
    );
  });
});
