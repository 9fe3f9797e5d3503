/** Contact as what requests go to (RFC 3261 §8.1.1.8). */
import type { SipMessage } from './message.js';
import { parseNameAddr } from './name-addr.js';

/** URI of the first Contact, when it is one that requests can be sent to. */
export function contactUri(message: SipMessage): string | undefined {
  const contact = parseNameAddr(message.headers.get('Contact') ?? '');
  const isCallable = contact?.uri.scheme === 'sip' || contact?.uri.scheme === 'sips';
  return isCallable ? contact.uriText : undefined;
}
