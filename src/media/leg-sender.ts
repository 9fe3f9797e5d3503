/**
 * The sending half of a leg: what it hears in this tick becomes RTP, a digit takes the audio's place while it lasts, and
 * RTP time goes on whatever happens.
 */
import type { DatagramPort } from './datagram-ports.js';
import { OutgoingCrypto } from './leg-crypto.js';
import { createPacketizer, type LegPacketizer } from './leg-packetizer.js';
import type { Payload } from './mixer/payload.js';
import type { MixerLeg } from './mixer/mixer-leg.js';
import type { InBandDigits, LegMedia } from './protocol.js';
import { DigitSender } from './rtp/digit-sender.js';
import { RTP_HEADER_BYTES } from './rtp/packet.js';
import { RtpSender } from './rtp/sender.js';
import type { SourceLatch } from './rtp/source-latch.js';
import { TELEPHONE_EVENT_BYTES } from './rtp/telephone-event.js';
import { TICK_MS } from './ticker.js';
import { TonePlayer } from './tone-player.js';

/** Room for header and the longest packet: 120 ms of 16 bit PCM would not fit a datagram anyway. */
const PACKET_BYTES = 1500;
/** One tick of the longest payload, 16 bit PCM at 48 kHz. */
const GREATEST_PAYLOAD_BYTES = 1920;
const EVENT_PACKET_BYTES = RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES;
/** Room for the tag of SRTP. */
const TAG_BYTES = 10;

/** Makes a leg's outgoing stream. */
export class LegSender {
  readonly rtp: RtpSender;
  readonly digits: DigitSender;
  readonly crypto = new OutgoingCrypto();
  /** Whether a peer that takes no telephone-events gets tones. */
  inBandDigits: InBandDigits = 'auto';
  #tones: TonePlayer | undefined;
  readonly #tonePayload = { bytes: new Uint8Array(GREATEST_PAYLOAD_BYTES), length: 0 };
  readonly #packet = new Uint8Array(PACKET_BYTES);
  /** Its beginning in the length that was sent last. */
  #usual: Uint8Array = this.#packet;
  readonly #eventPacket = new Uint8Array(EVENT_PACKET_BYTES + TAG_BYTES);
  /** Digits asked for and not yet played to their end, oldest first. */
  readonly #batches: { readonly batch: number; readonly digits: string }[] = [];
  #packetizer: LegPacketizer | undefined;
  #media: LegMedia | undefined;

  /** @param dueMs when the next tick is due */
  constructor(ssrc: number, seed: number, dueMs: number) {
    this.rtp = new RtpSender(ssrc, seed, 8000, dueMs);
    this.digits = new DigitSender(this.rtp.unitsPerTick);
  }

  /** Applies what signalling settled. */
  connect(media: LegMedia): void {
    const before = this.#media?.send;
    this.#media = media;
    this.crypto.connect(media);
    this.rtp.setClockRate(media.send.clockRateHz);
    this.digits.setUnitsPerTick(this.rtp.unitsPerTick);
    // Bytes gathered in one encoding cannot be finished in another.
    if (before?.encoding !== media.send.encoding || before.clockRateHz !== media.send.clockRateHz) {
      this.#packetizer = undefined;
    }
    this.#packetizer?.setPtime(media.sendPtimeMs);
  }

  /** Whether the peer can be told digits at all. */
  get takesDigits(): boolean {
    return this.#media !== undefined && (this.#media.sendTelephoneEvent !== undefined || this.inBandDigits !== 'off');
  }

  /** Queues digits for the peer; see {@link DigitSender.send}. */
  sendDigits(digits: string, durationMs: number, gapMs: number): void {
    const batch = this.digits.send(digits, durationMs, gapMs);
    if (batch > 0) this.#batches.push({ batch, digits });
  }

  /** Digits of {@link sendDigits} whose last end has been sent, each once. */
  takeSentDigits(): string | undefined {
    const oldest = this.#batches[0];
    if (!oldest || oldest.batch > this.digits.finishedBatch) return undefined;
    this.#batches.shift();
    return oldest.digits;
  }

  /** Whether signalling lets us send. */
  get sending(): boolean {
    const direction = this.#media?.direction;
    return direction === 'sendrecv' || direction === 'sendonly';
  }

