import { describe, expect, it } from 'vitest';
import { middleOf, ntpFractionOf, ntpSecondsOf, roundTripMs } from '../../src/media/rtp/ntp-time.js';
import { RtcpFault, createRtcpCompound, parseRtcp } from '../../src/media/rtp/rtcp-packets.js';

const ownSsrc = 0xcafe0001;

/** Datagrams written out byte by byte from the drawings of RFC 3550 §6.4–6.6. */
const senderReport = bytes(
  '81c8000c 11111111 b44db705 20000000 00010203 00000064 00003e80',
  'cafe0001 40fffffe 00012345 000000a0 b7052000 00054000',
);
const receiverReport = bytes(
  '82c9000d 22222222',
  'cafe0002 ff000001 00000001 00000001 00000001 00000001',
  'cafe0001 80000010 0000ffff 00000140 00000000 00000000',
);
const emptyReceiverReport = bytes('80c90001 22222222');
const cname = bytes('81ca0004 11111111 01076140 622e636f 6d000000');
const bye = bytes('81cb0003 11111111 05726561 736f6e00').subarray(0, 16);
const unknown = bytes('83cc0002 11111111 deadbeef');

function bytes(...hex: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
}

function parse(...parts: readonly Uint8Array[]) {
  const datagram = Uint8Array.from(parts.flatMap((part) => [...part]));
  const compound = createRtcpCompound();
  return { fault: parseRtcp(datagram, datagram.length, ownSsrc, compound), compound, datagram };
}

describe('RFC 3550 §6.4.1 figure 2', () => {
  it('computes a round trip of 6.125 s from its example', () => {
    expect(roundTripMs(0xb7108000, 0xb7052000, 0x00054000)).toBe(6125);
  });

  it('has the NTP time of its example: 10 Nov 1995 11:33:25.125 UTC', () => {
    const unixMs = Date.UTC(1995, 10, 10, 11, 33, 25, 125);
    expect(ntpSecondsOf(unixMs)).toBe(0xb44db705);
    expect(ntpFractionOf(unixMs)).toBe(0x20000000);
    expect(middleOf(0xb44db705, 0x20000000)).toBe(0xb7052000);
  });

  it('goes through the end of the NTP era in 2036', () => {
    const wrapMs = (0x1_0000_0000 - 2_208_988_800) * 1000;
    expect(ntpSecondsOf(wrapMs - 1)).toBe(0xffff_ffff);
    expect(ntpSecondsOf(wrapMs)).toBe(0);
    const before = middleOf(ntpSecondsOf(wrapMs - 500), ntpFractionOf(wrapMs - 500));
    const after = middleOf(ntpSecondsOf(wrapMs + 500), ntpFractionOf(wrapMs + 500));
    expect(roundTripMs(after, before, 0)).toBe(1000);
  });

  it.each([
    ['no sender report was answered', 0x10000, 0, 0, undefined],
    ['clocks of 10 ms make it slightly negative', 0x10000, 0x10000, 300, 0],
    ['it would be far negative', 0x10000, 0x20000, 0, undefined],
    ['it would be more than 30 s', 0x300000, 0x10000, 0, undefined],
  ])('when %s the round trip is told accordingly', (_name, arrival, lsr, dlsr, expected) => {
    expect(roundTripMs(arrival, lsr, dlsr)).toBe(expected);
  });
});

