import { describe, expect, it } from 'vitest';
import { RtcpFault, createRtcpCompound, parseRtcp } from '../../src/media/rtp/rtcp-packets.js';
import {
  createVoipMetrics,
  VOIP_METRICS_PACKET_BYTES,
  type VoipMetrics,
  writeVoipMetrics,
} from '../../src/media/rtp/voip-metrics.js';

const ownSsrc = 0xcafe0001;

function bytes(...hex: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
}

/** Written out by hand from the drawing of RFC 3611 §4.7. */
const head = '80cf000a 11111111';
const block = [
  '07000008 cafe0001',
  '1a0d551a', // 10 % lost, 5 % discarded, bursts of a third, gaps of 10 %
  '00780208', // 120 ms, 520 ms
  '002d0050', // 45 ms round trip, 80 ms in the end system
  'ee ba 7f 10', // −18 dBm, −70 dBm, RERL unknown, Gmin 16
  '52 7f 29 27', // R 82, no external R, 4.1, 3.9
  'f2 00 003c', // enhanced PLC, adaptive, rate 2, nominal 60 ms
  '007800c8', // 120 ms at most now, 200 ms ever
].join(' ');
const emptyReceiverReport = '80c90001 11111111';

function parse(...hex: readonly string[]) {
  const datagram = bytes(...hex);
  const compound = createRtcpCompound();
  return { fault: parseRtcp(datagram, datagram.length, ownSsrc, compound), compound };
}

describe('RTCP XR VoIP metrics', () => {
  it('are read as RFC 3611 §4.7 draws them', () => {
    const { fault, compound } = parse(emptyReceiverReport, head, block);
    expect(fault).toBe(RtcpFault.none);
    expect(compound.hasVoipMetrics).toBe(true);
    expect(compound.voipMetrics).toEqual({
      lossRatio: 26 / 256,
      discardRatio: 13 / 256,
      burstDensity: 85 / 256,
      gapDensity: 26 / 256,
      burstDurationMs: 120,
      gapDurationMs: 520,
      roundTripMs: 45,
      endSystemDelayMs: 80,
      gmin: 16,
      rFactor: 82,
      mosListening: 4.1,
      mosConversational: 3.9,
      conceals: true,
      jitterBufferMs: 60,
      jitterBufferMaximumMs: 120,
    } satisfies VoipMetrics);
  });

  it('are found after blocks of other types', () => {
    const receiverTime = '04000002 aaaaaaaa bbbbbbbb';
    const { fault, compound } = parse('80cf000d 11111111', receiverTime, block);
    expect(fault).toBe(RtcpFault.none);
    expect(compound.voipMetrics.rFactor).toBe(82);
  });

  it.each([
    ['the source is another', block.replace('cafe0001', 'cafe0002'), '80cf000a'],
    ['the block has another length', '07000001 cafe0001', '80cf0003'],
    ['there is no block', '', '80cf0001'],
  ])('are passed over when %s', (_name, body, start) => {
    const { fault, compound } = parse(emptyReceiverReport, start, '11111111', body);
    expect(fault).toBe(RtcpFault.none);
    expect(compound.hasVoipMetrics).toBe(false);
  });

  it.each([
    ['a block that overruns the packet', '80cf0002 11111111 07000008'],
    ['half a block head', '80cf0001 11111111 80cf0001'],
    ['no SSRC', '80cf0000'],
  ])('spoil the compound by %s', (name, body) => {
    const { fault, compound } = parse(emptyReceiverReport, body);
    if (name === 'half a block head') expect(fault).toBe(RtcpFault.length);
    else expect(fault).not.toBe(RtcpFault.none);
    expect(compound.hasVoipMetrics).toBe(false);
  });

  it('tell unknown values apart from bad ones', () => {
    const unknown = block
      .replace('52 7f 29 27', '7f 7f 7f 7f')
      .replace('002d0050', '00000000')
      .replace('f2 00', '00 00');
    const { compound } = parse(emptyReceiverReport, head, unknown);
    const { rFactor, mosListening, mosConversational, roundTripMs, endSystemDelayMs, conceals } = compound.voipMetrics;
    expect([rFactor, mosListening, mosConversational, roundTripMs, endSystemDelayMs, conceals]).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });

  it('are written so that they read the same, whatever the numbers', () => {
    const metrics: VoipMetrics = {
      ...createVoipMetrics(),
      lossRatio: 0.5,
      discardRatio: 1,
      burstDensity: 0.25,
      gapDensity: -1,
      burstDurationMs: 70_000,
      gapDurationMs: 1234.4,
      roundTripMs: 61.2,
      endSystemDelayMs: 40,
      rFactor: 88.6,
      mosListening: 4.41,
      mosConversational: 4.26,
      conceals: true,
      jitterBufferMs: 15.5,
      jitterBufferMaximumMs: 200,
    };
    const buffer = new Uint8Array(60).fill(0xee);
    expect(writeVoipMetrics(buffer, 4, 0x11111111, ownSsrc, metrics)).toBe(4 + VOIP_METRICS_PACKET_BYTES);
    expect([buffer[3], buffer[48]]).toEqual([0xee, 0xee]);
    const written = buffer.slice(4, 48);
    expect(Buffer.from(written.subarray(0, 16)).toString('hex')).toBe('80cf000a1111111107000008cafe0001');
    const compound = createRtcpCompound();
    expect(parseRtcp(written, written.length, ownSsrc, compound)).toBe(RtcpFault.none);
    expect(compound.voipMetrics).toMatchObject({
      lossRatio: 0.5,
      discardRatio: 255 / 256,
      burstDensity: 0.25,
      gapDensity: 0,
      burstDurationMs: 0xffff,
      gapDurationMs: 1234,
      roundTripMs: 61,
      rFactor: 89,
      mosListening: 4.4,
      mosConversational: 4.3,
      conceals: true,
      jitterBufferMs: 16,
      gmin: 16,
    });
  });
});
