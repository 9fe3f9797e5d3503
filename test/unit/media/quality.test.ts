import { describe, expect, it } from 'vitest';
import { createRtcpCompound, parseRtcp } from '../../../src/media/rtp/rtcp-packets.js';
import { createVoipMetrics, writeVoipMetrics } from '../../../src/media/rtp/voip-metrics.js';
import { MediaRig, type RigPeer, sine } from '../../support/media-rig.js';

async function rigWith(media: Parameters<MediaRig['join']>[2] = {}): Promise<{ rig: MediaRig; a: RigPeer }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'call' });
  const a = await rig.join('call', 'a', media);
  await rig.join('call', 'b');
  a.speak = sine(400, 8000);
  return { rig, a };
}

/** Loses the frames `isLost` names: their numbers are used up. */
function lose(peer: RigPeer, isLost: (frame: number) => boolean): void {
  const speak = peer.speak;
  peer.speak = (index) => {
    if (!isLost(index)) return speak(index);
    peer.sequence = (peer.sequence + 1) & 0xffff;
    return undefined;
  };
}

/** An RR about the server's stream, 12 % of its packets lost, with or without VoIP metrics. */
function receiverReport(peer: RigPeer, lost: number, withMetrics: boolean): Buffer {
  const bytes = Buffer.alloc(32 + (withMetrics ? 44 : 0));
  bytes.writeUInt32BE(0x81c90007, 0);
  bytes.writeUInt32BE(peer.ssrc, 4);
  bytes.writeUInt32BE(peer.serverPort, 8);
  bytes.writeUInt32BE(lost, 12);
  if (withMetrics) {
    const metrics = { ...createVoipMetrics(), lossRatio: 0.25, discardRatio: 0.25, mosListening: 2.2, rFactor: 40 };
    writeVoipMetrics(bytes, 32, peer.ssrc, peer.serverPort, metrics);
  }
  return bytes;
}

describe('speech quality of a leg', () => {
  it('is not judged before a second of it was expected', async () => {
    const { rig } = await rigWith();
    rig.run(30);
    expect((await rig.statistics('call', 'a')).quality).toEqual({
      receive: undefined,
      send: undefined,
      reported: undefined,
    });
  });

  it('is the best there is when nothing is lost', async () => {
    const { rig } = await rigWith();
    rig.run(150);
    const { receive } = (await rig.statistics('call', 'a')).quality;
    expect(receive?.mosListening).toBeCloseTo(4.41, 2);
    expect(receive?.mosConversational).toBeGreaterThan(4.35);
    expect(receive).toMatchObject({ lossRatio: 0, discardRatio: 0, burstDensity: 0, burstDurationMs: 0 });
  });

  it('counts bursts of loss as they were', async () => {
    const { rig, a } = await rigWith();
    // Five in a row every hundred, and one alone in between.
    lose(a, (frame) => (frame % 100 >= 40 && frame % 100 < 45) || frame % 100 === 80);
    rig.run(1000);
    const { receive } = (await rig.statistics('call', 'a')).quality;
    expect(receive?.lossRatio).toBeCloseTo(0.06, 2);
    expect(receive?.discardRatio).toBe(0);
    expect(receive?.burstDensity).toBe(1);
    expect(receive?.burstDurationMs).toBe(100);
    expect(receive?.gapDensity).toBeCloseTo(1 / 95, 3);
    expect(receive?.mosListening).toBeLessThan(3.9);
    expect(receive?.mosListening).toBeGreaterThan(2.5);
  });

  it('tells what came too late from what never came', async () => {
    const { rig, a } = await rigWith();
    rig.run(60);
    const held = a.packet(0, Buffer.alloc(160, 0x55), a.timestamp);
    a.skipFrame();
    a.frames++;
    rig.run(30);
    a.raw(held);
    rig.run(60);
    const { quality, playout } = await rig.statistics('call', 'a');
    expect(playout.late).toBe(1);
    expect(quality.receive).toMatchObject({ lossRatio: 0 });
    expect(quality.receive?.discardRatio).toBeCloseTo(1 / 150, 3);
  });

  it('is estimated for what the leg hears when it reports, and shows what it says itself', async () => {
    const { rig, a } = await rigWith();
    rig.run(100);
    rig.deliver(a.serverPort + 1, receiverReport(a, 0, false), '127.0.0.1', a.port + 1);
    const clean = (await rig.statistics('call', 'a')).quality;
    expect(clean.send?.mosListening).toBeCloseTo(4.41, 2);
    expect(clean.reported).toBeUndefined();
    rig.deliver(a.serverPort + 1, receiverReport(a, 10, false), '127.0.0.1', a.port + 1);
    const lossy = (await rig.statistics('call', 'a')).quality.send;
    expect(lossy?.mosListening).toBeLessThan(3.5);
    rig.deliver(a.serverPort + 1, receiverReport(a, 10, true), '127.0.0.1', a.port + 1);
    const { send, reported } = (await rig.statistics('call', 'a')).quality;
    expect(send!.mosListening).toBeLessThan(lossy!.mosListening);
    expect(reported).toMatchObject({ mosListening: 2.2, mosConversational: undefined, rFactor: 40, lossRatio: 0.25 });
  });

  it('is told to peers that asked for it, and to no others', async () => {
    for (const sendVoipMetrics of [true, false]) {
      const { rig, a } = await rigWith({ sendVoipMetrics });
      lose(a, (frame) => frame % 10 === 5);
      rig.run(700);
      const last = a.rtcp.at(-1)!;
      const compound = createRtcpCompound();
      expect(parseRtcp(last, last.length, a.ssrc, compound)).toBe(0);
      expect(compound.hasVoipMetrics).toBe(sendVoipMetrics);
      if (!sendVoipMetrics) continue;
      expect(compound.voipMetrics.lossRatio).toBeCloseTo(0.1, 1);
      expect(compound.voipMetrics.mosListening).toBeLessThan(3.6);
      expect(compound.voipMetrics).toMatchObject({ gmin: 16, conceals: true, jitterBufferMaximumMs: 200 });
    }
  });
});