  /** Sends what belongs to this tick; the latch tells where to. */
  send(leg: MixerLeg, socket: DatagramPort, latch: SourceLatch): void {
    const media = this.#media;
    if (!media || !this.sending || latch.sendAddress === '') return;
    if (this.#sendDigit(media, socket, latch)) return;
    const payload = this.#tone(media, leg) ?? leg.payload();
    const packetizer = (this.#packetizer ??= createPacketizer(media, payload.length, this.rtp.unitsPerTick));
    packetizer.push(payload.bytes, 0, payload.length, this.rtp.timestampRtp);
    while (packetizer.next()) this.#sendAudio(media, packetizer, socket, latch);
  }

  /** Lets the time of ticks that were left out go by. @param dueMs when the tick after them was due */
  skip(ticks: number, dueMs: number): void {
    if (ticks > 0) this.rtp.advance(dueMs - TICK_MS, ticks);
  }

  /** Ends the tick. @param dueMs when it was due */
  advance(dueMs: number): void {
    this.rtp.advance(dueMs);
  }

  #sendAudio(media: LegMedia, packetizer: LegPacketizer, socket: DatagramPort, latch: SourceLatch): void {
    const { buffer, offset, length, timestampRtp, durationRtp } = packetizer;
    const { payloadType } = media.send;
    const start = this.rtp.writeAudioHeader(this.#packet, 0, payloadType, timestampRtp, durationRtp, length);
    for (let i = 0; i < length; i++) this.#packet[start + i] = buffer[offset + i] ?? 0;
    this.#seal(this.#packet, start + length, socket, latch);
  }

  #sendDigit(media: LegMedia, socket: DatagramPort, latch: SourceLatch): boolean {
    const event = media.sendTelephoneEvent;
    if (!event || this.digits.idle) return false;
    const packet = this.#eventPacket;
    if (!this.digits.next(this.rtp.timestampRtp, packet, RTP_HEADER_BYTES)) return false;
    this.#flushAudio(media, socket, latch);
    const { marker, timestampRtp } = this.digits;
    this.rtp.writeEventHeader(packet, 0, event.payloadType, marker, timestampRtp, TELEPHONE_EVENT_BYTES);
    this.#seal(packet, EVENT_PACKET_BYTES, socket, latch);
    return true;
  }

  /** What a peer that takes no telephone-events gets in place of the audio while digits are being sent. */
  #tone(media: LegMedia, leg: MixerLeg): Payload | undefined {
    if (media.sendTelephoneEvent || this.digits.idle) return undefined;
    if (this.#tones?.rateHz !== leg.payloadRateHz) this.#tones = new TonePlayer(leg.payloadRateHz);
    const tones = this.#tones;
    const packet = this.#eventPacket;
    if (this.digits.next(this.rtp.timestampRtp, packet, RTP_HEADER_BYTES)) {
      const ends = ((packet[RTP_HEADER_BYTES + 1] ?? 0) & 0x80) !== 0;
      tones.press(packet[RTP_HEADER_BYTES] ?? 0, this.digits.marker, ends);
    } else {
      tones.pause();
    }
    return leg.encode(tones.frame, this.#tonePayload);
  }

  #seal(packet: Uint8Array, length: number, socket: DatagramPort, latch: SourceLatch): void {
    const sealed = this.crypto.protectRtp(packet, length);
    if (sealed > 0) socket.send(this.#exactly(packet, sealed), sealed, latch.sendAddress, latch.sendPort);
  }

  /** A packet's memory in its very length, if that is its usual one: whole arrays are copied in blocks. */
  #exactly(packet: Uint8Array, length: number): Uint8Array {
    if (packet !== this.#packet || this.#media?.send.encoding === 'opus') return packet;
    if (this.#usual.length !== length) this.#usual = packet.subarray(0, length);
    return this.#usual;
  }

  /** Audio gathered for a longer packet leaves before the digit takes its place. */
  #flushAudio(media: LegMedia, socket: DatagramPort, latch: SourceLatch): void {
    const packetizer = this.#packetizer;
    if (!packetizer) return;
    packetizer.flush();
    while (packetizer.next()) this.#sendAudio(media, packetizer, socket, latch);
  }
}
