/**
 * The payload of a telephone-event packet (RFC 4733 §2.3).
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     event     |E|R| volume    |          duration             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * E: the event has ended. R: reserved, ignored. Volume: power of the tone, 0…63 for 0…−63 dBm0. Duration: since the
 * packet's timestamp, in units of the RTP clock.
 */

/** Bytes of the payload. */
export const TELEPHONE_EVENT_BYTES = 4;

/** Longest duration one packet can tell (RFC 4733 §2.3.5); longer events are sent in segments. */
export const MAX_EVENT_DURATION_RTP = 0xffff;

/** The digits by event number, 0…15 (RFC 4733 §3.2 table 3). */
const DIGITS = '0123456789*#ABCD';

/** One parsed payload; the object is reused. */
export interface TelephoneEvent {
  /** 0…15. */
  event: number;
  end: boolean;
  /** 0…63, for 0…−63 dBm0. */
  volume: number;
  /** Units of the RTP clock since the packet's timestamp. */
  durationRtp: number;
}

/** An event object for {@link parseTelephoneEvent} to fill. */
export function createTelephoneEvent(): TelephoneEvent {
  return { event: 0, end: false, volume: 0, durationRtp: 0 };
}

/**
 * Parses the `length` payload bytes at `offset`; bytes after the first four are ignored.
 *
 * @returns false when there are fewer than four or the event is no DTMF digit (16…255); `result` is then unchanged
 */
export function parseTelephoneEvent(
  bytes: Uint8Array,
  offset: number,
  length: number,
  result: TelephoneEvent,
): boolean {
  const event = bytes[offset] ?? DIGITS.length;
  if (length < TELEPHONE_EVENT_BYTES || offset + length > bytes.length || event >= DIGITS.length) return false;
  const flags = bytes[offset + 1] ?? 0;
  result.event = event;
  result.end = (flags & 0x80) !== 0;
  result.volume = flags & 0x3f;
  result.durationRtp = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return true;
}

/** Writes the four payload bytes at `offset`. */
export function writeTelephoneEvent(
  buffer: Uint8Array,
  offset: number,
  event: number,
  end: boolean,
  volume: number,
  durationRtp: number,
): void {
  buffer[offset] = event;
  buffer[offset + 1] = (end ? 0x80 : 0) | (volume & 0x3f);
  buffer[offset + 2] = durationRtp >>> 8;
  buffer[offset + 3] = durationRtp;
}

/** The digit of an event 0…15, one of `0-9*#A-D`. */
export function digitOfEvent(event: number): string {
  return DIGITS.charAt(event);
}

/** The event of a digit; −1 when it is none. */
export function eventOfDigit(digit: string): number {
  return digit.length === 1 ? DIGITS.indexOf(digit) : -1;
}
