import { frameSamples, samplesPerTick } from './frame.js';
import type { NarrowRateHz } from './frame.js';
import type { Kernels } from './kernels.js';
import { resamplerTaps } from './resampler-taps.js';

/**
 * Samples before a block that sampling down reads, and that every user keeps directly before it: at most 102, rounded
 * up.
 */
export const downHistorySamples = 112;
/** Samples before a block that sampling up reads, in input samples. */
const upHistorySamples = 24;

/**
 * Samples one tick down without keeping anything: 960 bus samples at `from` → one tick at `rateHz` at `to`.
 * The {@link downHistorySamples} samples in memory before `from` are the history.
 */
export function sampleDown(kernels: Kernels, rateHz: NarrowRateHz, from: number, to: number): void {
  const taps = resamplerTaps(kernels, rateHz).down;
  const count = samplesPerTick(rateHz);
  if (rateHz === 8000) kernels.run.down6(from, to, count, taps);
  else kernels.run.down3(from, to, count, taps);
}

/** What both directions share: a history followed by the block, in wasm memory. */
abstract class Resampler {
  protected readonly state: number;
  protected abstract readonly history: number;

  constructor(
    protected readonly kernels: Kernels,
    readonly rateHz: NarrowRateHz,
    private readonly stateSamples: number,
  ) {
    this.state = kernels.allocateFloats(stateSamples);
  }

  /** Makes this stream continue as `other` (of the same class and rate) would. */
  copyFrom(other: this): void {
    this.kernels.run.copy(other.state, this.state, this.stateSamples);
  }

  /** Forgets the past: what comes next begins after silence. */
  reset(): void {
    this.kernels.run.zero(this.state, this.stateSamples);
  }

  /** Gives the memory back. */
  close(): void {
    this.kernels.free(this.state);
  }

  /** Moves the end of the last block before the place of the next one and puts that there. @returns pointer to it */
  protected append(input: number, count: number): number {
    const { run } = this.kernels;
    const block = this.state + this.history * 4;
    run.copy(this.state + count * 4, this.state, this.history);
    run.copy(input, block, count);
    return block;
  }
}

/** One stream from 8 or 16 kHz to the bus; blocks join without a seam. */
export class Upsampler extends Resampler {
  protected readonly history = upHistorySamples;
  readonly #taps: number;
  readonly #count: number;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels, rateHz: NarrowRateHz) {
    super(kernels, rateHz, upHistorySamples + samplesPerTick(rateHz));
    this.#taps = resamplerTaps(kernels, rateHz).up;
    this.#count = samplesPerTick(rateHz);
  }

  /** Whether nothing of the past sounds any more: zeros give zeros, and leave this stream as it is. */
  get atRest(): boolean {
    return this.kernels.run.isZero(this.state + this.#count * 4, upHistorySamples) === 1;
  }

  /** One tick (160 or 320 floats at pointer `input`) → 960 floats at pointer `output`. */
  process(input: number, output: number): void {
    const block = this.append(input, this.#count);
    if (this.rateHz === 8000) this.kernels.run.up6(block, output, this.#count, this.#taps);
    else this.kernels.run.up3(block, output, this.#count, this.#taps);
  }
}

/** One stream from the bus to 8 or 16 kHz; blocks join without a seam. */
export class Downsampler extends Resampler {
  protected readonly history = downHistorySamples;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels, rateHz: NarrowRateHz) {
    super(kernels, rateHz, downHistorySamples + frameSamples);
    resamplerTaps(kernels, rateHz);
  }

  /** 960 floats at pointer `input` → one tick (160 or 320 floats) at pointer `output`. */
  process(input: number, output: number): void {
    sampleDown(this.kernels, this.rateHz, this.append(input, frameSamples), output);
  }
}
