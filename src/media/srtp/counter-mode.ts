/** AES in counter mode as SRTP uses it (RFC 3711 §4.1.1). */

/** Bytes of an AES block. */
const aesBlockBytes = 16;

/** AES-128 under one key. The room has no AES of its own: tables would tell a neighbour on the core about the key. */
export interface BlockCipher {
  /** Encrypts every 16 bytes of `blocks` by themselves. @returns as many bytes, only valid until the next call */
  encrypt(blocks: Uint8Array): Uint8Array;
}

/** Makes a {@link BlockCipher} of a 16 byte key. */
export type BlockCipherFactory = (key: Uint8Array) => BlockCipher;

/** Keystream for 1536 bytes, more than any datagram that is looked at. */
const maxBlocks = 96;

/**
 * Keystream of one session key and salt. The counter block of block n of a packet:
 *
 *     0               4               8                       14      16
 *    +---------------+---------------+-----------------------+-------+
 *    | salt (112 bit)                                        |  0    |
 *    +---------------+---------------+-----------------------+-------+  XOR
 *    | 0             | SSRC          | packet index (48 bit) |  n    |
 *    +---------------+---------------+-----------------------+-------+
 */
export class CounterMode {
  readonly #cipher: BlockCipher;
  readonly #salt: Uint8Array;
  readonly #counters = new Uint8Array(maxBlocks * aesBlockBytes);
  /** The first n blocks of the counters, at n. */
  readonly #views: Uint8Array[] = [];

  /** @param salt 14 bytes */
  constructor(cipher: BlockCipher, salt: Uint8Array) {
    this.#cipher = cipher;
    this.#salt = salt;
  }

  /**
   * Encrypts or decrypts `bytes[from…to)` in place; at most 1536 bytes.
   * @param index below 2^48: roll-over counter and sequence number of SRTP, the index of SRTCP
   */
  apply(bytes: Uint8Array, from: number, to: number, ssrc: number, index: number): void {
    if (to <= from) return;
    const stream = this.#cipher.encrypt(this.#countersFor(Math.ceil((to - from) / aesBlockBytes), ssrc, index));
    for (let i = from, n = 0; i < to; i++, n++) bytes[i] = (bytes[i] ?? 0) ^ (stream[n] ?? 0);
  }

  #countersFor(blocks: number, ssrc: number, index: number): Uint8Array {
    const counters = this.#counters;
    for (let i = 0; i < 14; i++) counters[i] = this.#salt[i] ?? 0;
    xorUint32(counters, 4, ssrc);
    xorUint32(counters, 8, Math.floor(index / 0x1_0000));
    counters[12] = (counters[12] ?? 0) ^ ((index >>> 8) & 0xff);
    counters[13] = (counters[13] ?? 0) ^ (index & 0xff);
    for (let n = 0; n < blocks; n++) {
      const at = n * aesBlockBytes;
      if (n > 0) counters.copyWithin(at, 0, 14);
      counters[at + 14] = n >>> 8;
      counters[at + 15] = n;
    }
    return (this.#views[blocks] ??= counters.subarray(0, blocks * aesBlockBytes));
  }
}

function xorUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = (bytes[at + i] ?? 0) ^ ((value >>> (24 - 8 * i)) & 0xff);
}
