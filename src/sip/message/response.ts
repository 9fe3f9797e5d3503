/** Building the response to a request (RFC 3261 §8.2.6). */
import { HeaderFields } from './header-fields.js';
import type { SipRequest, SipResponse } from './message.js';
import { parseNameAddr } from './name-addr.js';
import { reasonPhrase } from './reason-phrases.js';

/** What a response carries beyond what is copied from its request. */
export interface ResponseOptions {
  /** Added to `To` when that has no tag yet; 100 never gets one. */
  readonly toTag?: string;
  /** Further header fields; an array gives one field per element. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Buffer;
}

const noBody = Buffer.alloc(0);

/** A response with Via, From, To, Call-ID and CSeq of its request (and Timestamp in a 100). Missing fields stay missing. */
export function responseTo(
  request: SipRequest,
  status: number,
  reason: string = reasonPhrase(status),
  options: ResponseOptions = {},
): SipResponse {
  const headers = new HeaderFields();
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    for (const value of request.headers.getAll(name)) headers.add(name, value);
  }
  const to = request.headers.get('To');
  if (to !== undefined && options.toTag !== undefined && status > 100 && !hasTag(to)) {
    headers.set('To', `${to};tag=${options.toTag}`);
  }
  const timestamp = request.headers.get('Timestamp');
  if (status === 100 && timestamp !== undefined) headers.set('Timestamp', timestamp);
  for (const [name, value] of HeaderFields.of(options.headers ?? {})) headers.add(name, value);
  return { kind: 'response', status, reason, headers, body: options.body ?? noBody };
}

/** A To that cannot be parsed is looked at as text, so that a 400 for it does not get a second tag. */
function hasTag(to: string): boolean {
  const parsed = parseNameAddr(to);
  return parsed ? parsed.parameters.has('tag') : /;\s*tag\s*=/i.test(to);
}
