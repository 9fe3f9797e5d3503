/** The step of the media clock. */
export const tickMs = 20;
/** Rate of the mixing bus in Hz. */
export const busRateHz = 48_000;
/** Samples per tick on the bus. */
export const frameSamples = 960;
/** Rates between which and the bus there is a resampler, Hz. */
export type NarrowRateHz = 8000 | 16_000;

/** Samples per tick at `rateHz`. */
export function samplesPerTick(rateHz: number): number {
  return rateHz / (1000 / tickMs);
}
