import type { Encoder } from '../codec/port.js';
import type { Kernels } from '../dsp/kernels.js';
import type { Heard } from './heard.js';
import type { LegStream } from './leg-stream.js';
import { encodeHeard, freePayload, payloadBuffer } from './payload.js';
import type { Payload, PayloadBuffer } from './payload.js';

/** Counts what the mixer has mixed. */
export interface MixClock {
  readonly tick: number;
}

/**
 * The shared mix in one codec with memory: encoded once per tick for all legs that follow it.
 *
 * A leg follows while its own encoder, had it run all the time, would be where this one is; then it does not matter which
 * of the two runs, and what a leg sends does not depend on sharing. How legs come and go is told in leg-stream.ts. While
 * nobody follows nothing runs, and the next leg that hears the shared mix brings its own past along.
 */
export class SharedStream {
  readonly #kernels: Kernels;
  readonly #clock: MixClock;
  readonly #encoder: Encoder;
  /** The encoder as it was before the tick it encoded last; only for codecs whose encoders can be compared. */
  readonly #before: Encoder | undefined;
  readonly #payload: PayloadBuffer;
  readonly #followers: LegStream[] = [];
  #lastTick = -1;

  /**
   * @param encoder      of the format; belongs to this object from now on
   * @param createEncoder makes another
   * @throws CodedError `capacityReached`
   */
  constructor(kernels: Kernels, clock: MixClock, encoder: Encoder, createEncoder: () => Encoder) {
    this.#kernels = kernels;
    this.#clock = clock;
    this.#encoder = encoder;
    this.#payload = payloadBuffer(kernels, encoder);
    try {
      if (encoder.isSame) this.#before = createEncoder();
    } catch (error) {
      freePayload(kernels, this.#payload);
      throw error;
    }
  }

  /** The tick that was encoded last; a follower that did not take it is no longer where the encoder is. */
  get lastTick(): number {
    return this.#lastTick;
  }

  /** Whether any leg follows. */
  get isFollowed(): boolean {
    return this.#followers.length > 0;
  }

  /** The encoder as it stood, or stands, when this tick began; undefined when that is gone. */
  get atTickBegin(): Encoder | undefined {
    return this.#lastTick === this.#clock.tick ? this.#before : this.#encoder;
  }

  /** The encoder as a follower knows it whose last tick was `tick`. */
  asOf(tick: number): Encoder {
    return tick === this.#lastTick ? this.#encoder : (this.#before ?? this.#encoder);
  }

  /** This tick of the shared mix, encoded when the first follower asks. */
  payload(heard: Heard): Payload {
    const { tick } = this.#clock;
    if (this.#lastTick !== tick) {
      this.dismissAbsent();
      this.#before?.copyFrom?.(this.#encoder);
      encodeHeard(this.#kernels, heard, this.#encoder, this.#payload);
      this.#lastTick = tick;
    }
    return this.#payload;
  }

  /** Before a tick is encoded: legs without use for the last one (a digit took its place) go on alone from before it. */
  dismissAbsent(): void {
    if (!this.#before || this.#lastTick === this.#clock.tick) return;
    for (let i = this.#followers.length - 1; i >= 0; i--) {
      const follower = this.#followers[i]!;
      if (follower.lastTick !== this.#lastTick) follower.leave();
    }
  }

  /** Goes on as `encoder` would; only while nobody follows. */
  takeOver(encoder: Encoder): void {
    this.#encoder.copyFrom?.(encoder);
  }

  add(follower: LegStream): void {
    this.#followers.push(follower);
    this.adjust();
  }

  remove(follower: LegStream): void {
    const last = this.#followers.pop();
    if (last && last !== follower) this.#followers[this.#followers.indexOf(follower)] = last;
    this.adjust();
  }

  /** What followers lose has changed: there is redundancy for the one that loses most. */
  adjust(): void {
    if (!this.#encoder.setPacketLoss) return;
    let most = 0;
    for (const { packetLoss } of this.#followers) most = Math.max(most, packetLoss);
    this.#encoder.setPacketLoss(most);
  }

  /** Gives all memory back. */
  close(): void {
    freePayload(this.#kernels, this.#payload);
    this.#before?.close();
    this.#encoder.close();
  }
}
