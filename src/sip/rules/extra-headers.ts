/** Header fields that others may add to our messages. */
import type { SipHeaders } from '../gateway.js';
import type { HeaderFields } from '../message/header-fields.js';
import { headerKey } from '../message/header-names.js';
import { isToken } from '../message/tokens.js';

/** What dialogs, transactions, routing and authentication own. */
const owned = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
  'route',
  'record-route',
  'max-forwards',
  'content-length',
  'content-type',
  'content-encoding',
  'require',
  'proxy-require',
  'supported',
  'allow',
  'accept',
  'session-expires',
  'min-se',
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
]);

/** Adds what may be added; line ends in values become spaces, owned names and non-tokens are left out. */
export function addExtraHeaders(headers: HeaderFields, extra: SipHeaders | undefined): void {
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (!isToken(name) || owned.has(headerKey(name))) continue;
    headers.add(name, value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]+/g, ' '));
  }
}
