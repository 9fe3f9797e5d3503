/**
 * Reads compound RTCP (RFC 3550 §6.1, §6.4–6.6) without trust and without allocation.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|   count |  packet type  | length in words, minus one    |  each packet; then per type:
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    SR   SSRC, NTP time (2 words), RTP timestamp, packets, octets, then `count` report blocks
 *    RR   SSRC, then `count` report blocks
 *    SDES `count` chunks: SSRC, items (type, length, text) …, 0 … to the next word
 *    BYE  `count` SSRCs, then optionally length and text of a reason
 *    XR   SSRC, then blocks; voip-metrics.ts reads them
 *
 *    report block:
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                 SSRC the block reports about                  |
 *    | fraction lost |       cumulative number of packets lost       |
 *    |           extended highest sequence number received           |
 *    |                      interarrival jitter                      |
 *    |                         last SR (LSR)                         |
 *    |                   delay since last SR (DLSR)                  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * A compound is used whole or not at all: a packet that overruns it spoils it. Unknown types are skipped.
 */

import { MAX_DATAGRAM_BYTES, readUint32 } from './packet.js';
import { createVoipMetrics, readVoipMetrics, RTCP_EXTENDED_REPORT, type VoipMetrics } from './voip-metrics.js';

/** Packet types (RFC 3550 §12.1, RFC 4585, RFC 3611). */
export const RtcpType = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 } as const;

/** SDES item type of the canonical name (RFC 3550 §6.5.1). */
export const SDES_CNAME = 1;

/** Bytes of a report block. */
export const REPORT_BLOCK_BYTES = 24;

/** Shortest compound: an empty receiver report. */
const SHORTEST_COMPOUND_BYTES = 8;

/** Why a datagram is no usable compound; 0 = it is one. */
export const RtcpFault = {
  none: 0,
  tooShort: 1,
  tooLong: 2,
  version: 3,
  /** A length word points beyond the datagram, or bytes are left over. */
  length: 4,
  padding: 5,
  /** More report blocks, chunks or sources are announced than the packet holds. */
  count: 6,
  /** An SDES item, a BYE reason or an XR block overruns its packet. */
  item: 7,
} as const;

/** One of the values of the table of the same name. */
export type RtcpFault = (typeof RtcpFault)[keyof typeof RtcpFault];

/** A report block about this server's stream. */
export interface PeerReport {
  /** 0…255 in units of 1/256. */
  fractionLost: number;
  /** 24 bit signed. */
  cumulativeLost: number;
  extendedHighestSequence: number;
  /** Units of the clock this server sends with. */
  jitterRtp: number;
  /** Middle 32 bits of the NTP time of the last SR seen, 0 = none. */
  lastSenderReport: number;
  /** Delay since then in 1/65536 s. */
  delaySinceLastSenderReport: number;
}

/** What a compound said; the object is reused. */
export interface RtcpCompound {
  /** A sender report was there; the four fields that follow are its. */
  hasSenderReport: boolean;
  senderSsrc: number;
  ntpSeconds: number;
  ntpFraction: number;
  timestampRtp: number;
  /** A report about {@link parseRtcp}'s `ownSsrc` was there. */
  hasPeerReport: boolean;
  peerReport: PeerReport;
  /** VoIP metrics about {@link parseRtcp}'s `ownSsrc` were there. */
  hasVoipMetrics: boolean;
  voipMetrics: VoipMetrics;
  /** A BYE named `byeSsrc` (the last one, if several). */
  hasBye: boolean;
  byeSsrc: number;
  /** Bytes of the last CNAME in the datagram; length 0 = none. */
  cnameOffset: number;
  cnameLength: number;
}

/** A compound object for {@link parseRtcp} to fill. */
export function createRtcpCompound(): RtcpCompound {
  return {
    hasSenderReport: false,
    senderSsrc: 0,
    ntpSeconds: 0,
    ntpFraction: 0,
    timestampRtp: 0,
    hasPeerReport: false,
    peerReport: {
      fractionLost: 0,
      cumulativeLost: 0,
      extendedHighestSequence: 0,
      jitterRtp: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    },
    hasVoipMetrics: false,
    voipMetrics: createVoipMetrics(),
    hasBye: false,
    byeSsrc: 0,
    cnameOffset: 0,
    cnameLength: 0,
  };
}

/**
 * Parses the first `length` bytes of `bytes`; reads nothing beyond them and never throws.
 *
 * @param ownSsrc report blocks about other sources are skipped
 * @param result  filled; empty when the answer is not 0
 * @returns 0, or why the datagram is to be dropped
 */
