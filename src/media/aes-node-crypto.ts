/** AES-128 by `node:crypto`. */
import { createCipheriv } from 'node:crypto';
import type { BlockCipher } from './srtp/counter-mode.js';

/**
 * One cipher per key for its whole life, in ECB mode: making a counter mode cipher for every packet costs twice as
 * much (bench/srtp.ts). What it returns is the one allocation per packet that SRTP makes.
 */
export function nodeAes(key: Uint8Array): BlockCipher {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return { encrypt: (blocks) => cipher.update(blocks) };
}
