/** Header parameters: `;name=value;flag` (generic-param of RFC 3261 §25.1). */
import { isIP, isIPv6 } from 'node:net';
import { isQuotedString, isToken, splitTopLevel } from './tokens.js';

/**
 * Parameters by lower-case name. A flag without `=` has the value undefined (ask `has`). Quoted values keep their quotes, so
 * that writing them back changes nothing; `unquote` gives their content.
 */
export type Parameters = Map<string, string | undefined>;

/** Parses `text`, which is empty or starts with `;`. Undefined when malformed; a repeated name is malformed too. */
export function parseParameters(text: string): Parameters | undefined {
  const parameters: Parameters = new Map();
  const trimmed = text.trim();
  if (trimmed.length === 0) return parameters;
  if (!trimmed.startsWith(';')) return undefined;
  for (const piece of splitTopLevel(trimmed.slice(1), ';')) {
    const equals = piece.indexOf('=');
    const name = (equals < 0 ? piece : piece.slice(0, equals)).trimEnd().toLowerCase();
    if (!isToken(name) || parameters.has(name)) return undefined;
    const value = equals < 0 ? undefined : piece.slice(equals + 1).trimStart();
    if (value !== undefined && !isParameterValue(value)) return undefined;
    parameters.set(name, value);
  }
  return parameters;
}

/** Writes parameters with their leading `;`. */
export function formatParameters(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of parameters) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** gen-value: a token, a host (IPv6 in brackets or, as many send it, without) or a quoted string. */
function isParameterValue(value: string): boolean {
  if (isToken(value) || isQuotedString(value)) return true;
  const host = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  return host.includes(':') ? isIPv6(host) : isIP(host) !== 0 || isLooseValue(value);
}

/** Characters real phones put into values that ought to be quoted, e.g. `+sip.instance=urn:uuid:…` or base64 padding. */
function isLooseValue(value: string): boolean {
  if (value.length === 0) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code <= 0x20 || code === 0x22 || code === 0x2c || code === 0x3b || code === 0x3c || code === 0x3e) return false;
  }
  return true;
}
