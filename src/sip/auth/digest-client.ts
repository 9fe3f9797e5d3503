/** Answering a 401 or 407 to a request of ours (RFC 3261 §22.2, RFC 8760; SAFETY S7). */
import type { SipResponse } from '../message/message.js';
import { quote } from '../message/tokens.js';
import { parseDigestFields, splitChallenges, type DigestFields } from './digest-fields.js';
import { digestAlgorithm, digestResponse, type DigestAlgorithm } from './digest-hash.js';

/** What we may answer with, and whom. */
export interface DigestClientOptions {
  readonly username: string;
  readonly password: string;
  /** The only realm that is answered; undefined = whatever realm the configured peer names. */
  readonly realm?: string | undefined;
  /** Fresh unguessable text for every answer. */
  readonly newClientNonce: () => string;
}

/** A header field to add to the next try. */
export interface DigestAnswer {
  readonly name: 'Authorization' | 'Proxy-Authorization';
  readonly value: string;
}

interface Challenge {
  readonly fields: DigestFields;
  readonly algorithm: DigestAlgorithm;
}

const maxAnswers = 2;

/** Answers the challenges to one request and its tries. Make a new one for every request, and none for requests of a peer's dialog. */
export class DigestClient {
  readonly #options: DigestClientOptions;
  readonly #answeredStatuses = new Set<number>();
  #answers = 0;

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /**
   * The answer to a challenge, or undefined when there is none: another realm, an algorithm or qop we do not have, a password
   * that was refused already, or two tries made. `uri` is the Request-URI of the next try.
   */
  answer(response: SipResponse, method: string, uri: string): DigestAnswer | undefined {
    if ((response.status !== 401 && response.status !== 407) || this.#answers >= maxAnswers) return undefined;
    const proxy = response.status === 407;
    const challenge = this.#choose(response.headers.getAll(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'));
    if (!challenge) return undefined;
    const stale = challenge.fields.get('stale')?.toLowerCase() === 'true';
    if (this.#answeredStatuses.has(response.status) && !stale) return undefined;

    this.#answers++;
    this.#answeredStatuses.add(response.status);
    return { name: proxy ? 'Proxy-Authorization' : 'Authorization', value: this.#credentials(challenge, method, uri) };
  }

  /** The first challenge we can answer by something better than MD5, else the first that we can answer. */
  #choose(values: readonly string[]): Challenge | undefined {
    const challenges = splitChallenges(values).flatMap((value): Challenge[] => {
      const fields = parseDigestFields(value);
      const algorithm = digestAlgorithm(fields?.get('algorithm'));
      return fields && algorithm && this.#answerable(fields) ? [{ fields, algorithm }] : [];
    });
    return challenges.find(({ algorithm }) => algorithm !== 'MD5') ?? challenges[0];
  }

  #answerable(fields: DigestFields): boolean {
    const realm = fields.get('realm');
    if (realm === undefined || (this.#options.realm !== undefined && realm !== this.#options.realm)) return false;
    return fields.has('nonce') && (!fields.has('qop') || offersAuth(fields));
  }

  #credentials({ fields, algorithm }: Challenge, method: string, uri: string): string {
    const { username, password, newClientNonce } = this.#options;
    const realm = fields.get('realm') ?? '';
    const nonce = fields.get('nonce') ?? '';
    const protection = offersAuth(fields)
      ? ({ qop: 'auth', nc: '00000001', cnonce: newClientNonce() } as const)
      : undefined;
    const response = digestResponse({
      algorithm,
      username,
      realm,
      password,
      method,
      uri,
      nonce,
      ...(protection && { protection }),
    });
    const opaque = fields.get('opaque');
    return [
      `Digest username=${quote(username)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(uri)}`,
      `response="${response}"`,
      `algorithm=${algorithm}`,
      ...(protection ? [`qop=auth`, `nc=${protection.nc}`, `cnonce=${quote(protection.cnonce)}`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ].join(', ');
  }
}

function offersAuth(fields: DigestFields): boolean {
  return (fields.get('qop') ?? '')
    .toLowerCase()
    .split(',')
    .some((option) => option.trim() === 'auth');
}
