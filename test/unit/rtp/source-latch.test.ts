import { describe, expect, it } from 'vitest';
import { createRtpPacket } from '../../../src/media/rtp/packet.js';
import { SourceLatch } from '../../../src/media/rtp/source-latch.js';
import type { LatchingPolicy } from '../../../src/media/protocol.js';

const sdp = { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 };
const natAddress = '203.0.113.9';
const attacker = '198.51.100.66';

/** A latch with a sender's side: `hear` gives it one packet and says whether its audio would be used. */
function rig(policy: LatchingPolicy, rtcpMux = false) {
  const latch = new SourceLatch(policy);
  latch.signal(sdp, rtcpMux, 0);
  const packet = createRtpPacket();
  const hear = (address: string, port: number, nowMs: number, sequence: number, ssrc = 1, negotiated = true) => {
    const verdict = latch.screen(address, port);
    if (verdict !== 'learn') return verdict === 'accept';
    packet.sequence = sequence & 0xffff;
    packet.ssrc = ssrc;
    return latch.learn(address, port, packet, negotiated, nowMs) !== 'ignore';
  };
  /** A stream of packets every 20 ms; the number of used ones. */
  const stream = (address: string, port: number, fromMs: number, count: number, sequence = 100, ssrc = 1) => {
    let used = 0;
    for (let n = 0; n < count; n++) if (hear(address, port, fromMs + n * 20, sequence + n, ssrc)) used += 1;
    return used;
  };
  const target = () => `${latch.sendAddress}:${latch.sendPort}`;
  return { latch, hear, stream, target };
}

describe('policy off', () => {
  it('uses exactly the signalled source and sends exactly there', () => {
    const { stream, target, latch } = rig('off');
    expect(stream(sdp.address, sdp.rtpPort, 0, 10)).toBe(10);
    expect(stream(sdp.address, 4002, 0, 50)).toBe(0);
    expect(stream(natAddress, sdp.rtpPort, 0, 50)).toBe(0);
    expect(target()).toBe('192.0.2.1:4000');
    expect(latch.locked).toBe(false);
  });
});

describe('policy sdp-ip', () => {
  it('learns another port of the signalled address, never another address', () => {
    const { stream, target, latch } = rig('sdp-ip');
    expect(stream(natAddress, 4000, 0, 50)).toBe(0);
    expect(latch.screen(natAddress, 4000)).toBe('drop');
    expect(stream(sdp.address, 5555, 2000, 5)).toBe(1);
    expect(target()).toBe('192.0.2.1:5555');
  });
});

