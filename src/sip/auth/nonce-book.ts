/**
 * Nonces without a table of them: time, a running number, and an HMAC over both and the realm. Only nonces somebody has proved to
 * know the password with are remembered, to see a nonce count twice.
 *
 *     nonce = base64url( issuedMs:48 | number:32 | HMAC-SHA-256(key, issuedMs | number | realm) first 128 bits )
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What is wrong with a nonce: not ours, too old, or its count was used before. */
export type NonceFault = 'forged' | 'expired' | 'replayed';

const stampBytes = 10;
const macBytes = 16;
const maxRemembered = 10_000;

export class NonceBook {
  /** Highest nonce count seen, by nonce, in order of first use; an entry may go when its nonce has expired. */
  readonly #counts = new Map<string, number>();
  #number = 0;

  /**
   * @param key   secret of this process, ≥ 16 random bytes
   * @param ttlMs how long a nonce may be used for
   */
  constructor(
    private readonly key: Buffer,
    private readonly ttlMs: number,
  ) {}

  /** A new nonce. */
  issue(realm: string, nowMs: number): string {
    const stamp = Buffer.alloc(stampBytes);
    stamp.writeUIntBE(Math.floor(nowMs), 0, 6);
    stamp.writeUInt32BE(this.#number, 6);
    this.#number = (this.#number + 1) >>> 0;
    return Buffer.concat([stamp, this.#mac(stamp, realm)]).toString('base64url');
  }

  /** Checks a nonce and notes its count as used; call it only for a request whose digest is right. */
  use(nonce: string, count: number, realm: string, nowMs: number): NonceFault | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== stampBytes + macBytes || bytes.toString('base64url') !== nonce) return 'forged';
    const stamp = bytes.subarray(0, stampBytes);
    if (!timingSafeEqual(bytes.subarray(stampBytes), this.#mac(stamp, realm))) return 'forged';
    if (nowMs - stamp.readUIntBE(0, 6) > this.ttlMs) return 'expired';
    if (count <= (this.#counts.get(nonce) ?? 0)) return 'replayed';
    this.#counts.set(nonce, count);
    this.#forgetExpired(nowMs);
    return undefined;
  }

  #mac(stamp: Buffer, realm: string): Buffer {
    return createHmac('sha256', this.key).update(stamp).update(realm, 'utf8').digest().subarray(0, macBytes);
  }

  /** First used is not first issued, but within one time to live of it: the front of the map is old enough. */
  #forgetExpired(nowMs: number): void {
    for (const nonce of this.#counts.keys()) {
      const issuedMs = Buffer.from(nonce, 'base64url').readUIntBE(0, 6);
      if (nowMs - issuedMs <= this.ttlMs && this.#counts.size <= maxRemembered) return;
      this.#counts.delete(nonce);
    }
  }
}
