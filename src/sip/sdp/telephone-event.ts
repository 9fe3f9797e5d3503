/** telephone-event in SDP (RFC 4733 §2.4, §7.1.1): which offered ones are usable, and how this server names its own. */
import type { TelephoneEventFormat } from '../../media/protocol.js';
import type { Stream } from './parse.js';

/** Encoding name in `a=rtpmap`. */
export const telephoneEvent = 'telephone-event';

/** Events this server takes: the 16 of DTMF. Flash (16) is never promised. */
export const ownEvents = '0-15';

/**
 * The telephone-event formats of a stream that carry at least the ten digits, in its order.
 * No `a=fmtp` means events 0-15 (RFC 4733 §2.4.1).
 */
export function telephoneEventsOf(stream: Stream, payloadTypes: readonly number[]): TelephoneEventFormat[] {
  const formats: TelephoneEventFormat[] = [];
  for (const payloadType of payloadTypes) {
    const map = stream.rtpmaps.get(payloadType);
    if (map?.encoding.toLowerCase() !== telephoneEvent || map.channels !== 1) continue;
    if (map.clockRateHz < 8000 || map.clockRateHz > 48000) continue;
    if (hasDigits(stream.fmtps.get(payloadType))) formats.push({ payloadType, clockRateHz: map.clockRateHz });
  }
  return formats;
}

/**
 * Those of `offered` to use beside codecs of these clock rates: one per rate. When no rate matches, the first at 8 kHz
 * after all, because many endpoints send it whatever the codec.
 */
export function eventsForRates(
  offered: readonly TelephoneEventFormat[],
  clockRatesHz: readonly number[],
): TelephoneEventFormat[] {
  const matching: TelephoneEventFormat[] = [];
  for (const rate of new Set(clockRatesHz)) {
    const format = offered.find((candidate) => candidate.clockRateHz === rate);
    if (format !== undefined) matching.push(format);
  }
  if (matching.length > 0) return matching;
  const narrow = offered.find((candidate) => candidate.clockRateHz === 8000);
  return narrow === undefined ? [] : [narrow];
}

/** The format to send digits in beside a codec of this rate. */
export function eventToSend(
  formats: readonly TelephoneEventFormat[],
  clockRateHz: number,
): TelephoneEventFormat | undefined {
  return formats.find((format) => format.clockRateHz === clockRateHz) ?? formats[0];
}

/** True when an events list such as `0-11,16` or `events=0-15` covers 0…9. */
function hasDigits(fmtp: string | undefined): boolean {
  if (fmtp === undefined || fmtp.trim() === '') return true;
  const covered = new Set<number>();
  for (const item of fmtp
    .trim()
    .replace(/^events=/i, '')
    .split(',')) {
    const range = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(item);
    if (range === null) continue;
    const first = Number(range[1]);
    const last = Math.min(Number(range[2] ?? first), 9);
    for (let event = first; event <= last; event++) covered.add(event);
  }
  return covered.size === 10;
}
