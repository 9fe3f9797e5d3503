// ITU-T G.722 in its mode 1 (64 kbit/s): 16 kHz audio, one byte for two samples.
//
//   encode   24-tap QMF ─┬─ lower sub-band, 8 kHz ─ 6 bit ADPCM ─┬─ byte   bits 7 6   5 … 0
//                        └─ higher sub-band ─────── 2 bit ADPCM ─┘              high  low
//
//   state    0  the last 22 samples at the QMF's input, i16, after two that are always 0: encoding, the audio; decoding,
//               sum and difference of the sub-bands by turns
//           48  lower sub-band │ 112 higher sub-band │ 176 end; a state of zeros is that of a new stream
import { isSame } from './arithmetic';
import { Band, BAND_BYTES } from './g722-band';
import { IDLE, IDLE_BYTES } from './g722-idle';
import {
  CODES,
  DECISIONS,
  DECISIONS_ROW_BYTES,
  MOST_LOG_HIGH,
  MOST_LOG_LOW,
  QM2,
  QM4,
  QM6,
  step,
  TAPS_DIFFERENCE,
  TAPS_EVEN,
  TAPS_ODD,
  TAPS_SUM,
  WH,
  WL,
} from './g722-tables';
import { quantize } from './int16';

const LINE_BYTES: usize = 48;
const STATE_BYTES: usize = LINE_BYTES + 2 * BAND_BYTES;
/** Greatest number of bytes that one call encodes or decodes: 120 ms. */
const MOST_BYTES: i32 = 960;

/** Samples at the QMF's input: the 24 of the state, then what one call brings. */
const line = memory.data(48 + MOST_BYTES * 4, 16);
/** Lower and higher sub-band sample by turns, i16, between QMF and ADPCM. */
const bands = memory.data(MOST_BYTES * 4, 16);

/** The band arithmetic as inlined functions; AssemblyScript inlines methods only. */
abstract class Codec {
  /** The 24 samples at `x` times the taps at `left`, summed up in lane 0; times those at `right`, in lane 1. */
  @inline
  static filter(x: usize, left: usize, right: usize): v128 {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    let l = i32x4.dot_i16x8_s(a, v128.load(left));
    let r = i32x4.dot_i16x8_s(a, v128.load(right));
    l = i32x4.add(l, i32x4.dot_i16x8_s(b, v128.load(left, 16)));
    r = i32x4.add(r, i32x4.dot_i16x8_s(b, v128.load(right, 16)));
    l = i32x4.add(l, i32x4.dot_i16x8_s(c, v128.load(left, 32)));
    r = i32x4.add(r, i32x4.dot_i16x8_s(c, v128.load(right, 32)));
    const sums = i32x4.add(v128.shuffle<i32>(l, r, 0, 4, 1, 5), v128.shuffle<i32>(l, r, 2, 6, 3, 7));
    return i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 2, 3));
  }

  /** Six bits for a sample of the lower sub-band (QUANTL). */
  @inline
  static quantizeLow(low: Band, sample: i32): i32 {
    const difference = low.difference(sample);
    const sign = difference >> 31;
    const magnitude = i16x8.splat(<i16>(difference ^ sign));
    const levels = DECISIONS + <usize>(low.log >> 6) * DECISIONS_ROW_BYTES;
    const lower = i8x16.narrow_i16x8_s(
      i16x8.gt_s(magnitude, v128.load(levels)),
      i16x8.gt_s(magnitude, v128.load(levels, 16)),
    );
    const upper = i8x16.narrow_i16x8_s(
      i16x8.gt_s(magnitude, v128.load(levels, 32)),
      i16x8.gt_s(magnitude, v128.load(levels, 48)),
    );
    const place = popcnt<i32>(i8x16.bitmask(lower) | (i8x16.bitmask(upper) << 16));
    return load<u8>(CODES + <usize>(place + (32 & ~sign)));
  }

  /** Two bits for a sample of the higher sub-band (QUANTH). */
  @inline
  static quantizeHigh(high: Band, sample: i32): i32 {
    const difference = high.difference(sample);
    const sign = difference >> 31;
    const isInner = i32((difference ^ sign) < (564 * step(high.log, 10)) >> 12);
    return (~sign & 2) | isInner;
  }

  /** The difference that a code of the lower sub-band stands for, with all its six bits (INVQBL). */
  @inline
  static fineLow(low: Band, code: i32): i32 {
    return (step(low.log, 8) * load<i32>(QM6 + ((<usize>code) << 2))) >> 15;
  }

  /** The same of the higher sub-band (INVQAH). */
  @inline
  static differenceHigh(high: Band, code: i32): i32 {
    return (step(high.log, 10) * load<i32>(QM2 + ((<usize>code) << 2))) >> 15;
  }

  /** Goes on by a code of the lower sub-band, of which the four upper bits count (INVQAL). */
  @inline
  static followLow(low: Band, code: i32): void {
    const at = (<usize>(code >> 2)) << 2;
    const d = (step(low.log, 8) * load<i32>(QM4 + at)) >> 15;
    low.scale(load<i32>(WL + at), MOST_LOG_LOW);
    low.adapt(d);
  }

  /** Goes on by a code of the higher sub-band. */
  @inline
  static followHigh(high: Band, code: i32): void {
    const d = Codec.differenceHigh(high, code);
    high.scale(load<i32>(WH + ((<usize>code) << 2)), MOST_LOG_HIGH);
    high.adapt(d);
  }
}

