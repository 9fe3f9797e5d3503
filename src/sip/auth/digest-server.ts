/** Asking for, and checking, digest credentials (RFC 7616, RFC 8760, RFC 3261 §22; SAFETY S7). */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { DigestCredentials } from '../trunk.js';
import { quote } from '../message/tokens.js';
import { parseDigestFields, type DigestFields } from './digest-fields.js';
import { digestAlgorithm, digestResponse, type DigestAlgorithm } from './digest-hash.js';
import { NonceBook } from './nonce-book.js';

/** Outcome of a check; `stale` tells the client to try again with the same password and the new nonce. */
export type DigestVerdict =
  | { readonly ok: true; readonly username: string }
  | { readonly ok: false; readonly stale: boolean; readonly reason: 'missing' | 'malformed' | 'wrong' | 'stale' };

/** What to build a server from. */
export interface DigestServerOptions {
  /** Secret for nonces, ≥ 16 random bytes; one of this server's own unless given. */
  readonly nonceKey?: Buffer;
  readonly nonceTtlMs?: number;
  readonly now: () => number;
}

const defaultTtlMs = 30_000;
/** Stronger first: clients take the first they can (RFC 8760 §2.4). */
const offered: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];

export class DigestServer {
  readonly #nonces: NonceBook;
  readonly #now: () => number;

  constructor(options: DigestServerOptions) {
    this.#nonces = new NonceBook(options.nonceKey ?? randomBytes(32), options.nonceTtlMs ?? defaultTtlMs);
    this.#now = options.now;
  }

  /** The WWW-Authenticate values of a 401, one per algorithm. */
  challenge(realm: string, stale = false): string[] {
    const nonce = this.#nonces.issue(realm, this.#now());
    const suffix = stale ? ', stale=true' : '';
    return offered.map(
      (algorithm) => `Digest realm=${quote(realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${suffix}`,
    );
  }

  /**
   * Checks the Authorization values of a request. Unknown users cost the same time as known ones and get the same verdict. The
   * `uri` field is taken as the client wrote it, since proxies rewrite Request-URIs on the way.
   */
  verify(
    authorizations: readonly string[],
    method: string,
    realm: string,
    users: readonly DigestCredentials[],
  ): DigestVerdict {
    if (authorizations.length === 0) return refused('missing');
    const fields = authorizations.map(parseDigestFields).find((parsed) => parsed?.get('realm') === realm);
    const claim = fields && readClaim(fields);
    if (!claim) return refused('malformed');

    const user = users.find(({ username }) => username === claim.username);
    const expected = digestResponse({ ...claim, method, realm, password: user?.password ?? '' });
    if (!equalInConstantTime(expected, claim.response) || !user) return refused('wrong');
    const fault = this.#nonces.use(claim.nonce, claim.count, realm, this.#now());
    return fault ? refused('stale') : { ok: true, username: user.username };
  }
}

interface Claim {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly uri: string;
  readonly nonce: string;
  readonly count: number;
  readonly response: string;
  readonly protection: { readonly qop: 'auth'; readonly nc: string; readonly cnonce: string };
}

function readClaim(fields: DigestFields): Claim | undefined {
  const algorithm = digestAlgorithm(fields.get('algorithm'));
  const username = fields.get('username');
  const uri = fields.get('uri');
  const nonce = fields.get('nonce');
  const response = fields.get('response');
  const nc = fields.get('nc');
  const cnonce = fields.get('cnonce');
  const count = nc?.length === 8 ? hexNumber(nc) : undefined;
  if (
    !algorithm ||
    !offered.includes(algorithm) ||
    !count ||
    nc === undefined ||
    cnonce === undefined ||
    fields.get('qop')?.toLowerCase() !== 'auth'
  )
    return undefined;
  if (username === undefined || uri === undefined || nonce === undefined || response === undefined) return undefined;
  return {
    algorithm,
    username,
    uri,
    nonce,
    count,
    response: response.toLowerCase(),
    protection: { qop: 'auth', nc, cnonce },
  };
}

function hexNumber(text: string): number | undefined {
  return /^[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

function equalInConstantTime(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

function refused(reason: 'missing' | 'malformed' | 'wrong' | 'stale'): DigestVerdict {
  return { ok: false, stale: reason === 'stale', reason };
}
