import { type OpusLibrary, OpusRequest } from './opus-library.js';
import { endPair, greatestFrameBytes } from './opus-packets.js';
import type { OpusSettings } from './opus-settings.js';
import type { Encoder } from './port.js';

const rateHz = 48_000;
const samplesPerTick = 960;
/** A tick of two frames shares the room of one. */
const greatestHalfBytes = 630;

/**
 * Encodes the 48 kHz mono mix to Opus, one tick at a time.
 *
 * With one frame per tick a payload is an Opus packet. With two it is a pair of packets of 10 ms that `OpusPacketizer`
 * takes apart (see `endPair`): two frames may differ in kind, and then no single packet could hold both.
 */
export class OpusEncoder implements Encoder {
  readonly rateHz = rateHz;
  readonly stateless = false;
  readonly #opus: OpusLibrary;
  readonly #state: number;
  readonly #settings: OpusSettings;
  #lossPercent = 0;

  /** @throws CodedError `capacityReached` */
  constructor(opus: OpusLibrary, settings: OpusSettings) {
    this.#opus = opus;
    this.#settings = settings;
    this.#state = opus.createEncoder();
    this.#configure();
  }

  encode(input: Float32Array, output: Uint8Array, offset: number): number {
    if (this.#settings.framesPerTick === 1) {
      const length = this.#encode(input, 0, samplesPerTick, greatestFrameBytes);
      this.#take(length, output, offset);
      return length;
    }
    const half = samplesPerTick / 2;
    const first = this.#encode(input, 0, half, greatestHalfBytes);
    this.#take(first, output, offset);
    const second = this.#encode(input, half, half, greatestHalfBytes);
    this.#take(second, output, offset + first);
    return endPair(first, output, offset + first + second) - offset;
  }

  setPacketLoss(ratio: number): void {
    const percent = Math.round(Math.min(1, Math.max(0, ratio)) * 100);
    if (percent === this.#lossPercent) return;
    this.#lossPercent = percent;
    this.#opus.configure(this.#state, OpusRequest.packetLossPercent, percent);
  }

  /** Goes on exactly as `other` would, from its past and with its packet loss; both must have been set up alike. */
  copyFrom(other: OpusEncoder): void {
    this.#opus.copyEncoder(other.#state, this.#state);
    this.#lossPercent = other.#lossPercent;
  }

  /** Forgets the past: the next frame begins a new stream. */
  reset(): void {
    this.#opus.initEncoder(this.#state);
    this.#configure();
  }

  close(): void {
    this.#opus.free(this.#state);
  }

  #configure(): void {
    const { bitrateBps, complexity, maxBandwidth, fec, dtx, constantBitrate } = this.#settings;
    const values: readonly (readonly [number, number])[] = [
      [OpusRequest.bitrate, bitrateBps],
      [OpusRequest.complexity, complexity],
      [OpusRequest.maxBandwidth, maxBandwidth],
      [OpusRequest.inbandFec, fec ? 1 : 0],
      [OpusRequest.dtx, dtx ? 1 : 0],
      [OpusRequest.vbr, constantBitrate ? 0 : 1],
      [OpusRequest.packetLossPercent, this.#lossPercent],
    ];
    for (const [request, value] of values) this.#opus.configure(this.#state, request, value);
  }

  #encode(input: Float32Array, first: number, samples: number, greatestBytes: number): number {
    const { pcm } = this.#opus;
    for (let i = 0; i < samples; i++) {
      const value = Math.round(input[first + i]! * 32_768);
      pcm[i] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
    }
    const length = this.#opus.encode(this.#state, samples, greatestBytes);
    // Arguments and memory are ours: whatever libopus says against them is a broken invariant.
    if (length < 1) throw new Error(`libopus says ${length}.`);
    return length;
  }

  #take(count: number, output: Uint8Array, offset: number): void {
    const { packet } = this.#opus;
    for (let i = 0; i < count; i++) output[offset + i] = packet[i]!;
  }
}
