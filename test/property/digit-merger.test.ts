import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitMerger } from '../../src/media/digits/digit-merger.js';
import type { DigitSource } from '../../src/media/protocol.js';

const sources: readonly DigitSource[] = ['rfc4733', 'sip-info', 'in-band'];

interface Press {
  readonly event: number;
  readonly durationMs: number;
  readonly pauseMs: number;
  /** Bit per source that tells of it, at least one. */
  readonly tellers: number;
  /** How late each source is, ms. */
  readonly lateMs: readonly [number, number, number];
  /** Whether INFO comes when the key is released rather than when it is struck. */
  readonly infoAtRelease: boolean;
}

const press = (tellers: fc.Arbitrary<number>): fc.Arbitrary<Press> =>
  fc.record({
    event: fc.integer({ min: 0, max: 15 }),
    durationMs: fc.integer({ min: 50, max: 1500 }),
    pauseMs: fc.integer({ min: 50, max: 900 }),
    tellers,
    lateMs: fc.tuple(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 240 }),
      fc.integer({ min: 0, max: 200 }),
    ),
    infoAtRelease: fc.boolean(),
  });

/** Tells the merger what the sources tell, in the order of arrival. @returns events begun, and ended */
function tell(presses: readonly Press[]): { began: number[]; ended: number[]; sources: DigitSource[] } {
  const began: number[] = [];
  const ended: number[] = [];
  const owners: DigitSource[] = [];
  const merger = new DigitMerger({
    pressBegan: (event) => {
      expect(began.length).toBe(ended.length);
      began.push(event);
    },
    pressEnded: (event, durationMs, source) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(began.length).toBe(ended.length + 1);
      ended.push(event);
      owners.push(source);
    },
  });
  const steps: { atMs: number; run: () => void }[] = [];
  let atMs = 1000;
  for (const { event, durationMs, pauseMs, tellers, lateMs, infoAtRelease } of presses) {
    const startMs = atMs;
    const endMs = startMs + durationMs;
    for (const [index, source] of sources.entries()) {
      if ((tellers & (1 << index)) === 0) continue;
      const late = lateMs[index] ?? 0;
      if (source === 'sip-info') {
        const at = late + (infoAtRelease ? endMs : startMs);
        steps.push({ atMs: at, run: () => merger.pressed(source, event, 10, durationMs, at) });
      } else {
        const seen = startMs + late + (source === 'in-band' ? 50 : 0);
        steps.push({ atMs: seen, run: () => merger.began(source, event, 10, startMs + late) });
        steps.push({ atMs: endMs + late, run: () => merger.ended(source, durationMs, endMs + late) });
      }
    }
    atMs = endMs + pauseMs;
  }
  steps.sort((a, b) => a.atMs - b.atMs).forEach(({ run }) => run());
  return { began, ended, sources: owners };
}

describe('merged digits', () => {
  it('are told exactly once when the same sources tell of every press, however quickly keys follow', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 7 })
          .chain((tellers) => fc.array(press(fc.constant(tellers)), { minLength: 1, maxLength: 30 })),
        (all) => {
          // One order of arrival per source: a source does not overtake itself.
          const presses = all.map((one) => ({ ...one, lateMs: all[0]!.lateMs, infoAtRelease: all[0]!.infoAtRelease }));
          const { began, ended } = tell(presses);
          expect(began.toSorted()).toEqual(presses.map(({ event }) => event).toSorted());
          expect(ended).toEqual(began);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are told exactly once when any sources tell of each press, at a leisurely pace', () => {
    fc.assert(
      fc.property(fc.array(press(fc.integer({ min: 1, max: 7 })), { minLength: 1, maxLength: 30 }), (all) => {
        // A key pressed twice is pressed slowly, and comes back no sooner than after two others.
        const presses: Press[] = [];
        for (const [index, one] of all.entries()) {
          const before = presses.at(-1)?.event ?? 0;
          const event = one.event % 3 === 0 ? before : (index % 3) * 5 + (one.event % 5);
          const durationMs = 50 + (one.durationMs % 350);
          presses.push({ ...one, event, durationMs, pauseMs: 1200 + one.pauseMs });
        }
        const { began, ended } = tell(presses);
        expect(began.toSorted()).toEqual(presses.map(({ event }) => event).toSorted());
        expect(ended).toEqual(began);
      }),
      { numRuns: 400 },
    );
  });
});
