import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SegmentList, type SegmentState } from '../../../src/tools/recorder/segments.js';

const states: readonly SegmentState[] = ['audio', 'silent', 'muted', 'isolated', 'noConsent', 'absent', 'dropped'];

/** `10-20 audio, 20-30 muted` */
const text = (list: SegmentList) =>
  list
    .toJSON()
    .map(({ fromTick, toTick, state }) => `${fromTick}-${toTick} ${state}`)
    .join(', ');

describe('a list of segments', () => {
  test('joins runs of one state', () => {
    const list = new SegmentList(10);
    expect(list.extend(11, 'audio')).toBe(true);
    expect(list.extend(12, 'audio')).toBe(false);
    expect(list.extend(15, 'muted')).toBe(true);
    expect(list.extend(15, 'audio')).toBe(false);
    expect(text(list)).toBe('10-12 audio, 12-15 muted');
    expect(list.endTick).toBe(15);
  });

  test('takes pauses shorter than a second for speech, and no other state', () => {
    const list = new SegmentList(0);
    list.extend(10, 'audio');
    list.extend(59, 'silent');
    list.extend(70, 'audio');
    list.extend(120, 'silent');
    list.extend(130, 'audio');
    list.extend(131, 'muted');
    list.extend(140, 'audio');
    expect(text(list)).toBe('0-70 audio, 70-120 silent, 120-130 audio, 130-131 muted, 131-140 audio');
  });

  test('stays bounded in a day of speech and pauses', () => {
    const list = new SegmentList(0);
    for (let tick = 0; tick < 50 * 86_400; tick += 160) {
      list.extend(tick + 100, 'audio');
      list.extend(tick + 160, 'silent');
    }
    expect(list.toJSON().length).toBeLessThan(5000);
    expect(list.endTick).toBe(50 * 86_400);
  });

  test('wipes parts of runs', () => {
    const list = new SegmentList(0, [
      { fromTick: 0, toTick: 100, state: 'audio' },
      { fromTick: 100, toTick: 110, state: 'muted' },
      { fromTick: 110, toTick: 200, state: 'audio' },
    ]);
    list.replace(50, 150, 'audio', 'purged');
    expect(text(list)).toBe('0-50 audio, 50-100 purged, 100-110 muted, 110-150 purged, 150-200 audio');
    expect(list.within(0, 160, 'audio').map(({ fromTick, toTick }) => [fromTick, toTick])).toEqual([
      [0, 50],
      [150, 160],
    ]);
  });

  test('tells of every tick what was said of it last, but for short pauses', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('extend' as const),
        by: fc.integer({ min: 0, max: 80 }),
        state: fc.constantFrom(...states),
      }),
      fc.record({ do: fc.constant('purge' as const), from: fc.nat(400), to: fc.nat(400) }),
      fc.record({ do: fc.constant('truncate' as const), to: fc.nat(400) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const list = new SegmentList(7);
        const model: SegmentState[] = [];
        for (const one of steps) {
          if (one.do === 'extend') {
            list.extend(list.endTick + one.by, one.state);
            for (let i = 0; i < one.by; i++) model.push(one.state);
          } else if (one.do === 'truncate') {
            list.truncate(one.to);
            model.length = Math.min(model.length, Math.max(0, one.to - 7));
          } else {
            // What counts as speech is wiped with its pauses.
            for (const { fromTick, toTick } of list.within(one.from, one.to, 'audio')) {
              for (let tick = fromTick; tick < toTick; tick++) model[tick - 7] = 'purged';
            }
            list.replace(one.from, one.to, 'audio', 'purged');
          }
        }
        let tick = 7;
        for (const segment of list.toJSON()) {
          expect(segment.fromTick).toBe(tick);
          for (; tick < segment.toTick; tick++) {
            const said = model[tick - 7];
            expect(segment.state === said || (segment.state === 'audio' && said === 'silent')).toBe(true);
          }
        }
        expect(tick).toBe(7 + model.length);
      }),
      { numRuns: 300 },
    );
  });
});
