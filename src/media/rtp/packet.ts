/**
 * The RTP fixed header (RFC 3550 §5.1), read without trust and written without allocation.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                           timestamp                           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           synchronization source (SSRC) identifier            |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *    |            contributing source (CSRC) identifiers, 0…15       |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  X: defined by profile        | X: extension length in words  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  payload …                        P: padding … | padding count|
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** Bytes of the fixed header as {@link writeRtpHeader} writes it: no CSRC, no extension, no padding. */
export const RTP_HEADER_BYTES = 12;

/** Longest datagram that is looked at (SAFETY M3); longer ones are not voice. */
export const MAX_DATAGRAM_BYTES = 1500;

const STUN_MAGIC_COOKIE = 0x2112_a442;

/** What one parsed packet holds; one object is reused for every packet of a leg. */
export interface RtpPacket {
  /** 0…127. */
  payloadType: number;
  marker: boolean;
  /** 16 bit. */
  sequence: number;
  /** 32 bit, unsigned. */
  timestampRtp: number;
  /** 32 bit, unsigned. */
  ssrc: number;
  /** Where the payload begins in the datagram. */
  payloadOffset: number;
  /** Payload bytes without padding. */
  payloadLength: number;
}

/** Why a datagram is not a usable RTP packet; 0 = it is one. */
export const RtpFault = {
  none: 0,
  tooShort: 1,
  tooLong: 2,
  version: 3,
  csrcCount: 4,
  extensionLength: 5,
  padding: 6,
  /** Well formed but without a payload (RFC 6263 keep-alive); all fields of the packet are filled in. */
  emptyPayload: 7,
} as const;

/** One of the values of the table of the same name. */
export type RtpFault = (typeof RtpFault)[keyof typeof RtpFault];

/** A packet object for {@link parseRtp} to fill. */
export function createRtpPacket(): RtpPacket {
  return {
    payloadType: 0,
    marker: false,
    sequence: 0,
    timestampRtp: 0,
    ssrc: 0,
    payloadOffset: 0,
    payloadLength: 0,
  };
}

/**
 * Parses the first `length` bytes of `bytes` into `packet`; reads nothing beyond them and never throws.
 *
 * @returns 0 when `packet` is valid; otherwise the reason, and `packet` must not be used (but see `emptyPayload`)
 */
export function parseRtp(bytes: Uint8Array, length: number, packet: RtpPacket): RtpFault {
  if (length < RTP_HEADER_BYTES || length > bytes.length) return RtpFault.tooShort;
  if (length > MAX_DATAGRAM_BYTES) return RtpFault.tooLong;
  const first = byteAt(bytes, 0);
  if (first >> 6 !== 2) return RtpFault.version;

  let payloadOffset = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if (payloadOffset > length) return RtpFault.csrcCount;
  if ((first & 0x10) !== 0) {
    if (payloadOffset + 4 > length) return RtpFault.extensionLength;
    payloadOffset += 4 + 4 * ((byteAt(bytes, payloadOffset + 2) << 8) | byteAt(bytes, payloadOffset + 3));
    if (payloadOffset > length) return RtpFault.extensionLength;
  }
  let payloadLength = length - payloadOffset;
  if ((first & 0x20) !== 0) {
    const padding = payloadLength === 0 ? 0 : byteAt(bytes, length - 1);
    if (padding === 0 || padding > payloadLength) return RtpFault.padding;
    payloadLength -= padding;
  }

  const second = byteAt(bytes, 1);
  packet.marker = (second & 0x80) !== 0;
  packet.payloadType = second & 0x7f;
  packet.sequence = (byteAt(bytes, 2) << 8) | byteAt(bytes, 3);
  packet.timestampRtp = readUint32(bytes, 4);
  packet.ssrc = readUint32(bytes, 8);
  packet.payloadOffset = payloadOffset;
  packet.payloadLength = payloadLength;
  return payloadLength === 0 ? RtpFault.emptyPayload : RtpFault.none;
}

/**
 * Writes a 12 byte header at `offset`; numbers wider than their field are cut to it.
 *
 * @returns the offset of the payload, `offset + 12`
 */
export function writeRtpHeader(
  buffer: Uint8Array,
  offset: number,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestampRtp: number,
  ssrc: number,
): number {
  buffer[offset] = 0x80;
  buffer[offset + 1] = (marker ? 0x80 : 0) | (payloadType & 0x7f);
  buffer[offset + 2] = sequence >>> 8;
  buffer[offset + 3] = sequence;
  writeUint32(buffer, offset + 4, timestampRtp);
  writeUint32(buffer, offset + 8, ssrc);
  return offset + RTP_HEADER_BYTES;
}

/**
 * Whether a datagram on a port shared by both (RFC 5761 §4) is RTCP: its second byte is in 192…223, which no RTP packet
 * of a sensible payload type (not 64…95) has.
 */
export function isRtcp(bytes: Uint8Array, length: number): boolean {
  if (length < 2) return false;
  const second = byteAt(bytes, 1);
  return second >= 192 && second <= 223;
}

/** Whether a datagram is STUN (RFC 8489 §5, RFC 7983): type below 4 × 256, length in words, the magic cookie. */
export function isStun(bytes: Uint8Array, length: number): boolean {
  return length >= 20 && length % 4 === 0 && byteAt(bytes, 0) < 4 && readUint32(bytes, 4) === STUN_MAGIC_COOKIE;
}

/** Unsigned 32 bit, network order; what lies beyond the array reads as 0. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((byteAt(bytes, offset) << 24) |
      (byteAt(bytes, offset + 1) << 16) |
      (byteAt(bytes, offset + 2) << 8) |
      byteAt(bytes, offset + 3)) >>>
    0
  );
}

/** Writes the low 32 bits of `value`, network order. */
export function writeUint32(buffer: Uint8Array, offset: number, value: number): void {
  buffer[offset] = value >>> 24;
  buffer[offset + 1] = value >>> 16;
  buffer[offset + 2] = value >>> 8;
  buffer[offset + 3] = value;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
