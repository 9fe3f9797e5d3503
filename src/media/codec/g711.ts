import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { Decoder, Encoder } from './port.js';
import { WaveformPlc } from './waveform-plc.js';

/** The two companding laws of ITU-T G.711, by their names in SDP. */
export type G711Law = 'PCMU' | 'PCMA';

const rateHz = 8000;
const tickSamples = samplesPerTick(rateHz);
/** 120 ms: more audio in one packet is taken for an attack (SAFETY M3). */
const greatestPacketSamples = (rateHz * 120) / 1000;

const tables: Readonly<Record<G711Law, Float32Array>> = {
  PCMU: Float32Array.from({ length: 256 }, (_, code) => expandMu(code) / 32768),
  PCMA: Float32Array.from({ length: 256 }, (_, code) => expandA(code) / 32768),
};

/**
 * Expands one µ-law code to 16-bit linear (ITU-T G.711 table 2, scaled as in G.191).
 *
 *     7   6 5 4   3 2 1 0    all bits inverted on the wire
 *     sign segment step
 */
function expandMu(code: number): number {
  const bits = ~code & 0xff;
  const segment = (bits >> 4) & 7;
  const magnitude = ((((bits & 15) << 3) + 132) << segment) - 132;
  // Subtraction, because −0 would not be the same silence as 0.
  return bits & 0x80 ? 0 - magnitude : magnitude;
}

/** Expands one A-law code (ITU-T G.711 table 1): as µ-law, but every other bit inverted and sign 1 = positive. */
function expandA(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

/** Decodes G.711: one byte is one sample at 8 kHz, int16 / 32768; concealment repeats the pitch. */
export class G711Decoder implements Decoder {
  readonly rateHz = rateHz;
  readonly #table: Float32Array;
  readonly #plc = new WaveformPlc(rateHz);

  constructor(law: G711Law) {
    this.#table = tables[law];
  }

  samplesIn(_payload: Uint8Array, length: number): number {
    return length > 0 && length <= greatestPacketSamples ? length : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0 || samples > payload.length || samples > output.length) return -1;
    const table = this.#table;
    for (let i = 0; i < samples; i++) output[i] = table[payload[i]!]!;
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

/** Encodes G.711: rounds half to even to int16, saturates, compresses. */
export class G711Encoder implements Encoder {
  readonly rateHz = rateHz;
  readonly stateless = true;
  readonly #kernels: Kernels;
  readonly #law: G711Law;
  /** 160 floats and 160 bytes for callers whose arrays are outside wasm memory. */
  readonly #staging: number;

  /** @throws CodedError `capacityReached` */
  constructor(law: G711Law, kernels: Kernels) {
    this.#kernels = kernels;
    this.#law = law;
    this.#staging = kernels.allocate(tickSamples * 5);
  }

  encode(input: Float32Array, output: Uint8Array, offset: number): number {
    const { buffer } = this.#kernels;
    let from = input.byteOffset;
    if (input.buffer !== buffer) {
      from = this.#staging;
      this.#kernels.f32(from, tickSamples).set(input);
    }
    if (output.buffer === buffer) {
      this.#compress(from, output.byteOffset + offset, tickSamples);
    } else {
      const staged = this.#staging + tickSamples * 4;
      this.#compress(from, staged, tickSamples);
      output.set(this.#kernels.u8(staged, tickSamples), offset);
    }
    return tickSamples;
  }

  close(): void {
    this.#kernels.free(this.#staging);
  }

  #compress(from: number, to: number, count: number): void {
    if (this.#law === 'PCMU') this.#kernels.run.encodeMu(from, to, count);
    else this.#kernels.run.encodeA(from, to, count);
  }
}
