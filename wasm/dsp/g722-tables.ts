// Tables of ITU-T G.722, named as in the recommendation, and those derived from them.

/** Table 11: coefficients of the quadrature mirror filters, one half; the other half mirrors them. */
const QMF = memory.data<i16>([3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11]);

/** Table 14: decision levels of the lower sub-band's quantizer, in units of DETL / 4096. */
const Q6 = memory.data<i32>([
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458,
  1612, 1765, 1980, 2195, 2557, 2919,
]);
const LEVELS: i32 = 29;

/** Table 17: output of the lower sub-band's quantizer with all six bits, by code, in units of DETL / 32768. */
export const QM6 = memory.data<i32>([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
  -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808,
  21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008,
  3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
]);

/** As QM6 with the four bits that both sides adapt by. */
export const QM4 = memory.data<i32>([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]);

/** Output of the higher sub-band's quantizer by code, in units of DETH / 32768. */
export const QM2 = memory.data<i32>([-7408, -1616, 7408, 1616]);

/** Table 12 and 13: by how much the logarithm of the lower band's step changes, by four-bit code (WL of RL42). */
export const WL = memory.data<i32>([-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60]);

/** The same of the higher sub-band (WH of RH2). */
export const WH = memory.data<i32>([798, -214, 798, -214]);

/** Table 15: mantissa of the inverse logarithm. */
const ILB = memory.data<i32>([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]);

/** Greatest logarithm of a step in the lower and the higher sub-band, 11 fractional bits. */
export const MOST_LOG_LOW: i32 = 18432;
export const MOST_LOG_HIGH: i32 = 22528;

/** The step itself (DETL with shift 8, DETH with shift 10), of which the logarithm's upper bits decide. */
export function step(log: i32, shift: i32): i32 {
  const mantissa = load<i32>(ILB + ((<usize>((log >> 6) & 31)) << 2));
  return ((mantissa << 1) >> (shift + 1 - (log >> 11))) << 2;
}

/**
 * For every step of the lower sub-band its 29 decision levels less one, ascending, as int16 in rows of 32; the three
 * that fill a row up are never exceeded. A magnitude's place among them is found with four comparisons.
 */
export const DECISIONS_ROW_BYTES: usize = 64;
const ROWS: i32 = (MOST_LOG_LOW >> 6) + 1;
export const DECISIONS = memory.data(ROWS * 64, 16);

for (let row = 0; row < ROWS; row++) {
  const det = step(row << 6, 8);
  const at = DECISIONS + <usize>row * DECISIONS_ROW_BYTES;
  for (let i = 0; i < 32; i++) {
    const level = i < LEVELS ? ((load<i32>(Q6 + ((<usize>i) << 2)) * det) >> 12) - 1 : 32767;
    store<i16>(at + ((<usize>i) << 1), <i16>level);
  }
}

/** Codes of the lower sub-band by place among the decision levels: for magnitudes below zero, then for the others. */
export const CODES = memory.data<u8>([
  63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 0,
  0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33,
  32,
]);

/**
 * The 24 taps as they are multiplied with 24 samples, oldest first: even places by the mirrored half, odd ones by the
 * half as it is. Three rows of eight int16 each: both halves; the odd half negated; the even half; the odd half.
 */
export const TAPS_BYTES: usize = 48;
export const TAPS_SUM = memory.data(48, 16);
export const TAPS_DIFFERENCE = memory.data(48, 16);
export const TAPS_EVEN = memory.data(48, 16);
export const TAPS_ODD = memory.data(48, 16);

for (let i: usize = 0; i < 12; i++) {
  const even = load<i16>(QMF + (i << 1));
  const odd = load<i16>(QMF + ((11 - i) << 1));
  const at = i << 2;
  store<i16>(TAPS_SUM + at, even);
  store<i16>(TAPS_SUM + at, odd, 2);
  store<i16>(TAPS_DIFFERENCE + at, -even);
  store<i16>(TAPS_DIFFERENCE + at, odd, 2);
  store<i16>(TAPS_EVEN + at, even);
  store<i16>(TAPS_ODD + at, odd, 2);
}
