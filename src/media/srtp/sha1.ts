/**
 * SHA-1 (FIPS 180-4 §6.1.2) from a state that is kept, as HMAC needs it. Written out here because the HMAC of
 * `node:crypto` takes half again as long for a packet and leaves garbage behind (bench/srtp.ts). Only additions,
 * rotations and logic: its time does not depend on what is hashed.
 */

/** Bytes of one block. */
export const sha1BlockBytes = 64;

/** Bytes of a digest. */
export const sha1DigestBytes = 20;

/** Five words of chaining value. */
export type Sha1State = Int32Array;

const schedule = new Int32Array(80);
const tail = new Uint8Array(2 * sha1BlockBytes);

/** The state before the first block. */
export function sha1Start(): Sha1State {
  return Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
}

/** Works the 64 bytes at `offset` into `state`. */
export function sha1Block(state: Sha1State, bytes: Uint8Array, offset: number): void {
  const w = schedule;
  for (let i = 0, at = offset; i < 16; i++, at += 4) {
    w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + 0x5a827999 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + 0x8f1bbcdc + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
}

/**
 * Finishes a message: works the first `length` bytes and the padding into `state`, which holds the digest then.
 * @param bytesBefore bytes already worked in, a multiple of 64
 */
export function sha1Finish(state: Sha1State, bytes: Uint8Array, length: number, bytesBefore: number): void {
  let at = 0;
  for (; at + sha1BlockBytes <= length; at += sha1BlockBytes) sha1Block(state, bytes, at);
  const left = length - at;
  const end = left + 9 <= sha1BlockBytes ? sha1BlockBytes : 2 * sha1BlockBytes;
  for (let i = 0; i < end; i++) tail[i] = i < left ? bytes[at + i]! : 0;
  tail[left] = 0x80;
  const bits = (bytesBefore + length) * 8;
  for (let i = 1, rest = bits; i <= 6; i++, rest = Math.floor(rest / 256)) tail[end - i] = rest % 256;
  for (let block = 0; block < end; block += sha1BlockBytes) sha1Block(state, tail, block);
}
