import { describe, expect, it } from 'vitest';
import { mulaw } from '../../../demo/phone/g711.js';
import { MediaRig, type RigPeer, sine } from '../../support/media-rig.js';

const noiseFormat = { payloadType: 13, clockRateHz: 8000 };

async function rigWith(): Promise<{ rig: MediaRig; a: RigPeer; b: RigPeer }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'call' });
  const a = await rig.join('call', 'a', { receiveComfortNoise: [noiseFormat] });
  const b = await rig.join('call', 'b');
  return { rig, a, b };
}

/** Lets the peer talk for 50 frames of each 150, and say `payload` once at the beginning of each pause. */
function talkInTurns(peer: RigPeer, payload: Uint8Array): void {
  const tone = sine(400, 8000);
  peer.sendFrame = () => {
    const frame = peer.frames++;
    if (frame % 150 < 50) peer.send(0, mulaw.encode(tone(frame)), frame % 150 === 0);
    else if (frame % 150 === 50) peer.send(13, payload);
    else peer.skipFrame();
  };
}

function levelDbov(audio: Int16Array): number {
  const sum = audio.reduce((total, value) => total + (value / 32_768) ** 2, 0);
  return 10 * Math.log10(sum / audio.length + 1e-12);
}

describe('a leg that sends comfort noise', () => {
  it('sounds like the noise it says while it pauses, and like itself afterwards', async () => {
    const { rig, a, b } = await rigWith();
    talkInTurns(a, Uint8Array.of(45, 90, 150));
    rig.run(400);
    // Frames 60 … 145 of each turn are pause.
    for (const turn of [0, 1]) expect(levelDbov(b.heard(turn * 150 + 60).subarray(0, 80 * 160))).toBeCloseTo(-45, 0);
    expect(levelDbov(b.heard(160).subarray(0, 30 * 160))).toBeCloseTo(-15.3, 0);
    const { playout, quality, receive } = await rig.statistics('call', 'a');
    expect(playout.concealed).toBe(0);
    expect(playout.silent).toBeGreaterThan(150);
    expect(quality.receive).toMatchObject({ lossRatio: 0, discardRatio: 0 });
    expect(receive.dropped).toMatchObject({ payloadType: 0, malformed: 0 });
  });

  it('is silent when it says so', async () => {
    const { rig, a, b } = await rigWith();
    talkInTurns(a, Uint8Array.of(127));
    rig.run(160);
    expect(levelDbov(b.heard(70).subarray(0, 60 * 160))).toBeLessThan(-80);
  });

  it('has no click where noise and voice meet', async () => {
    const { rig, a, b } = await rigWith();
    talkInTurns(a, Uint8Array.of(50));
    rig.run(320);
    const heard = b.heard(20);
    let steepest = 0;
    for (let index = 1; index < heard.length; index++) {
      steepest = Math.max(steepest, Math.abs(heard[index]! - heard[index - 1]!));
    }
    // 400 Hz of 8000 rises by at most 2513 per sample.
    expect(steepest).toBeLessThan(2900);
  });

  it('goes on after a pause of any length, and is quiet while on hold', async () => {
    const { rig, a, b } = await rigWith();
    a.sendFrame = () => {
      const frame = a.frames++;
      if (frame === 0 || frame === 500) a.send(13, Uint8Array.of(40));
      else a.skipFrame();
    };
    rig.run(600);
    expect(levelDbov(b.heard(550))).toBeCloseTo(-40, 0);
    rig.connect('call', a, { receiveComfortNoise: [noiseFormat], direction: 'sendonly' });
    rig.run(50);
    rig.connect('call', a, { receiveComfortNoise: [noiseFormat] });
    rig.run(50);
    expect(levelDbov(b.heard(b.received.length - 40))).toBeLessThan(-80);
  });

  it('is not understood where comfort noise was not negotiated', async () => {
    const { rig, b } = await rigWith();
    rig.run(2);
    b.send(13, Uint8Array.of(40));
    rig.run(2);
    expect((await rig.statistics('call', 'b')).receive.dropped.payloadType).toBe(1);
  });
});
