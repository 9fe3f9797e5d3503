import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoutingMatrix } from '../../../src/media/mixer/routing-matrix.js';

describe('routing matrix', () => {
  const [alice, bob, carol] = [{}, {}, {}] as [object, object, object];

  it('lets everybody hear everybody but itself, and stores nothing for it', () => {
    const matrix = new RoutingMatrix<object>();
    expect(matrix.gain(alice, bob)).toBe(1);
    expect(matrix.gain(alice, alice)).toBe(0);
    expect(matrix.relationsOf(alice)).toEqual([]);
    expect(matrix.size).toBe(0);
  });

  it('keeps a relation until it is the default again', () => {
    const matrix = new RoutingMatrix<object>();
    matrix.set(alice, bob, 0);
    matrix.set(alice, carol, 0.5);
    matrix.set(alice, bob, 0.25);
    expect(matrix.gain(alice, bob)).toBe(0.25);
    expect(matrix.gain(bob, alice)).toBe(1);
    expect(matrix.size).toBe(2);
    matrix.set(alice, bob, 1);
    matrix.set(alice, carol, 1);
    expect(matrix.size).toBe(0);
  });

  it('forgets a leg as listener and as source', () => {
    const matrix = new RoutingMatrix<object>();
    matrix.set(alice, bob, 0);
    matrix.set(bob, carol, 0);
    matrix.set(alice, carol, 2);
    matrix.remove(bob);
    expect(matrix.size).toBe(1);
    expect(matrix.gain(alice, carol)).toBe(2);
    expect(matrix.gain(alice, bob)).toBe(1);
  });

  it.each([-0.1, 16.1, NaN, Infinity])('refuses a gain of %s', (gain) => {
    const matrix = new RoutingMatrix<object>();
    expect(() => matrix.set(alice, bob, gain)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
    expect(matrix.size).toBe(0);
  });

  it('refuses to let a leg hear itself', () => {
    const matrix = new RoutingMatrix<object>();
    expect(() => matrix.set(alice, alice, 1)).toThrow(expect.objectContaining({ code: 'invalidRequest' }));
  });

  it('equals a full matrix of gains under any changes', () => {
    const index = fc.integer({ min: 0, max: 4 });
    const change = fc.record({
      listener: index,
      source: index,
      gain: fc.constantFrom(0, 0.5, 1, 2),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (steps) => {
        const legs = Array.from({ length: 5 }, () => ({}));
        const matrix = new RoutingMatrix<object>();
        const full = legs.map((_, l) => legs.map((__, s): number => (l === s ? 0 : 1)));
        for (const { listener, source, gain, remove } of steps) {
          if (remove && gain === 0) {
            matrix.remove(legs[source]!);
            legs.forEach((_, other) => {
              if (other !== source) full[other]![source] = full[source]![other] = 1;
            });
          } else if (listener !== source) {
            matrix.set(legs[listener]!, legs[source]!, gain);
            full[listener]![source] = gain;
          }
        }
        expect(legs.map((l) => legs.map((s) => matrix.gain(l, s)))).toEqual(full);
        const deviations = full.flatMap((row, l) => row.filter((gain, s) => l !== s && gain !== 1));
        expect(matrix.size).toBe(deviations.length);
      }),
      { numRuns: 100 },
    );
  });
});
