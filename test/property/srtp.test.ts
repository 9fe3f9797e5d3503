import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAes } from '../../src/media/aes-node-crypto.js';
import type { SrtpKeys, SrtpSuite } from '../../src/media/protocol.js';
import { SrtpFault } from '../../src/media/srtp/fault.js';
import { replayWindowPackets } from '../../src/media/srtp/replay-window.js';
import { SrtcpReceiver, SrtcpSender } from '../../src/media/srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from '../../src/media/srtp/srtp.js';
import { openRtcp, openRtp, sealRtcp, sealRtp } from '../support/reference-srtp.js';

const suites = fc.constantFrom<SrtpSuite>('AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32');
const keysOf = fc
  .record({ suite: suites, masterKey: fc.uint8Array({ minLength: 30, maxLength: 30 }) })
  .map((keys): { keys: SrtpKeys; reference: { master: Uint8Array; tagBytes: 4 | 10 } } => ({
    keys,
    reference: { master: keys.masterKey, tagBytes: keys.suite.endsWith('80') ? 10 : 4 },
  }));

/** An RTP packet with any header there can be. */
const packets = fc
  .record({
    csrcs: fc.integer({ min: 0, max: 15 }),
    extensionWords: fc.option(fc.integer({ min: 0, max: 5 })),
    second: fc.integer({ min: 0, max: 255 }),
    sequence: fc.integer({ min: 0, max: 0xffff }),
    ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 400 }),
  })
  .map(({ csrcs, extensionWords, second, sequence, ssrc, payload }) => {
    const extension = extensionWords === null ? Buffer.alloc(0) : Buffer.alloc(4 + 4 * extensionWords, 0xbe);
    if (extensionWords !== null) extension.writeUInt16BE(extensionWords, 2);
    const head = Buffer.alloc(12 + 4 * csrcs, 0xc5);
    head[0] = 0x80 | csrcs | (extensionWords === null ? 0 : 0x10);
    head[1] = second;
    head.writeUInt16BE(sequence, 2);
    head.writeUInt32BE(ssrc, 8);
    return Buffer.concat([head, extension, payload]);
  });

const compounds = fc
  .uint8Array({ minLength: 8, maxLength: 340 })
  .map((bytes) => Buffer.from([0x80, 201, ...bytes.subarray(2)]));

/** `bytes` with room behind them. */
function roomy(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 20);
  room.set(bytes);
  return room;
}

function rtp(sequence: number): Buffer {
  const packet = Buffer.alloc(12 + 20, 0x55);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(0xcafe, 8);
  return packet;
}

