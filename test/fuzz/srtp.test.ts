import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAes } from '../../src/media/aes-node-crypto.js';
import type { SrtpKeys } from '../../src/media/protocol.js';
import { SrtcpReceiver, SrtcpSender } from '../../src/media/srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from '../../src/media/srtp/srtp.js';
import { parseCrypto, printKey } from '../../src/sip/sdp/crypto.js';
import { sealRtp } from '../support/reference-srtp.js';

const keys: SrtpKeys = { suite: 'AES_CM_128_HMAC_SHA1_32', masterKey: new Uint8Array(30).fill(7) };
const good = Buffer.from([0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4]);

describe('hostile datagrams', () => {
  it('are refused by SRTP and SRTCP without an exception, and the next good packet is taken', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    const rtcp = new SrtcpReceiver(keys, nodeAes);
    const datagrams = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 2000, size: 'max' }),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.from([0x90, 0, ...bytes])),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from([0x9f, 0, ...good.subarray(2, 12), ...bytes])),
    );
    fc.assert(
      fc.property(datagrams, (bytes) => {
        expect(receiver.unprotect(bytes.slice(), bytes.length)).toBeLessThan(0);
        expect(rtcp.unprotect(bytes.slice(), bytes.length)).toBeLessThan(0);
      }),
      { numRuns: 2000 },
    );
    const sealed = sealRtp({ master: keys.masterKey, tagBytes: 4 }, good);
    expect(receiver.unprotect(sealed, sealed.length)).toBe(good.length);
  });

  it('of any length claimed are not read beyond their end', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    const rtcp = new SrtcpReceiver(keys, nodeAes);
    for (let length = -5; length < 60; length++) {
      expect(receiver.unprotect(good.subarray(), length)).toBeLessThan(0);
      expect(rtcp.unprotect(good.subarray(), length)).toBeLessThan(0);
    }
  });

  it('cannot be made by protecting what is no packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 80 }), (bytes, length) => {
        const sealed = new SrtpSender(keys, nodeAes).protect(bytes.slice(), length);
        expect(sealed === length + 4 || sealed < 0).toBe(true);
        expect(sealed).toBeLessThanOrEqual(bytes.length);
        expect(new SrtcpSender(keys, nodeAes).protect(bytes.slice(), length)).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('hostile a=crypto values', () => {
  const key = printKey(keys);
  const parts = fc.constantFrom(
    '1',
    '0',
    '-1',
    '9'.repeat(30),
    'AES_CM_128_HMAC_SHA1_80',
    'AES_CM_128_HMAC_SHA1_32',
    'F8_128_HMAC_SHA1_80',
    '__proto__',
    key,
    `${key}|2^20`,
    `${key}|2^99`,
    `${key}|2^20|1:4`,
    `${key};${key}`,
    'inline:',
    'KDR=1',
    'WSH=64',
    '-X',
    '',
  );

  it('give a key of 30 bytes or nothing', () => {
    const values = fc.oneof(
      fc.array(parts, { maxLength: 6 }).map((words) => words.join(' ')),
      fc.string({ maxLength: 600 }),
      fc.tuple(fc.string({ maxLength: 60 }), fc.nat(60)).map(([text, at]) => {
        const line = `1 AES_CM_128_HMAC_SHA1_80 ${key}`;
        return line.slice(0, at) + text + line.slice(at);
      }),
    );
    fc.assert(
      fc.property(values, (value) => {
        const crypto = parseCrypto(value);
        if (crypto === undefined) return;
        expect(crypto.keys.masterKey).toHaveLength(30);
        expect(crypto.tag).toBeGreaterThanOrEqual(0);
        expect(crypto.tag).toBeLessThan(1e9);
      }),
      { numRuns: 3000 },
    );
  });
});
