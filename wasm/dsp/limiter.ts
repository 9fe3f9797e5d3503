// Peak limiter with a look-ahead of one block: no sample above the ceiling, no sudden gain, and untouched bits below it.
//
//   frame ─┬─ block 0 ─┬─ block 1 ─┬ … ┬─ block n−1 ─┬─ block n (look-ahead: seen, not yet played)
//   gain   g0          g1          g2               gn = next frame's g0
//
// Every block needs a gain of at most ceiling / its peak. The gain at a border is at most what the blocks on both sides
// need, and linear in between, so it is never above a block's need. A fall takes one block; afterwards the gain holds
// (longer than half a period of the lowest voice, so that a wave is not bent) and then comes back exponentially.

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

/**
 * Limits `blocks` blocks of 32 samples in place; one more block after them is look-ahead and left as it is.
 * state[0]: gain at the start (f32, 1 at rest); state[1]: blocks left to hold (i32, 0 at rest).
 */
export function limit(at: usize, blocks: i32, state: usize, ceiling: f32, holdBlocks: i32, release: f32): void {
  let gain = load<f32>(state);
  let hold = load<i32>(state, 4);
  if (gain == 1 && hold == 0 && !exceeds(at, blocks + 1, ceiling)) return;
  let need: f32 = min<f32>(1, ceiling / peakOf(at));
  for (let i = 0; i < blocks; i++) {
    const needNext = min<f32>(1, ceiling / peakOf(at + BLOCK * 4));
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
    ramp(at, gain, next);
    gain = next;
    need = needNext;
    at += BLOCK * 4;
  }
  store<f32>(state, gain);
  store<i32>(state, hold, 4);
}
