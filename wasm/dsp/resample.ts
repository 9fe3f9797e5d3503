// Polyphase FIR resamplers between 48 kHz and 8 kHz (factor 6, 192 taps) and 16 kHz (factor 3, 96 taps).
// Both have 32 taps per phase. Coefficients are given in natural order; nothing is kept between calls: the samples
// before a block have to lie in memory directly before it.

const PHASE_TAPS: i32 = 32;

/**
 * out[n·6 + p] = Σk taps[k·6 + p] · in[n − k] for `count` input samples (a multiple of 4); 31 samples before `from` are
 * read. `taps` carry the gain of 6.
 */
export function up6(from: usize, to: usize, count: i32, taps: usize): void {
  for (let n = 0; n < count; n += 4, from += 16, to += 96) {
    let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a;
    let x = from;
    let h = taps;
    for (let k = 0; k < PHASE_TAPS; k++, x -= 4, h += 24) {
      const v = v128.load(x);
      a = f32x4.add(a, f32x4.mul(v, v128.load32_splat(h)));
      b = f32x4.add(b, f32x4.mul(v, v128.load32_splat(h, 4)));
      c = f32x4.add(c, f32x4.mul(v, v128.load32_splat(h, 8)));
      d = f32x4.add(d, f32x4.mul(v, v128.load32_splat(h, 12)));
      e = f32x4.add(e, f32x4.mul(v, v128.load32_splat(h, 16)));
      f = f32x4.add(f, f32x4.mul(v, v128.load32_splat(h, 20)));
    }
    // Six vectors of four inputs each become four groups of six outputs: a0b0c0d0 e0f0a1b1 c1d1e1f1 …
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5), CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const ef = v128.shuffle<f32>(e, f, 0, 4, 1, 5), EF = v128.shuffle<f32>(e, f, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(ef, ab, 0, 1, 6, 7), 16);
    v128.store(to, v128.shuffle<f32>(cd, ef, 2, 3, 6, 7), 32);
    v128.store(to, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5), 48);
    v128.store(to, v128.shuffle<f32>(EF, AB, 0, 1, 6, 7), 64);
    v128.store(to, v128.shuffle<f32>(CD, EF, 2, 3, 6, 7), 80);
  }
}

/** As up6 with a factor of 3; `count` is a multiple of 8. */
export function up3(from: usize, to: usize, count: i32, taps: usize): void {
  for (let n = 0; n < count; n += 8, from += 32, to += 96) {
    let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a;
    let x = from;
    let h = taps;
    for (let k = 0; k < PHASE_TAPS; k++, x -= 4, h += 12) {
      const v = v128.load(x), w = v128.load(x, 16);
      const h0 = v128.load32_splat(h), h1 = v128.load32_splat(h, 4), h2 = v128.load32_splat(h, 8);
      a = f32x4.add(a, f32x4.mul(v, h0));
      b = f32x4.add(b, f32x4.mul(v, h1));
      c = f32x4.add(c, f32x4.mul(v, h2));
      d = f32x4.add(d, f32x4.mul(w, h0));
      e = f32x4.add(e, f32x4.mul(w, h1));
      f = f32x4.add(f, f32x4.mul(w, h2));
    }
    interleave3(a, b, c, to);
    interleave3(d, e, f, to + 48);
  }
}

/** a0b0c0a1 b1c1a2b2 c2a3b3c3 */
@inline
function interleave3(a: v128, b: v128, c: v128, to: usize): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ca = v128.shuffle<f32>(c, a, 0, 5, 2, 7);
  const bc = v128.shuffle<f32>(b, c, 1, 5, 3, 7);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, ca, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(bc, AB, 0, 1, 4, 5), 16);
  v128.store(to, v128.shuffle<f32>(ca, bc, 2, 3, 6, 7), 32);
}

/**
 * out[m] = Σk reversed[k] · in[6·m + 5 − 191 + k] for `count` outputs (a multiple of 4); 186 samples before `from` are
 * read. `reversed` are the taps last first.
 */
export function down6(from: usize, to: usize, count: i32, reversed: usize): void {
  down(from - 186 * 4, to, count, reversed, 192, 6);
}

/** As down6 with a factor of 3 and 96 taps; 93 samples before `from` are read. */
export function down3(from: usize, to: usize, count: i32, reversed: usize): void {
  down(from - 93 * 4, to, count, reversed, 96, 3);
}

@inline
function down(from: usize, to: usize, count: i32, reversed: usize, taps: i32, factor: i32): void {
  const hop = <usize>factor * 4;
  const end = reversed + <usize>taps * 4;
  for (let m = 0; m < count; m += 4, from += hop * 4, to += 16) {
    let a = f32x4.splat(0), b = a, c = a, d = a;
    let x = from;
    for (let h = reversed; h < end; h += 16, x += 16) {
      const v = v128.load(h);
      a = f32x4.add(a, f32x4.mul(v, v128.load(x)));
      b = f32x4.add(b, f32x4.mul(v, v128.load(x + hop)));
      c = f32x4.add(c, f32x4.mul(v, v128.load(x + hop * 2)));
      d = f32x4.add(d, f32x4.mul(v, v128.load(x + hop * 3)));
    }
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 2, 4, 6), v128.shuffle<f32>(c, d, 1, 3, 5, 7));
    v128.store(to, f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7)));
  }
}
