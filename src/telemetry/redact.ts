/** What may stand in a log line (SAFETY P13): no secrets, no personal data unless wanted, nothing without bounds. */

/** Stands for a value that must not be seen. */
export const redacted = '[redacted]';

/** Bounds of one line. */
const limits = { text: 2048, stack: 4096, entries: 50, depth: 6 } as const;

/** Names of fields whose value is never shown, lower case and without `-` and `_`. */
const secretNames = new Set([
  'apikey',
  'apikeys',
  'authorization',
  'cnonce',
  'cookie',
  'credentials',
  'keys',
  'nonce',
  'opaque',
  'password',
  'proxyauthenticate',
  'proxyauthorization',
  'response',
  'secret',
  'setcookie',
  'token',
  'wwwauthenticate',
  'xapikey',
]);

/** The same for bindings of child loggers, as pino's `redact` wants them: both spellings, on the first level. */
export const secretPaths: readonly string[] = [...secretNames, 'apiKey', 'apiKeys', 'Authorization'];

/** Fields of this prefix hold digits, transcripts, identities. */
const personalPrefix = 'pii';

/** Secrets in free text, each with what is left of it: SIP and HTTP headers, digest parameters, bearer keys, SDP keys. */
const secretsInText: readonly (readonly [RegExp, string])[] = [
  [/^((?:proxy-|www-)?(?:authorization|authenticate)[ \t]*:).*(?:\r?\n[ \t].*)*/gim, `$1 ${redacted}`],
  [/\b(c?nonce|response|opaque)="[^"\r\n]*"?/gi, `$1="${redacted}"`],
  [/\b(Bearer|Basic|Token) +[\w.~+/=-]+/gi, `$1 ${redacted}`],
  [/\b(a=crypto:\d+ \S+ )\S.*/g, `$1${redacted}`],
  [/\b(a=ice-pwd:).*/g, `$1${redacted}`],
];

/** URLs with authority: user information and query go. */
const url = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/?#@"'<>]*@)?([^\s/?#"'<>]*)([^\s?#"'<>]*)(?:\?[^\s#"'<>]*)?/gi;
/** SIP URIs: the password goes. */
const sipPassword = /\b(sips?:[^\s:@"'<>;]{1,256}):[^\s@"'<>]{1,256}@/gi;

/** Free text without secrets, cut to `longest` characters. */
export function redactText(text: string, longest: number = limits.text): string {
  // Cut first, so that no input makes this slow; once more at the end, because marks may be longer than what they hide.
  let shown = text.slice(0, longest);
  for (const [pattern, replacement] of secretsInText) shown = shown.replace(pattern, replacement);
  shown = shown.replace(url, '$1$2$3').replace(sipPassword, '$1@').slice(0, longest);
  return text.length > longest ? `${shown}… (${text.length} characters)` : shown;
}

/**
 * Fields fit for a log line: plain data, bounded in depth, number and length.
 * @param withPersonalData keep fields whose name starts with `pii`
 */
export function redactFields(fields: object, withPersonalData: boolean): Record<string, unknown> {
  const shown = redactValue(fields, withPersonalData, 0);
  return typeof shown === 'object' && shown !== null ? (shown as Record<string, unknown>) : { value: shown };
}

function redactValue(value: unknown, withPersonalData: boolean, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= limits.depth) return '[deeper]';
  const next = (inner: unknown) => redactValue(inner, withPersonalData, depth + 1);
  if (value instanceof Error) return redactError(value, next);
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) return value.toJSON();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, limits.entries).map(next);
  if (value instanceof Set) return [...value].slice(0, limits.entries).map(next);
  if (value instanceof Map)
    return redactEntries(
      [...value].map(([key, of]) => [String(key), of]),
      withPersonalData,
      next,
    );
  const prototype: unknown = Object.getPrototypeOf(value);
  // Instances of classes (sockets, requests, calls) are whole graphs; their name has to do.
  if (prototype !== null && prototype !== Object.prototype) return `[${className(prototype)}]`;
  return redactEntries(Object.entries(value), withPersonalData, next);
}

function redactEntries(
  entries: readonly (readonly [string, unknown])[],
  withPersonalData: boolean,
  next: (value: unknown) => unknown,
): Record<string, unknown> {
  const shown: [string, unknown][] = [];
  for (const [name, value] of entries.slice(0, limits.entries)) {
    if (name.startsWith(personalPrefix) && !withPersonalData) continue;
    const isSecret = secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
    shown.push([name, isSecret && value !== undefined ? redacted : next(value)]);
  }
  return Object.fromEntries(shown);
}

function redactError(error: Error, next: (value: unknown) => unknown): Record<string, unknown> {
  return {
    type: error.name,
    message: redactText(error.message),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack, limits.stack) }),
    ...(error.cause === undefined ? {} : { cause: next(error.cause) }),
  };
}

function className(prototype: unknown): string {
  const { constructor } = prototype as { constructor?: { name?: string } };
  return constructor?.name ?? 'object';
}
