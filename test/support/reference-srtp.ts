/**
 * SRTP once more, straight from RFC 3711 with the counter mode and HMAC of `node:crypto`: what the server's packets are
 * judged by, and what peers of tests speak. Shares no code with the server; the caller says the roll-over counter.
 */
import { createCipheriv, createHmac } from 'node:crypto';

/** Master key and salt, 30 bytes, and the length of RTP's tag. */
export interface ReferenceKeys {
  readonly master: Uint8Array;
  readonly tagBytes: 4 | 10;
}

/** `bytes` XOR keystream; `xors` go into the counter block: value (bigint) shifted left by so many bits. */
function counterMode(key: Buffer, salt: Buffer, xors: readonly (readonly [bigint, bigint])[], bytes: Buffer): Buffer {
  let block = BigInt(`0x${salt.toString('hex')}`) << 16n;
  for (const [value, shift] of xors) block ^= value << shift;
  const iv = Buffer.from(block.toString(16).padStart(32, '0'), 'hex');
  return createCipheriv('aes-128-ctr', key, iv).update(bytes);
}

function derive(master: Uint8Array, label: number, length: number): Buffer {
  const key = Buffer.from(master.subarray(0, 16));
  const salt = Buffer.from(master.subarray(16, 30));
  return counterMode(key, salt, [[BigInt(label) << 48n, 16n]], Buffer.alloc(length));
}

function headerLength(packet: Buffer): number {
  const fixed = 12 + 4 * (packet[0]! & 15);
  return (packet[0]! & 16) === 0 ? fixed : fixed + 4 + 4 * packet.readUInt16BE(fixed + 2);
}

function rtpKeystream({ master }: ReferenceKeys, packet: Buffer, rollOver: number, bytes: Buffer): Buffer {
  const index = BigInt(rollOver) * 65_536n + BigInt(packet.readUInt16BE(2));
  const ssrc = BigInt(packet.readUInt32BE(8));
  return counterMode(
    derive(master, 0, 16),
    derive(master, 2, 14),
    [
      [ssrc, 64n],
      [index, 16n],
    ],
    bytes,
  );
}

function rtpTag(keys: ReferenceKeys, sealed: Buffer, rollOver: number): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(rollOver);
  const mac = createHmac('sha1', derive(keys.master, 1, 20))
    .update(sealed)
    .update(counter)
    .digest();
  return mac.subarray(0, keys.tagBytes);
}

/** The SRTP packet of an RTP packet. */
export function sealRtp(keys: ReferenceKeys, packet: Uint8Array, rollOver = 0): Buffer {
  const bytes = Buffer.from(packet);
  const at = headerLength(bytes);
  const sealed = Buffer.concat([bytes.subarray(0, at), rtpKeystream(keys, bytes, rollOver, bytes.subarray(at))]);
  return Buffer.concat([sealed, rtpTag(keys, sealed, rollOver)]);
}

/** The RTP packet of an SRTP packet. @throws Error when it is not authentic */
export function openRtp(keys: ReferenceKeys, datagram: Uint8Array, rollOver = 0): Buffer {
  const bytes = Buffer.from(datagram);
  const sealed = bytes.subarray(0, bytes.length - keys.tagBytes);
  if (!rtpTag(keys, sealed, rollOver).equals(bytes.subarray(sealed.length))) throw new Error('SRTP: wrong tag');
  const at = headerLength(sealed);
  return Buffer.concat([sealed.subarray(0, at), rtpKeystream(keys, sealed, rollOver, sealed.subarray(at))]);
}

function rtcpKeystream({ master }: ReferenceKeys, packet: Buffer, index: number, bytes: Buffer): Buffer {
  const ssrc = BigInt(packet.readUInt32BE(4));
  return counterMode(
    derive(master, 3, 16),
    derive(master, 5, 14),
    [
      [ssrc, 64n],
      [BigInt(index), 16n],
    ],
    bytes,
  );
}

function rtcpTag({ master }: ReferenceKeys, authenticated: Buffer): Buffer {
  return createHmac('sha1', derive(master, 4, 20))
    .update(authenticated)
    .digest()
    .subarray(0, 10);
}

/** The SRTCP packet of a compound. */
export function sealRtcp(keys: ReferenceKeys, compound: Uint8Array, index: number, encrypted = true): Buffer {
  const bytes = Buffer.from(compound);
  const rest = bytes.subarray(8);
  const trailer = Buffer.alloc(4);
  trailer.writeUInt32BE(index + (encrypted ? 2 ** 31 : 0));
  const body = encrypted ? rtcpKeystream(keys, bytes, index, rest) : rest;
  const authenticated = Buffer.concat([bytes.subarray(0, 8), body, trailer]);
  return Buffer.concat([authenticated, rtcpTag(keys, authenticated)]);
}

/** The compound of an SRTCP packet, and its index. @throws Error when it is not authentic */
export function openRtcp(keys: ReferenceKeys, datagram: Uint8Array): { compound: Buffer; index: number } {
  const bytes = Buffer.from(datagram);
  const authenticated = bytes.subarray(0, bytes.length - 10);
  if (!rtcpTag(keys, authenticated).equals(bytes.subarray(-10))) throw new Error('SRTCP: wrong tag');
  const word = authenticated.readUInt32BE(authenticated.length - 4);
  if (word < 2 ** 31) throw new Error('SRTCP: not encrypted');
  const index = word - 2 ** 31;
  const body = rtcpKeystream(keys, bytes, index, authenticated.subarray(8, -4));
  return { compound: Buffer.concat([bytes.subarray(0, 8), body]), index };
}
