import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CodedError } from '../errors.js';

interface Entry {
  readonly fingerprint: string;
  readonly answer: Promise<unknown>;
  readonly expiresAtMs: number;
}

const maxEntries = 1_000;
const keepMs = 24 * 3_600_000;

/**
 * Runs an action once per `Idempotency-Key`: whoever repeats a request, also while the first is under way, gets the first
 * one's answer. Actions that fail had no effect and are not remembered. Bounded: the oldest key is forgotten first.
 */
export class IdempotencyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * @param action what the request asks for
   * @throws CodedError `idempotencyKeyReused` when the key belongs to another request of this caller
   */
  async run<Answer>(request: FastifyRequest, action: () => Answer | Promise<Answer>): Promise<Answer> {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return action();
    const name = `${request.caller} ${key}`;
    const fingerprint = fingerprintOf(request);
    this.#forgetExpired();
    const known = this.#entries.get(name);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw new CodedError('idempotencyKeyReused');
      // The same fingerprint means the same route, hence the same kind of answer.
      return known.answer as Promise<Answer>;
    }
    const answer = Promise.resolve().then(action);
    this.#remember(name, { fingerprint, answer, expiresAtMs: this.#nowMs() + keepMs });
    answer.catch(() => {
      if (this.#entries.get(name)?.answer === answer) this.#entries.delete(name);
    });
    return answer;
  }

  #remember(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  #forgetExpired(): void {
    for (const [name, entry] of this.#entries) {
      if (entry.expiresAtMs > this.#nowMs()) break;
      this.#entries.delete(name);
    }
  }
}

function fingerprintOf(request: FastifyRequest): string {
  const { method, url, body } = request;
  return createHash('sha256')
    .update(JSON.stringify([method, url, body ?? null]))
    .digest('hex');
}