export function parseRtcp(bytes: Uint8Array, length: number, ownSsrc: number, result: RtcpCompound): RtcpFault {
  clear(result);
  if (length < SHORTEST_COMPOUND_BYTES || length > bytes.length) return RtcpFault.tooShort;
  if (length > MAX_DATAGRAM_BYTES) return RtcpFault.tooLong;
  let offset = 0;
  while (offset < length) {
    if (offset + 4 > length) return spoilt(result, RtcpFault.length);
    const first = byteAt(bytes, offset);
    if (first >> 6 !== 2) return spoilt(result, RtcpFault.version);
    const next = offset + 4 + 4 * readUint16(bytes, offset + 2);
    if (next > length) return spoilt(result, RtcpFault.length);
    let end = next;
    if ((first & 0x20) !== 0) {
      // Only the last packet of a compound may be padded (RFC 3550 §6.4.1).
      const padding = byteAt(bytes, next - 1);
      if (next !== length || padding === 0 || padding % 4 !== 0 || offset + 4 + padding > next) {
        return spoilt(result, RtcpFault.padding);
      }
      end = next - padding;
    }
    const fault = parsePacket(bytes, offset, end, ownSsrc, result);
    if (fault !== RtcpFault.none) return spoilt(result, fault);
    offset = next;
  }
  return RtcpFault.none;
}

function parsePacket(bytes: Uint8Array, offset: number, end: number, ownSsrc: number, result: RtcpCompound): RtcpFault {
  const count = byteAt(bytes, offset) & 0x1f;
  switch (byteAt(bytes, offset + 1)) {
    case RtcpType.senderReport:
      if (offset + 28 > end) return RtcpFault.length;
      result.hasSenderReport = true;
      result.senderSsrc = readUint32(bytes, offset + 4);
      result.ntpSeconds = readUint32(bytes, offset + 8);
      result.ntpFraction = readUint32(bytes, offset + 12);
      result.timestampRtp = readUint32(bytes, offset + 16);
      return parseBlocks(bytes, offset + 28, end, count, ownSsrc, result);
    case RtcpType.receiverReport:
      if (offset + 8 > end) return RtcpFault.length;
      return parseBlocks(bytes, offset + 8, end, count, ownSsrc, result);
    case RtcpType.sourceDescription:
      return parseChunks(bytes, offset + 4, end, count, result);
    case RtcpType.bye:
      return parseBye(bytes, offset + 4, end, count, result);
    case RTCP_EXTENDED_REPORT:
      return parseExtended(bytes, offset + 8, end, ownSsrc, result);
    default:
      // APP, feedback (RFC 4585).
      return RtcpFault.none;
  }
}

function parseBlocks(
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
  ownSsrc: number,
  result: RtcpCompound,
): RtcpFault {
  if (offset + count * REPORT_BLOCK_BYTES > end) return RtcpFault.count;
  for (let index = 0; index < count; index++) {
    const block = offset + index * REPORT_BLOCK_BYTES;
    if (readUint32(bytes, block) !== ownSsrc) continue;
    const report = result.peerReport;
    result.hasPeerReport = true;
    report.fractionLost = byteAt(bytes, block + 4);
    report.cumulativeLost = (readUint32(bytes, block + 4) << 8) >> 8;
    report.extendedHighestSequence = readUint32(bytes, block + 8);
    report.jitterRtp = readUint32(bytes, block + 12);
    report.lastSenderReport = readUint32(bytes, block + 16);
    report.delaySinceLastSenderReport = readUint32(bytes, block + 20);
  }
  return RtcpFault.none;
}

function parseExtended(
  bytes: Uint8Array,
  offset: number,
  end: number,
  ownSsrc: number,
  result: RtcpCompound,
): RtcpFault {
  if (offset > end) return RtcpFault.length;
  const outcome = readVoipMetrics(bytes, offset, end, ownSsrc, result.voipMetrics);
  if (outcome === 'bad') return RtcpFault.item;
  if (outcome === 'found') result.hasVoipMetrics = true;
  return RtcpFault.none;
}

function parseChunks(bytes: Uint8Array, offset: number, end: number, count: number, result: RtcpCompound): RtcpFault {
  let at = offset;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 8 > end) return RtcpFault.count;
    at += 4;
    while (at < end && byteAt(bytes, at) !== 0) {
      if (at + 2 > end || at + 2 + byteAt(bytes, at + 1) > end) return RtcpFault.item;
      const itemLength = byteAt(bytes, at + 1);
      if (byteAt(bytes, at) === SDES_CNAME) {
        result.cnameOffset = at + 2;
        result.cnameLength = itemLength;
      }
      at += 2 + itemLength;
    }
    // The list ends with at least one zero byte, and with a word.
    if (at >= end) return RtcpFault.item;
    at = offset + 4 * Math.floor((at - offset + 4) / 4);
  }
  return RtcpFault.none;
}

function parseBye(bytes: Uint8Array, offset: number, end: number, count: number, result: RtcpCompound): RtcpFault {
  const reason = offset + 4 * count;
  if (reason > end) return RtcpFault.count;
  if (reason < end && reason + 1 + byteAt(bytes, reason) > end) return RtcpFault.item;
  if (count > 0) {
    result.hasBye = true;
    result.byeSsrc = readUint32(bytes, reason - 4);
  }
  return RtcpFault.none;
}

function clear(result: RtcpCompound): void {
  result.hasSenderReport = false;
  result.hasPeerReport = false;
  result.hasVoipMetrics = false;
  result.hasBye = false;
  result.cnameOffset = 0;
  result.cnameLength = 0;
}

function spoilt(result: RtcpCompound, fault: RtcpFault): RtcpFault {
  clear(result);
  return fault;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
