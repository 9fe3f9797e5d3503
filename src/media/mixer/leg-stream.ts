import type { Encoder } from '../codec/port.js';
import type { Kernels } from '../dsp/kernels.js';
import type { StreamEncoding } from './encodings.js';
import type { Heard } from './heard.js';
import { encodeHeard, freePayload, payloadBuffer } from './payload.js';
import type { Payload, PayloadBuffer } from './payload.js';
import type { MixClock, SharedStream } from './shared-stream.js';

/** Ticks a leg hears the shared mix before it follows an encoder that will never be exactly where its own is. */
const ticksUntilNear = 50;

/**
 * What one leg sends in a codec with memory.
 *
 *                     hears the shared mix, and the encoders are alike
 *            ┌───────────────────────────────────────────────────────────┐
 *     ┌──────┴──────┐                                             ┌──────▼──────┐
 *     │    alone    │  encodes what it hears in ticks             │   follows   │  sends what the shared
 *     │             │  in which it is asked for it                │             │  stream has encoded
 *     └──────▲──────┘                                             └──────┬──────┘
 *            └───────────────────────────────────────────────────────────┘
 *              hears something else, or did not take a tick: its encoder becomes the shared one as of its last tick
 *
 * Encoders are alike when they are the same bit for bit (G.722), so that the bytes a leg sends are those it would send if
 * it had always been alone. Where that never happens again (Opus), an encoder that has heard the same for a second is
 * taken for alike: no ear tells them apart, and a leg that says "yes" now and then does not go back and forth. When
 * nobody follows, the shared encoder becomes that of the leg, which is exact for all codecs.
 */
export class LegStream {
  readonly #kernels: Kernels;
  readonly #clock: MixClock;
  readonly #shared: SharedStream;
  readonly #encoder: Encoder;
  readonly #payload: PayloadBuffer;
  #follows = false;
  #lastTick = -1;
  /** Ticks in a row in which it heard the shared mix. */
  #sharingTicks = 0;
  #packetLoss = 0;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels, clock: MixClock, { shared, createEncoder }: StreamEncoding) {
    this.#kernels = kernels;
    this.#clock = clock;
    this.#shared = shared;
    this.#encoder = createEncoder();
    try {
      this.#payload = payloadBuffer(kernels, this.#encoder);
    } catch (error) {
      this.#encoder.close();
      throw error;
    }
  }

  /** Whether it sends what is encoded for several. */
  get follows(): boolean {
    return this.#follows;
  }

  /** The tick it took last. */
  get lastTick(): number {
    return this.#lastTick;
  }

  /** What the listener loses, 0…1. */
  get packetLoss(): number {
    return this.#packetLoss;
  }

  set packetLoss(ratio: number) {
    this.#packetLoss = ratio;
    this.#encoder.setPacketLoss?.(ratio);
    if (this.#follows) this.#shared.adjust();
  }

  /** This tick's payload. @param heard what the leg hears @param sharing whether that is the shared mix */
  payload(heard: Heard, sharing: boolean): Payload {
    const { tick } = this.#clock;
    if (this.#lastTick !== tick) {
      if (this.#follows) this.#shared.dismissAbsent();
      this.#sharingTicks = sharing ? this.#sharingTicks + 1 : 0;
      if (sharing && !this.#follows && this.#mayFollow()) this.#follow();
      if (!this.#follows) encodeHeard(this.#kernels, heard, this.#encoder, this.#payload);
    }
    const payload = this.#follows ? this.#shared.payload(heard) : this.#payload;
    this.#lastTick = tick;
    return payload;
  }

  /** Rate of what it encodes, Hz. */
  get rateHz(): number {
    return this.#encoder.rateHz;
  }

  /** This tick's payload of something else than the leg hears; the listener's decoder notices no break. */
  encode(frame: Float32Array): Payload {
    this.leave();
    this.#sharingTicks = 0;
    this.#payload.length = this.#encoder.encode(frame, this.#payload.bytes, 0);
    this.#lastTick = this.#clock.tick;
    return this.#payload;
  }

  /** Goes on alone; between ticks, or before this tick's payload. */
  leave(): void {
    if (!this.#follows) return;
    this.#encoder.copyFrom?.(this.#shared.asOf(this.#lastTick));
    this.#encoder.setPacketLoss?.(this.#packetLoss);
    this.#forget();
  }

  /** Gives all memory back. */
  close(): void {
    if (this.#follows) this.#forget();
    freePayload(this.#kernels, this.#payload);
    this.#encoder.close();
  }

  #mayFollow(): boolean {
    const shared = this.#shared;
    if (!shared.isFollowed) return shared.lastTick !== this.#clock.tick;
    if (!this.#encoder.isSame) return this.#sharingTicks > ticksUntilNear;
    const encoder = shared.atTickBegin;
    return encoder !== undefined && this.#encoder.isSame(encoder);
  }

  #follow(): void {
    if (!this.#shared.isFollowed) this.#shared.takeOver(this.#encoder);
    this.#follows = true;
    // Its past is that of the shared stream now, up to the tick before this one.
    this.#lastTick = this.#shared.lastTick;
    this.#shared.add(this);
  }

  #forget(): void {
    this.#follows = false;
    this.#sharingTicks = 0;
    this.#shared.remove(this);
  }
}
