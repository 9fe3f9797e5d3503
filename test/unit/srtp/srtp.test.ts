import { describe, expect, it } from 'vitest';
import { nodeAes } from '../../../src/media/aes-node-crypto.js';
import type { SrtpKeys } from '../../../src/media/protocol.js';
import { maxStreams, SrtpFault } from '../../../src/media/srtp/fault.js';
import { ReplayWindow, replayWindowPackets } from '../../../src/media/srtp/replay-window.js';
import { SrtcpReceiver } from '../../../src/media/srtp/srtcp.js';
import { SrtpReceiver, SrtpSender } from '../../../src/media/srtp/srtp.js';
import { isSameTag } from '../../../src/media/srtp/tag.js';
import { sealRtcp, sealRtp } from '../../support/reference-srtp.js';

const master = Uint8Array.from({ length: 30 }, (_, i) => i * 3);
const keys: SrtpKeys = { suite: 'AES_CM_128_HMAC_SHA1_80', masterKey: master };
const reference = { master, tagBytes: 10 } as const;

function rtp(sequence: number, ssrc = 1): Buffer {
  const packet = Buffer.alloc(12 + 160, 0x2a);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

/** Takes the packet of the reference. */
function take(receiver: SrtpReceiver, sequence: number, rollOver = 0, ssrc = 1): number {
  const sealed = sealRtp(reference, rtp(sequence, ssrc), rollOver);
  return receiver.unprotect(sealed, sealed.length);
}

function protect(sender: SrtpSender, sequence: number, ssrc = 1): number {
  const room = new Uint8Array(200);
  room.set(rtp(sequence, ssrc));
  return sender.protect(room, 172);
}

describe('receiving SRTP', () => {
  it('hides the payload from who has another key', () => {
    const sealed = sealRtp(reference, rtp(1));
    expect(sealed.subarray(12, 172).equals(rtp(1).subarray(12))).toBe(false);
    const other = new SrtpReceiver({ ...keys, masterKey: master.map((byte) => byte ^ 1) }, nodeAes);
    expect(other.unprotect(sealed, sealed.length)).toBe(SrtpFault.authentication);
  });

  it('does not decrypt what is not authentic', () => {
    const sealed = sealRtp(reference, rtp(1));
    sealed[20]! ^= 1;
    const before = Buffer.from(sealed.subarray(0, 172));
    expect(new SrtpReceiver(keys, nodeAes).unprotect(sealed, sealed.length)).toBe(SrtpFault.authentication);
    expect(sealed.subarray(0, 172)).toEqual(before);
  });

  it('refuses plain RTP', () => {
    const plain = rtp(1);
    expect(new SrtpReceiver(keys, nodeAes).unprotect(plain, plain.length)).toBe(SrtpFault.authentication);
  });

  it('refuses what is older than the window', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    expect(take(receiver, 1000)).toBe(172);
    expect(take(receiver, 1000 + replayWindowPackets)).toBe(172);
    expect(take(receiver, 1001)).toBe(172);
    expect(take(receiver, 1000)).toBe(SrtpFault.replay);
    expect(take(receiver, 999)).toBe(SrtpFault.replay);
  });

  it('takes what was late at a roll-over', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    expect(take(receiver, 65_534)).toBe(172);
    expect(take(receiver, 1, 1)).toBe(172);
    expect(take(receiver, 65_535, 0)).toBe(172);
    expect(take(receiver, 0, 1)).toBe(172);
    expect(take(receiver, 65_535, 0)).toBe(SrtpFault.replay);
  });

  it('finds a stream whose packets before the first roll-over were all lost, but not before the second', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    expect(take(receiver, 3, 2)).toBe(SrtpFault.authentication);
    expect(take(receiver, 3, 1)).toBe(172);
    expect(take(receiver, 4, 1)).toBe(172);
    expect(take(receiver, 4, 0)).toBe(SrtpFault.replay);
  });

  it('is not led astray by forged packets far ahead', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    expect(take(receiver, 100)).toBe(172);
    for (let sequence = 101; sequence < 60_000; sequence += 5000) {
      const forged = sealRtp({ ...reference, master: new Uint8Array(30) }, rtp(sequence));
      expect(receiver.unprotect(forged, forged.length)).toBeLessThan(0);
    }
    expect(take(receiver, 101)).toBe(172);
  });

  it('keeps streams of one key apart, and bounds their number', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    for (let ssrc = 1; ssrc <= maxStreams; ssrc++) expect(take(receiver, 7, 0, ssrc)).toBe(172);
    expect(take(receiver, 7, 0, 1)).toBe(SrtpFault.replay);
    expect(take(receiver, 8, 0, maxStreams)).toBe(172);
    expect(take(receiver, 7, 0, maxStreams + 1)).toBe(SrtpFault.tooManyStreams);
  });

  it('does not count forged SSRCs as streams', () => {
    const receiver = new SrtpReceiver(keys, nodeAes);
    for (let ssrc = 100; ssrc < 100 + 2 * maxStreams; ssrc++) {
      const forged = sealRtp({ ...reference, master: new Uint8Array(30) }, rtp(1, ssrc));
      expect(receiver.unprotect(forged, forged.length)).toBe(SrtpFault.authentication);
    }
    expect(take(receiver, 1)).toBe(172);
  });

  it('has a tag of four bytes in the short suite', () => {
    const sealed = sealRtp({ master, tagBytes: 4 }, rtp(1));
    expect(sealed).toHaveLength(176);
    const receiver = new SrtpReceiver({ ...keys, suite: 'AES_CM_128_HMAC_SHA1_32' }, nodeAes);
    expect(receiver.unprotect(sealed, sealed.length)).toBe(172);
  });
});