describe('parseRtcp', () => {
  it('reads an SR with the block about this server', () => {
    const { fault, compound } = parse(senderReport, cname);
    expect(fault).toBe(RtcpFault.none);
    expect(compound).toMatchObject({
      hasSenderReport: true,
      senderSsrc: 0x11111111,
      ntpSeconds: 0xb44db705,
      ntpFraction: 0x20000000,
      timestampRtp: 0x00010203,
      hasPeerReport: true,
      hasBye: false,
      peerReport: {
        fractionLost: 0x40,
        cumulativeLost: -2,
        extendedHighestSequence: 0x12345,
        jitterRtp: 160,
        lastSenderReport: 0xb7052000,
        delaySinceLastSenderReport: 0x54000,
      },
    });
  });

  it('finds its block among several', () => {
    const { compound } = parse(receiverReport);
    expect(compound.hasSenderReport).toBe(false);
    expect(compound.peerReport).toMatchObject({ fractionLost: 0x80, cumulativeLost: 16, jitterRtp: 320 });
  });

  it('skips blocks about others and unknown packet types, and reads what follows them', () => {
    const { fault, compound } = parse(emptyReceiverReport, unknown, cname, bye);
    expect(fault).toBe(RtcpFault.none);
    expect(compound).toMatchObject({ hasPeerReport: false, hasBye: true, byeSsrc: 0x11111111 });
  });

  it('finds the CNAME', () => {
    const { compound, datagram } = parse(emptyReceiverReport, cname);
    const text = datagram.subarray(compound.cnameOffset, compound.cnameOffset + compound.cnameLength);
    expect(Buffer.from(text).toString()).toBe('a@b.com');
  });

  it('reads several chunks and items, each chunk up to its word', () => {
    const { fault, compound, datagram } = parse(
      emptyReceiverReport,
      bytes('82ca0006 11111111 02016101 01620000 22222222 01026364 00000000'),
    );
    expect(fault).toBe(RtcpFault.none);
    const text = datagram.subarray(compound.cnameOffset, compound.cnameOffset + compound.cnameLength);
    expect(Buffer.from(text).toString()).toBe('cd');
  });

  it('accepts padding of the last packet', () => {
    expect(parse(senderReport, bytes('a0c90002 11111111 00000004')).fault).toBe(RtcpFault.none);
  });

  it.each([
    ['four bytes', [bytes('80cb0000')], RtcpFault.tooShort],
    ['another version', [bytes('40c90001 22222222')], RtcpFault.version],
    ['a length word beyond the datagram', [bytes('80c90002 22222222')], RtcpFault.length],
    ['a length word of 65535', [bytes('80c9ffff 22222222')], RtcpFault.length],
    ['bytes left over', [emptyReceiverReport, bytes('80c9')], RtcpFault.length],
    ['an SR shorter than its sender part', [bytes('80c80001 11111111')], RtcpFault.length],
    ['an RR without SSRC', [bytes('80c90000'), emptyReceiverReport], RtcpFault.length],
    ['more report blocks announced than there are', [bytes('82c90001 22222222')], RtcpFault.count],
    ['more chunks than there are', [bytes('82ca0003 11111111 01016100 00000000')], RtcpFault.count],
    ['an SDES item that overruns', [emptyReceiverReport, bytes('81ca0002 11111111 01ff6162')], RtcpFault.item],
    ['an SDES list without an end', [emptyReceiverReport, bytes('81ca0002 11111111 01026162')], RtcpFault.item],
    ['a BYE with more sources than fit', [emptyReceiverReport, bytes('9fcb0001 11111111')], RtcpFault.count],
    ['a BYE whose reason overruns', [emptyReceiverReport, bytes('81cb0002 11111111 04616263')], RtcpFault.item],
    ['a BYE whose reason says 255', [emptyReceiverReport, bytes('81cb0002 11111111 ff616263')], RtcpFault.item],
    ['padding before the last packet', [bytes('a0c90002 11111111 00000004'), cname], RtcpFault.padding],
    ['padding of zero', [bytes('a0c90001 00000000')], RtcpFault.padding],
    ['padding of three', [bytes('a0c90002 11111111 00000003')], RtcpFault.padding],
    ['padding longer than the packet', [bytes('a0c90002 11111111 0000000c')], RtcpFault.padding],
    [
      'padding that covers the report block',
      [bytes('a1c90007 11111111'), new Uint8Array(23), bytes('18')],
      RtcpFault.count,
    ],
  ])('refuses %s, whole', (_name, parts, fault) => {
    const parsed = parse(...parts);
    expect(parsed.fault).toBe(fault);
    expect(parsed.compound).toMatchObject({ hasSenderReport: false, hasPeerReport: false, hasBye: false });
  });

  it('uses nothing of a compound whose last packet is spoilt', () => {
    const { fault, compound } = parse(senderReport, bytes('81cb0002 11111111 ff616263'));
    expect(fault).toBe(RtcpFault.item);
    expect(compound).toMatchObject({ hasSenderReport: false, hasPeerReport: false });
  });

  it('refuses more than 1500 bytes', () => {
    const datagram = new Uint8Array(1504);
    expect(parseRtcp(datagram, 1504, ownSsrc, createRtcpCompound())).toBe(RtcpFault.tooLong);
  });
});
