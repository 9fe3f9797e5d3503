import type { Encoder } from '../codec/port.js';
import { createEncoder } from '../codec/registry.js';
import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { PayloadFormat } from '../protocol.js';
import { freePayload, payloadBuffer } from './payload.js';
import type { Payload } from './payload.js';
import { SharedStream } from './shared-stream.js';
import type { MixClock } from './shared-stream.js';

/** A codec without memory: one encoder serves everybody, and a `Heard` keeps the payload. */
export interface FrameEncoding {
  readonly kind: 'frame';
  /** Dense index within the call. */
  readonly index: number;
  readonly encoder: Encoder;
  /** A tick of digital silence. */
  readonly silence: Payload;
}

/** A codec with memory: every leg has a stream of its own, and may follow the one of the shared mix. */
export interface StreamEncoding {
  readonly kind: 'stream';
  readonly shared: SharedStream;
  /** One more encoder. @throws CodedError `capacityReached` */
  readonly createEncoder: () => Encoder;
}

/** One way of encoding what is heard, the same object for all listeners of a call that use it. */
export type Encoding = FrameEncoding | StreamEncoding;

/** The encodings in use in one call. */
export class Encodings {
  readonly #kernels: Kernels;
  readonly #byKey = new Map<string, Encoding>();
  #frames = 0;

  constructor(
    kernels: Kernels,
    readonly clock: MixClock,
  ) {
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
    for (const encoding of this.#byKey.values()) {
      if (encoding.kind === 'stream') {
        encoding.shared.close();
      } else {
        freePayload(this.#kernels, encoding.silence);
        encoding.encoder.close();
      }
    }
    this.#byKey.clear();
  }

  #make(format: PayloadFormat): Encoding {
    const create = () => createEncoder(format, this.#kernels);
    const encoder = create();
    try {
      if (encoder.stateless) return this.#makeFrame(encoder);
      const shared = new SharedStream(this.#kernels, this.clock, encoder, create);
      return { kind: 'stream', shared, createEncoder: create };
    } catch (error) {
      encoder.close();
      throw error;
    }
  }

  #makeFrame(encoder: Encoder): FrameEncoding {
    const silence = payloadBuffer(this.#kernels, encoder);
    silence.length = encoder.encode(new Float32Array(samplesPerTick(encoder.rateHz)), silence.bytes, 0);
    return { kind: 'frame', index: this.#frames++, encoder, silence };
  }
}

/** Formats that give the same bytes have the same key: the payload type number does not matter. */
function encodingKey({ encoding, clockRateHz, channels, parameters }: PayloadFormat): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([encoding, clockRateHz, channels, sorted]);
}
