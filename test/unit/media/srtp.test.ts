import { describe, expect, it } from 'vitest';
import type { LegMedia, SrtpKeys } from '../../../src/media/protocol.js';
import { MediaRig, RigPeer, sine } from '../../support/media-rig.js';
import { openRtcp, openRtp, type ReferenceKeys, sealRtcp, sealRtp } from '../../support/reference-srtp.js';
import { toneAt } from '../../support/spectrum.js';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const ours: SrtpKeys = { suite, masterKey: new Uint8Array(30).fill(0x11) };
const theirs: SrtpKeys = { suite, masterKey: new Uint8Array(30).fill(0x22) };
const newTheirs: SrtpKeys = { suite, masterKey: new Uint8Array(30).fill(0x33) };
const srtp: LegMedia['srtp'] = { send: ours, receive: theirs };

function referenceOf({ suite, masterKey }: SrtpKeys): ReferenceKeys {
  return { master: masterKey, tagBytes: suite.endsWith('80') ? 10 : 4 };
}

/** What went over the line as it was, to and from the server, and how often the peer's numbers rolled over. */
interface Line {
  readonly sent: Buffer[];
  readonly wire: Buffer[];
  rollOver: number;
}

/** Lets a peer speak SRTP by the reference: it seals all it sends and opens all it gets. */
function secure(rig: MediaRig, peer: RigPeer, own = theirs, server = ours): Line {
  const state: Line = { sent: [], wire: [], rollOver: 0 };
  let before = -1;
  peer.raw = (bytes, fromPort = peer.port) => {
    const sequence = Buffer.from(bytes).readUInt16BE(2);
    if (sequence < before) state.rollOver += 1;
    before = sequence;
    const sealed = sealRtp(referenceOf(own), bytes, state.rollOver);
    state.sent.push(Buffer.from(sealed));
    rig.deliver(peer.serverPort, sealed, '127.0.0.1', fromPort);
  };
  peer.hear = (bytes, atMs) => {
    state.wire.push(bytes);
    const isRtcp = bytes[1]! >= 192 && bytes[1]! <= 223;
    const opened = isRtcp ? openRtcp(referenceOf(server), bytes).compound : openRtp(referenceOf(server), bytes);
    RigPeer.prototype.hear.call(peer, opened, atMs);
  };
  return state;
}

async function twoLegs(media: Partial<LegMedia> = { srtp }): Promise<{ rig: MediaRig; a: RigPeer; b: RigPeer }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'call' });
  const a = await rig.join('call', 'a', media);
  const b = await rig.join('call', 'b');
  a.speak = sine(400, 8000);
  b.speak = sine(1000, 8000);
  return { rig, a, b };
}

