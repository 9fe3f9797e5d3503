/**
 * Writes the packets of a compound RTCP datagram (RFC 3550 §6.4–6.6); rtcp-packets.ts has the bit drawing. Each writer
 * begins at `offset` and returns the offset behind it.
 */

import { writeUint32 } from './packet.js';
import type { ReceptionReport } from './receive-statistics.js';
import { REPORT_BLOCK_BYTES, RtcpType, SDES_CNAME } from './rtcp-packets.js';

/** The sender's part of a sender report. */
export interface SenderInfo {
  ntpSeconds: number;
  ntpFraction: number;
  timestampRtp: number;
  packets: number;
  octets: number;
}

/** A report block with the answer to the source's last sender report. */
export interface ReportBlock extends ReceptionReport {
  /** Middle 32 bits of its NTP time, 0 = none. */
  lastSenderReport: number;
  /** Since its arrival, in 1/65536 s. */
  delaySinceLastSenderReport: number;
}

/** Writes an SR with one report block, or none. */
export function writeSenderReport(
  buffer: Uint8Array,
  offset: number,
  ssrc: number,
  info: SenderInfo,
  block: ReportBlock | undefined,
): number {
  const end = offset + 28 + (block === undefined ? 0 : REPORT_BLOCK_BYTES);
  writeHead(buffer, offset, block === undefined ? 0 : 1, RtcpType.senderReport, end);
  writeUint32(buffer, offset + 4, ssrc);
  writeUint32(buffer, offset + 8, info.ntpSeconds);
  writeUint32(buffer, offset + 12, info.ntpFraction);
  writeUint32(buffer, offset + 16, info.timestampRtp);
  writeUint32(buffer, offset + 20, info.packets);
  writeUint32(buffer, offset + 24, info.octets);
  if (block !== undefined) writeBlock(buffer, offset + 28, block);
  return end;
}

/** Writes an RR with one report block, or none. */
export function writeReceiverReport(
  buffer: Uint8Array,
  offset: number,
  ssrc: number,
  block: ReportBlock | undefined,
): number {
  const end = offset + 8 + (block === undefined ? 0 : REPORT_BLOCK_BYTES);
  writeHead(buffer, offset, block === undefined ? 0 : 1, RtcpType.receiverReport, end);
  writeUint32(buffer, offset + 4, ssrc);
  if (block !== undefined) writeBlock(buffer, offset + 8, block);
  return end;
}

/** Writes an SDES with the CNAME of one source. @param cname ASCII; what is beyond 255 characters is cut off */
export function writeSourceDescription(buffer: Uint8Array, offset: number, ssrc: number, cname: string): number {
  const length = Math.min(255, cname.length);
  // SSRC, item head, text, and one to four zero bytes up to the next word.
  const end = offset + 4 + 4 * Math.floor((4 + 2 + length + 4) / 4);
  writeHead(buffer, offset, 1, RtcpType.sourceDescription, end);
  writeUint32(buffer, offset + 4, ssrc);
  buffer[offset + 8] = SDES_CNAME;
  buffer[offset + 9] = length;
  for (let index = 0; index < length; index++) buffer[offset + 10 + index] = cname.charCodeAt(index) & 0x7f;
  buffer.fill(0, offset + 10 + length, end);
  return end;
}

/** Writes a BYE of one source, without a reason. */
export function writeBye(buffer: Uint8Array, offset: number, ssrc: number): number {
  writeHead(buffer, offset, 1, RtcpType.bye, offset + 8);
  writeUint32(buffer, offset + 4, ssrc);
  return offset + 8;
}

function writeBlock(buffer: Uint8Array, offset: number, block: ReportBlock): void {
  writeUint32(buffer, offset, block.ssrc);
  writeUint32(buffer, offset + 4, (block.fractionLost << 24) | (block.cumulativeLost & 0xff_ffff));
  writeUint32(buffer, offset + 8, block.extendedHighestSequence);
  writeUint32(buffer, offset + 12, block.jitterRtp);
  writeUint32(buffer, offset + 16, block.lastSenderReport);
  writeUint32(buffer, offset + 20, block.delaySinceLastSenderReport);
}

function writeHead(buffer: Uint8Array, offset: number, count: number, type: number, end: number): void {
  const words = (end - offset) / 4 - 1;
  buffer[offset] = 0x80 | count;
  buffer[offset + 1] = type;
  buffer[offset + 2] = words >>> 8;
  buffer[offset + 3] = words;
}
