/** Where audio goes on that does not follow on what was heard: as much of it is changed as hides the step, and no more. */

/** How many times the steepest slope around it a step may be where every sample that is left alone counts. */
export const audibleStep = 3;
/** What is looked at on either side of a step, and how long it is spread over at most. */
const slopeMs = 3;
const joinMs = 5;

/**
 * Lets `frame` begin where `past` ended, in place, as far as a listener would notice: the first sample comes as near as
 * need be, and from there each goes on with little more than its own slope.
 *
 * @param past what was heard last, newest at the end; a single zero for silence
 * @param audible how many times the steepest slope around it a step may be, from 1 on
 */
export function hideStep(
  frame: Float32Array,
  samples: number,
  past: Float32Array,
  rateHz: number,
  audible = audibleStep,
): void {
  const end = past.length;
  const slope = Math.round((rateHz * slopeMs) / 1000);
  const step = past[end - 1]! - frame[0]!;
  let steepest = 1e-4;
  for (let i = 1; i < slope; i++) {
    if (i < end) steepest = Math.max(steepest, Math.abs(past[end - i]! - past[end - i - 1]!));
    if (i < samples) steepest = Math.max(steepest, Math.abs(frame[i]! - frame[i - 1]!));
  }
  const least = (Math.abs(step) * 1000) / (joinMs * rateHz);
  let left = Math.abs(step) - audible * steepest;
  for (let i = 0; left > 0 && i < samples; i++) {
    frame[i]! += Math.sign(step) * left;
    left -= Math.max(least, (audible - 1) * steepest);
  }
}
