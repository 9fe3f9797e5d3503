/**
 * SRTCP (RFC 3711 §3.4): as SRTP, but the index is sent along, and authentication is never left out.
 *
 *     ┌──────────────────────────┬──────────────────────────┬───┬────────────────┬──────────┐
 *     │ first RTCP header, SSRC  │ rest of the compound,    │ E │ index (31 bit) │ tag (10) │
 *     │ (8 bytes)                │ encrypted when E = 1     │   │                │          │
 *     └──────────────────────────┴──────────────────────────┴───┴────────────────┴──────────┘
 *      ◄──────────────────────────── authenticated ─────────────────────────────►
 */
import type { SrtpKeys } from '../protocol.js';
import { MAX_DATAGRAM_BYTES, readUint32, writeUint32 } from '../rtp/packet.js';
import type { BlockCipherFactory } from './counter-mode.js';
import { maxStreams, SrtpFault } from './fault.js';
import { ReplayWindow } from './replay-window.js';
import { deriveSessionKeys, rtcpTagBytes, type SessionKeys } from './session-keys.js';
import { isSameTag } from './tag.js';

const headerBytes = 8;
const indexBytes = 4;
const indexEnd = 2 ** 31;
const encryptedFlag = 0x8000_0000;

/** Bytes that {@link SrtcpSender.protect} adds. */
const addedBytes = indexBytes + rtcpTagBytes;

/** Protects the RTCP that is sent under one key. */
export class SrtcpSender {
  readonly #keys: SessionKeys;
  /** One count for all SSRCs: no index is used twice by any of them. */
  #nextIndex = 0;

  constructor(keys: SrtpKeys, aes: BlockCipherFactory) {
    this.#keys = deriveSessionKeys(keys, 'rtcp', aes);
  }

  /**
   * Protects the compound in the first `length` bytes.
   * @param packet with room for 14 bytes behind it
   * @returns the new length, or an {@link SrtpFault}
   */
  protect(packet: Uint8Array, length: number): number {
    const end = length + addedBytes;
    if (length < headerBytes || end > packet.length || end > MAX_DATAGRAM_BYTES) return SrtpFault.malformed;
    if (this.#nextIndex >= indexEnd) return SrtpFault.exhausted;
    const index = this.#nextIndex++;
    this.#keys.cipher.apply(packet, headerBytes, length, readUint32(packet, 4), index);
    writeUint32(packet, length, encryptedFlag + index);
    const tag = this.#keys.hmac.digest(packet, length + indexBytes);
    for (let i = 0; i < rtcpTagBytes; i++) packet[length + indexBytes + i] = tag[i] ?? 0;
    return end;
  }
}

/** Takes the RTCP that is received under one key. */
export class SrtcpReceiver {
  readonly #keys: SessionKeys;
  readonly #streams = new Map<number, ReplayWindow>();

  constructor(keys: SrtpKeys, aes: BlockCipherFactory) {
    this.#keys = deriveSessionKeys(keys, 'rtcp', aes);
  }

  /**
   * Turns the SRTCP packet in the first `length` bytes into the compound it carries, and notes that it came; one that is
   * authentic but says it is not encrypted is taken as it is.
   * @returns the length of the compound, or an {@link SrtpFault}
   */
  unprotect(packet: Uint8Array, length: number): number {
    const end = length - addedBytes;
    if (end < headerBytes || length > packet.length || length > MAX_DATAGRAM_BYTES) return SrtpFault.malformed;
    const ssrc = readUint32(packet, 4);
    const word = readUint32(packet, end);
    const index = word % encryptedFlag;
    const stream = this.#streams.get(ssrc);
    if (stream === undefined && this.#streams.size >= maxStreams) return SrtpFault.tooManyStreams;
    if (stream?.isNew(index) === false) return SrtpFault.replay;
    const tag = packet.subarray(end + indexBytes, length);
    if (!isSameTag(this.#keys.hmac.digest(packet, end + indexBytes), tag, rtcpTagBytes)) {
      return SrtpFault.authentication;
    }
    (stream ?? this.#begin(ssrc)).note(index);
    if (word >= encryptedFlag) this.#keys.cipher.apply(packet, headerBytes, end, ssrc, index);
    return end;
  }

  #begin(ssrc: number): ReplayWindow {
    const stream = new ReplayWindow();
    this.#streams.set(ssrc, stream);
    return stream;
  }
}
