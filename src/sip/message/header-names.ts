/** What is known of header fields by name: long forms, lists, and those that may appear once only. */

/** Long forms with the capitals people expect; a name that is not here is written as it came. */
const wellKnownNames = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Authorization',
  'Call-ID',
  'Call-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Event',
  'Expires',
  'From',
  'History-Info',
  'In-Reply-To',
  'Max-Forwards',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Path',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Refer-To',
  'Referred-By',
  'Reject-Contact',
  'Replaces',
  'Reply-To',
  'Request-Disposition',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Server',
  'Service-Route',
  'Session-Expires',
  'Subject',
  'Supported',
  'Timestamp',
  'To',
  'Unsupported',
  'User-Agent',
  'Via',
  'Warning',
  'WWW-Authenticate',
] as const;

/** One-letter forms (RFC 3261 §7.3.3 and the IANA registry). */
const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

const canonicalByKey = new Map(wellKnownNames.map((name) => [name.toLowerCase(), name]));
const longByCompact = new Map(Object.entries(compactForms));

/** Lower-case long form: what two names are compared by. */
export function headerKey(name: string): string {
  const key = name.toLowerCase();
  return longByCompact.get(key) ?? key;
}

/** Long form with its usual capitals: what is written. */
export function canonicalHeaderName(name: string): string {
  const key = headerKey(name);
  return canonicalByKey.get(key) ?? (key.length === name.length ? name : key);
}

/** Lists whose elements matter one by one even when they are empty: an empty one makes the message malformed. */
const strictLists = new Set(['via', 'route', 'record-route', 'contact', 'path', 'service-route']);

/** Lists of tokens and the like, where an empty element says nothing (RFC 3261 §7.3.1). */
const looseLists = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'alert-info',
  'allow',
  'allow-events',
  'call-info',
  'content-encoding',
  'content-language',
  'diversion',
  'error-info',
  'history-info',
  'in-reply-to',
  'p-asserted-identity',
  'p-preferred-identity',
  'proxy-require',
  'reason',
  'require',
  'supported',
  'unsupported',
  'warning',
]);

/** How a header's value is to be cut: `strict` keeps empty elements, `loose` drops them, undefined = not a list. */
export function listKind(key: string): 'strict' | 'loose' | undefined {
  if (strictLists.has(key)) return 'strict';
  return looseLists.has(key) ? 'loose' : undefined;
}

/** Keys of header fields of which a second one makes a message malformed. */
export const singleHeaders: readonly string[] = [
  'call-id',
  'cseq',
  'from',
  'to',
  'max-forwards',
  'content-length',
  'content-type',
  'expires',
  'min-se',
  'rack',
  'refer-to',
  'replaces',
  'rseq',
  'session-expires',
];
