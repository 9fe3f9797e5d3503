// Peak limiter that delays nothing: no sample above the ceiling, untouched bits below it, and a gain that knows the frame.
//
//   frame ─┬─ block 0 ─┬─ block 1 ─┬ … ┬─ block n−1 ─┬
//   gain   g0          g1          g2               gn = next frame's g0
//
// Every block needs a gain of at most ceiling / its peak. The gain at a border is at most what the blocks on both sides
// need, and linear in between, so it is never above a block's need. A fall takes one block; afterwards the gain holds
// (longer than half a period of the lowest voice, so that a wave is not bent) and then comes back exponentially.
//
// Only what the next frame begins with is not known. If its first block needs less than g0, the gain falls there as fast
// as the wave rises: it is the least of the line to g1 and of ceiling / each sample so far, and never comes back up.

const BLOCK: i32 = 32;

function peakOf(at: usize): f32 {
  let peak = f32x4.abs(v128.load(at));
  for (let i: usize = 16; i < <usize>BLOCK * 4; i += 16) peak = f32x4.pmax(peak, f32x4.abs(v128.load(at + i)));
  return max(
    max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1)),
    max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)),
  );
}

function ramp(at: usize, from: f32, to: f32): void {
  if (from == 1 && to == 1) return;
  const slope = (to - from) / <f32>BLOCK;
  let gain = f32x4.add(f32x4.splat(from), f32x4.mul(f32x4(0, 1, 2, 3), f32x4.splat(slope)));
  const step = f32x4.splat(slope * 4);
  for (let i: usize = 0; i < <usize>BLOCK * 4; i += 16) {
    v128.store(at + i, f32x4.mul(v128.load(at + i), gain));
    gain = f32x4.add(gain, step);
  }
}

/** Greatest magnitude in `blocks` blocks is above `ceiling`. */
function exceeds(at: usize, blocks: i32, ceiling: f32): bool {
  const end = at + <usize>(blocks * BLOCK) * 4;
  let peak = f32x4.splat(0);
  for (; at < end; at += 64) {
    const a = f32x4.pmax(f32x4.abs(v128.load(at)), f32x4.abs(v128.load(at, 16)));
    const b = f32x4.pmax(f32x4.abs(v128.load(at, 32)), f32x4.abs(v128.load(at, 48)));
    peak = f32x4.pmax(peak, f32x4.pmax(a, b));
  }
  return v128.any_true(f32x4.gt(peak, f32x4.splat(ceiling)));
}

/** A first block that needs less gain than the frame before could know of. */
function attack(at: usize, from: f32, to: f32, ceiling: f32): void {
  const slope = (to - from) / <f32>BLOCK;
  let gain = from;
  for (let i = 0; i < BLOCK; i++, at += 4) {
    const sample = load<f32>(at);
    gain = min(gain, min(from + slope * <f32>i, ceiling / abs(sample)));
    store<f32>(at, sample * gain);
  }
}

/**
 * Limits `blocks` blocks of 32 samples in place.
 * state[0]: gain at the start (f32, 1 at rest); state[1]: blocks left to hold (i32, 0 at rest).
 */
export function limit(at: usize, blocks: i32, state: usize, ceiling: f32, holdBlocks: i32, release: f32): void {
  let gain = load<f32>(state);
  let hold = load<i32>(state, 4);
  if (gain == 1 && hold == 0 && !exceeds(at, blocks, ceiling)) return;
  let need: f32 = min<f32>(1, ceiling / peakOf(at));
  for (let i = 0; i < blocks; i++) {
    const needNext = i + 1 < blocks ? min<f32>(1, ceiling / peakOf(at + BLOCK * 4)) : need;
    const target = min(need, needNext);
    let next = gain;
    if (target <= gain) {
      next = target;
      if (target < 1) hold = holdBlocks;
      else hold = 0;
    } else if (hold > 0) {
      hold--;
    } else {
      next = gain + (1 - gain) * release;
      if (next > <f32>0.9999) next = 1;
      next = min(next, target);
    }
    if (need < gain) attack(at, gain, next, ceiling);
    else ramp(at, gain, next);
    gain = next;
    need = needNext;
    at += BLOCK * 4;
  }
  store<f32>(state, gain);
  store<i32>(state, hold, 4);
}
