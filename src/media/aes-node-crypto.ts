/** AES-128 by `node:crypto`. */
import { createCipheriv } from 'node:crypto';
import type { BlockCipher } from './srtp/counter-mode.js';

/**
 * One cipher per key for its whole life, in ECB mode: making a counter mode cipher for every packet costs five times as
 * much as the encryption of it (bench/srtp.ts).
 */
export function nodeAes(key: Uint8Array): BlockCipher {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return { encrypt: (blocks) => cipher.update(blocks) };
}
