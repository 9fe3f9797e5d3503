/** Session keys from a master key (RFC 3711 §4.3), key derivation rate 0: derived once, never again. */
import type { SrtpKeys, SrtpSuite } from '../protocol.js';
import { type BlockCipherFactory, CounterMode } from './counter-mode.js';
import { HmacSha1 } from './hmac-sha1.js';

/** Bytes of an AES-128 master key, and of the salt that follows it (RFC 4568 §6.2). */
const masterKeyBytes = 16;
const masterSaltBytes = 14;

const authenticationKeyBytes = 20;

/** First of the three labels of §4.3.1: encryption, authentication, salt follow one another. */
const firstLabel = { rtp: 0, rtcp: 3 } as const;

/** Bytes of the tag of an RTP packet; that of RTCP always has ten (RFC 3711 §5.2, RFC 4568 §6.2). */
export const rtpTagBytes: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 10,
  AES_CM_128_HMAC_SHA1_32: 4,
};
export const rtcpTagBytes = 10;

/** What protects the packets of one kind in one direction. */
export interface SessionKeys {
  readonly cipher: CounterMode;
  readonly hmac: HmacSha1;
}

/** Derives the session keys of one kind of packet. */
export function deriveSessionKeys(keys: SrtpKeys, kind: 'rtp' | 'rtcp', aes: BlockCipherFactory): SessionKeys {
  const label = firstLabel[kind];
  const encryption = deriveKey(keys.masterKey, label, masterKeyBytes, aes);
  const authentication = deriveKey(keys.masterKey, label + 1, authenticationKeyBytes, aes);
  const salt = deriveKey(keys.masterKey, label + 2, masterSaltBytes, aes);
  return { cipher: new CounterMode(aes(encryption), salt), hmac: new HmacSha1(authentication) };
}

/**
 * One key: the keystream of the master key from `(salt XOR label · 2^48) · 2^16`.
 * @param master key and salt, 30 bytes
 * @param label  §4.3.2
 */
export function deriveKey(master: Uint8Array, label: number, bytes: number, aes: BlockCipherFactory): Uint8Array {
  const salt = master.slice(masterKeyBytes, masterKeyBytes + masterSaltBytes);
  salt[7] = (salt[7] ?? 0) ^ label;
  const key = new Uint8Array(bytes);
  new CounterMode(aes(master.slice(0, masterKeyBytes)), salt).apply(key, 0, bytes, 0, 0);
  return key;
}