describe('policy nat', () => {
  it('sends to the signalled address until another source is confirmed, and hears nothing of it before', () => {
    const { hear, target } = rig('nat');
    for (let n = 0; n < 4; n++) {
      expect(hear(natAddress, 9000, n * 20, 65534 + n)).toBe(false);
      expect(target()).toBe('192.0.2.1:4000');
    }
    expect(hear(natAddress, 9000, 80, 65534 + 4)).toBe(true);
    expect(target()).toBe(`${natAddress}:9000`);
  });

  it('tells of the lock once', () => {
    const { latch } = rig('nat');
    const packet = createRtpPacket();
    const lessons = [0, 1, 2, 3, 4].map((n) => {
      packet.sequence = n;
      return latch.learn(natAddress, 9000, packet, true, n * 20);
    });
    expect(lessons).toEqual(['ignore', 'ignore', 'ignore', 'ignore', 'locked']);
    expect(latch.screen(natAddress, 9000)).toBe('accept');
  });

  it.each([
    ['a burst within 59 ms', (n: number) => ({ ms: n * 7, sequence: n, ssrc: 1, negotiated: true }), 9],
    ['a sequence with holes', (n: number) => ({ ms: n * 20, sequence: n * 2, ssrc: 1, negotiated: true }), 50],
    ['changing SSRCs', (n: number) => ({ ms: n * 20, sequence: n, ssrc: n % 2, negotiated: true }), 50],
    ['a payload type not negotiated', (n: number) => ({ ms: n * 20, sequence: n, ssrc: 1, negotiated: false }), 50],
    ['one packet repeated', (n: number) => ({ ms: n * 20, sequence: 5, ssrc: 1, negotiated: true }), 50],
    ['packets 2 s apart', (n: number) => ({ ms: n * 2000, sequence: n, ssrc: 1, negotiated: true }), 50],
  ])('is not won by %s', (_name, make, count) => {
    const { hear, latch } = rig('nat');
    for (let n = 0; n < count; n++) {
      const { ms, sequence, ssrc, negotiated } = make(n);
      expect(hear(natAddress, 9000, ms, sequence, ssrc, negotiated)).toBe(false);
    }
    expect(latch.locked).toBe(false);
  });

  it.each([
    ['one address', (n: number) => [natAddress, 9000 + (n % 2)] as const],
    ['one port', (n: number) => [n % 2 === 0 ? natAddress : attacker, 9000] as const],
  ])('does not add up two sources at %s', (_name, source) => {
    const { hear, latch } = rig('nat');
    for (let n = 0; n < 50; n++) {
      const [address, port] = source(n);
      expect(hear(address, port, n * 20, n)).toBe(false);
    }
    expect(latch.locked).toBe(false);
  });

  it('stays locked whatever others send', () => {
    const { stream, target } = rig('nat');
    stream(natAddress, 9000, 0, 5);
    expect(stream(attacker, 6666, 100, 5000)).toBe(0);
    expect(stream(natAddress, 9001, 100, 5000)).toBe(0);
    expect(target()).toBe(`${natAddress}:9000`);
  });

  it('confirms a peer although forged sources try to push its record out', () => {
    const { hear, target } = rig('nat');
    for (let n = 0; n < 10; n++) {
      hear(natAddress, 9000, n * 20, n);
      for (let forged = 0; forged < 3; forged++) hear(`10.0.${n}.${forged}`, 1000 + n, n * 20 + forged, n);
    }
    expect(target()).toBe(`${natAddress}:9000`);
  });
});

describe('the signalled source', () => {
  it('is heard from its first packet and keeps an attacker at 100 packets/s from being learnt', () => {
    const { hear, target } = rig('nat');
    let attackerUsed = 0;
    let attackerTargeted = 0;
    let peerUsed = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      if (hear(attacker, 6666, ms, ms / 10, 66)) attackerUsed += 1;
      // A peer whose first packets are full of holes, so that it is itself confirmed late.
      if (ms % 20 === 0 && ms % 80 !== 0 && hear(sdp.address, sdp.rtpPort, ms, ms / 20)) peerUsed += 1;
      if (target() !== '192.0.2.1:4000') attackerTargeted += 1;
    }
    expect([attackerUsed, attackerTargeted]).toEqual([0, 0]);
    expect(peerUsed).toBe(375);
  });

  it('is not to blame for a payload type that was not negotiated, and is not confirmed by it', () => {
    const { hear, latch } = rig('nat');
    for (let n = 0; n < 50; n++) expect(hear(sdp.address, sdp.rtpPort, n * 20, n, 1, false)).toBe(true);
    expect(latch.locked).toBe(false);
  });

  it('takes the lock back from a learnt source once it is confirmed itself, for good', () => {
    const { stream, target, latch } = rig('nat');
    expect(stream(attacker, 6666, 0, 10)).toBe(6);
    expect(target()).toBe(`${attacker}:6666`);
    expect(stream(sdp.address, sdp.rtpPort, 1000, 4)).toBe(0);
    expect(target()).toBe(`${attacker}:6666`);
    expect(stream(sdp.address, sdp.rtpPort, 1080, 10, 104)).toBe(10);
    expect(target()).toBe('192.0.2.1:4000');
    expect(stream(attacker, 6666, 60_000, 100)).toBe(0);
    expect(latch.screen(attacker, 6666)).toBe('drop');
  });
});

