/** Which URLs may name a prompt at all, before anything is resolved. */
import { isIPv4 } from 'node:net';
import { CodedError } from '../../errors.js';

/** Settings of {@link checkUrl}. */
export interface UrlPolicy {
  /** Also `http:`. */
  readonly allowHttp: boolean;
  /** Exact host names or `*.domain`; empty = any. */
  readonly allowHosts: readonly string[];
}

const longestUrl = 2048;

/**
 * Checks a URL as it was given, or as a redirect names it.
 * @param base where a redirect comes from
 * @throws CodedError `promptRefused`; its detail holds nothing of the URL
 */
export function checkUrl(text: string, policy: UrlPolicy, base?: URL): URL {
  // Parsers disagree about control characters and backslashes: what they see differently is not taken at all.
  if (text.length > longestUrl || /[\x00-\x20\x7f\\]/.test(text)) throw refused('is no URL that can be used');
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    throw refused('is no URL that can be used');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowHttp)) {
    throw refused(policy.allowHttp ? 'must begin with https: or http:' : 'must begin with https:');
  }
  if (url.username !== '' || url.password !== '' || /^[^/?#]*\/\/[^/?#]*@/.test(text)) {
    throw refused('must not hold credentials');
  }
  // The parser turns 2130706433, 0x7f.1 and 0177.0.0.1 into 127.0.0.1; nobody who means well writes them.
  if (isIPv4(url.hostname) && !namesHost(text, url.hostname) && !isRelative(text)) {
    throw refused('must write an IPv4 address as four decimal numbers');
  }
  if (!isAllowedHost(url.hostname, policy.allowHosts)) throw refused('names a host that is not allowed');
  url.hash = '';
  return url;
}

function isRelative(text: string): boolean {
  return !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(text);
}

/** True when the address stands in the URL as it was written. */
function namesHost(text: string, address: string): boolean {
  const [, host] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#:]*)/i.exec(text) ?? [];
  return host === address;
}

function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const name = host.toLowerCase().replace(/\.$/, '');
  return allowed.some((entry) => {
    const wanted = entry.toLowerCase();
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted;
  });
}

function refused(what: string): CodedError {
  return new CodedError('promptRefused', `The URL of a prompt ${what}.`);
}
