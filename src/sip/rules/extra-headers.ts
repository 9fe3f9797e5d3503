/** Header fields that others may add to our messages. */
import type { SipHeaders } from '../gateway.js';
import { headerKey } from '../message/header-names.js';
import { isToken } from '../message/tokens.js';

/** What dialogs, transactions, routing, capabilities and authentication own. */
const owned = new Set(
  [
    'via route record-route max-forwards from to call-id cseq contact rseq rack',
    'content-length content-type content-encoding require proxy-require supported allow accept session-expires min-se',
    'authorization proxy-authorization www-authenticate proxy-authenticate',
  ].flatMap((names) => names.split(' ')),
);

/** Those that may be added; line ends in values become spaces, owned names and non-tokens are left out. */
export function extraHeaders(wanted: SipHeaders | undefined): Record<string, string> {
  const permitted: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted ?? {})) {
    if (!isToken(name) || owned.has(headerKey(name))) continue;
    permitted[name] = value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]+/g, ' ').trim();
  }
  return permitted;
}