describe('a leg with SRTP', () => {
  it('hears and is heard, and its packets say nothing without the key', async () => {
    const { rig, a, b } = await twoLegs();
    const { wire } = secure(rig, a);
    rig.run(100);
    expect(toneAt(b.heard(50), 8000, 400).amplitude).toBeGreaterThan(7000);
    expect(toneAt(a.heard(50), 8000, 1000).amplitude).toBeGreaterThan(7000);
    expect(wire.filter((bytes) => bytes[1] === 0).every(({ length }) => length === 12 + 160 + 10)).toBe(true);
    const { receive } = await rig.statistics('call', 'a');
    expect(receive).toMatchObject({ lost: 0, dropped: { srtpAuth: 0, srtpReplay: 0, malformed: 0 } });
    expect(receive.octets).toBe(receive.packets * 160);
  });

  it('goes on through roll-overs in both directions', async () => {
    const { rig, a, b } = await twoLegs();
    const peer = secure(rig, a);
    a.sequence = 65_500;
    rig.run(100);
    expect(peer.rollOver).toBe(1);
    expect(toneAt(b.heard(50), 8000, 400).amplitude).toBeGreaterThan(7000);
    expect((await rig.statistics('call', 'a')).receive).toMatchObject({ lost: 0, dropped: { srtpAuth: 0 } });
  });

  it('counts and drops what is plain, forged or replayed, and ends by the RTP timeout as if nothing came', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a', { srtp }, { rtpTimeoutMs: 1000 });
    const { sent } = secure(rig, a);
    rig.tick();
    a.speak = sine(400, 8000);
    rig.run(10);
    const peerSent = [...sent];
    a.speak = () => undefined;
    for (const bytes of peerSent) rig.deliver(a.serverPort, Buffer.from(bytes), '127.0.0.1', a.port);
    const plain = a.packet(0, new Uint8Array(160), a.timestamp);
    rig.deliver(a.serverPort, plain, '127.0.0.1', a.port);
    const forged = sealRtp(referenceOf(theirs), plain);
    forged[30]! ^= 4;
    rig.deliver(a.serverPort, forged, '127.0.0.1', a.port);
    rig.deliver(a.serverPort, Buffer.from([0x80, 0, 1]), '127.0.0.1', a.port);
    const { receive } = await rig.statistics('call', 'a');
    expect(receive.packets).toBe(peerSent.length);
    expect(receive.duplicates).toBe(0);
    expect(receive.dropped).toMatchObject({ srtpReplay: peerSent.length, srtpAuth: 2, malformed: 1 });
    for (let i = 0; i < 60; i++) {
      rig.deliver(a.serverPort, Buffer.from(forged), '127.0.0.1', a.port);
      rig.tick();
    }
    expect(rig.eventsOf('legFailed')).toHaveLength(1);
  });

  it('sends SRTCP and takes only SRTCP', async () => {
    const { rig, a } = await twoLegs();
    secure(rig, a);
    rig.run(400);
    expect(a.rtcp.length).toBeGreaterThan(0);
    const report = Buffer.alloc(32);
    report[0] = 0x81;
    report[1] = 201;
    report.writeUInt16BE(7, 2);
    report.writeUInt32BE(a.ssrc >>> 0, 4);
    report.writeUInt32BE(a.serverPort, 8);
    report[12] = 64;
    rig.deliver(a.serverPort + 1, Buffer.from(report), '127.0.0.1', a.port + 1);
    expect((await rig.statistics('call', 'a')).send.remoteLossRatio).toBeUndefined();
    expect((await rig.statistics('call', 'a')).receive.dropped.srtpAuth).toBe(1);
    rig.deliver(a.serverPort + 1, sealRtcp(referenceOf(theirs), report, 0), '127.0.0.1', a.port + 1);
    expect((await rig.statistics('call', 'a')).send.remoteLossRatio).toBe(0.25);
    rig.deliver(a.serverPort + 1, sealRtcp(referenceOf(theirs), report, 0), '127.0.0.1', a.port + 1);
    expect((await rig.statistics('call', 'a')).receive.dropped.srtpReplay).toBe(1);
  });

  it('shares one port with SRTCP', async () => {
    const { rig, a, b } = await twoLegs({ srtp, rtcpMux: true });
    secure(rig, a);
    rig.run(400);
    expect(a.rtcp.length).toBeGreaterThan(0);
    expect(toneAt(b.heard(50), 8000, 400).amplitude).toBeGreaterThan(7000);
  });

  it('sends and takes digits', async () => {
    const { rig, a } = await twoLegs();
    secure(rig, a);
    rig.run(20);
    rig.command({ type: 'sendDigits', callId: 'call', legId: 'a', digits: '7', durationMs: 100, gapMs: 100 });
    rig.run(30);
    const digits = a.received.filter(({ payloadType }) => payloadType === 101);
    expect(digits.length).toBeGreaterThan(5);
    expect(digits.every(({ payload }) => payload.length === 4 && payload[0] === 7)).toBe(true);
    a.send(101, Uint8Array.of(5, 0x80, 1, 0x90), true);
    rig.run(5);
    expect(rig.eventsOf('digit').map(({ digit }) => digit)).toEqual(['5']);
  });

  it('keeps its roll-over counters and its window when signalling settles the same keys again', async () => {
    const { rig, a, b } = await twoLegs();
    const peer = secure(rig, a);
    a.sequence = 65_520;
    rig.run(50);
    expect(peer.rollOver).toBe(1);
    const copy = { send: { ...ours }, receive: { ...theirs, masterKey: theirs.masterKey.slice() } };
    rig.connect('call', a, { srtp: copy });
    // Plain in between, and back.
    rig.connect('call', a, { srtp: undefined });
    rig.connect('call', a, { srtp: copy });
    const heardBefore = b.received.length;
    rig.run(50);
    expect(toneAt(b.heard(heardBefore), 8000, 400).amplitude).toBeGreaterThan(7000);
    for (const bytes of peer.sent.slice(-50)) rig.deliver(a.serverPort, Buffer.from(bytes), '127.0.0.1', a.port);
    const { dropped } = (await rig.statistics('call', 'a')).receive;
    expect(dropped).toMatchObject({ srtpAuth: 0, srtpReplay: 50 });
  });

  it('takes new keys of the peer from the moment they are settled', async () => {
    const { rig, a, b } = await twoLegs();
    secure(rig, a);
    rig.run(50);
    rig.connect('call', a, { srtp: { send: ours, receive: newTheirs } });
    rig.run(1);
    secure(rig, a, newTheirs);
    const heardBefore = b.received.length;
    rig.run(50);
    expect(toneAt(b.heard(heardBefore + 10), 8000, 400).amplitude).toBeGreaterThan(7000);
    const stale = sealRtp(referenceOf(theirs), a.packet(0, new Uint8Array(160), a.timestamp));
    rig.deliver(a.serverPort, stale, '127.0.0.1', a.port);
    expect((await rig.statistics('call', 'a')).receive.dropped.srtpAuth).toBe(1);
  });

  it('learns no source from packets that are not authentic', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'call' });
    const a = await rig.join('call', 'a', { srtp }, { latching: 'nat' });
    for (let i = 0; i < 20; i++) {
      rig.deliver(a.serverPort, a.packet(0, new Uint8Array(160), a.timestamp), '127.0.0.1', 6666);
      a.skipFrame();
      rig.tick();
    }
    expect(rig.eventsOf('latched')).toEqual([]);
    secure(rig, a);
    for (let i = 0; i < 20; i++) {
      a.raw(a.packet(0, new Uint8Array(160), a.timestamp), 7777);
      rig.tick();
    }
    expect(rig.eventsOf('latched').map(({ port }) => port)).toEqual([7777]);
  });
});
