/** What is refused whatever the dialog (RFC 3261 §8.2.1–§8.2.3), in that order; drachtio-server checks only the grammar. */
import { allHeaders, firstHeader, mediaType, sessionDescription } from './message.js';
import type { SrfRequest } from './srf-types.js';

/** A refusal. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason?: string;
}

const allowed = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE'];
/** Methods that exist and are not for us: 405 instead of 501. */
const known = ['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER', 'PRACK'];

/** Methods this server handles, for `Allow`. */
export const allow = allowed.join(', ');

/** What we can do, for OPTIONS. */
export const capabilities: Readonly<Record<string, string>> = {
  Allow: allow,
  Accept: 'application/sdp',
  Supported: 'timer',
};

/** The refusal of a request, or undefined when it may go on. */
export function refusalOf(request: SrfRequest): Refusal | undefined {
  const { method } = request;
  if (!allowed.includes(method)) return { status: known.includes(method) ? 405 : 501, headers: { Allow: allow } };
  if (!/^(sips?|tel):/i.test(request.uri)) return { status: 416 };
  const unsupported = listOf(request, 'require').filter((tag) => tag.toLowerCase() !== 'timer');
  if (unsupported.length > 0) return { status: 420, headers: { Unsupported: unsupported.join(', ') } };
  if (method === 'INVITE' && firstHeader(request, 'contact') === undefined) {
    return { status: 400, reason: 'INVITE Needs One Contact' };
  }
  if (method !== 'INVITE' && method !== 'UPDATE') return undefined;
  // we are the end of the way, but an INVITE that has come round so often is in a loop with somebody
  if (method === 'INVITE' && Number(firstHeader(request, 'max-forwards') ?? 70) === 0) return { status: 483 };
  const encodings = listOf(request, 'content-encoding').filter((encoding) => encoding.toLowerCase() !== 'identity');
  if (encodings.length > 0) return { status: 415, headers: { 'Accept-Encoding': 'identity' } };
  if ((request.body ?? '').trim() !== '' && !isSession(request)) {
    return { status: 415, headers: { Accept: 'application/sdp' } };
  }
  const ranges = listOf(request, 'accept').map((range) => range.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  const accepts = ['application/sdp', 'application/*', '*/*'];
  return ranges.length === 0 || ranges.some((range) => accepts.includes(range)) ? undefined : { status: 406 };
}

/** A body we need not understand is as good as none (RFC 3261 §20.11). */
function isSession(request: SrfRequest): boolean {
  const optional = /;\s*handling\s*=\s*"?optional/i.test(firstHeader(request, 'content-disposition') ?? '');
  return optional || (mediaType(request) !== undefined && sessionDescription(request) !== undefined);
}

function listOf(request: SrfRequest, name: string): string[] {
  return allHeaders(request, name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}
