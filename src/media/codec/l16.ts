import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { Decoder, Encoder } from './port.js';
import { Staging } from './staging.js';
import { WaveformPlc } from './waveform-plc.js';

/** 120 ms: more audio in one packet is taken for an attack (SAFETY M3). */
const greatestPacketMs = 120;

/** Rates in Hz at which L16 is taken; they are its RTP clock too. */
export const l16RatesHz: readonly number[] = [8000, 16_000, 48_000];

/** Decodes mono L16 (RFC 3551 §4.5.11): int16, most significant byte first; a payload of odd length is malformed. */
export class L16Decoder implements Decoder {
  readonly #kernels: Kernels;
  readonly #staging: Staging;
  readonly #plc: WaveformPlc;
  readonly #greatestSamples: number;

  constructor(
    readonly rateHz: number,
    kernels: Kernels,
  ) {
    this.#kernels = kernels;
    this.#staging = Staging.of(kernels);
    this.#plc = new WaveformPlc(rateHz);
    this.#greatestSamples = (rateHz * greatestPacketMs) / 1000;
  }

  samplesIn(_payload: Uint8Array, length: number): number {
    const samples = length / 2;
    return samples > 0 && samples <= this.#greatestSamples && Number.isInteger(samples) ? samples : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0 || length > payload.length || samples > output.length) return -1;
    const staging = this.#staging;
    staging.putBytes(payload, length);
    this.#kernels.run.decodeL16(staging.bytesAt, staging.samplesAt, samples);
    output.set(staging.floats(samples));
    this.#plc.received(output, samples);
    return samples;
  }

  conceal(output: Float32Array, samples: number): void {
    this.#plc.conceal(output, samples);
  }

  fellSilent(): void {
    this.#plc.fellSilent();
  }

  reset(): void {
    this.#plc.reset();
  }

  close(): void {
    // All its memory is on the JavaScript heap.
  }
}

/** Encodes mono L16: rounds half to even, saturates. */
export class L16Encoder implements Encoder {
  readonly stateless = true;
  readonly #kernels: Kernels;
  readonly #staging: Staging;

  constructor(
    readonly rateHz: number,
    kernels: Kernels,
  ) {
    this.#kernels = kernels;
    this.#staging = Staging.of(kernels);
  }

  encode(input: Float32Array, output: Uint8Array, offset: number): number {
    const samples = samplesPerTick(this.rateHz);
    const staging = this.#staging;
    const to = staging.pointerFor(output, offset);
    this.#kernels.run.encodeL16(staging.pointerTo(input), to, samples);
    if (to === staging.bytesAt) staging.takeBytes(output, offset, samples * 2);
    return samples * 2;
  }

  close(): void {
    // It has no memory.
  }
}
