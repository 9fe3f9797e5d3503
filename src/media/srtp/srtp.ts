/**
 * SRTP (RFC 3711 §3.1, §3.3): encrypts the payload of an RTP packet and authenticates all of it, in place.
 *
 *     ┌────────────┬───────────────────┬─────────────┬ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ┐
 *     │ RTP header │ encrypted payload │ tag (4, 10) │ roll-over counter (32 bit)
 *     └────────────┴───────────────────┴─────────────┴ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ┘
 *      ◄──────── authenticated ───────►                 authenticated, not sent
 *
 * The index of a packet is its roll-over counter · 2^16 + its sequence number; both sides count the first for themselves.
 */
import type { SrtpKeys } from '../protocol.js';
import { MAX_DATAGRAM_BYTES, readUint32, RTP_HEADER_BYTES, writeUint32 } from '../rtp/packet.js';
import { extendSequence } from '../rtp/sequence.js';
import type { BlockCipherFactory } from './counter-mode.js';
import { maxStreams, SrtpFault } from './fault.js';
import { ReplayWindow } from './replay-window.js';
import { deriveSessionKeys, rtpTagBytes, type SessionKeys } from './session-keys.js';
import { isSameTag } from './tag.js';

const sequenceCycle = 0x1_0000;
const indexEnd = 2 ** 48;
/** Where the roll-over counter stands in for the tag while the digest is made; the shorter tag has just its length. */
const counterBytes = 4;

/** Protects the RTP that is sent under one key. */
export class SrtpSender {
  readonly #keys: SessionKeys;
  readonly #tagBytes: number;
  /** Highest index used, by SSRC. */
  readonly #highest = new Map<number, number>();

  constructor(keys: SrtpKeys, aes: BlockCipherFactory) {
    this.#keys = deriveSessionKeys(keys, 'rtp', aes);
    this.#tagBytes = rtpTagBytes[keys.suite];
  }

  /**
   * Protects the RTP packet in the first `length` bytes; sequence numbers of an SSRC only go up.
   * @param packet with room for a tag of ten bytes behind it
   * @returns the new length, or an {@link SrtpFault}
   */
  protect(packet: Uint8Array, length: number): number {
    const end = length + this.#tagBytes;
    const payloadOffset = rtpHeaderBytes(packet, length);
    if (payloadOffset === 0 || end > packet.length || end > MAX_DATAGRAM_BYTES) return SrtpFault.malformed;
    const ssrc = readUint32(packet, 8);
    const highest = this.#highest.get(ssrc);
    const sequence = sequenceOf(packet);
    const index = highest === undefined ? sequence : extendSequence(sequence, highest);
    if ((highest !== undefined && index <= highest) || index >= indexEnd) return SrtpFault.exhausted;
    this.#highest.set(ssrc, index);
    this.#keys.cipher.apply(packet, payloadOffset, length, ssrc, index);
    writeUint32(packet, length, Math.floor(index / sequenceCycle));
    const tag = this.#keys.hmac.digest(packet, length + counterBytes);
    for (let i = 0; i < this.#tagBytes; i++) packet[length + i] = tag[i] ?? 0;
    return end;
  }
}

/** Takes the RTP that is received under one key. */
export class SrtpReceiver {
  readonly #keys: SessionKeys;
  readonly #tagBytes: number;
  readonly #streams = new Map<number, ReplayWindow>();
  readonly #tag: Uint8Array;

  constructor(keys: SrtpKeys, aes: BlockCipherFactory) {
    this.#keys = deriveSessionKeys(keys, 'rtp', aes);
    this.#tagBytes = rtpTagBytes[keys.suite];
    this.#tag = new Uint8Array(this.#tagBytes);
  }

  /**
   * Turns the SRTP packet in the first `length` bytes into the RTP packet it carries, and notes that it came. What is not
   * authentic is not decrypted, and teaches nothing; its tag may have been overwritten.
   * @returns the length of the RTP packet, or an {@link SrtpFault}
   */
  unprotect(packet: Uint8Array, length: number): number {
    const end = length - this.#tagBytes;
    if (length > packet.length || length > MAX_DATAGRAM_BYTES) return SrtpFault.malformed;
    const payloadOffset = rtpHeaderBytes(packet, end);
    if (payloadOffset === 0) return SrtpFault.malformed;
    const ssrc = readUint32(packet, 8);
    const stream = this.#streams.get(ssrc);
    if (stream === undefined && this.#streams.size >= maxStreams) return SrtpFault.tooManyStreams;
    let index = sequenceOf(packet);
    if (stream !== undefined) {
      index = extendSequence(index, stream.highest);
      if (!stream.isNew(index)) return SrtpFault.replay;
    }
    if (index >= indexEnd) return SrtpFault.exhausted;
    for (let i = 0; i < this.#tagBytes; i++) this.#tag[i] = packet[end + i] ?? 0;
    if (!this.#isAuthentic(packet, end, index)) {
      // All packets before the first roll-over may have been lost when a stream begins near the end of the sequence.
      if (stream !== undefined || index >= sequenceCycle / 2) return SrtpFault.authentication;
      index += sequenceCycle;
      if (!this.#isAuthentic(packet, end, index)) return SrtpFault.authentication;
    }
    (stream ?? this.#begin(ssrc)).note(index);
    this.#keys.cipher.apply(packet, payloadOffset, end, ssrc, index);
    return end;
  }

  #isAuthentic(packet: Uint8Array, end: number, index: number): boolean {
    writeUint32(packet, end, Math.floor(index / sequenceCycle));
    return isSameTag(this.#keys.hmac.digest(packet, end + counterBytes), this.#tag, this.#tagBytes);
  }

  #begin(ssrc: number): ReplayWindow {
    const stream = new ReplayWindow();
    this.#streams.set(ssrc, stream);
    return stream;
  }
}

/** Where the encrypted portion begins: behind CSRCs and extension (§3.1); 0 = the header does not fit. */
function rtpHeaderBytes(packet: Uint8Array, length: number): number {
  if (length < RTP_HEADER_BYTES) return 0;
  const first = packet[0] ?? 0;
  if (first >> 6 !== 2) return 0;
  let bytes = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (bytes + 4 > length) return 0;
    bytes += 4 + 4 * (((packet[bytes + 2] ?? 0) << 8) | (packet[bytes + 3] ?? 0));
  }
  return bytes <= length ? bytes : 0;
}

function sequenceOf(packet: Uint8Array): number {
  return ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
}
