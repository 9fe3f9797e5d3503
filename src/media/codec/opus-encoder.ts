import { type OpusLibrary, OpusMode, OpusRequest } from './opus-library.js';
import { endPair, greatestFrameBytes } from './opus-packets.js';
import type { OpusSettings } from './opus-settings.js';
import type { Encoder } from './port.js';

const rateHz = 48_000;
const samplesPerTick = 960;
/** A tick of two frames shares the room of one. */
const greatestHalfBytes = 630;
const greatestPayloadBytes = greatestFrameBytes;
/** Ticks of silence that are encoded as they come, so that the voice before them dies away, and then to get to rest. */
const fadingTicks = 10;
const settlingTicks = 4;
/** With DTX every so many ticks a packet is sent, as libopus does itself. */
const dtxPeriodTicks = 20;
/** At 32 kbit/s libopus sends no redundancy unless more than 5 % are lost: it would have to give up what is above 8 kHz. */
const leastLossPercent = 6;
const silence = new Float32Array(samplesPerTick);

/**
 * Encodes the 48 kHz mono mix to Opus, one tick at a time.
 *
 * With one frame per tick a payload is an Opus packet. With two it is a pair of packets of 10 ms that `OpusPacketizer`
 * takes apart (see `endPair`): two frames may differ in kind, and then no single packet could hold both.
 *
 * Encoding silence costs as much as encoding speech, so a lasting one is not encoded:
 *
 *     speech ─► 10 ticks of zeros, as any other ─► 4 in CELT mode ─► the last of these again and again ─► speech
 *
 * In CELT mode silence is one and the same packet of three bytes that leaves encoder and decoder as they are; the changes
 * of mode before and after are libopus' own, made for a decoder that follows.
 */
export class OpusEncoder implements Encoder {
  readonly rateHz = rateHz;
  readonly stateless = false;
  readonly #opus: OpusLibrary;
  readonly #state: number;
  readonly #settings: OpusSettings;
  #lossPercent = 0;
  #silentTicks = 0;
  /** The payload of a tick of silence at rest. */
  readonly #rest = new Uint8Array(greatestPayloadBytes);
  #restLength = 0;

  /** @throws CodedError `capacityReached` */
  constructor(opus: OpusLibrary, settings: OpusSettings) {
    this.#opus = opus;
    this.#settings = settings;
    this.#lossPercent = percentOf(settings.leastLoss);
    this.#state = opus.createEncoder();
    this.#configure();
  }

  encode(input: Float32Array, output: Uint8Array, offset: number): number {
    if (this.#silentTicks > fadingTicks) this.#forRest(false);
    this.#silentTicks = 0;
    return this.#encodeTick(input, output, offset);
  }

  encodeSilence(output: Uint8Array, offset: number): number {
    this.#silentTicks++;
    if (this.#silentTicks > fadingTicks + settlingTicks) return this.#stayAtRest(output, offset);
    if (this.#silentTicks === fadingTicks + 1) this.#forRest(true);
    const length = this.#encodeTick(silence, output, offset);
    if (this.#silentTicks > fadingTicks) this.#settle(output, offset, length);
    return length;
  }

  setPacketLoss(ratio: number): void {
    const percent = percentOf(Math.max(ratio, this.#settings.leastLoss));
    if (percent === this.#lossPercent) return;
    this.#lossPercent = percent;
    this.#opus.configure(this.#state, OpusRequest.packetLossPercent, percent);
  }

  /** Goes on exactly as `other` would, from its past and with its packet loss; both must have been set up alike. */
  copyFrom(other: OpusEncoder): void {
    this.#opus.copyEncoder(other.#state, this.#state);
    this.#lossPercent = other.#lossPercent;
    this.#silentTicks = other.#silentTicks;
    this.#restLength = other.#restLength;
    for (let i = 0; i < this.#restLength; i++) this.#rest[i] = other.#rest[i]!;
  }

  /** Forgets the past: the next frame begins a new stream. */
  reset(): void {
    this.#opus.initEncoder(this.#state);
    this.#configure();
    this.#silentTicks = 0;
  }

  close(): void {
    this.#opus.free(this.#state);
  }

  #encodeTick(input: Float32Array, output: Uint8Array, offset: number): number {
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

  /** DTX would leave out the packets that tell the decoder of the change, and is not needed at rest. */
  #forRest(atRest: boolean): void {
    this.#opus.configure(this.#state, OpusRequest.forceMode, atRest ? OpusMode.celtOnly : OpusMode.auto);
    this.#opus.configure(this.#state, OpusRequest.dtx, !atRest && this.#settings.dtx ? 1 : 0);
  }

  /** Keeps a payload on the way to rest, and stays on the way until two that follow on each other are the same. */
  #settle(payload: Uint8Array, offset: number, length: number): void {
    let isSame = length === this.#restLength;
    for (let i = 0; i < length; i++) {
      isSame &&= this.#rest[i] === payload[offset + i];
      this.#rest[i] = payload[offset + i]!;
    }
    this.#restLength = length;
    if (!isSame && this.#silentTicks === fadingTicks + settlingTicks) this.#silentTicks--;
  }

  #stayAtRest(output: Uint8Array, offset: number): number {
    if (this.#settings.dtx && this.#silentTicks % dtxPeriodTicks !== 0) return this.#writeNothing(output, offset);
    for (let i = 0; i < this.#restLength; i++) output[offset + i] = this.#rest[i]!;
    return this.#restLength;
  }

  /** A tick that is not sent: of its packets there is only the TOC byte. */
  #writeNothing(output: Uint8Array, offset: number): number {
    output[offset] = this.#rest[0]!;
    if (this.#settings.framesPerTick === 1) return 1;
    output[offset + 1] = this.#rest[0]!;
    return endPair(1, output, offset + 2) - offset;
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

function percentOf(ratio: number): number {
  const percent = Math.round(Math.min(1, Math.max(0, ratio)) * 100);
  return percent === 0 ? 0 : Math.max(percent, leastLossPercent);
}
