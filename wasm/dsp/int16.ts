// Float (1 = full scale) ↔ 16-bit integer. Scale 32768; rounding half to even; saturating.

/** Four floats as four 32-bit integers within −32768…32767; NaN becomes 0. */
export function quantize(x: v128): v128 {
  const scaled = f32x4.nearest(f32x4.mul(x, f32x4.splat(32768)));
  const whole = i32x4.trunc_sat_f32x4_s(scaled);
  return i32x4.max_s(i32x4.splat(-32768), i32x4.min_s(i32x4.splat(32767), whole));
}

/** `count` a multiple of 8. */
export function toInt16(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from < end; from += 32, to += 16) {
    v128.store(to, i16x8.narrow_i32x4_s(quantize(v128.load(from)), quantize(v128.load(from, 16))));
  }
}

/** `count` a multiple of 8. */
export function fromInt16(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 1);
  const scale = f32x4.splat(1.0 / 32768.0);
  for (; from < end; from += 16, to += 32) {
    const v = v128.load(from);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), scale));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), scale), 16);
  }
}

/** Swaps the two bytes of each of eight 16-bit integers: RTP carries them most significant byte first. */
function swapped(x: v128): v128 {
  return v128.or(i16x8.shl(x, 8), i16x8.shr_u(x, 8));
}

/** RFC 3551 §4.5.11: as toInt16, most significant byte first. `count` a multiple of 8. */
export function encodeL16(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from < end; from += 32, to += 16) {
    v128.store(to, swapped(i16x8.narrow_i32x4_s(quantize(v128.load(from)), quantize(v128.load(from, 16)))));
  }
}

/** The inverse of encodeL16 for any `count`; up to 8 samples are read and written, the last of them in vain. */
export function decodeL16(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 1);
  const scale = f32x4.splat(1.0 / 32768.0);
  for (; from < end; from += 16, to += 32) {
    const v = swapped(v128.load(from));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), scale));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), scale), 16);
  }
}
