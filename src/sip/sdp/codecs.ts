/** The codec table of SDP: names, clock rates, static payload types (RFC 3551 §6), parameters, and fmtp text. */
import type { EncodingName, PayloadFormat } from '../../media/protocol.js';
import type { RtpMap } from './parse.js';
import type { CodecPreference } from './session.js';

interface CodecEntry {
  readonly encoding: EncodingName;
  /** Clock rates that may be negotiated; the first is offered. */
  readonly clockRatesHz: readonly number[];
  /** Channel counts taken; the first is offered. */
  readonly channels: readonly number[];
  readonly staticPayloadType: number | undefined;
  /** First choice in an offer of ours when there is no static number. */
  readonly dynamicPayloadType: number;
  /** `a=fmtp` parameters this server declares unless the preference has its own. */
  readonly parameters: Readonly<Record<string, string>>;
}

const table: Readonly<Record<EncodingName, CodecEntry>> = {
  PCMU: codec('PCMU', [8000], [1], 0, 0),
  PCMA: codec('PCMA', [8000], [1], 8, 8),
  // 16 kHz audio with an 8 kHz RTP clock (RFC 3551 §4.5.2); 16000 is what some write by mistake.
  G722: codec('G722', [8000, 16000], [1], 9, 9),
  // Always 48000/2 in SDP whatever is sent (RFC 7587 §7); some write it without the channels.
  opus: codec('opus', [48000], [2, 1], undefined, 96, { useinbandfec: '1' }),
  L16: codec('L16', [16000, 8000, 48000], [1], undefined, 97),
};

/** Payload types 0…95 with a fixed meaning that this server knows (RFC 3551 §6). */
const staticFormats: ReadonlyMap<number, RtpMap> = new Map([
  [0, { encoding: 'PCMU', clockRateHz: 8000, channels: 1 }],
  [8, { encoding: 'PCMA', clockRateHz: 8000, channels: 1 }],
  [9, { encoding: 'G722', clockRateHz: 8000, channels: 1 }],
]);

/** The codec entry of a mapping, compared without regard to case; undefined when this server does not know it. */
export function formatOf(
  payloadType: number,
  mapped: RtpMap | undefined,
  fmtp: string | undefined,
): PayloadFormat | undefined {
  const map = mapped ?? staticFormats.get(payloadType);
  if (map === undefined) return undefined;
  const entry = Object.values(table).find((known) => known.encoding.toLowerCase() === map.encoding.toLowerCase());
  if (entry === undefined) return undefined;
  if (!entry.clockRatesHz.includes(map.clockRateHz) || !entry.channels.includes(map.channels)) return undefined;
  return {
    encoding: entry.encoding,
    payloadType,
    clockRateHz: entry.encoding === 'G722' ? 8000 : map.clockRateHz,
    channels: map.channels,
    parameters: parseFmtp(fmtp),
  };
}

/** The format to offer for a preference, with the payload type it gets if nothing else has it. */
export function offeredFormat(preference: CodecPreference): PayloadFormat {
  const entry = table[preference.encoding];
  const wanted = preference.clockRateHz;
  return {
    encoding: entry.encoding,
    payloadType: entry.staticPayloadType ?? entry.dynamicPayloadType,
    clockRateHz: wanted !== undefined && entry.clockRatesHz.includes(wanted) ? wanted : (entry.clockRatesHz[0] ?? 8000),
    channels: entry.channels[0] ?? 1,
    parameters: ownParameters(preference),
  };
}

/** What this server declares in `a=fmtp` for a codec. */
export function ownParameters(preference: CodecPreference): Readonly<Record<string, string>> {
  return preference.parameters ?? table[preference.encoding].parameters;
}

/** Names a format independently of its number, for payload type bindings. */
export function formatKey(encoding: string, clockRateHz: number, channels: number): string {
  return `${encoding}/${clockRateHz}/${channels}`.toLowerCase();
}

/** `a=1;b=2; c` as a record with lower-case names; a name without a value has the value ''. */
function parseFmtp(text: string | undefined): Readonly<Record<string, string>> {
  const parameters: [string, string][] = [];
  for (const part of (text ?? '').split(';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name !== '') parameters.push([name, equals < 0 ? '' : part.slice(equals + 1).trim()]);
  }
  return Object.fromEntries(parameters);
}

/** The inverse of {@link parseFmtp}; '' when there is nothing to say. */
export function printFmtp(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join(';');
}

function codec(
  encoding: EncodingName,
  clockRatesHz: readonly number[],
  channels: readonly number[],
  staticPayloadType: number | undefined,
  dynamicPayloadType: number,
  parameters: Readonly<Record<string, string>> = {},
): CodecEntry {
  return { encoding, clockRatesHz, channels, staticPayloadType, dynamicPayloadType, parameters };
}
