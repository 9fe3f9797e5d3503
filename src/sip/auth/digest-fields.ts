/** `Digest name=value, name="value"` of challenges and credentials (RFC 3261 §20.7, §20.44). */
import { isToken, splitTopLevel, unquote } from '../message/tokens.js';

/** Fields by lower-case name, without quotes. */
export type DigestFields = ReadonlyMap<string, string>;

/**
 * Each challenge of WWW-Authenticate values. They come one per field (RFC 3261 §7.3.1 has no lists of them), but some elements
 * join them with commas; a challenge begins with a scheme: a word before a name, or alone.
 */
export function splitChallenges(values: readonly string[]): string[] {
  const challenges: string[] = [];
  for (const piece of values.flatMap((value) => splitTopLevel(value, ','))) {
    const [scheme = '', name = ''] = piece.split(/[ \t]+/, 2);
    if (isToken(scheme) && !name.startsWith('=')) challenges.push(piece);
    else if (challenges.length > 0) challenges.push(`${challenges.pop() ?? ''}, ${piece}`);
  }
  return challenges;
}

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
