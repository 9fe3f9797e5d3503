import { frameSamples } from './frame.js';
import type { Kernels } from './kernels.js';

/**
 * Peak limiter of a 48 kHz stream, without delay. Below the ceiling its gain is exactly 1 and no bit changes; above, the
 * gain falls linearly within one block before the peak, or with the wave where a frame begins louder than the one before
 * could know; then it holds, and comes back exponentially. It multiplies, it never clips.
 *
 *     memory   … frame (960) … │ gain f32 │ blocks to hold i32 │ 0 │ 0 │
 */

const blockSamples = 32;
const holdMs = 30;
const releaseMs = 100;
const blockMs = (blockSamples / frameSamples) * 20;

/** Greatest magnitude that leaves the limiter: −0.3 dBFS. */
export const limiterCeiling = 10 ** (-0.3 / 20);
/** 4-byte words of limiter state after the frame. */
export const limiterStateWords = 4;

const holdBlocks = Math.round(holdMs / blockMs);
const release = 1 - Math.exp(-blockMs / releaseMs);

/** Puts the state at pointer `state` to rest. */
export function resetLimiter(kernels: Kernels, state: number): void {
  kernels.run.zero(state, limiterStateWords);
  kernels.f32(state, 1)[0] = 1;
}

/** Limits the 960 floats at pointer `frame`, after which the state follows as drawn above. */
export function limitFrame(kernels: Kernels, frame: number): void {
  const state = frame + frameSamples * 4;
  kernels.run.limit(frame, frameSamples / blockSamples, state, limiterCeiling, holdBlocks, release);
}
