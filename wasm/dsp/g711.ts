// G.711 compression of float frames (ITU-T G.711, 16-bit linear input). The segment of a sample is the
// exponent of its magnitude as a float, the step within it the first four bits of the mantissa:
//
//   float bits   s eeeeeeee mmmm……     →  (bits >> 19) = eeeeeeee mmmm = (segment << 4 | step) + a constant
import { quantize } from './int16';

/** 132 is added so that the lowest µ-law segment begins at 2^7. */
const MU_BIAS: i32 = 132;
const MU_CLIP: i32 = 32635;

function mu(x: v128): v128 {
  const value = quantize(x);
  const magnitude = i32x4.add(i32x4.min_s(i32x4.abs(value), i32x4.splat(MU_CLIP)), i32x4.splat(MU_BIAS));
  const bits = i32x4.shr_u(f32x4.convert_i32x4_s(magnitude), 19);
  const code = i32x4.sub(bits, i32x4.splat((127 + 7) << 4));
  const sign = v128.and(i32x4.shr_s(value, 31), i32x4.splat(0x80));
  return v128.xor(v128.or(code, sign), i32x4.splat(0xff));
}

function a(x: v128): v128 {
  const value = quantize(x);
  const negative = i32x4.shr_s(value, 31);
  // The 12 magnitude bits of the law; a magnitude on a decision value goes to the greater step, whatever its sign.
  const magnitude = i32x4.shr_s(i32x4.min_s(i32x4.abs(value), i32x4.splat(32767)), 4);
  const bits = i32x4.shr_u(f32x4.convert_i32x4_s(magnitude), 19);
  const upper = i32x4.sub(bits, i32x4.splat((127 + 3) << 4));
  const code = v128.bitselect(upper, magnitude, i32x4.gt_s(magnitude, i32x4.splat(15)));
  const sign = v128.andnot(i32x4.splat(0x80), negative);
  return v128.xor(v128.or(code, sign), i32x4.splat(0x55));
}

/** `count` a multiple of 8; writes `count` bytes. */
export function encodeMu(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from < end; from += 32, to += 8) {
    const codes = i16x8.narrow_i32x4_u(mu(v128.load(from)), mu(v128.load(from, 16)));
    v128.store64_lane(to, i8x16.narrow_i16x8_u(codes, codes), 0);
  }
}

/** `count` a multiple of 8; writes `count` bytes. */
export function encodeA(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from < end; from += 32, to += 8) {
    const codes = i16x8.narrow_i32x4_u(a(v128.load(from)), a(v128.load(from, 16)));
    v128.store64_lane(to, i8x16.narrow_i16x8_u(codes, codes), 0);
  }
}
