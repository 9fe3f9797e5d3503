/**
 * First look at a received description: bounds, line shape, m-lines. sdp-transform is lenient (it drops lines it does
 * not know, loses m-lines' fields when they are odd) and knows many attributes with costly patterns; so it is only shown
 * what this server uses, and m-lines are read here.
 */

/** Bounds of a description (SAFETY S2). */
const sdpLimits = {
  /** UTF-16 units; at most as many as bytes. */
  characters: 16 * 1024,
  lines: 400,
  streams: 16,
  formatsPerStream: 64,
  /** Further `a=crypto:` lines are not looked at. */
  cryptosPerStream: 16,
} as const;

/**
 * An m-line (RFC 8866 §5.14):
 *
 *     m=<media> <port>["/"<number of ports>] <proto> <fmt> <fmt> …
 */
export interface MediaLine {
  readonly media: string;
  /** 0 = the stream is refused or switched off. */
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** Values of the `a=crypto:` lines below it, as written; sdp-transform would make numbers of some keys. */
  readonly cryptos: readonly string[];
  /** `a=rtcp-xr:` of it, or of the whole description, names `voip-metrics` (RFC 3611 §5.1). */
  readonly voipMetrics: boolean;
}

/** What is left for sdp-transform, and the m-lines in order. */
export type ScanOutcome =
  | { readonly ok: true; readonly text: string; readonly lines: readonly MediaLine[] }
  | { readonly ok: false; readonly detail: string };

/** Attributes passed on, beside `rtpmap`; all others are ignored (ICE, BUNDLE, feedback, …). */
const flags = new Set(['a=rtcp-mux', 'a=sendrecv', 'a=sendonly', 'a=recvonly', 'a=inactive']);
const values = ['a=fmtp:', 'a=ptime:', 'a=maxptime:', 'a=rtcp:'];

/** RFC 8866 §6.6; sdp-transform would read the beginning of a malformed one and drop the rest. */
const wellFormedRtpmap = /^a=rtpmap:(?:0|[1-9]\d{0,2}) [\w.-]{1,64}\/\d{1,6}(?:\/\d{1,2})?$/;

/** An m-line while what follows it is read. */
type WritableLine = MediaLine & { cryptos: string[]; voipMetrics: boolean };

/** Checks `sdp` against the bounds and reads its m-lines. */
export function scan(sdp: string): ScanOutcome {
  if (sdp.length > sdpLimits.characters) return bad('The description is too long.');
  if (sdp.includes('\0')) return bad('The description holds a NUL character.');
  const raw = sdp.split(/\r\n|\r|\n/, sdpLimits.lines + 2).map((line) => line.trimEnd());
  while (raw.at(-1) === '') raw.pop();
  if (raw.length > sdpLimits.lines) return bad('The description has too many lines.');
  if (raw[0] !== 'v=0') return bad('The description does not begin with v=0.');
  if (!raw.some((line) => line.startsWith('o='))) return bad('The description has no o= line.');

  const kept: string[] = [];
  const lines: WritableLine[] = [];
  let voipMetrics = false;
  for (const line of raw) {
    if (!/^[a-z]=/.test(line)) return bad('The description has a line that is not of the form x=….');
    if (line.startsWith('m=')) {
      const media = readMediaLine(line.slice(2));
      if (typeof media === 'string') return bad(media);
      lines.push(media);
      // sdp-transform only has to start a new section here.
      kept.push('m=audio 0 RTP/AVP 0');
    } else if (line.startsWith('a=crypto:')) {
      const cryptos = lines.at(-1)?.cryptos;
      if (cryptos !== undefined && cryptos.length < sdpLimits.cryptosPerStream) cryptos.push(line.slice(9));
    } else if (/^a=rtcp-xr:(?:.* )?voip-metrics(?: |$)/.test(line)) {
      const media = lines.at(-1);
      if (media === undefined) voipMetrics = true;
      else media.voipMetrics = true;
    } else if (isUsed(line)) {
      kept.push(line);
    }
  }
  if (lines.length > sdpLimits.streams) return bad('The description has too many m-lines.');
  if (voipMetrics) for (const line of lines) line.voipMetrics = true;
  return { ok: true, text: kept.join('\r\n'), lines };
}

function isUsed(line: string): boolean {
  if (line.startsWith('c=') || line.startsWith('t=')) return true;
  if (line.startsWith('a=rtpmap:')) return wellFormedRtpmap.test(line);
  return flags.has(line) || values.some((prefix) => line.startsWith(prefix));
}

/** The m-line, or what is wrong with it. */
function readMediaLine(value: string): WritableLine | string {
  const [media, port, protocol, ...formats] = value.split(' ').filter((token) => token !== '');
  if (media === undefined || port === undefined || protocol === undefined) return 'An m-line is incomplete.';
  const readPort = /^(\d{1,5})(?:\/\d{1,5})?$/.exec(port);
  if (readPort === null || Number(readPort[1]) > 65535) return 'An m-line has a port out of range.';
  if (formats.length > sdpLimits.formatsPerStream) return 'An m-line has too many formats.';
  if (![media, protocol, ...formats].every((token) => /^[\x21-\x7e]+$/.test(token))) {
    return 'An m-line has characters that are not allowed.';
  }
  return { media, port: Number(readPort[1]), protocol, formats, cryptos: [], voipMetrics: false };
}

function bad(detail: string): ScanOutcome {
  return { ok: false, detail };
}
