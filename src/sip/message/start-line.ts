/** Request-Line and Status-Line (RFC 3261 §7.1, §7.2). */
import { isToken, parseNumber } from './tokens.js';

/** A start line taken apart; `version` tells whether the request can be handled at all. */
export type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly uri: string;
      readonly fault: StartLineFault | undefined;
    }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** `version`: another SIP version (505). `startLine`: not as the grammar has it (400). */
export type StartLineFault = 'version' | 'startLine';

/** Parses a start line; undefined when it is neither a SIP request nor a SIP response of our version. */
export function parseStartLine(line: string): StartLine | undefined {
  return /^sip\/\d/i.test(line) ? parseStatusLine(line) : parseRequestLine(line);
}

function parseStatusLine(line: string): StartLine | undefined {
  if (!/^sip\/2\.0 /i.test(line)) return undefined;
  const digits = line.slice(8, 11);
  const status = parseNumber(digits, 699);
  const separator = line.charAt(11);
  if (digits.length !== 3 || status === undefined || status < 100 || (separator !== '' && separator !== ' '))
    return undefined;
  return { kind: 'response', status, reason: line.slice(12).trim() };
}

/**
 * A request line with extra white space is told apart from junk so that it can be answered with 400; the method is always the
 * first word and the version the last.
 */
function parseRequestLine(line: string): StartLine | undefined {
  const words = line.split(/[ \t]+/).filter((word) => word !== '');
  const method = words[0] ?? '';
  const version = words.at(-1) ?? '';
  if (words.length < 2 || !isToken(method) || !/^sip\/\d+\.\d+$/i.test(version)) return undefined;
  const uri = words.slice(1, -1).join(' ');
  const exact = `${method} ${uri} ${version}` === line && words.length === 3;
  const fault = version.toUpperCase() !== 'SIP/2.0' ? 'version' : exact ? undefined : 'startLine';
  return { kind: 'request', method, uri, fault };
}
