/** What is wrong with an INVITE before anybody decides about the call (RFC 3261 §8.2), as a pure table. */
import { accept, sdpBody, unknownRequirements } from '../dialog/capabilities.js';
import { contactUri } from '../dialog/dialog-state.js';
import type { SipRequest } from '../message/message.js';
import { parseUri } from '../message/uri.js';
import { tagOf } from '../transaction/matching.js';

/** A refusal: status, and what RFC 3261 wants to stand in it. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every request outside of a dialog must pass (§8.2.2); undefined = nothing wrong. */
export function requestFault(request: SipRequest): Refusal | undefined {
  const scheme = parseUri(request.uri)?.scheme;
  if (scheme !== 'sip' && scheme !== 'sips') return { status: 416 };
  const unknown = unknownRequirements(request);
  if (unknown.length > 0) return { status: 420, headers: { Unsupported: unknown.join(', ') } };
  return undefined;
}

/** What an INVITE must pass besides (§8.2.3, §13.3.1). */
export function inviteFault(request: SipRequest): Refusal | undefined {
  // We are the end of the way, but a request that has come round so often is in a loop with somebody.
  if (Number(request.headers.get('Max-Forwards') ?? 70) === 0) return { status: 483 };
  if (lacksContact(request)) return { status: 400, reason: 'Missing or Unusable Contact' };
  if (sdpBody(request).kind === 'unsupported') {
    return { status: 415, headers: { Accept: accept, 'Accept-Encoding': 'identity' } };
  }
  const accepted = request.headers.getAll('Accept');
  if (accepted.length > 0 && !accepted.some(takesSdp)) return { status: 406 };
  return undefined;
}

/** Who still speaks RFC 2543 sends neither From tag nor Contact, and is reached at its From. */
function lacksContact(request: SipRequest): boolean {
  const isOld = tagOf(request.headers.get('From')) === undefined && !request.headers.has('Contact');
  return !isOld && contactUri(request) === undefined;
}

function takesSdp(range: string): boolean {
  const type = range.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === accept || type === 'application/*' || type === '*/*' || type === '';
}

/** True when a request belongs, or claims to belong, to a dialog. */
export function isInDialog(request: SipRequest): boolean {
  return tagOf(request.headers.get('To')) !== undefined;
}
