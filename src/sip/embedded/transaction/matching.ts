/**
 * What makes two messages belong to one transaction (RFC 3261 §17.1.3, §17.2.3).
 *
 * Keys are joined with a character that no header value can hold, so that no two different tuples make one key.
 */
import { createHash } from 'node:crypto';
import { parseCSeq } from '../../message/cseq.js';
import type { SipMessage, SipRequest, SipResponse } from '../../message/message.js';
import { parseNameAddr } from '../../message/name-addr.js';
import { branchCookie, parseVia } from '../../message/via.js';

const separator = '\n';

/**
 * Key of the server transaction a request belongs to; undefined when its top Via makes no sense.
 *
 * With a branch of RFC 3261: branch, sent-by and method. Without one (RFC 2543), or with nothing but the cookie: all that
 * identified a request then. An ACK has the method of its INVITE; a CANCEL is asked for with `method` INVITE to find what it
 * cancels.
 */
export function serverKey(request: SipRequest, method = request.method): string | undefined {
  const topVia = request.headers.get('Via');
  const via = topVia === undefined ? undefined : parseVia(topVia);
  if (via === undefined) return undefined;
  const matched = method === 'ACK' ? 'INVITE' : method;
  const branch = via.parameters.get('branch') ?? '';
  const sentBy = `${via.host}:${via.port ?? ''}`;
  if (hasCookie(branch)) return [branch, sentBy, matched].join(separator);
  const { headers } = request;
  return [
    'rfc2543',
    request.uri,
    tagOf(headers.get('From')) ?? '',
    headers.get('Call-ID') ?? '',
    parseCSeq(headers.get('CSeq') ?? '')?.number ?? '',
    `${via.transport}${sentBy}${branch}`,
    matched,
  ].join(separator);
}

/** Key of the client transaction a response belongs to: branch, sent-by and the method of its CSeq. */
export function clientKey(message: SipMessage): string | undefined {
  const topVia = message.headers.get('Via');
  const via = topVia === undefined ? undefined : parseVia(topVia);
  const branch = via?.parameters.get('branch');
  const method = parseCSeq(message.headers.get('CSeq') ?? '')?.method;
  if (via === undefined || branch === undefined || method === undefined || !hasCookie(branch)) return undefined;
  return [branch, `${via.host}:${via.port ?? ''}`, method].join(separator);
}

/** What a request that came twice by different ways has in common (merged requests, RFC 3261 §8.2.2.2). */
export function mergeKey(request: SipRequest): string {
  const { headers } = request;
  return [tagOf(headers.get('From')) ?? '', headers.get('Call-ID') ?? '', headers.get('CSeq') ?? ''].join(separator);
}

/** The `tag` of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : (parseNameAddr(value)?.parameters.get('tag') ?? undefined);
}

/** The To tag of a stateless response: the same for every retransmission of a request (RFC 3261 §8.2.7). */
export function statelessTag(request: SipRequest, secret: string): string {
  const key = serverKey(request) ?? '';
  return createHash('sha256').update(secret).update(key).digest('hex').slice(0, 16);
}

/** CSeq number of a message that was parsed, so has a well-formed one. */
export function cseqNumber(message: SipRequest | SipResponse): number {
  return parseCSeq(message.headers.get('CSeq') ?? '')?.number ?? 0;
}

/** The cookie alone is what some elements send instead of a branch: not a branch (SAFETY, RFC 4475 badbranch). */
function hasCookie(branch: string): boolean {
  return branch.length > branchCookie.length && branch.toLowerCase().startsWith(branchCookie.toLowerCase());
}
