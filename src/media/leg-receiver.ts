/**
 * The receiving half of a leg: from a datagram to the jitter buffer or to the digits. It only files packets away; what is
 * heard of them is decided in the tick.
 */
import { createDecoder } from './codec/registry.js';
import type { Kernels } from './dsp/kernels.js';
import type { PlayoutPacket } from './jitter/packet-store.js';
import { Playout } from './jitter/playout.js';
import { dropReasonOf, IncomingCrypto } from './leg-crypto.js';
import type { EncodingName, LegMedia, LegOpening, PayloadFormat, PlayoutStatistics } from './protocol.js';
import type { ReceiveStatistics } from './protocol.js';
import { DigitReceiver, type PressListener } from './rtp/digit-receiver.js';
import type { LossPatternSummary } from './rtp/loss-pattern.js';
import { createRtpPacket, isStun, parseRtp, RtpFault } from './rtp/packet.js';
import { type DropReason, ReceiveCounters } from './rtp/receive-statistics.js';
import { ReceiveStream } from './rtp/receive-stream.js';
import { SourceLatch } from './rtp/source-latch.js';
import { createTelephoneEvent, parseTelephoneEvent } from './rtp/telephone-event.js';
import { TokenBucket } from './rtp/token-bucket.js';

/** Packets per second one leg may bring: ten times what 20 ms packets need, five times 10 ms ones. */
const FLOOD_RATE = 500;
/** Packets at once after a network stall: two seconds of 20 ms packets, with some to spare. */
const FLOOD_BURST = 200;

/** What a payload type stands for on this leg. */
type Meaning =
  | { readonly kind: 'audio'; readonly format: PayloadFormat }
  | { readonly kind: 'event'; readonly clockRateHz: number }
  | { readonly kind: 'noise'; readonly clockRateHz: number };

/** Hears what packets mean beyond audio. */
export interface ReceiverListener extends PressListener {
  /** Media now comes from, and goes to, this source. */
  latched(address: string, port: number): void;
  /** A datagram was not used. */
  dropped(): void;
}

