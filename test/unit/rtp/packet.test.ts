import { describe, expect, it } from 'vitest';
import {
  MAX_DATAGRAM_BYTES,
  RtpFault,
  createRtpPacket,
  isRtcp,
  parseRtp,
  writeRtpHeader,
} from '../../../src/media/rtp/packet.js';

const plain = [0x80, 0x88, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98];

function parse(bytes: readonly number[]) {
  const packet = createRtpPacket();
  return { fault: parseRtp(Uint8Array.from(bytes), bytes.length, packet), packet };
}

function withFirst(first: number, rest: readonly number[]): number[] {
  return [first, ...plain.slice(1), ...rest];
}

describe('parseRtp', () => {
  it('reads every field of a plain packet, unsigned', () => {
    const { fault, packet } = parse([...plain, 1, 2, 3]);
    expect(fault).toBe(RtpFault.none);
    expect(packet).toEqual({
      payloadType: 8,
      marker: true,
      sequence: 0x1234,
      timestampRtp: 0x89abcdef,
      ssrc: 0xfedcba98,
      payloadOffset: 12,
      payloadLength: 3,
    });
  });

  it('steps over contributing sources, an extension and padding', () => {
    const { fault, packet } = parse(
      withFirst(0xb2, [1, 1, 1, 1, 2, 2, 2, 2, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42, 43, 0, 0, 3]),
    );
    expect(fault).toBe(RtpFault.none);
    expect(packet.payloadOffset).toBe(12 + 8 + 8);
    expect(packet.payloadLength).toBe(2);
  });

  it.each([
    ['an empty datagram', [], RtpFault.tooShort],
    ['eleven bytes', plain.slice(1), RtpFault.tooShort],
    ['version 0', withFirst(0x00, [1]), RtpFault.version],
    ['version 1', withFirst(0x40, [1]), RtpFault.version],
    ['version 3', withFirst(0xc0, [1]), RtpFault.version],
    ['contributing sources beyond the end', withFirst(0x8f, [1, 2, 3, 4]), RtpFault.csrcCount],
    ['an extension whose head is cut', withFirst(0x90, [0, 0, 0]), RtpFault.extensionLength],
    ['an extension longer than the packet', withFirst(0x90, [0, 0, 0, 1, 1, 1, 1]), RtpFault.extensionLength],
    ['an extension of 65535 words', withFirst(0x90, [0, 0, 0xff, 0xff, 1]), RtpFault.extensionLength],
    ['a padding count of zero', withFirst(0xa0, [1, 2, 0]), RtpFault.padding],
    ['more padding than payload', withFirst(0xa0, [1, 2, 4]), RtpFault.padding],
    ['padding announced without payload', withFirst(0xa0, []), RtpFault.padding],
    ['padding that counts into an extension', withFirst(0xb0, [0, 0, 0, 1, 1, 1, 1, 5]), RtpFault.padding],
    ['no payload', plain, RtpFault.emptyPayload],
    ['padding only', withFirst(0xa0, [0, 0, 3]), RtpFault.emptyPayload],
  ])('refuses %s', (_name, bytes, fault) => {
    expect(parse(bytes).fault).toBe(fault);
  });

  it('still fills in the fields of a packet without a payload, for it counts in the sequence', () => {
    const { packet } = parse(plain);
    expect(packet).toMatchObject({ sequence: 0x1234, ssrc: 0xfedcba98, payloadLength: 0 });
  });

  it('takes 1500 bytes and refuses 1501', () => {
    const packet = createRtpPacket();
    const bytes = new Uint8Array(2000);
    bytes[0] = 0x80;
    expect(parseRtp(bytes, MAX_DATAGRAM_BYTES, packet)).toBe(RtpFault.none);
    expect(packet.payloadLength).toBe(1488);
    expect(parseRtp(bytes, MAX_DATAGRAM_BYTES + 1, packet)).toBe(RtpFault.tooLong);
  });

  it('looks only at the given length of a larger buffer, and at none beyond the buffer', () => {
    const packet = createRtpPacket();
    const bytes = Uint8Array.from([...withFirst(0xa0, [7, 7, 2]), 200, 200, 200]);
    expect(parseRtp(bytes, 15, packet)).toBe(RtpFault.none);
    expect(packet.payloadLength).toBe(1);
    expect(parseRtp(bytes, 40, packet)).toBe(RtpFault.tooShort);
  });
});

describe('writeRtpHeader', () => {
  it('writes what parseRtp reads, at an offset', () => {
    const buffer = new Uint8Array(20);
    expect(writeRtpHeader(buffer, 4, 101, true, 0xffff, 0xfffffffe, 0x80000001)).toBe(16);
    buffer[16] = 1;
    const packet = createRtpPacket();
    expect(parseRtp(buffer.subarray(4, 17), 13, packet)).toBe(RtpFault.none);
    expect(packet).toMatchObject({
      payloadType: 101,
      marker: true,
      sequence: 0xffff,
      timestampRtp: 0xfffffffe,
      ssrc: 0x80000001,
    });
  });

  it('cuts numbers to their fields instead of spilling into the neighbours', () => {
    const buffer = new Uint8Array(12);
    writeRtpHeader(buffer, 0, 0x1ff, false, 0x1_0001, 0x1_0000_0002, 3);
    expect([...buffer]).toEqual([0x80, 0x7f, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
  });
});

describe('isRtcp', () => {
  it.each([
    [[0x80, 200], true],
    [[0x81, 201], true],
    [[0x80, 192], true],
    [[0x80, 223], true],
    [[0x80, 191], false],
    [[0x80, 224], false],
    [[0x80, 0x80 | 101], false],
    [[0x80, 0], false],
    [[0x80], false],
    [[], false],
  ])('tells RTCP from RTP on one port: %j is RTCP: %s', (bytes, expected) => {
    expect(isRtcp(Uint8Array.from(bytes), bytes.length)).toBe(expected);
  });
});
