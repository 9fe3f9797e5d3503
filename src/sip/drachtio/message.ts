/** Reading what srf leaves unread in a message: parties, single header fields, the session description. */
import type { SipHeaders, SipParty, SipSource } from '../gateway.js';
import type { SrfMessage, SrfRequest } from './srf-types.js';

/** Compact forms (RFC 3261 §7.3.3, RFC 4028 §4) of the fields we read; srf expands only some. */
const compactForms: Readonly<Record<string, string>> = {
  'session-expires': 'x',
  supported: 'k',
  'content-type': 'c',
  'content-encoding': 'e',
  contact: 'm',
  'refer-to': 'r',
  'call-id': 'i',
  from: 'f',
  to: 't',
  subject: 's',
};

/** Headers that belong to transaction, dialog or message framing, so that callers of the gateway may not set them. */
const ownHeaders = new Set(
  'via route record-route from to call-id cseq contact max-forwards content-length content-type rseq rack'.split(' '),
);

/** First value of a header field by any-case name, from the raw text: srf joins repeated fields with commas. */
export function firstHeader(message: SrfMessage, name: string): string | undefined {
  return allHeaders(message, name)[0];
}

/** Values of all fields of a name, in order; one field with a list counts once. */
export function allHeaders(message: SrfMessage, name: string): string[] {
  const wanted = name.toLowerCase();
  const compact = compactForms[wanted];
  const head = (message.raw ?? '').split('\r\n\r\n', 1)[0] ?? '';
  return head
    .split(/\r\n(?![ \t])/)
    .slice(1)
    .flatMap((line) => {
      const colon = line.indexOf(':');
      const found = line.slice(0, colon).trim().toLowerCase();
      if (colon <= 0 || (found !== wanted && found !== compact)) return [];
      return [
        line
          .slice(colon + 1)
          .replace(/\r\n[ \t]+/g, ' ')
          .trim(),
      ];
    });
}

/** The party of a From or To value or of a URI; malformed input gives its text as URI and an empty user and host. */
export function parseParty(text: string): SipParty {
  const trimmed = text.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*</s.exec(trimmed);
  const open = quoted ? quoted[0].length - 1 : trimmed.indexOf('<');
  const name = quoted ? (quoted[1] ?? '').replace(/\\(.)/gs, '$1') : trimmed.slice(0, Math.max(open, 0)).trim();
  const displayName = name === '' ? undefined : name;
  const close = trimmed.indexOf('>', open);
  // without brackets every parameter is the header's (RFC 3261 §20)
  const uri = open >= 0 ? trimmed.slice(open + 1, close < 0 ? undefined : close) : (trimmed.split(';', 1)[0] ?? '');
  return { displayName, uri, ...userAndHost(uri) };
}

/** The party a Request-URI names. */
export function partyOfUri(uri: string): SipParty {
  return { displayName: undefined, uri, ...userAndHost(uri) };
}

/** The session description of a message: its body, or the first SDP part of a multipart one; undefined = it has none. */
export function sessionDescription(message: SrfMessage): string | undefined {
  const body = message.body ?? '';
  if (body.trim() === '') return undefined;
  const type = mediaType(message);
  if (type === 'application/sdp' || type === undefined) return body;
  return message.payload?.find((part) => part.type?.toLowerCase().startsWith('application/sdp'))?.content;
}

/** Lower-case media type of the body without parameters, if any. */
export function mediaType(message: SrfMessage): string | undefined {
  return firstHeader(message, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
}

/** Where a request came from. */
export function sourceOf(request: SrfRequest): SipSource {
  const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
  const transport = transports.find((name) => name === request.protocol.toLowerCase()) ?? 'udp';
  return { address: request.source_address, port: request.source_port, transport };
}

/** Extra headers that may be sent: none that the adapter owns, and none that could start another line. */
export function safeHeaders(headers: SipHeaders | undefined): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!/^[\w.!%*+`'~-]+$/.test(name) || ownHeaders.has(name.toLowerCase())) continue;
    safe[name] = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  }
  return safe;
}

function userAndHost(uri: string): { user: string; host: string } {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(uri.trim()) ?? [];
  if (scheme.toLowerCase() === 'tel') return { user: rest.split(';', 1)[0] ?? '', host: '' };
  const at = rest.lastIndexOf('@');
  // a user part may have parameters of its own and a password (RFC 3261 §19.1.1)
  const user = at < 0 ? '' : (rest.slice(0, at).split(/[;:]/, 1)[0] ?? '');
  const hostPort = rest.slice(at + 1).split(/[;?]/, 1)[0] ?? '';
  const host = /^(\[[^\]]*\]|[^:]*)/.exec(hostPort)?.[1] ?? '';
  return { user: percentDecoded(user), host };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
