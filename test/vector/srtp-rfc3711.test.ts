import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nodeAes } from '../../src/media/aes-node-crypto.js';
import type { SrtpKeys } from '../../src/media/protocol.js';
import { CounterMode } from '../../src/media/srtp/counter-mode.js';
import { HmacSha1 } from '../../src/media/srtp/hmac-sha1.js';
import { deriveKey } from '../../src/media/srtp/session-keys.js';
import { sha1Finish, sha1Start } from '../../src/media/srtp/sha1.js';
import { SrtcpReceiver } from '../../src/media/srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from '../../src/media/srtp/srtp.js';
import { openRtcp, openRtp, sealRtcp, sealRtp } from '../support/reference-srtp.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** Of RFC 3711 B.3, and of the packets below. */
const master = bytes('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');
const keys: SrtpKeys = { suite: 'AES_CM_128_HMAC_SHA1_80', masterKey: master };
const reference = { master, tagBytes: 10 } as const;

describe('RFC 3711 appendix B', () => {
  it('B.2: the keystream of AES in counter mode', () => {
    const cipher = nodeAes(bytes('2B7E151628AED2A6ABF7158809CF4F3C'));
    const stream = new Uint8Array(48);
    new CounterMode(cipher, bytes('F0F1F2F3F4F5F6F7F8F9FAFBFCFD')).apply(stream, 0, 48, 0, 0);
    expect(hex(stream)).toBe(
      'e03ead0935c95e80e166b16dd92b4eb4' + 'd23513162b02d0f72a43a2fe4a5f97ab' + '41e95b3bb0a2e8dd477901e4fca894c0',
    );
  });

  it.each([
    ['encryption key', 0, 'c61e7a93744f39ee10734afe3ff7a087'],
    [
      'authentication key',
      1,
      'cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369a' +
        'c2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2',
    ],
    ['salt', 2, '30cbbc08863d8c85d49db34a9ae1'],
  ])('B.3: the %s', (_, label, expected) => {
    expect(hex(deriveKey(master, label, expected.length / 2, nodeAes))).toBe(expected);
  });
});

describe('the packets libsrtp checks itself with', () => {
  const rtp = bytes('800f1234decafbadcafebabe abababababababababababababababab');
  const srtp = bytes('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb');
  const rtcp = bytes('81c8000bcafebabe abababababababababababababababab');
  const srtcp = bytes('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798');

  it('come out when RTP is protected, and go in', () => {
    const packet = new Uint8Array(100);
    packet.set(rtp);
    expect(new SrtpSender(keys, nodeAes).protect(packet, rtp.length)).toBe(srtp.length);
    expect(hex(packet.subarray(0, srtp.length))).toBe(hex(srtp));
    expect(new SrtpReceiver(keys, nodeAes).unprotect(packet, srtp.length)).toBe(rtp.length);
    expect(hex(packet.subarray(0, rtp.length))).toBe(hex(rtp));
  });

  it('go in as RTCP', () => {
    const packet = srtcp.slice();
    expect(new SrtcpReceiver(keys, nodeAes).unprotect(packet, packet.length)).toBe(rtcp.length);
    expect(hex(packet.subarray(0, rtcp.length))).toBe(hex(rtcp));
  });

  it('are what the reference of these tests makes of them too', () => {
    expect(hex(sealRtp(reference, rtp))).toBe(hex(srtp));
    expect(hex(openRtp(reference, srtp))).toBe(hex(rtp));
    expect(hex(sealRtcp(reference, rtcp, 1))).toBe(hex(srtcp));
    expect(openRtcp(reference, srtcp)).toEqual({ compound: Buffer.from(rtcp), index: 1 });
  });
});

describe('SHA-1 and HMAC-SHA1', () => {
  it('are those of node:crypto at every length around the ends of blocks', () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 7 + length);
      const state = sha1Start();
      sha1Finish(state, message, length, 0);
      const digest = Buffer.alloc(20);
      state.forEach((word, i) => digest.writeInt32BE(word, 4 * i));
      expect(digest.toString('hex')).toBe(createHash('sha1').update(message).digest('hex'));
      const key = message.subarray(0, Math.min(length, 64));
      const expected = createHmac('sha1', key).update(message).digest('hex');
      expect(hex(new HmacSha1(key).digest(message, length))).toBe(expected);
    }
  });

  it.each([
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
  ])('FIPS 180-4: %s', (text, expected) => {
    const state = sha1Start();
    sha1Finish(state, Buffer.from(text), text.length, 0);
    expect([...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')).toBe(expected);
  });

  it('RFC 2202, case 2', () => {
    const text = Buffer.from('what do ya want for nothing?');
    const digest = new HmacSha1(Buffer.from('Jefe')).digest(text, text.length);
    expect(hex(digest)).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });
});
