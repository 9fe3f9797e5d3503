/** From, To and Request-URI as the gateway's port shows them. */
import type { SipParty } from '../gateway.js';
import { parseNameAddr } from '../message/name-addr.js';
import { parseUri, type SipUri } from '../message/uri.js';

/** A party from a From or To value; of what is malformed nothing but the text is known. */
export function partyOf(value: string): SipParty {
  const parsed = parseNameAddr(value);
  if (parsed === undefined) return { displayName: undefined, uri: value, user: '', host: '' };
  return {
    displayName: parsed.displayName,
    uri: parsed.uriText,
    user: userOf(parsed.uri),
    host: parsed.uri.host,
  };
}

/** A party from a URI. */
export function partyOfUri(uri: string): SipParty {
  const parsed = parseUri(uri);
  return { displayName: undefined, uri, user: userOf(parsed), host: parsed?.host ?? '' };
}

/** A number's own parameters (`+4930123;npdi`, RFC 3261 §19.1.1) are no part of who is meant. */
function userOf(uri: SipUri | undefined): string {
  return uri?.user.split(';', 1)[0] ?? '';
}