/** Takes a leg's RTP. */
export class LegReceiver {
  readonly latch: SourceLatch;
  readonly crypto = new IncomingCrypto();
  readonly stream = new ReceiveStream();
  readonly counters = new ReceiveCounters();
  readonly digits: DigitReceiver;
  /** When the last packet of an accepted source came; the RTP timeout counts from here. */
  lastPacketMs: number;
  readonly #kernels: Kernels;
  readonly #playout: Playout;
  readonly #listener: ReceiverListener;
  readonly #bucket: TokenBucket;
  readonly #packet = createRtpPacket();
  readonly #event = createTelephoneEvent();
  readonly #filed: PlayoutPacket = {
    payloadType: 0,
    extendedSequence: 0,
    extendedTimestamp: 0,
    payload: new Uint8Array(0),
    offset: 0,
    length: 0,
    arrivalMs: 0,
  };
  #formatsKey = '';
  #meanings: readonly (Meaning | undefined)[] = [];
  #receiving = false;
  #encoding: EncodingName | undefined;

  constructor(opening: LegOpening, kernels: Kernels, listener: ReceiverListener, nowMs: number) {
    this.latch = new SourceLatch(opening.latching);
    this.digits = new DigitReceiver(listener);
    this.lastPacketMs = nowMs;
    this.#listener = listener;
    this.#bucket = new TokenBucket(FLOOD_RATE, FLOOD_BURST, nowMs);
    this.#kernels = kernels;
    this.#playout = new Playout(() => undefined);
  }

  /** Applies what signalling settled. */
  connect(media: LegMedia, nowMs: number): void {
    this.latch.signal(media.remote, media.rtcpMux, nowMs);
    this.crypto.connect(media);
    const meanings: (Meaning | undefined)[] = [];
    for (const format of media.receive) meanings[format.payloadType] = { kind: 'audio', format };
    for (const event of media.receiveTelephoneEvents) {
      meanings[event.payloadType] = { kind: 'event', clockRateHz: event.clockRateHz };
    }
    for (const { payloadType, clockRateHz } of media.receiveComfortNoise ?? []) {
      meanings[payloadType] = { kind: 'noise', clockRateHz };
    }
    this.#meanings = meanings;
    this.#setFormats(media.receive);
    const receiving = media.direction === 'sendrecv' || media.direction === 'recvonly';
    if (this.#receiving && !receiving) this.#silence();
    if (!this.#receiving && receiving) this.lastPacketMs = nowMs;
    this.#receiving = receiving;
  }

  /** Whether signalling lets the peer send. */
  get receiving(): boolean {
    return this.#receiving;
  }

  /** Counts a datagram that is not used. */
  drop(reason: DropReason): void {
    this.counters.drop(reason);
    this.#listener.dropped();
  }

  /** Takes one RTP datagram; never throws. */
  receive(bytes: Uint8Array, received: number, address: string, port: number, nowMs: number): void {
    const verdict = this.latch.screen(address, port);
    if (verdict === 'drop') return this.drop('source');
    if (!this.#bucket.take(nowMs)) return this.drop('flood');
    // Some phones ask who they are (ICE, keep-alive); no answer was promised to them, and none is given.
    if (isStun(bytes, received)) return this.drop('stun');
    const packet = this.#packet;
    const length = this.crypto.unprotectRtp(bytes, received);
    if (length < 0) return this.drop(dropReasonOf(length));
    if (parseRtp(bytes, length, packet) !== RtpFault.none) return this.drop('malformed');
    const meaning = this.#meanings[packet.payloadType];
    if (verdict === 'learn') {
      const lesson = this.latch.learn(address, port, packet, meaning !== undefined, nowMs);
      if (lesson === 'ignore') return this.drop('source');
      if (lesson === 'locked') this.#listener.latched(address, port);
    }
    this.lastPacketMs = nowMs;
    if (meaning === undefined) return this.drop('payloadType');
    this.#file(bytes, meaning, nowMs);
  }

  /** Takes 20 ms of audio at {@link rateHz}. @returns whether there is any: false = silence, `output` is unchanged */
  pull(output: Float32Array, nowMs: number): boolean {
    return this.#receiving && this.#playout.pull(output, nowMs) !== 'silent';
  }

  /** Rate of the audio that {@link pull} gives, Hz. */
  get rateHz(): number {
    return this.#playout.rateHz;
  }

  /** Codec of the audio that came last. */
  get encoding(): EncodingName | undefined {
    return this.#encoding;
  }

  /** What became of its packets on the way and in the jitter buffer. */
  get losses(): LossPatternSummary {
    return this.#playout.fates.summary();
  }

  /** Audio in the packet played last. */
  get packetDurationMs(): number {
    return this.#playout.packetMs;
  }

  /** How long the fastest packets wait to be played. */
  get depthMs(): number {
    return this.#playout.depthMs;
  }

  statistics(): { receive: ReceiveStatistics; playout: PlayoutStatistics } {
    const playout = this.#playout.statistics();
    return { receive: { ...this.counters.statistics(), late: playout.late }, playout };
  }

  close(): void {
    this.digits.clear();
    this.#playout.close();
  }

  #file(bytes: Uint8Array, meaning: Meaning, nowMs: number): void {
    const { stream } = this;
    const packet = this.#packet;
    const clockRateHz = meaning.kind === 'audio' ? meaning.format.clockRateHz : meaning.clockRateHz;
    // Comfort noise keeps time as audio does, but nothing says how regularly it is sent.
    const keepsTime = meaning.kind !== 'event';
    const verdict = stream.receive(packet, clockRateHz, keepsTime);
    this.counters.count(verdict, stream, packet.payloadLength, clockRateHz, keepsTime, nowMs);
    if (verdict === 'probation' || verdict === 'duplicate') return;
    // The first packet begins a stream; it resets nothing.
    if (verdict === 'reset' && stream.sequenceStarts > 1) this.#playout.reset();
    if (!this.#receiving) return;
    if (meaning.kind === 'event') {
      this.#playout.insertWithoutAudio(stream.extendedSequence);
      if (!parseTelephoneEvent(bytes, packet.payloadOffset, packet.payloadLength, this.#event)) return;
      this.digits.receive(packet, this.#event, clockRateHz, nowMs);
      return;
    }
    const filed = this.#filed;
    filed.payloadType = packet.payloadType;
    filed.extendedSequence = stream.extendedSequence;
    filed.extendedTimestamp = stream.extendedTimestamp;
    filed.payload = bytes;
    filed.offset = packet.payloadOffset;
    filed.length = packet.payloadLength;
    filed.arrivalMs = nowMs;
    if (meaning.kind === 'noise') return this.#playout.insertNoise(filed);
    this.#encoding = meaning.format.encoding;
    this.#playout.insert(filed);
  }

  /** A session refresh names the same formats again; only other ones may disturb what is being played. */
  #setFormats(formats: readonly PayloadFormat[]): void {
    const key = JSON.stringify(formats);
    if (key === this.#formatsKey) return;
    this.#formatsKey = key;
    // A format without a decoder has to end the leg here, not surprise it in the middle of a packet.
    for (const format of formats) createDecoder(format, this.#kernels).close();
    this.#playout.changeFormats((payloadType) => {
      const format = formats.find((candidate) => candidate.payloadType === payloadType);
      return format && { decoder: createDecoder(format, this.#kernels), clockRateHz: format.clockRateHz };
    });
  }

  #silence(): void {
    this.#playout.reset();
    this.#playout.hush();
    this.digits.clear();
  }
}
