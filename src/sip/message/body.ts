/** Finding the session description in a body (RFC 3261 §7.4, RFC 2046 §5.1, RFC 5621). */
import { isUtf8 } from 'node:buffer';
import type { SipMessage } from './message.js';
import { parseParameters } from './parameters.js';
import { unquote } from './tokens.js';

/** What a body says about the session. */
export type SessionBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly sdp: string }
  /** A body that had to be understood and was not: 415. `reason` tells which of Accept and Accept-Encoding to answer with. */
  | { readonly kind: 'unsupported'; readonly reason: 'type' | 'encoding' };

/** A media type: `type/subtype` in lower case, and the boundary if it has one. */
export interface MediaType {
  readonly name: string;
  readonly boundary: string | undefined;
}

const maxParts = 16;

/** The session description of a message: the body itself, or the first such part of a multipart body. */
export function sessionBody(message: SipMessage): SessionBody {
  if (message.body.length === 0) return { kind: 'none' };
  const { headers } = message;
  if (isOptional(headers.get('Content-Disposition'))) return { kind: 'none' };
  const encodings = headers.getAll('Content-Encoding').map((encoding) => encoding.toLowerCase());
  if (encodings.some((encoding) => encoding !== 'identity' && encoding !== ''))
    return { kind: 'unsupported', reason: 'encoding' };

  const type = parseMediaType(headers.get('Content-Type'));
  if (type?.name === 'application/sdp') return { kind: 'sdp', sdp: decode(message.body) };
  if (type?.name.startsWith('multipart/') && type.boundary !== undefined) {
    const sdp = sdpPart(message.body.toString('latin1'), type.boundary);
    if (sdp !== undefined) return { kind: 'sdp', sdp: decode(Buffer.from(sdp, 'latin1')) };
  }
  return { kind: 'unsupported', reason: 'type' };
}

/** {@link sessionBody} for whom nothing but SDP counts. */
export function sessionDescription(message: SipMessage): string | undefined {
  const body = sessionBody(message);
  return body.kind === 'sdp' ? body.sdp : undefined;
}

/** Parses `application/sdp` or `multipart/mixed;boundary=x`; undefined when malformed. */
export function parseMediaType(text: string | undefined): MediaType | undefined {
  const semicolon = text?.indexOf(';') ?? -1;
  const name = (semicolon < 0 ? text : text?.slice(0, semicolon))?.replace(/[ \t]/g, '').toLowerCase();
  const parameters = parseParameters(semicolon < 0 ? '' : (text ?? '').slice(semicolon));
  if (name === undefined || !parameters || !/^[^/]+\/[^/]+$/.test(name)) return undefined;
  const boundary = parameters.get('boundary');
  return { name, boundary: boundary === undefined ? undefined : unquote(boundary) };
}

function isOptional(disposition: string | undefined): boolean {
  const semicolon = disposition?.indexOf(';') ?? -1;
  return (
    semicolon >= 0 &&
    parseParameters((disposition ?? '').slice(semicolon))
      ?.get('handling')
      ?.toLowerCase() === 'optional'
  );
}

/** Content of the first `application/sdp` part; bytes as Latin-1. A body with very many parts is not searched to its end. */
function sdpPart(body: string, boundary: string): string | undefined {
  if (boundary === '' || boundary.length > 70) return undefined;
  const delimiter = `\r\n--${boundary}`;
  const parts = `\r\n${body}`.split(delimiter, maxParts + 1).slice(1);
  for (const part of parts) {
    if (part.startsWith('--')) return undefined;
    const headEnd = part.indexOf('\r\n\r\n');
    if (headEnd < 0) continue;
    const typeLine = part
      .slice(0, headEnd)
      .split('\r\n')
      .find((line) => /^content-type[ \t]*:/i.test(line));
    if (parseMediaType(typeLine?.slice(typeLine.indexOf(':') + 1).trim())?.name === 'application/sdp')
      return part.slice(headEnd + 4);
  }
  return undefined;
}

function decode(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}
