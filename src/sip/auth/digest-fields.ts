/** `Digest name=value, name="value"` of challenges and credentials (RFC 3261 §20.7, §20.44). */
import { isToken, splitTopLevel, unquote } from '../message/tokens.js';

/** Fields by lower-case name, without quotes. */
export type DigestFields = ReadonlyMap<string, string>;

/** Parses the value of an Authorization or WWW-Authenticate header. Undefined for any other scheme and for whatever is malformed. */
export function parseDigestFields(value: string | undefined): DigestFields | undefined {
  const match = /^\s*digest[ \t]+(?=\S)/i.exec(value ?? '');
  if (!match) return undefined;
  const fields = new Map<string, string>();
  for (const piece of splitTopLevel((value ?? '').slice(match[0].length), ',')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(0, equals)).trimEnd().toLowerCase();
    if (!isToken(name) || fields.has(name)) return undefined;
    fields.set(name, unquote(piece.slice(equals + 1).trimStart()));
  }
  return fields;
}
