/** A received description (RFC 8866) as typed values, session-level attributes already applied to every stream. */
import sdpTransform from 'sdp-transform';
import type { ParsedAttributes, ParsedMedia, ParsedSession, Scalar } from 'sdp-transform';
import type { MediaDirection } from '../../media/protocol.js';
import { scan } from './scan.js';
import type { MediaLine } from './scan.js';

/** `a=rtpmap:<payload type> <encoding>/<clock rate>[/<channels>]` (RFC 8866 §6.6). */
export interface RtpMap {
  readonly encoding: string;
  readonly clockRateHz: number;
  readonly channels: number;
}

/** One media section. */
export interface Stream extends MediaLine {
  /** Address of the `c=` line that applies, as written; undefined when there is none. */
  readonly address: string | undefined;
  /** As the describing side sees it; `sendrecv` when not said (RFC 8866 §6.7). */
  readonly direction: MediaDirection;
  /** As given, not clamped; undefined when absent or not a number. */
  readonly ptimeMs: number | undefined;
  readonly maxptimeMs: number | undefined;
  readonly rtcpMux: boolean;
  /** `a=rtcp:` port (RFC 3605), 1…65535. */
  readonly rtcpPort: number | undefined;
  readonly rtpmaps: ReadonlyMap<number, RtpMap>;
  readonly fmtps: ReadonlyMap<number, string>;
}

/** A whole description, reduced to what offer/answer needs. */
export interface Description {
  /** `t=` start and stop, 0 when absent. */
  readonly timing: { readonly start: number; readonly stop: number };
  readonly streams: readonly Stream[];
}

/** Result of {@link parseSdp}. */
export type DescriptionOutcome =
  { readonly ok: true; readonly description: Description } | { readonly ok: false; readonly detail: string };

/** Parses a description within the bounds of SAFETY S2. Never throws. */
export function parseSdp(sdp: string): DescriptionOutcome {
  const scanned = scan(sdp);
  if (!scanned.ok) return scanned;
  let session: ParsedSession;
  try {
    session = sdpTransform.parse(scanned.text);
  } catch {
    return { ok: false, detail: 'The description cannot be parsed.' };
  }
  const streams: Stream[] = [];
  for (const [index, line] of scanned.lines.entries()) {
    const section = session.media[index];
    if (section === undefined) return { ok: false, detail: 'The description cannot be parsed.' };
    streams.push(readStream(line, section, session));
  }
  const timing = { start: ntpSeconds(session.timing?.start), stop: ntpSeconds(session.timing?.stop) };
  return { ok: true, description: { timing, streams } };
}

function readStream(line: MediaLine, section: ParsedMedia, session: ParsedAttributes): Stream {
  const rtcpPort = number(section.rtcp?.port);
  return {
    ...line,
    address: text(section.connection?.ip ?? session.connection?.ip),
    direction: direction(section.direction ?? session.direction),
    ptimeMs: number(section.ptime ?? session.ptime),
    maxptimeMs: number(section.maxptime ?? session.maxptime),
    rtcpMux: section.rtcpMux !== undefined,
    rtcpPort: rtcpPort !== undefined && rtcpPort >= 1 && rtcpPort <= 65535 ? rtcpPort : undefined,
    rtpmaps: readRtpMaps(section),
    fmtps: readFmtps(section),
  };
}

/** The first mapping of a payload type counts. */
function readRtpMaps(section: ParsedMedia): ReadonlyMap<number, RtpMap> {
  const maps = new Map<number, RtpMap>();
  for (const { payload, codec, rate, encoding } of section.rtp) {
    const payloadType = number(payload);
    const clockRateHz = number(rate);
    const channels = encoding === undefined ? 1 : number(encoding);
    if (payloadType === undefined || clockRateHz === undefined || channels === undefined) continue;
    if (!maps.has(payloadType)) maps.set(payloadType, { encoding: text(codec) ?? '', clockRateHz, channels });
  }
  return maps;
}

function readFmtps(section: ParsedMedia): ReadonlyMap<number, string> {
  const fmtps = new Map<number, string>();
  for (const { payload, config } of section.fmtp) {
    const payloadType = number(payload);
    if (payloadType !== undefined && !fmtps.has(payloadType)) fmtps.set(payloadType, text(config) ?? '');
  }
  return fmtps;
}

function direction(value: Scalar | undefined): MediaDirection {
  return value === 'sendonly' || value === 'recvonly' || value === 'inactive' ? value : 'sendrecv';
}

/** NTP seconds fit 10 digits (RFC 8866 §5.9); anything else counts as unbounded. */
function ntpSeconds(value: Scalar | undefined): number {
  const seconds = number(value);
  return seconds !== undefined && Number.isInteger(seconds) && seconds <= 9_999_999_999 ? seconds : 0;
}

/** A finite number ≥ 0; sdp-transform leaves `007`, `20.50` and the like as text. */
function number(value: Scalar | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const converted = Number(value);
  return Number.isFinite(converted) && converted >= 0 ? converted : undefined;
}

function text(value: Scalar | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
