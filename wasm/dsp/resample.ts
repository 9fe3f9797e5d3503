// Polyphase FIR resamplers between 48 kHz and 8 kHz (factor 6, 108 taps) and 16 kHz (factor 3, 72 taps).
// Coefficients are given in natural order; nothing is kept between calls: the samples before a block have to lie in
// memory directly before it.
//
// Every loop keeps six or eight sums going at once: a single one would wait for its own additions, more do not fit the
// registers.

/** Taps per phase. */
const NARROW_TAPS: i32 = 18;
const WIDE_TAPS: i32 = 24;

/**
 * out[n·6 + p] = Σk taps[k·6 + p] · in[n − k] for `count` input samples (a multiple of 4); 17 samples before `from` are
 * read. `taps` carry the gain of 6.
 */
export function up6(from: usize, to: usize, count: i32, taps: usize): void {
  for (let n = 0; n < count; n += 4, from += 16, to += 96) {
    let a = f32x4.splat(0);
    let b = a,
      c = a,
      d = a,
      e = a,
      f = a;
    let x = from;
    let h = taps;
    for (let k = 0; k < NARROW_TAPS; k++, x -= 4, h += 24) {
      const v = v128.load(x);
      a = f32x4.add(a, f32x4.mul(v, v128.load32_splat(h)));
      b = f32x4.add(b, f32x4.mul(v, v128.load32_splat(h, 4)));
      c = f32x4.add(c, f32x4.mul(v, v128.load32_splat(h, 8)));
      d = f32x4.add(d, f32x4.mul(v, v128.load32_splat(h, 12)));
      e = f32x4.add(e, f32x4.mul(v, v128.load32_splat(h, 16)));
      f = f32x4.add(f, f32x4.mul(v, v128.load32_splat(h, 20)));
    }
    interleave6(a, b, c, d, e, f, to);
  }
}

/** As up6 with a factor of 3; `count` is a multiple of 8, 23 samples before `from` are read. */
export function up3(from: usize, to: usize, count: i32, taps: usize): void {
  for (let n = 0; n < count; n += 8, from += 32, to += 96) {
    let a = f32x4.splat(0);
    let b = a,
      c = a,
      d = a,
      e = a,
      f = a;
    let x = from;
    let h = taps;
    for (let k = 0; k < WIDE_TAPS; k++, x -= 4, h += 12) {
      const v = v128.load(x);
      const w = v128.load(x, 16);
      const tap0 = v128.load32_splat(h);
      const tap1 = v128.load32_splat(h, 4);
      const tap2 = v128.load32_splat(h, 8);
      a = f32x4.add(a, f32x4.mul(v, tap0));
      b = f32x4.add(b, f32x4.mul(v, tap1));
      c = f32x4.add(c, f32x4.mul(v, tap2));
      d = f32x4.add(d, f32x4.mul(w, tap0));
      e = f32x4.add(e, f32x4.mul(w, tap1));
      f = f32x4.add(f, f32x4.mul(w, tap2));
    }
    interleave3(a, b, c, to);
    interleave3(d, e, f, to + 48);
  }
}

/**
 * out[m] = Σk reversed[k] · in[6·m + 5 − 107 + k] for `count` outputs (a multiple of 8); 102 samples before `from` are
 * read. `reversed` are the taps last first.
 */
export function down6(from: usize, to: usize, count: i32, reversed: usize): void {
  from -= 102 * 4;
  const end = reversed + 108 * 4;
  for (let m = 0; m < count; m += 8, from += 192, to += 32) {
    let a = f32x4.splat(0);
    let b = a,
      c = a,
      d = a,
      A = a,
      B = a,
      C = a,
      D = a;
    let x = from;
    for (let h = reversed; h < end; h += 16, x += 16) {
      const tap = v128.load(h);
      a = f32x4.add(a, f32x4.mul(tap, v128.load(x)));
      b = f32x4.add(b, f32x4.mul(tap, v128.load(x, 24)));
      c = f32x4.add(c, f32x4.mul(tap, v128.load(x, 48)));
      d = f32x4.add(d, f32x4.mul(tap, v128.load(x, 72)));
      A = f32x4.add(A, f32x4.mul(tap, v128.load(x, 96)));
      B = f32x4.add(B, f32x4.mul(tap, v128.load(x, 120)));
      C = f32x4.add(C, f32x4.mul(tap, v128.load(x, 144)));
      D = f32x4.add(D, f32x4.mul(tap, v128.load(x, 168)));
    }
    v128.store(to, sums(a, b, c, d));
    v128.store(to, sums(A, B, C, D), 16);
  }
}

/** As down6 with a factor of 3 and 72 taps; 69 samples before `from` are read. */
export function down3(from: usize, to: usize, count: i32, reversed: usize): void {
  from -= 69 * 4;
  const end = reversed + 72 * 4;
  for (let m = 0; m < count; m += 8, from += 96, to += 32) {
    let a = f32x4.splat(0);
    let b = a,
      c = a,
      d = a,
      A = a,
      B = a,
      C = a,
      D = a;
    let x = from;
    for (let h = reversed; h < end; h += 16, x += 16) {
      const tap = v128.load(h);
      a = f32x4.add(a, f32x4.mul(tap, v128.load(x)));
      b = f32x4.add(b, f32x4.mul(tap, v128.load(x, 12)));
      c = f32x4.add(c, f32x4.mul(tap, v128.load(x, 24)));
      d = f32x4.add(d, f32x4.mul(tap, v128.load(x, 36)));
      A = f32x4.add(A, f32x4.mul(tap, v128.load(x, 48)));
      B = f32x4.add(B, f32x4.mul(tap, v128.load(x, 60)));
      C = f32x4.add(C, f32x4.mul(tap, v128.load(x, 72)));
      D = f32x4.add(D, f32x4.mul(tap, v128.load(x, 84)));
    }
    v128.store(to, sums(a, b, c, d));
    v128.store(to, sums(A, B, C, D), 16);
  }
}

/** Four inputs of six phases to time order: a0b0c0d0 e0f0a1b1 c1d1e1f1 … */
function interleave6(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, to: usize): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<f32>(e, f, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(ef, ab, 0, 1, 6, 7), 16);
  v128.store(to, v128.shuffle<f32>(cd, ef, 2, 3, 6, 7), 32);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const EF = v128.shuffle<f32>(e, f, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5), 48);
  v128.store(to, v128.shuffle<f32>(EF, AB, 0, 1, 6, 7), 64);
  v128.store(to, v128.shuffle<f32>(CD, EF, 2, 3, 6, 7), 80);
}

/** Four inputs of three phases to time order: a0b0c0a1 b1c1a2b2 c2a3b3c3 */
function interleave3(a: v128, b: v128, c: v128, to: usize): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ca = v128.shuffle<f32>(c, a, 0, 5, 2, 7);
  const bc = v128.shuffle<f32>(b, c, 1, 5, 3, 7);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, ca, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(bc, AB, 0, 1, 4, 5), 16);
  v128.store(to, v128.shuffle<f32>(ca, bc, 2, 3, 6, 7), 32);
}

/** The sum of each vector's lanes, as four lanes. */
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 2, 4, 6), v128.shuffle<f32>(c, d, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}
