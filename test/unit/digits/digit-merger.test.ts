import { describe, expect, it } from 'vitest';
import { DigitMerger } from '../../../src/media/digits/digit-merger.js';

function merging(): { merger: DigitMerger; told: string[] } {
  const told: string[] = [];
  const merger = new DigitMerger({
    pressBegan: (event) => told.push(`+${event}`),
    pressEnded: (event, durationMs, source) => told.push(`-${event} ${durationMs} ${source}`),
  });
  return { merger, told };
}

describe('digits of several sources', () => {
  it('are one press when tones repeat a telephone-event', () => {
    const { merger, told } = merging();
    merger.began('rfc4733', 5, 10, 1000);
    merger.began('in-band', 5, 8, 1060);
    merger.ended('rfc4733', 100, 1100);
    merger.ended('in-band', 98, 1170);
    expect(told).toEqual(['+5', '-5 100 rfc4733']);
    expect(merger.merged).toBe(1);
  });

  it('belong to the telephone-event even when the tone was there first', () => {
    const { merger, told } = merging();
    merger.began('in-band', 5, 8, 1000);
    merger.began('rfc4733', 5, 10, 1050);
    merger.ended('in-band', 100, 1120);
    expect(told).toEqual(['+5']);
    merger.ended('rfc4733', 110, 1180);
    expect(told).toEqual(['+5', '-5 110 rfc4733']);
  });

  it('are named by INFO but timed by the tone', () => {
    const { merger, told } = merging();
    merger.began('in-band', 3, 8, 1000);
    merger.pressed('sip-info', 3, 10, 160, 1080);
    merger.ended('in-band', 400, 1420);
    expect(told).toEqual(['+3', '-3 400 sip-info']);
  });

  it('are one press when INFO comes at the release of a long one', () => {
    const { merger, told } = merging();
    merger.began('rfc4733', 3, 10, 1000);
    merger.ended('rfc4733', 3000, 4000);
    merger.pressed('sip-info', 3, 10, 3000, 4100);
    expect(told).toEqual(['+3', '-3 3000 rfc4733']);
  });

  it('are two presses when one source tells two, however close', () => {
    const { merger, told } = merging();
    for (const [index, atMs] of [1000, 1100].entries()) {
      merger.began('rfc4733', 7, 10, atMs);
      merger.ended('rfc4733', 50, atMs + 50);
      expect(told).toHaveLength(2 * (index + 1));
    }
    merger.began('in-band', 7, 8, 1120);
    merger.ended('in-band', 50, 1190);
    merger.began('in-band', 7, 8, 1220);
    merger.ended('in-band', 50, 1290);
    expect(told).toHaveLength(4);
  });

  it('are two presses when they are further apart than the window', () => {
    const { merger, told } = merging();
    merger.began('rfc4733', 7, 10, 1000);
    merger.ended('rfc4733', 100, 1100);
    merger.began('in-band', 7, 8, 1351);
    expect(told).toEqual(['+7', '-7 100 rfc4733', '+7']);
  });

  it('never go on two at a time', () => {
    const { merger, told } = merging();
    merger.began('rfc4733', 1, 10, 1000);
    merger.began('in-band', 2, 8, 1080);
    merger.ended('rfc4733', 200, 1200);
    merger.ended('in-band', 100, 1210);
    expect(told).toEqual(['+1', '-1 80 rfc4733', '+2', '-2 100 in-band']);
  });

  it('end when all is forgotten', () => {
    const { merger, told } = merging();
    merger.began('in-band', 9, 8, 1000);
    merger.clear(1300);
    merger.ended('in-band', 700, 1700);
    expect(told).toEqual(['+9', '-9 300 in-band']);
    expect(merger.recent(1300)).toBe(-1);
  });
});
