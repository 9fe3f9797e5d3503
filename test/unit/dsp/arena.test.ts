import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/media/dsp/arena.js';

describe('arena', () => {
  it('aligns every block to 16 bytes and counts what is live', () => {
    const arena = new Arena(64, 1024);
    const pointers = [arena.allocate(1), arena.allocate(17), arena.allocate(16)];
    expect(pointers.map((pointer) => pointer % 16)).toEqual([0, 0, 0]);
    expect(arena.liveBytes).toBe(16 + 32 + 16);
  });

  it('gives a freed block to the next of its size', () => {
    const arena = new Arena(0, 1024);
    const first = arena.allocate(100);
    arena.allocate(100);
    arena.free(first);
    expect(arena.allocate(112)).toBe(first);
  });

  it('refuses with capacityReached when full, and goes on after something is freed', () => {
    const arena = new Arena(0, 64);
    const block = arena.allocate(64);
    expect(() => arena.allocate(1)).toThrow(expect.objectContaining({ code: 'capacityReached' }));
    arena.free(block);
    expect(arena.allocate(64)).toBe(block);
  });

  it('refuses to free what is not live', () => {
    const arena = new Arena(0, 64);
    const block = arena.allocate(16);
    arena.free(block);
    expect(() => arena.free(block)).toThrow('No live block');
    expect(() => arena.free(block + 4)).toThrow('No live block');
  });

  it('never hands out overlapping blocks and ends at zero live bytes, whatever the order', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 300 }), free: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const arena = new Arena(0, 1 << 20);
        const live: { begin: number; end: number }[] = [];
        for (const { bytes, free, pick } of steps) {
          if (free && live.length > 0) arena.free(live.splice(pick % live.length, 1)[0]!.begin);
          const begin = arena.allocate(bytes);
          for (const block of live) expect(begin >= block.end || begin + bytes <= block.begin).toBe(true);
          live.push({ begin, end: begin + bytes });
        }
        for (const { begin } of live) arena.free(begin);
        expect(arena.liveBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
