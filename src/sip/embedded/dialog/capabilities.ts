/** What this user agent can do, as header values. */
import type { SipRequest } from '../message/message.js';

/** Methods we answer with something else than 405 or 501. */
export const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE';

/** Body types we take in INVITE, UPDATE and their answers. */
export const accept = 'application/sdp';

/** Option tags (RFC 3261 §19.2) we know. */
export const supported = 'timer';

/** Methods that exist (IANA registry) and that we do not do: 405; what is not even here gets 501. */
const knownMethods = new Set(['REGISTER', 'PRACK', 'REFER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH']);

/** Status for a method that is not in {@link allow}. */
export function unsupportedMethodStatus(method: string): 405 | 501 {
  return knownMethods.has(method) ? 405 : 501;
}

/** Headers that say all of the above, for OPTIONS and 405. */
export function capabilityHeaders(): Record<string, string> {
  return { Allow: allow, Accept: accept, Supported: supported };
}

/** Option tags in `Require` that we do not know; a 420 lists them in `Unsupported` (RFC 3261 §8.2.2.3). */
export function unknownRequirements(request: SipRequest): string[] {
  const required = request.headers.getAll('Require').map((tag) => tag.trim());
  return required.filter((tag) => tag !== '' && tag.toLowerCase() !== supported);
}

/** An SDP body of a request or response: its text, `none`, or `unsupported` when the body is something else. */
export function sdpBody(message: {
  readonly headers: SipRequest['headers'];
  readonly body: Buffer;
}): { readonly kind: 'sdp'; readonly text: string } | { readonly kind: 'none' } | { readonly kind: 'unsupported' } {
  if (message.body.length === 0) return { kind: 'none' };
  const type = (message.headers.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const encoding = (message.headers.get('Content-Encoding') ?? 'identity').trim().toLowerCase();
  if (type !== accept || encoding !== 'identity') return { kind: 'unsupported' };
  return { kind: 'sdp', text: message.body.toString('utf8') };
}
