// One sub-band of ITU-T G.722: the adaptive predictor (two poles, six zeros) and the logarithm of its quantizer's step.
//
// The arithmetic is the recommendation's 16 bit one; where it saturates intermediate results that cannot get out of
// range, nothing is done.

export const BAND_BYTES: usize = 64;

/** State in memory, 64 bytes; zeros are the state of a new stream. */
@unmanaged
export class Band {
  /** Zeros b1…b6 as int16; the last two lanes count for nothing. */
  private zeros: v128;
  /** Twice the last six differences as int16, the newest first; the last two lanes are 0. */
  private differences: v128;
  private pole1: i32;
  private pole2: i32;
  /** Twice the last reconstructed sample. */
  private last: i32;
  /** What the next sample is expected to be. */
  prediction: i32;
  /** The part of the prediction that comes from the zeros. */
  private zeroSection: i32;
  /** Sign of the last partial reconstruction, 0 or −1, and of the one before. */
  private sign1: i32;
  private sign2: i32;
  /** Logarithm of the quantizer's step, 11 fractional bits. */
  log: i32;

  /** The logarithm follows the code; `most` is its ceiling (LOGSCL, LOGSCH). */
  @inline
  scale(change: i32, most: i32): void {
    this.log = max(0, min(most, ((this.log * 127) >> 7) + change));
  }

  /** A sample's difference from its prediction (SUBTRA). */
  @inline
  difference(sample: i32): i32 {
    return max(-32768, min(32767, sample - this.prediction));
  }

  /** The sample a decoder has when this difference comes, within 15 bits. */
  @inline
  reconstruct(difference: i32): i32 {
    return max(-16384, min(16383, this.prediction + difference));
  }

  /** The predictor learns from the quantized difference `d` and predicts the next sample. */
  @inline
  adapt(d: i32): void {
    this.movePoles((this.zeroSection + d) >> 31);
    this.moveZeros(d);
    // FILTEP, PREDIC
    const last = max(-32768, min(32767, (this.prediction + d) << 1));
    const poleSection = ((this.pole1 * last) >> 15) + ((this.pole2 * this.last) >> 15);
    this.last = last;
    this.prediction = max(-32768, min(32767, this.zeroSection + poleSection));
  }

  /** Both poles leak, and follow the signs within what is stable (UPPOL2, UPPOL1). */
  @inline
  private movePoles(sign: i32): void {
    const unlike1 = sign ^ this.sign1;
    const unlike2 = sign ^ this.sign2;
    this.sign2 = this.sign1;
    this.sign1 = sign;
    const pole1 = this.pole1;
    const turned = (max(-8191, min(8191, pole1)) ^ ~unlike1) - ~unlike1;
    const drift2 = 128 | (unlike2 << 8);
    const pole2 = max(-12288, min(12288, (turned >> 5) + drift2 + ((this.pole2 * 127) >> 7)));
    const most = 15360 - pole2;
    const drift1 = (192 ^ unlike1) - unlike1;
    this.pole1 = max(-most, min(most, drift1 + ((pole1 * 255) >> 8)));
    this.pole2 = pole2;
  }

  /** All six zeros leak and follow the signs at once (UPZERO, DELAYA, FILTEZ). */
  @inline
  private moveZeros(d: i32): void {
    const zeros = this.zeros;
    const against = i16x8.shr_s(v128.xor(this.differences, i16x8.splat(<i16>d)), 15);
    const drift = i16x8.splat(d ? 128 : 0);
    // 255·b >> 8 is b − (b >> 8), and one less unless b is a multiple of 256.
    const odd = i16x8.ne(v128.and(zeros, i16x8.splat(255)), i16x8.splat(0));
    const leaked = i16x8.add(i16x8.sub(zeros, i16x8.shr_s(zeros, 8)), odd);
    const moved = i16x8.add(leaked, i16x8.sub(v128.xor(drift, against), against));
    const differences = v128.shuffle<i16>(this.differences, i16x8.splat(<i16>(d << 1)), 8, 0, 1, 2, 3, 4, 7, 7);
    this.zeros = moved;
    this.differences = differences;
    const products = i32x4.add(
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(differences, moved), 15),
      i32x4.shr_s(i32x4.extmul_high_i16x8_s(differences, moved), 15),
    );
    const sums = i32x4.add(products, v128.shuffle<i32>(products, products, 2, 3, 2, 3));
    this.zeroSection = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  }
}