function lowOf(state: usize): Band {
  return changetype<Band>(state + LINE_BYTES);
}

function highOf(state: usize): Band {
  return changetype<Band>(state + LINE_BYTES + BAND_BYTES);
}

/** The last 22 samples of the line become the state's; the two before them stay 0. */
function keepHistory(state: usize, bytes: usize): void {
  memory.copy(state + 4, line + 4 + (bytes << 2), LINE_BYTES - 4);
}

/** Encodes `count` float samples (a multiple of 8, at most 1920) to half as many bytes. */
export function encodeG722(state: usize, from: usize, to: usize, count: i32): void {
  const bytes = (<usize>count) >> 1;
  memory.copy(line, state, LINE_BYTES);
  for (let i: usize = 0; i < <usize>count; i += 8, from += 32) {
    const samples = i16x8.narrow_i32x4_s(quantize(v128.load(from)), quantize(v128.load(from, 16)));
    v128.store(line + LINE_BYTES + (i << 1), samples);
  }
  for (let n: usize = 0; n < bytes; n++) {
    const pair = i32x4.shr_s(Codec.filter(line + 4 + (n << 2), TAPS_SUM, TAPS_DIFFERENCE), 14);
    v128.store32_lane(bands + (n << 2), i16x8.narrow_i32x4_s(pair, pair), 0);
  }
  const low = lowOf(state);
  const high = highOf(state);
  for (let n: usize = 0; n < bytes; n++) {
    const lowCode = Codec.quantizeLow(low, load<i16>(bands + (n << 2)));
    const highCode = Codec.quantizeHigh(high, load<i16>(bands + (n << 2), 2));
    store<u8>(to + n, <u8>((highCode << 6) | lowCode));
    Codec.followLow(low, lowCode);
    Codec.followHigh(high, highCode);
  }
  keepHistory(state, bytes);
}

/** Decodes `count` bytes (at most 960) to twice as many float samples. */
export function decodeG722(state: usize, from: usize, to: usize, count: i32): void {
  const bytes = <usize>count;
  const low = lowOf(state);
  const high = highOf(state);
  memory.copy(line, state, LINE_BYTES);
  for (let n: usize = 0; n < bytes; n++) {
    const code = <i32>load<u8>(from + n);
    const lowCode = code & 63;
    const highCode = code >> 6;
    const lowSample = low.reconstruct(Codec.fineLow(low, lowCode));
    const highSample = high.reconstruct(Codec.differenceHigh(high, highCode));
    Codec.followLow(low, lowCode);
    Codec.followHigh(high, highCode);
    const at = line + LINE_BYTES + (n << 2);
    store<i16>(at, <i16>(lowSample + highSample));
    store<i16>(at, <i16>(lowSample - highSample), 2);
  }
  for (let n: usize = 0; n < bytes; n++) {
    const pair = i32x4.shr_s(Codec.filter(line + 4 + (n << 2), TAPS_ODD, TAPS_EVEN), 11);
    const samples = i32x4.max_s(i32x4.splat(-32768), i32x4.min_s(i32x4.splat(32767), pair));
    const scaled = f32x4.mul(f32x4.convert_i32x4_s(samples), f32x4.splat(1.0 / 32768.0));
    v128.store64_lane(to + (n << 3), scaled, 0);
  }
  keepHistory(state, bytes);
}

/**
 * Writes the 160 bytes of an idle tick to `to`; the encoder goes on as if it had encoded them. Its QMF has to be empty:
 * it has encoded zeros before. Returns 1 when that changed nothing, as it never will again; `atRest` says so beforehand.
 */
export function idleG722(state: usize, to: usize, atRest: i32): i32 {
  memory.copy(to, IDLE, IDLE_BYTES);
  if (atRest) return 1;
  const low = lowOf(state);
  const high = highOf(state);
  memory.copy(line, state, STATE_BYTES);
  for (let n: usize = 0; n < IDLE_BYTES; n++) {
    const code = <i32>load<u8>(IDLE + n);
    Codec.followLow(low, code & 63);
    Codec.followHigh(high, code >> 6);
  }
  return isSame(line, state, <i32>(STATE_BYTES >> 2));
}
