import { minimumPhaseLowPass } from './fir-design.js';
import type { LowPass } from './fir-design.js';
import { busRateHz } from './frame.js';
import type { NarrowRateHz } from './frame.js';
import type { Kernels } from './kernels.js';

/**
 * Both filters are minimum phase. 8 kHz: 108 taps, ±0.025 dB to 3.4 kHz, −9.1 dB at 4 kHz, ≤ −66.5 dB from 4.6 kHz.
 * 16 kHz: 72 taps, ±0.01 dB to 7 kHz, −8.2 dB at 8 kHz, ≤ −69 dB from 9 kHz.
 */
const filters: Readonly<Record<NarrowRateHz, LowPass>> = {
  8000: { taps: 108, passEdge: 3400 / busRateHz, stopEdge: 4600 / busRateHz, stopWeight: 6e4 },
  16000: { taps: 72, passEdge: 7000 / busRateHz, stopEdge: 9000 / busRateHz, stopWeight: 3e4 },
};

/**
 * Group delay of the resamplers at 1 kHz in samples at 48 kHz. Sampling down looks at the newest samples of its hop,
 * which takes (factor − 1) samples off its filter's delay.
 */
export const resamplerDelaySamples: Readonly<Record<NarrowRateHz, { readonly up: number; readonly down: number }>> = {
  8000: { up: 9.3, down: 4.3 },
  16000: { up: 4.3, down: 2.3 },
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
