/** What a request of ours says about who we are, over all its tries. */
import { randomBytes } from 'node:crypto';
import type { SipRequest, SipResponse } from '../message/message.js';
import { DigestClient, type DigestClientOptions } from './digest-client.js';

/** A name and a password, and whom they are for. */
export type Account = Omit<DigestClientOptions, 'newClientNonce'>;

/** The credentials gathered for one request. */
export class Credentials {
  readonly #client: DigestClient | undefined;
  readonly #headers: Record<string, string> = {};

  /** @param account undefined = no challenge is answered: who called us gets no password (SAFETY S7) */
  constructor(account: Account | undefined) {
    this.#client = account && new DigestClient({ ...account, newClientNonce: () => randomBytes(12).toString('hex') });
  }

  /** True when `response` is a challenge that could be answered: try once more, with {@link Credentials.headers}. */
  take(response: SipResponse, { method, uri }: Pick<SipRequest, 'method' | 'uri'>): boolean {
    const answer = this.#client?.answer(response, method, uri);
    if (answer === undefined) return false;
    this.#headers[answer.name] = answer.value;
    return true;
  }

  /** Authorization and Proxy-Authorization as far as they were asked for. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }
}
