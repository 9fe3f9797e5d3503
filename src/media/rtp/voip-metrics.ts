/**
 * The VoIP metrics block of RTCP extended reports (RFC 3611 §2, §4.7).
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|reserved |   PT = 207    |     length in words, minus one|
 *    |                 SSRC of whoever reports                       |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+  then blocks, each:
 *    |     BT=7      |   reserved    |       block length = 8        |
 *    |                 SSRC of the source reported about             |
 *    |   loss rate   | discard rate  | burst density |  gap density  |
 *    |       burst duration          |         gap duration          |
 *    |     round trip delay          |       end system delay        |
 *    | signal level  |  noise level  |     RERL      |     Gmin      |
 *    |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |
 *    |   RX config   |   reserved    |          JB nominal           |
 *    |          JB maximum           |          JB abs max           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Rates and densities are in 1/256, durations and delays in ms, MOS in tenths; 127 stands for what is not known, except in
 * delays, where that is 0.
 */

import type { ReportedQuality } from '../protocol.js';
import { readUint32, writeUint32 } from './packet.js';

/** Packet type of extended reports. */
export const RTCP_EXTENDED_REPORT = 207;
/** Bytes of an extended report with one VoIP metrics block. */
export const VOIP_METRICS_PACKET_BYTES = 44;

const BLOCK_TYPE = 7;
const BLOCK_BYTES = 36;
const UNKNOWN = 127;

/** What a block says; ratios 0…1, times in ms, `undefined` = not known. */
export interface VoipMetrics {
  lossRatio: number;
  discardRatio: number;
  burstDensity: number;
  gapDensity: number;
  burstDurationMs: number;
  gapDurationMs: number;
  roundTripMs: number | undefined;
  endSystemDelayMs: number | undefined;
  gmin: number;
  rFactor: number | undefined;
  mosListening: number | undefined;
  mosConversational: number | undefined;
  /** Whether the reporter conceals losses; undefined = it does not say. */
  conceals: boolean | undefined;
  jitterBufferMs: number;
  jitterBufferMaximumMs: number;
}

/** A report of nothing, to be filled in. */
export function createVoipMetrics(): VoipMetrics {
  return {
    lossRatio: 0,
    discardRatio: 0,
    burstDensity: 0,
    gapDensity: 0,
    burstDurationMs: 0,
    gapDurationMs: 0,
    roundTripMs: undefined,
    endSystemDelayMs: undefined,
    gmin: 16,
    rFactor: undefined,
    mosListening: undefined,
    mosConversational: undefined,
    conceals: undefined,
    jitterBufferMs: 0,
    jitterBufferMaximumMs: 0,
  };
}

/**
 * Writes an extended report with one block at `offset`.
 *
 * @param ssrc   of this server's stream
 * @param source the stream `metrics` are about
 * @returns the offset behind it
 */
export function writeVoipMetrics(
  buffer: Uint8Array,
  offset: number,
  ssrc: number,
  source: number,
  metrics: VoipMetrics,
): number {
  buffer[offset] = 0x80;
  buffer[offset + 1] = RTCP_EXTENDED_REPORT;
  writeUint16(buffer, offset + 2, VOIP_METRICS_PACKET_BYTES / 4 - 1);
  writeUint32(buffer, offset + 4, ssrc);
  const block = offset + 8;
  buffer[block] = BLOCK_TYPE;
  buffer[block + 1] = 0;
  writeUint16(buffer, block + 2, BLOCK_BYTES / 4 - 1);
  writeUint32(buffer, block + 4, source);
  buffer[block + 8] = fractionOf(metrics.lossRatio);
  buffer[block + 9] = fractionOf(metrics.discardRatio);
  buffer[block + 10] = fractionOf(metrics.burstDensity);
  buffer[block + 11] = fractionOf(metrics.gapDensity);
  writeUint16(buffer, block + 12, metrics.burstDurationMs);
  writeUint16(buffer, block + 14, metrics.gapDurationMs);
  writeUint16(buffer, block + 16, metrics.roundTripMs ?? 0);
  writeUint16(buffer, block + 18, metrics.endSystemDelayMs ?? 0);
  // Signal level, noise level and echo return loss are not measured.
  buffer[block + 20] = UNKNOWN;
  buffer[block + 21] = UNKNOWN;
  buffer[block + 22] = UNKNOWN;
  buffer[block + 23] = metrics.gmin;
  buffer[block + 24] = metrics.rFactor === undefined ? UNKNOWN : Math.round(metrics.rFactor);
  buffer[block + 25] = UNKNOWN;
  buffer[block + 26] = tenthsOf(metrics.mosListening);
  buffer[block + 27] = tenthsOf(metrics.mosConversational);
  // PLC: 11 enhanced, 01 disabled; JBA: 11 adaptive; JB rate is not stated (§4.7.7).
  buffer[block + 28] = ((metrics.conceals === false ? 1 : 3) << 6) | (3 << 4);
  buffer[block + 29] = 0;
  writeUint16(buffer, block + 30, metrics.jitterBufferMs);
  writeUint16(buffer, block + 32, metrics.jitterBufferMaximumMs);
  writeUint16(buffer, block + 34, metrics.jitterBufferMaximumMs);
  return offset + VOIP_METRICS_PACKET_BYTES;
}

