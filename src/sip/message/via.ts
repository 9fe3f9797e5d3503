/** One Via value (RFC 3261 §20.42, RFC 3581). */
import { formatHostPort, parseHostPort } from './host.js';
import { formatParameters, parseParameters, type Parameters } from './parameters.js';
import { isBlank, isToken } from './tokens.js';

/** A hop of a request's way. */
export interface Via {
  /** `SIP/2.0`, in upper case. */
  readonly protocol: string;
  /** Upper case: `UDP`, `TCP`, … */
  readonly transport: string;
  /** Sent-by host in lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
}

/** Starts the branch of every element that follows RFC 3261 (§8.1.1.7); nothing but this is not a branch. */
export const branchCookie = 'z9hG4bK';

/** Parses one Via value; white space is allowed around the slashes and the colon. Undefined when malformed. */
export function parseVia(text: string): Via | undefined {
  const firstSlash = text.indexOf('/');
  const secondSlash = text.indexOf('/', firstSlash + 1);
  if (firstSlash < 0 || secondSlash < 0) return undefined;
  const name = text.slice(0, firstSlash).trim();
  const version = text.slice(firstSlash + 1, secondSlash).trim();

  const rest = text.slice(secondSlash + 1).trim();
  const transport = leadingWord(rest);
  const afterTransport = rest.slice(transport.length);
  const semicolon = afterTransport.indexOf(';');
  const sentBy = (semicolon < 0 ? afterTransport : afterTransport.slice(0, semicolon)).trim();

  const hostPort = parseHostPort(sentBy);
  const parameters = parseParameters(semicolon < 0 ? '' : afterTransport.slice(semicolon));
  if (!isToken(name) || !isToken(version) || !isToken(transport) || !hostPort || !parameters) return undefined;
  return {
    protocol: `${name}/${version}`.toUpperCase(),
    transport: transport.toUpperCase(),
    host: hostPort.host,
    port: hostPort.port,
    parameters,
  };
}

/** Writes one Via value. */
export function formatVia(via: Via): string {
  const sentBy = formatHostPort(via.host, via.port);
  return `${via.protocol}/${via.transport} ${sentBy}${formatParameters(via.parameters)}`;
}

function leadingWord(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (isBlank(text.charCodeAt(index))) return text.slice(0, index);
  }
  return text;
}
