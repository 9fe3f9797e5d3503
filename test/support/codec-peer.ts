import type { Decoder, Encoder } from '../../src/media/codec/port.js';
import { createDecoder, createEncoder } from '../../src/media/codec/registry.js';
import type { LegOpening, PayloadFormat } from '../../src/media/protocol.js';
import { createKernels } from './kernels.js';
import type { MediaRig, RigPeer } from './media-rig.js';

const kernels = createKernels();

/** What is said at sample `n` of a clock of `rateHz`, −1…1. */
export type Voice = (n: number, rateHz: number) => number;

/** A sine that is exact however long it lasts. @param hz a whole number */
export function tone(hz: number, amplitude: number): Voice {
  return (n, rateHz) => amplitude * Math.sin((2 * Math.PI * ((hz * (n % rateHz)) % rateHz)) / rateHz);
}

/** A far end of the media rig with any codec whose bytes are linear in time: says its voice, keeps what it hears. */
export class CodecPeer {
  voice: Voice | undefined;
  readonly rateHz: number;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #frame: Float32Array;
  readonly #bytes = new Uint8Array(2000);
  #position = 0;

  private constructor(
    readonly peer: RigPeer,
    private readonly format: PayloadFormat,
  ) {
    this.#encoder = createEncoder(format, kernels);
    this.#decoder = createDecoder(format, kernels);
    this.rateHz = this.#encoder.rateHz;
    this.#frame = new Float32Array(this.rateHz / 50);
    peer.sendFrame = () => this.#send();
  }

  static async join(
    rig: MediaRig,
    callId: string,
    legId: string,
    format: PayloadFormat,
    opening: Partial<LegOpening> = {},
  ): Promise<CodecPeer> {
    return new CodecPeer(await rig.join(callId, legId, { send: format, receive: [format] }, opening), format);
  }

  /** Everything heard since the last time, in samples at {@link rateHz}; packets must have come without a gap. */
  takeHeard(): Float32Array {
    const packets = this.peer.received.splice(0).filter(({ payloadType }) => payloadType === this.format.payloadType);
    const samples = this.#frame.length;
    const heard = new Float32Array(packets.length * samples);
    packets.forEach(({ payload, sequence }, i) => {
      const before = packets[i - 1];
      if (before && sequence !== ((before.sequence + 1) & 0xffff)) throw new Error('A packet is missing.');
      const frame = heard.subarray(i * samples, (i + 1) * samples);
      if (this.#decoder.decode(payload, payload.length, frame) !== samples) throw new Error('A packet is broken.');
    });
    return heard;
  }

  #send(): void {
    const { voice, rateHz, peer, format } = this;
    const timestamp = (this.#position / rateHz) * format.clockRateHz;
    if (voice) {
      for (let i = 0; i < this.#frame.length; i++) this.#frame[i] = voice(this.#position + i, rateHz);
      const length = this.#encoder.encode(this.#frame, this.#bytes, 0);
      peer.raw(peer.packet(format.payloadType, this.#bytes.subarray(0, length), timestamp >>> 0));
    }
    this.#position += this.#frame.length;
  }
}
