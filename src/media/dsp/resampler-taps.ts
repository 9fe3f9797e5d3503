import { minimumPhaseLowPass } from './fir-design.js';
import type { LowPass } from './fir-design.js';
import { busRateHz } from './frame.js';
import type { NarrowRateHz } from './frame.js';
import type { Kernels } from './kernels.js';

/**
 * Both filters are minimum phase. 8 kHz: 156 taps, ±0.05 dB to 3.4 kHz, −6.6 dB at 4 kHz, ≤ −68 dB from 4.6 kHz.
 * 16 kHz: 96 taps, ±0.05 dB to 7 kHz, −6 dB at 8 kHz, ≤ −67 dB from 9 kHz.
 */
const filters: Readonly<Record<NarrowRateHz, LowPass>> = {
  8000: { taps: 156, passEdge: 3050 / busRateHz, stopEdge: 4650 / busRateHz, squaredStopDb: 147.5 },
  16000: { taps: 96, passEdge: 6600 / busRateHz, stopEdge: 9000 / busRateHz, squaredStopDb: 145 },
};

/**
 * Group delay of the resamplers at 1 kHz in samples at 48 kHz. Sampling down looks at the newest samples of its hop,
 * which takes (factor − 1) samples off its filter's delay.
 */
export const resamplerDelaySamples: Readonly<Record<NarrowRateHz, { readonly up: number; readonly down: number }>> = {
  8000: { up: 9.4, down: 4.4 },
  16000: { up: 4.1, down: 2.1 },
};

/** Bus samples per narrow sample. */
function resamplingFactor(rateHz: NarrowRateHz): number {
  return busRateHz / rateHz;
}

interface Taps {
  /** Pointer to the taps in natural order, times the factor. */
  readonly up: number;
  /** Pointer to the taps last first. */
  readonly down: number;
}

const designs = new Map<NarrowRateHz, Float64Array>();
const tapsOfKernels = new WeakMap<Kernels, Map<NarrowRateHz, Taps>>();

/** Pointers to the coefficients for one rate, made once per kernels and kept as long as they live. */
export function resamplerTaps(kernels: Kernels, rateHz: NarrowRateHz): Taps {
  let byRate = tapsOfKernels.get(kernels);
  if (!byRate) tapsOfKernels.set(kernels, (byRate = new Map<NarrowRateHz, Taps>()));
  let taps = byRate.get(rateHz);
  if (!taps) byRate.set(rateHz, (taps = place(kernels, design(rateHz), resamplingFactor(rateHz))));
  return taps;
}

/** Coefficients of one rate's filter at 48 kHz, gain 1. */
function design(rateHz: NarrowRateHz): Float64Array {
  let taps = designs.get(rateHz);
  if (!taps) designs.set(rateHz, (taps = minimumPhaseLowPass(filters[rateHz])));
  return taps;
}

function place(kernels: Kernels, taps: Float64Array, factor: number): Taps {
  const up = kernels.allocateFloats(taps.length);
  const down = kernels.allocateFloats(taps.length);
  kernels.f32(up, taps.length).set(taps.map((tap) => tap * factor));
  kernels.f32(down, taps.length).set(taps.toReversed());
  return { up, down };
}
