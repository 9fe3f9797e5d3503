/**
 * Arithmetic on the counters of RTP that wrap: 16 bit sequence numbers and 32 bit timestamps (RFC 3550 §5.1).
 *
 * "Newer" is the shorter way round. Unwrapped values are plain integers that never wrap: a leg that runs for 30 days at
 * 48 kHz reaches 2^37, far from 2^53 (SAFETY M11).
 */

const SEQUENCE_CYCLE = 0x1_0000;
const TIMESTAMP_CYCLE = 0x1_0000_0000;

/** Steps from `from` to `to` on the 16 bit circle, −32768…32767; positive = `to` is newer. */
export function sequenceDelta(to: number, from: number): number {
  return ((to - from) << 16) >> 16;
}

/** Steps from `from` to `to` on the 32 bit circle, −2^31…2^31−1; positive = `to` is newer. */
export function timestampDelta(to: number, from: number): number {
  return (to - from) | 0;
}

/** The unwrapped sequence number of a stream's first packet: one cycle up, so that older packets stay above 0. */
export function firstExtendedSequence(sequence: number): number {
  return SEQUENCE_CYCLE + sequence;
}

/** Unwraps `sequence` to the value nearest to `anchor`, an unwrapped value of the same stream (usually its highest). */
export function extendSequence(sequence: number, anchor: number): number {
  return anchor + sequenceDelta(sequence, anchor % SEQUENCE_CYCLE);
}

/** The unwrapped timestamp of a stream's first packet: one cycle up, so that older packets stay above 0. */
export function firstExtendedTimestamp(timestampRtp: number): number {
  return TIMESTAMP_CYCLE + timestampRtp;
}

/** Unwraps `timestampRtp` to the value nearest to `anchor`, an unwrapped value of the same stream. */
export function extendTimestamp(timestampRtp: number, anchor: number): number {
  return anchor + timestampDelta(timestampRtp, anchor % TIMESTAMP_CYCLE);
}
