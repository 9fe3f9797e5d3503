/**
 * NTP timestamps as RTCP uses them (RFC 3550 §4): seconds since 1900 and a 32 bit fraction; "middle 32 bits" is the low
 * half of the seconds with the high half of the fraction, a time in 1/65536 s that wraps every 18 hours.
 */

/** Seconds from 1900 to 1970. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;

/** Whole NTP seconds of a Unix time in ms, 32 bit: the era that begins in 2036 begins at 0 again. */
export function ntpSecondsOf(unixMs: number): number {
  return (Math.floor(unixMs / 1000) + UNIX_EPOCH_SECONDS) >>> 0;
}

/** NTP fraction of a Unix time in ms, 32 bit. */
export function ntpFractionOf(unixMs: number): number {
  return Math.floor(((unixMs % 1000) / 1000) * 0x1_0000_0000) >>> 0;
}

/** Middle 32 bits of an NTP timestamp. */
export function middleOf(ntpSeconds: number, ntpFraction: number): number {
  return (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0;
}

/**
 * Round trip from a report block (RFC 3550 §6.4.1): A − LSR − DLSR.
 *
 * @param arrival when the report came, middle 32 bits
 * @returns ms; below 0 by clock granularity becomes 0, and `undefined` when the block answers nothing or cannot be true
 */
export function roundTripMs(
  arrival: number,
  lastSenderReport: number,
  delaySinceLastSenderReport: number,
): number | undefined {
  if (lastSenderReport === 0) return undefined;
  const roundTrip = (arrival - lastSenderReport - delaySinceLastSenderReport) | 0;
  const ms = (roundTrip * 1000) / 0x1_0000;
  if (ms < -GRANULARITY_MS || ms > LONGEST_MS) return undefined;
  return Math.max(0, ms);
}

/** Peers stamp with clocks of 10 ms at worst. */
const GRANULARITY_MS = 10;
const LONGEST_MS = 30_000;
