import type { OpusLibrary } from './opus-library.js';
import { greatestPacketSamples, OpusFrames, samplesPerFrame } from './opus-packets.js';
import type { Decoder } from './port.js';

const rateHz = 48_000;
const scale = 1 / 32_768;
/** Speech is made up in steps of this many samples: 10 ms, below which libopus advances further than it answers. */
const step = 480;
const greatestStep = 960;
/** After packets that are not to be trusted: the last that seems good may be one of them, so one more is taken for it. */
const freshStarts = 2;

/**
 * Decodes Opus to 48 kHz mono; stereo is mixed down, any frame size up to 120 ms per packet.
 *
 * libopus makes up whole steps of 10 ms. What of them was not asked for is ahead of the stream: the next concealment
 * begins with it, and a frame that is received fades in over it.
 */
export class OpusDecoder implements Decoder {
  readonly rateHz = rateHz;
  readonly #opus: OpusLibrary;
  readonly #state: number;
  readonly #frames = new OpusFrames();
  /** Made up and not yet given out: `#ahead[#aheadFrom … #aheadTo − 1]`. */
  readonly #ahead = new Float32Array(greatestStep);
  #aheadFrom = 0;
  #aheadTo = 0;
  /** Packets before each of which the decoder begins anew. */
  #freshStarts = 0;

  /** @throws CodedError `capacityReached` */
  constructor(opus: OpusLibrary) {
    this.#opus = opus;
    this.#state = opus.createDecoder();
  }

  samplesIn(payload: Uint8Array, length: number): number {
    return this.#frames.parse(payload, 0, length) ? this.#frames.samples : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0 || samples > output.length) return -1;
    if (this.#freshStarts > 0) {
      this.#freshStarts--;
      this.#opus.initDecoder(this.#state);
    }
    this.#load(payload, length);
    if (!this.#run(length, samples, false)) return -1;
    this.#take(0, output, 0, samples);
    this.#fadeIn(output, samples);
    return samples;
  }

  distrust(): void {
    this.#freshStarts = freshStarts;
  }

  conceal(output: Float32Array, samples: number): void {
    let at = 0;
    while (at < samples) {
      if (this.#aheadFrom === this.#aheadTo) this.#makeUp(samples - at >= greatestStep ? greatestStep : step);
      const count = Math.min(samples - at, this.#aheadTo - this.#aheadFrom);
      for (let i = 0; i < count; i++) output[at + i] = this.#ahead[this.#aheadFrom + i]!;
      this.#aheadFrom += count;
      at += count;
    }
  }

  canRescue(nextPayload: Uint8Array, length: number): boolean {
    return this.#frames.parse(nextPayload, 0, length) && this.#frames.hasRescue;
  }

  decodeLost(nextPayload: Uint8Array, length: number, output: Float32Array, samples: number): number {
    if (samples < 1 || samples > output.length || samples > greatestPacketSamples) return -1;
    const frames = this.#frames;
    if (!frames.parse(nextPayload, 0, length) || !frames.hasRescue) return -1;
    // The rescue is exactly as long as a frame of the packet; what is missing before it is made up by libopus in steps.
    const frame = samplesPerFrame(frames.toc);
    const before = Math.ceil(Math.max(0, samples - frame) / step) * step;
    const whole = frame + before;
    if (whole > greatestPacketSamples) return -1;
    if (whole > samples && this.#aheadFrom === this.#aheadTo) this.#makeUp(step);
    this.#load(nextPayload, length);
    if (!this.#run(length, whole, true)) return -1;
    this.#take(whole - samples, output, 0, samples);
    this.#fadeIn(output, samples);
    return samples;
  }

  reset(): void {
    this.#opus.initDecoder(this.#state);
    this.#aheadFrom = this.#aheadTo = 0;
    this.#freshStarts = 0;
  }

  close(): void {
    this.#opus.free(this.#state);
  }

  #load(payload: Uint8Array, length: number): void {
    const { packet } = this.#opus;
    for (let i = 0; i < length; i++) packet[i] = payload[i]!;
  }

  /** @returns false when libopus refused, which leaves a fresh decoder */
  #run(length: number, samples: number, rescue: boolean): boolean {
    if (this.#opus.decode(this.#state, length, samples, rescue) === samples) return true;
    this.#opus.initDecoder(this.#state);
    return false;
  }

  #makeUp(samples: number): void {
    if (this.#run(0, samples, false)) this.#take(0, this.#ahead, 0, samples);
    else this.#ahead.fill(0);
    this.#aheadFrom = 0;
    this.#aheadTo = samples;
  }

  /** Copies what libopus has written, from sample `first` on. */
  #take(first: number, output: Float32Array, at: number, count: number): void {
    const { pcm } = this.#opus;
    for (let i = 0; i < count; i++) output[at + i] = pcm[first + i]! * scale;
  }

  /** Joins received samples softly to made-up ones that would have come instead. */
  #fadeIn(output: Float32Array, samples: number): void {
    const count = Math.min(samples, this.#aheadTo - this.#aheadFrom);
    for (let i = 0; i < count; i++) {
      const weight = (i + 1) / (count + 1);
      output[i] = output[i]! * weight + this.#ahead[this.#aheadFrom + i]! * (1 - weight);
    }
    this.#aheadFrom = this.#aheadTo = 0;
  }
}