describe('sending SRTP', () => {
  it('never uses a keystream twice', () => {
    const sender = new SrtpSender(keys, nodeAes);
    expect(protect(sender, 5)).toBe(182);
    expect(protect(sender, 5)).toBe(SrtpFault.exhausted);
    expect(protect(sender, 4)).toBe(SrtpFault.exhausted);
    expect(protect(sender, 5, 2)).toBe(182);
    expect(protect(sender, 6)).toBe(182);
  });

  it('refuses a packet that leaves no room for the tag', () => {
    const sender = new SrtpSender(keys, nodeAes);
    expect(sender.protect(new Uint8Array(rtp(1)), 172)).toBe(SrtpFault.malformed);
    const long = new Uint8Array(2000);
    long.set(rtp(1));
    expect(sender.protect(long, 1491)).toBe(SrtpFault.malformed);
    expect(sender.protect(long, 1490)).toBe(1500);
  });
});

describe('receiving SRTCP', () => {
  const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]);
  const take = (receiver: SrtcpReceiver, index: number, encrypted = true): number => {
    const sealed = sealRtcp(reference, report, index, encrypted);
    return receiver.unprotect(sealed, sealed.length);
  };

  it('takes each index once, in any order within the window', () => {
    const receiver = new SrtcpReceiver(keys, nodeAes);
    expect([5, 3, 5, 3, 4, 5 + replayWindowPackets, 5].map((index) => take(receiver, index))).toEqual([
      8,
      8,
      SrtpFault.replay,
      SrtpFault.replay,
      8,
      8,
      SrtpFault.replay,
    ]);
  });

  it('takes an authentic compound that is not encrypted, and does not take the flag for a new index', () => {
    const receiver = new SrtcpReceiver(keys, nodeAes);
    expect(take(receiver, 1, false)).toBe(8);
    expect(take(receiver, 1, true)).toBe(SrtpFault.replay);
  });

  it('takes nothing that is protected as RTP', () => {
    const sealed = sealRtp(reference, rtp(1));
    expect(new SrtcpReceiver(keys, nodeAes).unprotect(sealed, sealed.length)).toBe(SrtpFault.authentication);
  });
});

describe('a replay window', () => {
  it('tells what it does not know from what it does', () => {
    const window = new ReplayWindow();
    expect(window.isNew(0)).toBe(true);
    window.note(0);
    expect(window.isNew(0)).toBe(false);
    expect(window.isNew(-1)).toBe(false);
    window.note(replayWindowPackets - 1);
    expect(window.isNew(0)).toBe(false);
    expect(window.isNew(1)).toBe(true);
    window.note(2 ** 47);
    expect(window.isNew(2 ** 47 - replayWindowPackets + 1)).toBe(true);
    expect(window.isNew(2 ** 47 - replayWindowPackets)).toBe(false);
  });
});

describe('tags', () => {
  it('differ when any byte does, or one is missing', () => {
    const tag = Uint8Array.of(1, 2, 3, 4);
    expect(isSameTag(tag, Uint8Array.of(1, 2, 3, 4, 9), 4)).toBe(true);
    for (let i = 0; i < 4; i++) expect(isSameTag(tag, tag.with(i, 99), 4)).toBe(false);
    expect(isSameTag(tag, tag.subarray(0, 3), 4)).toBe(false);
  });
});
