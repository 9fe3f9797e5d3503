import { describe, expect, it } from 'vitest';
import { Squelch } from '../../../src/media/dsp/squelch.js';

const frame = () => new Float32Array(960).fill(1);

describe('a squelch', () => {
  it('passes frames bit for bit while it is open', () => {
    const one = frame();
    expect(new Squelch().apply(one, false)).toBe(true);
    expect(one).toEqual(frame());
  });

  it('closes and opens with edges of 2 ms and leaves nothing between', () => {
    const squelch = new Squelch();
    const [closing, closed, opening] = [frame(), frame(), frame()];
    expect(squelch.apply(closing, true)).toBe(true);
    expect(squelch.apply(closed, true)).toBe(false);
    expect(squelch.apply(opening, false)).toBe(true);
    expect(closing.subarray(96).every((sample) => sample === 0)).toBe(true);
    expect(closed.every((sample) => sample === 0)).toBe(true);
    expect(opening.subarray(96).every((sample) => sample === 1)).toBe(true);
    for (let at = 1; at < 96; at++) {
      expect(closing[at]).toBeLessThan(closing[at - 1]!);
      expect(opening[at]).toBeGreaterThan(opening[at - 1]!);
    }
  });
});
