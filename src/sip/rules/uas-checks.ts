/** What a UAS refuses before it looks at dialogs (RFC 3261 §8.2.1–§8.2.3), in that order. */
import { parseMediaType, sessionBody } from '../message/body.js';
import { contactUri } from '../message/contact.js';
import type { SipRequest } from '../message/message.js';
import { parseUri } from '../message/uri.js';
import { branchCookie, parseVia } from '../message/via.js';
import { accept, allow, allowedMethods, supportedExtensions } from './capabilities.js';
import type { Refusal } from './refusal.js';

/** Methods that exist and are not for us: 405 instead of 501. */
const knownMethods = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER', 'PRACK']);

/** Media ranges that SDP is in. */
const sdpRanges: readonly (string | undefined)[] = [accept, 'application/*', '*/*'];

/** The refusal of a request whatever its dialog, or undefined when it may go on. An ACK is never refused: nothing answers it. */
export function refusalOf(request: SipRequest): Refusal | undefined {
  const { method } = request;
  if (method === 'ACK') return undefined;
  if (!allowedMethods.includes(method)) {
    return { status: knownMethods.has(method) ? 405 : 501, headers: { Allow: allow } };
  }
  const scheme = parseUri(request.uri)?.scheme;
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return { status: 416 };

  const unsupported = unsupportedExtensions(request);
  if (unsupported.length > 0) return { status: 420, headers: { Unsupported: unsupported.join(', ') } };
  if (method === 'INVITE' && !hasTarget(request)) return { status: 400, reason: 'INVITE Needs One Contact' };
  return method === 'INVITE' || method === 'UPDATE' ? bodyRefusal(request) : undefined;
}

/** A body that has to be understood must be SDP, and SDP must be understood by the peer. */
function bodyRefusal(request: SipRequest): Refusal | undefined {
  const body = sessionBody(request);
  if (body.kind === 'unsupported') {
    return { status: 415, headers: body.reason === 'type' ? { Accept: accept } : { 'Accept-Encoding': 'identity' } };
  }
  return acceptsSdp(request) ? undefined : { status: 406 };
}

/** `Require` of a CANCEL is ignored (§8.2.2.3); `Proxy-Require` concerns proxies only. */
function unsupportedExtensions(request: SipRequest): string[] {
  if (request.method === 'CANCEL') return [];
  const required = request.headers.getAll('Require').filter((tag) => tag !== '');
  return required.filter((tag) => !supportedExtensions.includes(tag.toLowerCase()));
}

/** One Contact is needed to make a dialog of it (§8.1.1.8, §12.1.1); before RFC 3261, when there was no cookie, none was. */
function hasTarget(request: SipRequest): boolean {
  const contacts = request.headers.getAll('Contact');
  const branch = parseVia(request.headers.get('Via') ?? '')?.parameters.get('branch') ?? '';
  if (contacts.length === 0) return !branch.startsWith(branchCookie);
  return contacts.length === 1 && contactUri(request) !== undefined;
}

/** No Accept means application/sdp (§20.1). */
function acceptsSdp(request: SipRequest): boolean {
  const ranges = request.headers.getAll('Accept');
  return ranges.length === 0 || ranges.some((range) => sdpRanges.includes(parseMediaType(range)?.name));
}
