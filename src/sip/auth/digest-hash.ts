/** The digest itself (RFC 7616 §3.4, RFC 8760 for SIP). */
import { createHash } from 'node:crypto';

/** Algorithms we know; the `-sess` variants are not among them. */
export type DigestAlgorithm = 'SHA-512-256' | 'SHA-256' | 'MD5';

/** What node:crypto calls them. */
const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};

/** Everything the digest is computed over. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** Absent for a peer that knows only RFC 2069. */
  readonly protection?: { readonly qop: 'auth'; readonly nc: string; readonly cnonce: string };
}

/** The `response` value: lower-case hex. */
export function digestResponse(input: DigestInput): string {
  const hash = (text: string) => createHash(hashNames[input.algorithm]).update(text, 'utf8').digest('hex');
  const secret = hash(`${input.username}:${input.realm}:${input.password}`);
  const subject = hash(`${input.method}:${input.uri}`);
  const { protection } = input;
  const middle = protection ? `:${protection.nc}:${protection.cnonce}:${protection.qop}` : '';
  return hash(`${secret}:${input.nonce}${middle}:${subject}`);
}

/** The algorithm a field names, `MD5` when it names none; undefined when it is one we do not know. */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const upper = (name ?? 'MD5').toUpperCase();
  return upper in hashNames ? (upper as DigestAlgorithm) : undefined;
}