describe('SRTP', () => {
  it('gives packets that the reference opens, and opens those it seals', () => {
    fc.assert(
      fc.property(keysOf, packets, ({ keys, reference }, packet) => {
        const room = roomy(packet);
        const sealed = new SrtpSender(keys, nodeAes).protect(room, packet.length);
        expect(sealed).toBe(packet.length + reference.tagBytes);
        expect(openRtp(reference, room.subarray(0, sealed))).toEqual(packet);
        const bytes = sealRtp(reference, packet);
        const length = new SrtpReceiver(keys, nodeAes).unprotect(bytes, bytes.length);
        expect(bytes.subarray(0, length)).toEqual(packet);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses every packet with a bit flipped anywhere, and then takes the right one', () => {
    fc.assert(
      fc.property(keysOf, packets, fc.nat(), ({ keys, reference }, packet, where) => {
        const receiver = new SrtpReceiver(keys, nodeAes);
        const sealed = sealRtp(reference, packet);
        const bit = where % (sealed.length * 8);
        const forged = Buffer.from(sealed);
        forged[bit >> 3]! ^= 1 << (bit & 7);
        expect(receiver.unprotect(forged, forged.length)).toBeLessThan(0);
        expect(receiver.unprotect(sealed, sealed.length)).toBe(packet.length);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a packet that is cut short or continued', () => {
    fc.assert(
      fc.property(keysOf, packets, fc.nat(), ({ keys, reference }, packet, cut) => {
        const sealed = sealRtp(reference, packet);
        const short = sealed.subarray(0, cut % sealed.length);
        const long = Buffer.concat([sealed, Buffer.from([0])]);
        const receiver = new SrtpReceiver(keys, nodeAes);
        expect(receiver.unprotect(Buffer.from(short), short.length)).toBeLessThan(0);
        expect(receiver.unprotect(long, long.length)).toBeLessThan(0);
      }),
      { numRuns: 100 },
    );
  });

  it('takes packets in any order within the window, each once', () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: replayWindowPackets }, (_, i) => i),
      { minLength: 20 },
    );
    const starts = fc.constantFrom(100, 0x8000, 0xffff, 0xff80);
    fc.assert(
      fc.property(keysOf, starts, order, ({ keys, reference }, start, numbers) => {
        const receiver = new SrtpReceiver(keys, nodeAes);
        // The first packet tells where the stream begins, so that all others are not before it.
        for (const number of [0, ...numbers.filter((n) => n > 0)]) {
          const index = start + number;
          const sealed = sealRtp(reference, rtp(index), index >> 16);
          const again = Buffer.from(sealed);
          expect(receiver.unprotect(sealed, sealed.length)).toBe(32);
          expect(receiver.unprotect(again, again.length)).toBe(SrtpFault.replay);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('follows roll-overs through any loss that leaves less than half a cycle out', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 0x7fff }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(keysOf, fc.integer({ min: 0, max: 0xffff }), steps, ({ keys, reference }, start, jumps) => {
        const sender = new SrtpSender(keys, nodeAes);
        const receiver = new SrtpReceiver(keys, nodeAes);
        let index = start;
        for (const jump of [0, ...jumps]) {
          index += jump;
          const room = roomy(rtp(index));
          const length = sender.protect(room, 32);
          const sealed = room.slice(0, length);
          expect(openRtp(reference, sealed, Math.floor(index / 65_536))).toEqual(rtp(index));
          expect(receiver.unprotect(sealed, length)).toBe(32);
        }
        expect(index).toBeGreaterThan(jumps.length - 1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('SRTCP', () => {
  it('gives compounds that the reference opens, with indices that count up, and opens those it seals', () => {
    fc.assert(
      fc.property(keysOf, fc.array(compounds, { minLength: 1, maxLength: 4 }), ({ keys, reference }, all) => {
        const sender = new SrtcpSender(keys, nodeAes);
        const receiver = new SrtcpReceiver(keys, nodeAes);
        all.forEach((compound, index) => {
          const room = roomy(compound);
          const length = sender.protect(room, compound.length);
          expect(openRtcp(reference, room.subarray(0, length))).toEqual({ compound, index });
          const bytes = sealRtcp(reference, compound, 2 ** 31 - 10 + index, index % 2 === 0);
          const again = Buffer.from(bytes);
          expect(bytes.subarray(0, receiver.unprotect(bytes, bytes.length))).toEqual(compound);
          expect(receiver.unprotect(again, again.length)).toBe(SrtpFault.replay);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('refuses every packet with a bit flipped anywhere', () => {
    fc.assert(
      fc.property(keysOf, compounds, fc.nat(), ({ keys, reference }, compound, where) => {
        const receiver = new SrtcpReceiver(keys, nodeAes);
        const sealed = sealRtcp(reference, compound, 3);
        const bit = where % (sealed.length * 8);
        const forged = Buffer.from(sealed);
        forged[bit >> 3]! ^= 1 << (bit & 7);
        expect(receiver.unprotect(forged, forged.length)).toBe(SrtpFault.authentication);
        expect(receiver.unprotect(sealed, sealed.length)).toBe(compound.length);
      }),
      { numRuns: 200 },
    );
  });
});
