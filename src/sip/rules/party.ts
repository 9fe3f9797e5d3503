/** From, To and Request-URI as the gateway's port shows them. */
import type { SipParty } from '../gateway.js';
import { parseNameAddr } from '../message/name-addr.js';
import { parseUri } from '../message/uri.js';

/** A party from a From or To value. */
export function partyOf(value: string): SipParty {
  const parsed = parseNameAddr(value);
  if (parsed === undefined) return { displayName: undefined, uri: value, user: '', host: '' };
  return {
    displayName: parsed.displayName,
    uri: parsed.uriText,
    user: parsed.uri.user,
    host: parsed.uri.host,
  };
}

/** A party from a URI. */
export function partyOfUri(uri: string): SipParty {
  const parsed = parseUri(uri);
  return { displayName: undefined, uri, user: parsed?.user ?? '', host: parsed?.host ?? '' };
}
