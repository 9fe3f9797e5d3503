// Sample-wise arithmetic. Counts are multiples of 4 unless said otherwise; pointers need no alignment.

/** Adding and subtracting 1.5·2^7 leaves a float32 on the grid of 2^-16 (half to even), for |x| ≤ 64. */
const GRID: f32 = 192;
/** A source is kept within ±2, so that 128 of them sum exactly on the grid in 24 bits of mantissa. */
const CLAMP: f32 = 2;

export function zero(at: usize, count: i32): void {
  memory.fill(at, 0, (<usize>count) << 2);
}

/** Overlap is allowed. */
export function copy(from: usize, to: usize, count: i32): void {
  memory.copy(to, from, (<usize>count) << 2);
}

/** to += from */
export function add(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from < end; from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
}

/** to += gain · from, the product on the grid. */
export function addScaled(from: usize, to: usize, count: i32, gain: f32): void {
  const end = from + ((<usize>count) << 2);
  const gains = f32x4.splat(gain);
  const grid = f32x4.splat(GRID);
  for (; from < end; from += 16, to += 16) {
    const product = f32x4.mul(v128.load(from), gains);
    v128.store(to, f32x4.add(v128.load(to), f32x4.sub(f32x4.add(product, grid), grid)));
  }
}

/** to = left − right */
export function subtract(left: usize, right: usize, to: usize, count: i32): void {
  const end = left + ((<usize>count) << 2);
  for (; left < end; left += 16, right += 16, to += 16) {
    v128.store(to, f32x4.sub(v128.load(left), v128.load(right)));
  }
}

/** 1 when every sample is +0 or −0. */
export function isZero(at: usize, count: i32): i32 {
  const end = at + ((<usize>count) << 2);
  let any = i32x4.splat(0);
  for (; at < end; at += 16) any = v128.or(any, v128.load(at));
  return v128.any_true(i32x4.shl(any, 1)) ? 0 : 1;
}

/** 1 when both ranges are the same bit for bit; count in 4-byte words. */
export function isSame(left: usize, right: usize, count: i32): i32 {
  const end = left + ((<usize>count) << 2);
  for (; left < end; left += 16, right += 16) {
    if (v128.any_true(v128.xor(v128.load(left), v128.load(right)))) return 0;
  }
  return 1;
}

/**
 * Makes a frame a source of exact sums, in place: gain going linearly from `from` to `to` over the frame, NaN to 0,
 * clamped to ±2, rounded onto the grid. Returns 1 when a sample is not zero.
 */
export function settle(at: usize, count: i32, from: f32, to: f32): i32 {
  const end = at + ((<usize>count) << 2);
  const grid = f32x4.splat(GRID);
  const high = f32x4.splat(CLAMP);
  const low = f32x4.splat(-CLAMP);
  const slope = (to - from) / <f32>count;
  // Sample i has the gain after i + 1 steps, so that the frame ends on `to`.
  let gain = f32x4.add(f32x4.splat(from), f32x4.mul(f32x4(1, 2, 3, 4), f32x4.splat(slope)));
  const step = f32x4.splat(slope * 4);
  if (from == to) gain = f32x4.splat(to);
  let any = i32x4.splat(0);
  for (; at < end; at += 16) {
    let x = f32x4.mul(v128.load(at), gain);
    gain = f32x4.add(gain, step);
    x = v128.and(x, f32x4.eq(x, x));
    x = f32x4.pmax(low, f32x4.pmin(high, x));
    x = f32x4.sub(f32x4.add(x, grid), grid);
    any = v128.or(any, x);
    v128.store(at, x);
  }
  return v128.any_true(any) ? 1 : 0;
}

/** In place, gain going linearly from `from` to `to` over the frame. */
export function fade(at: usize, count: i32, from: f32, to: f32): void {
  const end = at + ((<usize>count) << 2);
  const slope = (to - from) / <f32>count;
  // As in `settle`: the frame ends on `to`.
  let gain = f32x4.add(f32x4.splat(from), f32x4.mul(f32x4(1, 2, 3, 4), f32x4.splat(slope)));
  const step = f32x4.splat(slope * 4);
  if (from == to) gain = f32x4.splat(to);
  for (; at < end; at += 16) {
    v128.store(at, f32x4.mul(v128.load(at), gain));
    gain = f32x4.add(gain, step);
  }
}

/** Writes the greatest magnitude and the sum of squares to result[0] and result[1]. */
export function measure(at: usize, count: i32, result: usize): void {
  const end = at + ((<usize>count) << 2);
  let peak = f32x4.splat(0);
  let squares = f32x4.splat(0);
  for (; at < end; at += 16) {
    const x = v128.load(at);
    peak = f32x4.pmax(peak, f32x4.abs(x));
    squares = f32x4.add(squares, f32x4.mul(x, x));
  }
  store<f32>(
    result,
    max(
      max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1)),
      max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)),
    ),
  );
  store<f32>(
    result,
    f32x4.extract_lane(squares, 0) +
      f32x4.extract_lane(squares, 1) +
      (f32x4.extract_lane(squares, 2) + f32x4.extract_lane(squares, 3)),
    4,
  );
}
