/**
 * Answers to digest challenges (RFC 7616, RFC 8760): MD5, SHA-256 and SHA-512-256, `qop=auth` or none. srf's own client
 * knows MD5 only, mixes up two challenges in one response, and leaks a map entry per challenge it is told not to answer.
 */
import { createHash } from 'node:crypto';
import type { OutboundCallRequest } from '../gateway.js';
import { splitUnquoted } from './reasons.js';

type Credentials = NonNullable<OutboundCallRequest['credentials']>;

/** One challenge of a 401 or 407. Parameter names are in lower case, values without quotes. */
interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: string;
  readonly qop: boolean;
  readonly opaque: string | undefined;
}

const hashes: Readonly<Record<string, string>> = {
  md5: 'md5',
  'sha-256': 'sha256',
  'sha-512-256': 'sha512-256',
};

/** What a request is authorised for. */
export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  /** Fresh for every call; the caller's randomness. */
  readonly cnonce: string;
}

/**
 * Value of Authorization or Proxy-Authorization, or undefined when no challenge is for us: of another realm than the
 * credentials' (SAFETY S7), malformed, or of an algorithm we do not know. The first that fits counts (RFC 8760 §2.3).
 *
 * @param header the WWW-Authenticate or Proxy-Authenticate value, several joined with commas
 */
export function authorize(
  header: string | undefined,
  credentials: Credentials,
  request: DigestRequest,
): string | undefined {
  const challenge = parseChallenges(header ?? '').find(
    ({ realm, algorithm }) => algorithm in hashes && (credentials.realm ?? realm) === realm,
  );
  if (challenge === undefined) return undefined;
  const { realm, nonce, algorithm, qop, opaque } = challenge;
  const hash = (text: string): string =>
    createHash(hashes[algorithm] ?? 'md5')
      .update(text)
      .digest('hex');
  const secret = hash(`${credentials.username}:${realm}:${credentials.password}`);
  const target = hash(`${request.method}:${request.uri}`);
  const middle = qop ? `${nonce}:00000001:${request.cnonce}:auth` : nonce;
  const fields = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${hash(`${secret}:${middle}:${target}`)}"`,
    `algorithm=${algorithm.toUpperCase()}`,
    ...(qop ? ['qop=auth', 'nc=00000001', `cnonce=${quote(request.cnonce)}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}

function parseChallenges(header: string): Challenge[] {
  const found: Map<string, string>[] = [];
  for (const part of splitUnquoted(header, ',')) {
    const [, scheme, name = '', value = ''] = /^\s*(?:([\w-]+)\s+)?([\w-]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    // another scheme's parameters are collected, too, and dropped below for want of a nonce or realm of its own
    if (scheme !== undefined) found.push(new Map([['scheme', scheme.toLowerCase()]]));
    found.at(-1)?.set(name.toLowerCase(), value.replace(/^"|"$/g, '').replace(/\\(.)/gs, '$1'));
  }
  return found.flatMap(toChallenge);
}

function toChallenge(parameters: Map<string, string>): Challenge[] {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  if (parameters.get('scheme') !== 'digest' || realm === undefined || nonce === undefined) return [];
  const offered = parameters.get('qop')?.toLowerCase().split(',');
  const qop = offered?.some((one) => one.trim() === 'auth') ?? false;
  if (offered !== undefined && !qop) return [];
  const algorithm = (parameters.get('algorithm') ?? 'MD5').toLowerCase();
  return [{ realm, nonce, algorithm, qop, opaque: parameters.get('opaque') }];
}

function quote(text: string): string {
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}
