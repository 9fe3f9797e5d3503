/** HMAC-SHA1 (RFC 2104, RFC 3711 §4.2.1) under one key, any number of messages, without allocation. */
import { sha1Block, sha1BlockBytes, sha1DigestBytes, sha1Finish, sha1Start } from './sha1.js';

/** One key's HMAC. */
export class HmacSha1 {
  readonly #inner = sha1Start();
  readonly #outer = sha1Start();
  readonly #state = sha1Start();
  readonly #digest = new Uint8Array(sha1DigestBytes);

  /** @param key at most 64 bytes; SRTP's has 20 */
  constructor(key: Uint8Array) {
    const block = new Uint8Array(sha1BlockBytes);
    block.set(key);
    for (let i = 0; i < sha1BlockBytes; i++) block[i] = (block[i] ?? 0) ^ 0x36;
    sha1Block(this.#inner, block, 0);
    for (let i = 0; i < sha1BlockBytes; i++) block[i] = (block[i] ?? 0) ^ 0x36 ^ 0x5c;
    sha1Block(this.#outer, block, 0);
  }

  /** The 20 bytes that authenticate the first `length` bytes; valid until the next call. */
  digest(bytes: Uint8Array, length: number): Uint8Array {
    this.#state.set(this.#inner);
    sha1Finish(this.#state, bytes, length, sha1BlockBytes);
    this.#store();
    this.#state.set(this.#outer);
    sha1Finish(this.#state, this.#digest, sha1DigestBytes, sha1BlockBytes);
    this.#store();
    return this.#digest;
  }

  #store(): void {
    for (let i = 0; i < sha1DigestBytes; i++) this.#digest[i] = (this.#state[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
  }
}