describe('new signalling', () => {
  it.each([
    ['address', { address: '192.0.2.77', rtpPort: 4000, rtcpPort: 4001 }],
    ['port', { address: '192.0.2.1', rtpPort: 7000, rtcpPort: 7001 }],
  ])('with a new %s sends there at once and learns anew', (_name, remote) => {
    const { latch, stream, target } = rig('nat');
    stream(natAddress, 9000, 0, 5);
    latch.signal(remote, false, 1000);
    expect(target()).toBe(`${remote.address}:${remote.rtpPort}`);
    expect(latch.locked).toBe(false);
    expect(stream(natAddress, 9000, 1020, 5, 200)).toBe(1);
    expect(target()).toBe(`${natAddress}:9000`);
  });

  it('with the same address goes on hearing the locked source without a gap, and an attacker gets nothing', () => {
    const { latch, hear, target } = rig('nat');
    for (let n = 0; n < 5; n++) hear(natAddress, 9000, n * 20, n);
    latch.signal({ ...sdp }, false, 100);
    let attackerUsed = 0;
    for (let n = 5; n < 500; n++) {
      if (hear(attacker, 6666, n * 20 - 1, n, 66)) attackerUsed += 1;
      expect(hear(natAddress, 9000, n * 20, n)).toBe(true);
      expect(target()).toBe(`${natAddress}:9000`);
    }
    expect(attackerUsed).toBe(0);
    expect(latch.locked).toBe(true);
  });

  it('with the same address lets a changed NAT binding be learnt when the old one fell silent', () => {
    const { latch, stream, target } = rig('nat');
    stream(natAddress, 9000, 0, 5);
    latch.signal({ ...sdp }, false, 1000);
    expect(stream(natAddress, 9777, 1020, 50)).toBe(0);
    expect(stream(natAddress, 9777, 3020, 5, 300)).toBe(1);
    expect(target()).toBe(`${natAddress}:9777`);
  });

  it('without an address sends nothing and keeps the source', () => {
    const { latch, stream, hear } = rig('nat');
    stream(natAddress, 9000, 0, 5);
    latch.signal(undefined, false, 1000);
    expect(latch.sendAddress).toBe('');
    expect(hear(natAddress, 9000, 1020, 6)).toBe(true);
    expect(stream(attacker, 6666, 1020, 500)).toBe(0);
    latch.signal(sdp, false, 20_000);
    expect(latch.sendAddress).toBe(natAddress);
  });

  it('accepts nothing by address before there was any, unless the policy is nat', () => {
    expect(new SourceLatch('off').screen('', 0)).toBe('drop');
    expect(new SourceLatch('sdp-ip').screen(natAddress, 4000)).toBe('drop');
    expect(new SourceLatch('nat').screen(natAddress, 4000)).toBe('learn');
    expect(new SourceLatch('nat').sendAddress).toBe('');
  });
});

describe('RTCP', () => {
  it('is taken from the signalled RTCP address until a source is locked', () => {
    const { latch } = rig('nat');
    expect(latch.screenRtcp(sdp.address, 4001)).toBe(true);
    expect(latch.screenRtcp(sdp.address, 4000)).toBe(false);
    expect(latch.screenRtcp(attacker, 4001)).toBe(false);
    expect([latch.sendAddress, latch.sendRtcpPort]).toEqual([sdp.address, 4001]);
  });

  it('is taken from the locked address afterwards, from any of its ports, and goes to the port after RTP', () => {
    const { latch, stream } = rig('nat');
    stream(natAddress, 9000, 0, 5);
    expect(latch.screenRtcp(natAddress, 31234)).toBe(true);
    expect(latch.screenRtcp(sdp.address, 4001)).toBe(false);
    expect([latch.sendAddress, latch.sendRtcpPort]).toEqual([natAddress, 9001]);
  });

  it('on a shared port counts only from the RTP source', () => {
    const { latch, stream } = rig('nat', true);
    expect(latch.screenRtcp(sdp.address, 4000)).toBe(true);
    expect(latch.screenRtcp(sdp.address, 4001)).toBe(false);
    stream(natAddress, 9000, 0, 5);
    expect(latch.screenRtcp(natAddress, 9000)).toBe(true);
    expect(latch.screenRtcp(natAddress, 9001)).toBe(false);
    expect(latch.sendRtcpPort).toBe(9000);
  });
});