/** What became of reading an extended report. `bad`: a block overruns the packet. */
export type VoipMetricsOutcome = 'found' | 'none' | 'bad';

/**
 * Looks for the VoIP metrics about `source` in the blocks of an extended report; unknown blocks are skipped.
 *
 * @param offset of the first block
 * @param end    of the packet
 * @param result filled in when the answer is `found`
 */
export function readVoipMetrics(
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
  result: VoipMetrics,
): VoipMetricsOutcome {
  let outcome: VoipMetricsOutcome = 'none';
  for (let block = offset; block < end;) {
    if (block + 4 > end) return 'bad';
    const next = block + 4 + 4 * readUint16(bytes, block + 2);
    if (next > end) return 'bad';
    const isVoip = byteAt(bytes, block) === BLOCK_TYPE && next - block === BLOCK_BYTES;
    if (isVoip && readUint32(bytes, block + 4) === source) {
      readBlock(bytes, block, result);
      outcome = 'found';
    }
    block = next;
  }
  return outcome;
}

/** What of a peer's block is shown to people. */
export function reportedQuality(metrics: VoipMetrics): ReportedQuality {
  const { lossRatio, discardRatio, burstDensity, gapDensity, burstDurationMs, gapDurationMs } = metrics;
  const { rFactor, mosListening, mosConversational, endSystemDelayMs } = metrics;
  return {
    lossRatio,
    discardRatio,
    burstDensity,
    gapDensity,
    burstDurationMs,
    gapDurationMs,
    rFactor,
    mosListening,
    mosConversational,
    endSystemDelayMs,
  };
}

function readBlock(bytes: Uint8Array, block: number, result: VoipMetrics): void {
  result.lossRatio = byteAt(bytes, block + 8) / 256;
  result.discardRatio = byteAt(bytes, block + 9) / 256;
  result.burstDensity = byteAt(bytes, block + 10) / 256;
  result.gapDensity = byteAt(bytes, block + 11) / 256;
  result.burstDurationMs = readUint16(bytes, block + 12);
  result.gapDurationMs = readUint16(bytes, block + 14);
  result.roundTripMs = readUint16(bytes, block + 16) || undefined;
  result.endSystemDelayMs = readUint16(bytes, block + 18) || undefined;
  result.gmin = byteAt(bytes, block + 23);
  result.rFactor = within(byteAt(bytes, block + 24), 0, 120);
  result.mosListening = mosIn(byteAt(bytes, block + 26));
  result.mosConversational = mosIn(byteAt(bytes, block + 27));
  const concealment = byteAt(bytes, block + 28) >> 6;
  result.conceals = concealment === 0 ? undefined : concealment >= 2;
  result.jitterBufferMs = readUint16(bytes, block + 30);
  result.jitterBufferMaximumMs = readUint16(bytes, block + 32);
}

/** "Multiplying … by 256, limiting the maximum value to 255" (§4.7.1). */
function fractionOf(ratio: number): number {
  return Math.min(255, Math.max(0, Math.floor(ratio * 256)));
}

function tenthsOf(mos: number | undefined): number {
  return mos === undefined ? UNKNOWN : Math.round(Math.min(5, Math.max(1, mos)) * 10);
}

function mosIn(tenths: number): number | undefined {
  const known = within(tenths, 10, 50);
  return known === undefined ? undefined : known / 10;
}

function within(value: number, least: number, greatest: number): number | undefined {
  return value >= least && value <= greatest ? value : undefined;
}

function writeUint16(buffer: Uint8Array, offset: number, value: number): void {
  const whole = Math.min(0xffff, Math.max(0, Math.round(value)));
  buffer[offset] = whole >>> 8;
  buffer[offset + 1] = whole;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
