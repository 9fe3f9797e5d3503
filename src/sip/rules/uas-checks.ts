/** What a UAS refuses before it looks at dialogs (RFC 3261 §8.2.1–§8.2.3), in that order. */
import { parseMediaType, sessionBody } from '../message/body.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { parseNameAddr } from '../message/name-addr.js';
import { responseTo } from '../message/response.js';
import { parseUri } from '../message/uri.js';
import { branchCookie, parseVia } from '../message/via.js';

/** Methods this server handles, as `Allow` tells them. */
export const allowedMethods: readonly string[] = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE'];

/** Option tags a peer may require. */
export const supportedExtensions: readonly string[] = ['timer'];

/** Methods that exist and are not for us: 405 instead of 501. */
const knownMethods = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER', 'PRACK']);

/**
 * The refusal of a request whatever its dialog, or undefined when it may go on. An ACK is never refused: nothing answers it.
 * @param toTag goes into the refusal's `To` when the request has none
 */
export function refusalOf(request: SipRequest, toTag: string): SipResponse | undefined {
  if (request.method === 'ACK') return undefined;
  const refuse = (status: number, headers: Readonly<Record<string, string>> = {}, reason?: string) =>
    responseTo(request, status, reason, { toTag, headers });

  if (!allowedMethods.includes(request.method)) {
    return refuse(knownMethods.has(request.method) ? 405 : 501, { Allow: allowedMethods.join(', ') });
  }
  const scheme = parseUri(request.uri)?.scheme;
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return refuse(416);

  const unsupported = unsupportedExtensions(request);
  if (unsupported.length > 0) return refuse(420, { Unsupported: unsupported.join(', ') });
  if (request.method === 'INVITE' && !hasTarget(request)) return refuse(400, {}, 'INVITE Needs One Contact');

  const offers = request.method === 'INVITE' || request.method === 'UPDATE';
  const body = offers ? sessionBody(request) : undefined;
  if (body?.kind === 'unsupported') {
    return refuse(415, body.reason === 'type' ? { Accept: 'application/sdp' } : { 'Accept-Encoding': 'identity' });
  }
  return offers && !acceptsSdp(request) ? refuse(406) : undefined;
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
  const scheme = parseNameAddr(contacts[0] ?? '')?.uri.scheme;
  return contacts.length === 1 && (scheme === 'sip' || scheme === 'sips');
}

/** No Accept means application/sdp (§20.1); a media range with `q=0` does not accept. */
function acceptsSdp(request: SipRequest): boolean {
  const ranges = request.headers.getAll('Accept');
  return (
    ranges.length === 0 ||
    ranges.some((range) => {
      const name = parseMediaType(range)?.name;
      return name === 'application/sdp' || name === 'application/*' || name === '*/*';
    })
  );
}
