/** What this user agent can do, as header values (RFC 3261 §20.1, §20.5, §20.37). */
import { allowedMethods, supportedExtensions } from './uas-checks.js';

/** Methods we answer with something else than 405 or 501. */
export const allow = allowedMethods.join(', ');

/** Body type we take in INVITE, UPDATE and their answers. */
export const accept = 'application/sdp';

/** Option tags (§19.2) we know. */
export const supported = supportedExtensions.join(', ');

/** All of the above, for OPTIONS. */
export function capabilityHeaders(): Record<string, string> {
  return { Allow: allow, Accept: accept, Supported: supported };
}
