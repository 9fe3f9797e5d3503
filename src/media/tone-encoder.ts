/** Digits as audio in a peer's format, for peers that take no telephone-events; made when the first is to be sent. */
import { createEncoder } from './codec/registry.js';
import type { Encoder } from './codec/port.js';
import { samplesPerTick } from './dsp/frame.js';
import { DtmfGenerator } from './dsp/dtmf-generator.js';
import type { Kernels } from './dsp/kernels.js';
import type { PayloadFormat } from './protocol.js';

/** One tick of the longest payload, 16 bit PCM at 48 kHz. */
const PAYLOAD_BYTES = 1920;

/** Encodes tones tick by tick. It has an encoder of its own: a peer's decoder hears codecs with a memory settle anew. */
export class ToneEncoder {
  /** The last payload. */
  readonly payload = { bytes: new Uint8Array(PAYLOAD_BYTES), length: 0 };
  readonly #encoder: Encoder;
  readonly #generator: DtmfGenerator;
  readonly #pcm: Float32Array;
  #sounding = false;

  /** @throws CodedError `noCommonCodec`, `capacityReached` */
  constructor(format: PayloadFormat, kernels: Kernels) {
    this.#encoder = createEncoder(format, kernels);
    this.#generator = new DtmfGenerator(this.#encoder.rateHz);
    this.#pcm = new Float32Array(samplesPerTick(this.#encoder.rateHz));
  }

  /** A tick without a tone. */
  pause(): void {
    this.#sounding = false;
    this.#pcm.fill(0);
    this.#encode();
  }

  /**
   * A tick of what a telephone-event would tell in its place.
   *
   * @param begins it is the first of the press
   * @param ends   it carries the end bit; of the repeated ends only the first still sounds
   */
  press(event: number, begins: boolean, ends: boolean): void {
    if (begins) {
      this.#generator.begin(event);
      this.#sounding = true;
    }
    if (!this.#sounding) return this.pause();
    this.#generator.fill(this.#pcm, this.#pcm.length, ends);
    this.#sounding = !ends;
    this.#encode();
  }

  close(): void {
    this.#encoder.close();
  }

  #encode(): void {
    this.payload.length = this.#encoder.encode(this.#pcm, this.payload.bytes, 0);
  }
}
