import { describe, expect, it } from 'vitest';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';

const kernels = createKernels();
const { run } = kernels;
const count = 960;
const grid = 2 ** -16;

function placed(values: ArrayLike<number>): { pointer: number; view: Float32Array } {
  const pointer = kernels.allocateFloats(values.length);
  const view = kernels.f32(pointer, values.length);
  view.set(Float32Array.from(values));
  return { pointer, view };
}

/** What a source sample becomes, in double precision: half to even on the grid, within ±2, NaN 0. */
function settled(value: number): number {
  if (Number.isNaN(value)) return 0;
  const clamped = Math.min(2, Math.max(-2, value));
  const scaled = clamped / grid;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return rounded * grid + 0;
}

describe('memory', () => {
  it('is 64 MiB from the start, so that views never detach', () => {
    expect(kernels.buffer.byteLength).toBe(64 * 1024 * 1024);
  });

  it('hands out zeroed blocks, reused ones too', () => {
    const { pointer, view } = placed(new Array<number>(64).fill(1));
    kernels.free(pointer);
    expect(kernels.allocateFloats(64)).toBe(pointer);
    expect(view.every((value) => value === 0)).toBe(true);
  });

  it('gives the same view object for the same range', () => {
    const pointer = kernels.allocate(64);
    expect(kernels.f32(pointer, 16)).toBe(kernels.f32(pointer, 16));
    expect(kernels.u8(pointer, 64)).toBe(kernels.u8(pointer, 64));
    expect(kernels.f32(pointer, 8)).toHaveLength(8);
  });
});

describe('arithmetic', () => {
  const left = placed(seededNoise(1, count));
  const right = placed(seededNoise(2, count));
  const target = placed(new Float32Array(count));

  it.each([
    [1, 0],
    [0, 1],
    [0.3, 0.3],
    [1, 0.1],
  ])('fades from %s to %s, linearly over the frame, and ends there', (from, to) => {
    run.copy(left.pointer, target.pointer, count);
    run.fade(target.pointer, count, from, to);
    const greatest = target.view.reduce((most, value, i) => {
      const gain = from + ((to - from) * (i + 1)) / count;
      return Math.max(most, Math.abs(value - left.view[i]! * gain));
    }, 0);
    expect(greatest).toBeLessThan(1e-5);
  });

  it('adds and subtracts sample by sample', () => {
    run.copy(left.pointer, target.pointer, count);
    run.add(right.pointer, target.pointer, count);
    expect(target.view).toEqual(left.view.map((value, i) => value + right.view[i]!));
    run.subtract(left.pointer, right.pointer, target.pointer, count);
    expect(target.view).toEqual(left.view.map((value, i) => value - right.view[i]!));
  });

  it('adds a scaled source with each product on the grid', () => {
    run.zero(target.pointer, count);
    run.addScaled(left.pointer, target.pointer, count, 0.37);
    const gain = Math.fround(0.37);
    expect(target.view).toEqual(left.view.map((value) => settled(Math.fround(value * gain))));
  });

  it.each([
    ['plus and minus zeros', [0, -0], 1],
    ['one denormal', [0, 1.4e-45], 0],
    ['a negative sample', [0, -0.5], 0],
  ])('isZero of %s', (_name, samples, expected) => {
    for (let at = 0; at < 16; at++) {
      const block = new Array<number>(16).fill(0);
      block[at] = samples[1]!;
      expect(run.isZero(placed(block).pointer, 16)).toBe(expected);
    }
  });

  it('isSame tells ranges apart by one bit anywhere', () => {
    const copy = placed(left.view);
    expect(run.isSame(left.pointer, copy.pointer, count)).toBe(1);
    for (const at of [0, 1, 500, 959]) {
      const kept = copy.view[at]!;
      copy.view[at] = -kept;
      expect(run.isSame(left.pointer, copy.pointer, count)).toBe(0);
      copy.view[at] = kept;
    }
  });

  it('measures peak and sum of squares', () => {
    const result = placed([0, 0]);
    run.measure(left.pointer, count, result.pointer);
    expect(result.view[0]).toBe(Math.max(...left.view.map(Math.abs)));
    expect(result.view[1]).toBeCloseTo(
      left.view.reduce((sum, value) => sum + value * value, 0),
      2,
    );
  });
});

describe('settling a source', () => {
  const hostile = [NaN, Infinity, -Infinity, 3, -3, 2, -2, 1e-30, -1e-30, grid / 2, -grid / 2, grid * 1.5, -grid * 2.5];
  const samples = [...hostile, ...seededNoise(3, count - hostile.length)];

  it('rounds half to even onto 2^-16, clamps to ±2 and makes NaN silent', () => {
    const frame = placed(samples);
    const before = frame.view.slice();
    expect(run.settle(frame.pointer, count, 1, 1)).toBe(1);
    expect(frame.view).toEqual(before.map(settled));
  });

  it('never leaves a negative zero, so that equal samples have equal bits', () => {
    const frame = placed(samples.map((value) => value * 1e-7));
    run.settle(frame.pointer, count, 1, 1);
    for (const value of frame.view) expect(Object.is(value, -0)).toBe(false);
  });

  it('reports a frame that rounds to nothing as zero', () => {
    const frame = placed(new Array<number>(count).fill(grid / 2));
    expect(run.settle(frame.pointer, count, 1, 1)).toBe(0);
    expect(run.isZero(frame.pointer, count)).toBe(1);
  });

  it('moves the gain linearly over the frame and ends on the new one', () => {
    const frame = placed(new Array<number>(count).fill(1));
    run.settle(frame.pointer, count, 0, 1);
    for (let i = 0; i < count; i++) expect(frame.view[i]).toBeCloseTo((i + 1) / count, 4);
  });
});

describe('16-bit conversion', () => {
  it('gives every int16 back after a way through float', () => {
    const all = kernels.allocate(65536 * 2);
    const floats = kernels.allocateFloats(65536);
    const integers = new Int16Array(kernels.buffer, all, 65536).map((_, i) => i - 32768);
    new Int16Array(kernels.buffer, all, 65536).set(integers);
    run.fromInt16(all, floats, 65536);
    expect(kernels.f32(floats, 65536)[0]).toBe(-1);
    new Int16Array(kernels.buffer, all, 65536).fill(0);
    run.toInt16(floats, all, 65536);
    expect(new Int16Array(kernels.buffer, all, 65536)).toEqual(integers);
  });

  it('rounds half to even and saturates', () => {
    const { pointer } = placed([0.5, 1.5, -0.5, -2.5, 40000, -40000, NaN, 32767.4].map((value) => value / 32768));
    const target = kernels.allocate(16);
    run.toInt16(pointer, target, 8);
    expect([...new Int16Array(kernels.buffer, target, 8)]).toEqual([0, 2, 0, -2, 32767, -32768, 0, 32767]);
  });
});
