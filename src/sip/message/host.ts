/** `host [":" port]` as URIs and Via have it (RFC 3261 §25.1; RFC 5118 for IPv6). */
import { isIPv6 } from 'node:net';
import { characterTable, parseNumber } from './tokens.js';

/** A host without brackets, in lower case, and the port if one is given. */
export interface HostPort {
  readonly host: string;
  readonly port: number | undefined;
}

/** Letters, digits, `-`, `.`; and `_`, which the grammar forbids and the world uses. */
const hostTable = characterTable('-._');

/** Parses `example.org:5060` or `[2001:db8::1]:5060`; white space around the colon is allowed in `Via` only. */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    // RFC 3261's grammar allows a third colon before an embedded IPv4 address; RFC 5118 §4.10 wants it borne.
    const host = text.slice(1, Math.max(1, close)).replace(/:::(?=\d+\.)/, '::');
    return isIPv6(host) && !host.includes('%') ? withPort(host, text.slice(close + 1)) : undefined;
  }
  const colon = text.indexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon).trimEnd();
  return isHostName(host) ? withPort(host, colon < 0 ? '' : text.slice(colon)) : undefined;
}

/** Writes a host for a URI or Via: IPv6 gets its brackets. */
function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Writes `host[:port]`. */
export function formatHostPort(host: string, port: number | undefined): string {
  return port === undefined ? formatHost(host) : `${formatHost(host)}:${port}`;
}

function withPort(host: string, rest: string): HostPort | undefined {
  const trimmed = rest.trim();
  if (trimmed.length === 0) return { host: host.toLowerCase(), port: undefined };
  if (!trimmed.startsWith(':')) return undefined;
  const port = parseNumber(trimmed.slice(1).trimStart(), 65_535);
  return port === undefined || port === 0 ? undefined : { host: host.toLowerCase(), port };
}

function isHostName(host: string): boolean {
  if (host.length === 0 || host.length > 255) return false;
  for (let index = 0; index < host.length; index++) {
    if (hostTable[host.charCodeAt(index)] !== 1) return false;
  }
  return true;
}
