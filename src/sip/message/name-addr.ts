/** `"Display" <uri>;parameters` and its bracketless form, as From, To, Contact and Route have it (RFC 3261 §20.10, §25.1). */
import { formatParameters, parseParameters, type Parameters } from './parameters.js';
import { endOfQuotedString, isQuotedString, isToken, quote, unquote } from './tokens.js';
import { parseUri, type SipUri } from './uri.js';

/** A party or contact taken apart. */
export interface NameAddr {
  /** Without quotes and escapes; undefined when there is none or it is empty. */
  readonly displayName: string | undefined;
  readonly uri: SipUri;
  /** The URI exactly as it stands in the message. */
  readonly uriText: string;
  /** Header parameters such as `tag`; those of the URI are in `uri.parameters`. */
  readonly parameters: Parameters;
}

/** Parses one element. Without angle brackets everything from the first `;` is a header parameter (§20). Undefined when malformed. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = text.trim();
  const nameEnd = trimmed.startsWith('"') ? endOfQuotedString(trimmed, 0) : 0;
  if (nameEnd < 0) return undefined;
  const open = trimmed.indexOf('<', nameEnd);
  if (open < 0) return nameEnd > 0 ? undefined : parseAddrSpec(trimmed);

  const close = trimmed.indexOf('>', open);
  if (close < 0) return undefined;
  const display = trimmed.slice(0, open).trim();
  // `sip:a@b;x=<y>` is an addr-spec with an odd parameter, not a name followed by a bracket: both are refused here.
  if (!(nameEnd > 0 ? isQuotedString(display) : isPlainDisplayName(display))) return undefined;
  return assemble(unquote(display), trimmed.slice(open + 1, close), trimmed.slice(close + 1));
}

/** Writes a name-addr; the display name is quoted unless it is made of tokens. */
export function formatNameAddr(displayName: string | undefined, uriText: string, parameters?: Parameters): string {
  const name = displayName === undefined || displayName === '' ? '' : `${formatDisplayName(displayName)} `;
  return `${name}<${uriText}>${parameters ? formatParameters(parameters) : ''}`;
}

function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(';');
  const uriText = (semicolon < 0 ? text : text.slice(0, semicolon)).trimEnd();
  // A URI with these characters needs brackets (§20.10); without them it is not clear where it ends.
  if (uriText.includes(',') || uriText.includes('?')) return undefined;
  return assemble('', uriText, semicolon < 0 ? '' : text.slice(semicolon));
}

function assemble(displayName: string, uriText: string, parameterText: string): NameAddr | undefined {
  const uri = parseUri(uriText);
  const parameters = parseParameters(parameterText);
  if (!uri || !parameters) return undefined;
  return { displayName: displayName === '' ? undefined : displayName, uri, uriText, parameters };
}

/** The grammar wants tokens; phones send any letters. What is refused would make the end of the name unclear. */
function isPlainDisplayName(display: string): boolean {
  return !/[",;:<>\\]/.test(display);
}

function formatDisplayName(displayName: string): string {
  return displayName.split(' ').every(isToken) ? displayName : quote(displayName.replace(/[\r\n]+/g, ' '));
}
