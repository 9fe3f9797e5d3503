/** SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are recognised so that they can be refused with 416. */
import { formatHostPort, parseHostPort } from './host.js';
import { percentDecode, percentEncode } from './percent.js';

/** A URI taken apart. */
export interface SipUri {
  /** Lower case: `sip`, `sips`, `tel`, or what else it may be. */
  readonly scheme: string;
  /** User part without escapes; the number of a `tel` URI; empty when there is none or the scheme is unknown. */
  readonly user: string;
  /** Without escapes. */
  readonly password?: string;
  /** Lower case, IPv6 without brackets; empty unless `sip` or `sips`. */
  readonly host: string;
  readonly port?: number;
  /** Lower-case names; without escapes. A parameter without `=` has the value undefined. */
  readonly parameters: Map<string, string | undefined>;
  /** The part after `?`, without escapes. */
  readonly headers: Map<string, string>;
}

/** Parses a URI that stands alone (no angle brackets, no white space). Undefined when malformed. */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || colon === text.length - 1) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (!isScheme(scheme) || !isClean(text)) return undefined;
  const rest = text.slice(colon + 1);
  if (scheme === 'sip' || scheme === 'sips') return parseSipPart(scheme, rest);
  if (scheme === 'tel') return parseTelPart(rest);
  return { scheme, user: '', host: '', parameters: new Map(), headers: new Map() };
}

/** Writes a URI with everything escaped that has to be. */
export function formatUri(uri: SipUri): string {
  if (uri.scheme === 'tel') return `tel:${uri.user}${formatUriParameters(uri.parameters)}`;
  const password = uri.password === undefined ? '' : `:${percentEncode(uri.password, '&=+$,')}`;
  const userInfo = uri.user === '' ? '' : `${percentEncode(uri.user, '&=+$,;?/')}${password}@`;
  const headers = [...uri.headers].map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join('&');
  const query = headers === '' ? '' : `?${headers}`;
  return `${uri.scheme}:${userInfo}${formatHostPort(uri.host, uri.port)}${formatUriParameters(uri.parameters)}${query}`;
}

function parseSipPart(scheme: string, rest: string): SipUri | undefined {
  const at = rest.indexOf('@');
  if (at === 0 || at !== rest.lastIndexOf('@')) return undefined;
  const userInfo = at < 0 ? '' : rest.slice(0, at);
  const hostPart = rest.slice(at + 1);

  const question = hostPart.indexOf('?');
  const beforeHeaders = question < 0 ? hostPart : hostPart.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  const parameters = parseUriParameters(semicolon < 0 ? '' : beforeHeaders.slice(semicolon));
  const headers = parseUriHeaders(question < 0 ? '' : hostPart.slice(question + 1));

  const passwordColon = userInfo.indexOf(':');
  const user = percentDecode(passwordColon < 0 ? userInfo : userInfo.slice(0, passwordColon));
  const password = passwordColon < 0 ? '' : percentDecode(userInfo.slice(passwordColon + 1));
  if (!hostPort || !parameters || !headers || user === undefined || password === undefined) return undefined;
  if (at > 0 && user === '') return undefined;
  return {
    scheme,
    user,
    ...(passwordColon < 0 ? {} : { password }),
    host: hostPort.host,
    ...(hostPort.port === undefined ? {} : { port: hostPort.port }),
    parameters,
    headers,
  };
}

function parseTelPart(rest: string): SipUri | undefined {
  const semicolon = rest.indexOf(';');
  const number = semicolon < 0 ? rest : rest.slice(0, semicolon);
  const parameters = parseUriParameters(semicolon < 0 ? '' : rest.slice(semicolon));
  if (!/^\+?[0-9A-Fa-f*#().-]+$/.test(number) || !parameters) return undefined;
  return { scheme: 'tel', user: number, host: '', parameters, headers: new Map() };
}

function parseUriParameters(text: string): Map<string, string | undefined> | undefined {
  const parameters = new Map<string, string | undefined>();
  if (text === '') return parameters;
  for (const piece of text.slice(1).split(';')) {
    const equals = piece.indexOf('=');
    const name = percentDecode(equals < 0 ? piece : piece.slice(0, equals))?.toLowerCase();
    const value = equals < 0 ? '' : percentDecode(piece.slice(equals + 1));
    if (name === undefined || name === '' || value === undefined || parameters.has(name)) return undefined;
    parameters.set(name, equals < 0 ? undefined : value);
  }
  return parameters;
}

function parseUriHeaders(text: string): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  if (text === '') return headers;
  for (const piece of text.split('&')) {
    const equals = piece.indexOf('=');
    const name = equals <= 0 ? undefined : percentDecode(piece.slice(0, equals));
    const value = equals <= 0 ? undefined : percentDecode(piece.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    headers.set(name, value);
  }
  return headers;
}

function formatUriParameters(parameters: SipUri['parameters']): string {
  let text = '';
  for (const [name, value] of parameters) {
    text += value === undefined ? `;${encodePart(name)}` : `;${encodePart(name)}=${encodePart(value)}`;
  }
  return text;
}

function encodePart(text: string): string {
  return percentEncode(text, '[]/:+$');
}

/** ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), given in lower case. */
function isScheme(scheme: string): boolean {
  return scheme.length <= 64 && /^[a-z][a-z0-9+.-]*$/.test(scheme);
}

/** No white space, control character, quote or angle bracket anywhere. */
function isClean(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f || code === 0x22 || code === 0x3c || code === 0x3e) return false;
  }
  return true;
}
