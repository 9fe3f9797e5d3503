import type { Encoder } from '../codec/port.js';
import { createEncoder } from '../codec/registry.js';
import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { PayloadFormat } from '../protocol.js';

/** Bytes one tick of one listener can take: the longest of any codec is L16 at 48 kHz, 1920 bytes. */
const greatestPayloadBytes = 1920;

/** One encoded tick. The object and its bytes are reused: they are valid until the next `mix()`. */
export interface Payload {
  /** At least `length` bytes. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** One way of encoding what is heard, shared by all listeners of a call that use it. */
export interface Encoding {
  /** Dense index within the call. */
  readonly index: number;
  readonly encoder: Encoder;
  /** A tick of digital silence. */
  readonly silence: Payload;
}

/** A payload's memory while it is being written. */
export interface PayloadBuffer {
  readonly bytes: Uint8Array;
  length: number;
}

/** Memory for the payload of one encoding, in wasm memory. @throws CodedError `capacityReached` */
export function payloadBuffer(kernels: Kernels, encoding: { readonly encoder: Encoder }): PayloadBuffer {
  const size = encoding.encoder.rateHz === 8000 ? samplesPerTick(8000) : greatestPayloadBytes;
  return { bytes: kernels.u8(kernels.allocate(size), size), length: 0 };
}

/**
 * The encodings in use in one call.
 *
 * Only stateless codecs so far: their payload depends on the frame alone, so one encoder serves every `Heard`, and a
 * listener may change between the shared and its own one at any tick. A codec with memory (G.722, Opus) needs an
 * encoder per Heard and encoding, placed beside the payload buffer in heard.ts, whose state `Heard.continueFrom` copies
 * along with the rest.
 */
export class Encodings {
  readonly #kernels: Kernels;
  readonly #byKey = new Map<string, Encoding>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** The encoding of a format, made when first asked for. @throws CodedError `noCommonCodec`, `capacityReached` */
  of(format: PayloadFormat): Encoding {
    const key = encodingKey(format);
    let encoding = this.#byKey.get(key);
    if (!encoding) this.#byKey.set(key, (encoding = this.#make(format)));
    return encoding;
  }

  /** Gives all memory back. */
  close(): void {
    for (const { encoder, silence } of this.#byKey.values()) {
      this.#kernels.free(silence.bytes.byteOffset);
      encoder.close();
    }
    this.#byKey.clear();
  }

  #make(format: PayloadFormat): Encoding {
    const encoder = createEncoder(format, this.#kernels);
    if (!encoder.stateless) throw new Error('Encoders with state have no place in the mixer yet.');
    const silence = payloadBuffer(this.#kernels, { encoder });
    silence.length = encoder.encode(new Float32Array(samplesPerTick(encoder.rateHz)), silence.bytes, 0);
    return { index: this.#byKey.size, encoder, silence };
  }
}

/** Formats that give the same bytes have the same key: the payload type number does not matter. */
function encodingKey({ encoding, clockRateHz, channels, parameters }: PayloadFormat): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([encoding, clockRateHz, channels, sorted]);
}
