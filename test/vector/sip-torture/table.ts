/** All torture messages: 49 of RFC 4475 and 12 of RFC 5118. Runs against the parser here and against a whole gateway elsewhere. */
import type { TortureMessage } from './notation.js';
import { invalidMessages } from './rfc4475-invalid.js';
import { semanticMessages } from './rfc4475-semantics.js';
import { validMessages } from './rfc4475-valid.js';
import { ipv6Messages } from './rfc5118.js';

export const rfc4475Messages: readonly TortureMessage[] = [...validMessages, ...invalidMessages, ...semanticMessages];

export const rfc5118Messages: readonly TortureMessage[] = ipv6Messages;
