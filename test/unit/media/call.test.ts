import { describe, expect, it, vi } from 'vitest';
import { partialDb } from '../../../demo/phone/ear.js';
import { WorkerLeg } from '../../../src/media/worker-leg.js';
import { MediaRig, PCMA, PCMU, type RigPeer, sine } from '../../support/media-rig.js';
import { seededRandom } from '../../support/noise.js';

const frequencies = [440, 620, 800, 1000];
const peak = 8000;
const sentDb = 20 * Math.log10(peak / 32768);

async function room(
  count: number,
  law: (index: number) => 0 | 8 = () => 0,
): Promise<{ rig: MediaRig; peers: RigPeer[] }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'room' });
  const peers: RigPeer[] = [];
  for (let index = 0; index < count; index++) {
    const payloadFormat = law(index) === 0 ? PCMU : PCMA;
    const peer = await rig.join('room', `leg${index}`, { send: payloadFormat });
    peer.law = law(index);
    peer.speak = sine(frequencies[index] ?? 300 + 100 * index, peak);
    peers.push(peer);
  }
  return { rig, peers };
}

/** Level of `talker` in what `listener` heard in its last second, relative to what was said. */
function heardDb(listener: RigPeer, talker: number): number {
  return partialDb(listener.heard(-50), frequencies[talker] ?? 0) - sentDb;
}

describe('a call', () => {
  it('lets each leg hear the others at the level they speak and itself not at all, µ-law and A-law mixed', async () => {
    const { rig, peers } = await room(4, (index) => (index % 2 === 0 ? 0 : 8));
    // Tones alone have a common period of 50 ms, and so has G.711's noise on them: it would gather on the lines looked at.
    peers.forEach((peer, index) => {
      const clean = sine(frequencies[index] ?? 0, peak);
      const noise = seededRandom(index);
      peer.speak = (frame) => clean(frame).map((value) => value + Math.round(400 * (noise() - 0.5)));
    });
    rig.run(100);
    peers.forEach((listener, ear) => {
      peers.forEach((_, mouth) => {
        if (ear === mouth) expect(heardDb(listener, mouth)).toBeLessThan(-50);
        else expect(Math.abs(heardDb(listener, mouth))).toBeLessThan(0.5);
      });
    });
  });

  it('keeps two calls apart', async () => {
    const { rig, peers } = await room(2);
    rig.command({ type: 'openCall', callId: 'other' });
    const lone = await rig.join('other', 'lone');
    rig.run(80);
    expect(lone.heard(-50).every((sample) => sample === 0)).toBe(true);
    expect(Math.abs(heardDb(peers[0]!, 1))).toBeLessThan(0.5);
  });

  it('sends one packet per tick with steps of one in sequence and 160 in timestamp', async () => {
    const { rig, peers } = await room(3);
    rig.run(200);
    for (const { received } of peers) {
      expect(received.length).toBeGreaterThanOrEqual(199);
      for (let i = 1; i < received.length; i++) {
        expect(((received[i]?.sequence ?? 0) - (received[i - 1]?.sequence ?? 0)) & 0xffff).toBe(1);
        expect(((received[i]?.timestamp ?? 0) - (received[i - 1]?.timestamp ?? 0)) >>> 0).toBe(160);
      }
    }
  });

  it('has its packets on their way before the next call is looked at, and before anything that can be done later', async () => {
    const { rig } = await room(3);
    rig.command({ type: 'openCall', callId: 'other' });
    for (const legId of ['first', 'second']) await rig.join('other', legId);
    rig.command({ type: 'reportLevels', callId: 'room', everyTicks: 1 });
    rig.run(10);
    const [sent, events] = [rig.sentTo.length, rig.events.length];
    rig.flushes.length = 0;
    rig.tick();
    const flushed = rig.flushes.map((flush) => [flush.sent - sent, flush.events - events]);
    expect(flushed.slice(0, 2)).toEqual([
      [3, 0],
      [5, 1],
    ]);
  });

  it('advances RTP timestamps by what was skipped after a stall', async () => {
    const { rig, peers } = await room(2);
    rig.run(50);
    const received = peers[0]?.received ?? [];
    const before = received.at(-1);
    rig.tick(5);
    const after = received.at(-1);
    expect(((after?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0).toBe(160 * 6);
    expect(((after?.sequence ?? 0) - (before?.sequence ?? 0)) & 0xffff).toBe(1);
    expect(after?.marker).toBe(true);
  });

  it('mutes, deafens and changes gain at the next tick', async () => {
    const { rig, peers } = await room(3);
    rig.run(60);
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg0', controls: { muted: true } });
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg1', controls: { gainDb: -6 } });
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg2', controls: { deaf: true } });
    rig.run(60);
    expect(heardDb(peers[1]!, 0)).toBeLessThan(-60);
    expect(heardDb(peers[0]!, 1)).toBeCloseTo(-6, 0);
    expect(peers[2]!.heard(-50).every((sample) => sample === 0)).toBe(true);
  });

  it('routes whispers: a gain of 0 silences one pair only', async () => {
    const { rig, peers } = await room(3);
    rig.run(10);
    rig.command({ type: 'routeLeg', callId: 'room', listenerLegId: 'leg0', sourceLegId: 'leg1', gain: 0 });
    rig.run(60);
    expect(heardDb(peers[0]!, 1)).toBeLessThan(-60);
    expect(Math.abs(heardDb(peers[2]!, 1))).toBeLessThan(0.5);
    expect(Math.abs(heardDb(peers[0]!, 2))).toBeLessThan(0.5);
  });

  it('takes a leg on hold out of the mix and sends it nothing, and brings it back', async () => {
    const { rig, peers } = await room(3);
    const held = peers[0]!;
    rig.run(60);
    rig.connect('room', held, { direction: 'inactive' });
    rig.run(5);
    const packetsBefore = held.received.length;
    rig.run(60);
    expect(held.received.length).toBe(packetsBefore);
    expect(heardDb(peers[1]!, 0)).toBeLessThan(-60);
    rig.connect('room', held, {});
    rig.run(60);
    expect(Math.abs(heardDb(peers[1]!, 0))).toBeLessThan(0.5);
    expect(Math.abs(heardDb(held, 1))).toBeLessThan(0.5);
  });

  it('follows a peer that changes from µ-law to A-law in mid-call without a reset of anything else', async () => {
    const { rig, peers } = await room(2);
    const changing = peers[0]!;
    rig.run(60);
    changing.law = 8;
    rig.run(60);
    expect(Math.abs(heardDb(peers[1]!, 0))).toBeLessThan(0.5);
    const { playout } = await rig.statistics('room', 'leg0');
    expect(playout.concealed).toBe(0);
  });

  it('never gives a leg its own voice back, with every leg at full scale', async () => {
    const { rig, peers } = await room(4);
    peers.forEach((peer, index) => (peer.speak = sine(frequencies[index] ?? 0, 32_000)));
    rig.run(150);
    peers.forEach((listener, ear) => {
      const own = partialDb(listener.heard(-100), frequencies[ear] ?? 0) - 20 * Math.log10(32_000 / 32_768);
      expect(own).toBeLessThan(-40);
    });
  });

  it('relays digits to the other participants and not back, each exactly once', async () => {
    const { rig, peers } = await room(3);
    rig.run(50);
    const presser = peers[0]!;
    for (const digit of [5, 11]) {
      const startedAt = presser.timestamp;
      const speak = presser.speak;
      presser.speak = () => undefined;
      for (let step = 1; step <= 5; step++) {
        const payload = Buffer.from([digit, 0x0a, 0, 0]);
        payload.writeUInt16BE(160 * step, 2);
        presser.raw(presser.packet(101, payload, startedAt, step === 1));
        rig.tick();
      }
      for (let end = 0; end < 3; end++) {
        const payload = Buffer.from([digit, 0x8a, 0, 0]);
        payload.writeUInt16BE(800, 2);
        presser.raw(presser.packet(101, payload, startedAt));
      }
      presser.speak = speak;
      rig.run(20);
    }
    expect(rig.eventsOf('digit').map(({ legId, digit, durationMs }) => [legId, digit, durationMs])).toEqual([
      ['leg0', '5', 100],
      ['leg0', '#', 100],
    ]);
    const eventsAt = (peer: RigPeer) => peer.received.filter(({ payloadType }) => payloadType === 101);
    expect(eventsAt(presser)).toEqual([]);
    for (const other of peers.slice(1)) {
      const events = eventsAt(other);
      expect([...new Set(events.map(({ timestamp }) => timestamp))]).toHaveLength(2);
      expect(events.filter(({ marker }) => marker)).toHaveLength(2);
      expect(events.filter(({ payload }) => (payload[1] ?? 0) >= 0x80)).toHaveLength(6);
      expect([...new Set(events.map(({ payload }) => payload[0]))]).toEqual([5, 11]);
    }
  });

  it('does not relay the digits of a muted leg', async () => {
    const { rig, peers } = await room(2);
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'leg0', controls: { muted: true } });
    rig.run(20);
    const presser = peers[0]!;
    presser.raw(presser.packet(101, Buffer.from([1, 0x8a, 3, 32]), presser.timestamp, true));
    rig.run(20);
    expect(rig.eventsOf('digit')).toHaveLength(1);
    expect(peers[1]?.received.some(({ payloadType }) => payloadType === 101)).toBe(false);
  });

  it('sends digits to a leg and says when they were sent', async () => {
    const { rig, peers } = await room(2);
    rig.run(20);
    rig.command({ type: 'sendDigits', callId: 'room', legId: 'leg1', digits: '42#', durationMs: 80, gapMs: 60 });
    rig.run(40);
    const events = peers[1]!.received.filter(({ payloadType }) => payloadType === 101);
    expect([...new Set(events.map(({ payload }) => payload[0]))]).toEqual([4, 2, 11]);
    expect(rig.eventsOf('digitsSent').map(({ legId, digits }) => [legId, digits])).toEqual([['leg1', '42#']]);
  });

  it('ends a leg whose media stops and leaves the others alone', async () => {
    const { rig, peers } = await room(2);
    const quiet = await rig.join('room', 'quiet', {}, { rtpTimeoutMs: 1000 });
    rig.run(40);
    expect(rig.eventsOf('legFailed')).toEqual([]);
    rig.run(15);
    expect(rig.eventsOf('legFailed').map(({ legId, code }) => [legId, code])).toEqual([['quiet', 'rtpTimeout']]);
    const packets = quiet.received.length;
    rig.run(60);
    expect(quiet.received.length).toBe(packets);
    expect(Math.abs(heardDb(peers[0]!, 1))).toBeLessThan(0.5);
  });

  it('ends a leg whose codec cannot be set up; the others never notice', async () => {
    const { rig, peers } = await room(2);
    const strange = { encoding: 'opus', payloadType: 96, clockRateHz: 48_000, channels: 7, parameters: {} } as const;
    await rig.join('room', 'odd', { send: strange, receive: [strange] });
    rig.run(60);
    expect(rig.eventsOf('legFailed').map(({ legId, code }) => [legId, code])).toEqual([['odd', 'noCommonCodec']]);
    expect(Math.abs(heardDb(peers[0]!, 1))).toBeLessThan(0.5);
  });

  it.each(['playOut', 'send', 'listen'] as const)('ends only the leg whose %s throws', async (method) => {
    const { rig, peers } = await room(3);
    rig.run(10);
    // Only the calls of one leg throw; the others reach the method that stood here before.
    const original = Object.getOwnPropertyDescriptor(WorkerLeg.prototype, method)?.value as (
      ...parameters: unknown[]
    ) => unknown;
    const spy = vi.spyOn(WorkerLeg.prototype, method).mockImplementation(function (
      this: WorkerLeg,
      ...parameters: unknown[]
    ) {
      if (this.legId === 'leg2') throw new Error('broken by the test');
      return original.apply(this, parameters) as never;
    });
    rig.run(60);
    spy.mockRestore();
    expect(rig.eventsOf('legFailed').map(({ legId, code }) => [legId, code])).toEqual([['leg2', 'internal']]);
    expect(rig.eventsOf('callFailed')).toEqual([]);
    expect(Math.abs(heardDb(peers[0]!, 1))).toBeLessThan(0.5);
    expect(heardDb(peers[0]!, 2)).toBeLessThan(-60);
  });

  it('gives back every port and every byte of media memory when calls end', async () => {
    const rig = new MediaRig();
    const baseBytes = rig.kernels.liveBytes;
    for (let round = 0; round < 3; round++) {
      rig.command({ type: 'openCall', callId: 'room' });
      const peers = [await rig.join('room', 'a'), await rig.join('room', 'b'), await rig.join('room', 'c')];
      peers.forEach((peer, index) => (peer.speak = sine(frequencies[index] ?? 0, peak)));
      rig.run(20);
      const closed = await rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId: 'b' }));
      expect(closed).toMatchObject({ type: 'legClosed', statistics: { playout: { concealed: 0 } } });
      expect(await rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }))).toMatchObject({
        type: 'callClosed',
      });
      expect(rig.openPorts).toBe(0);
      if (round === 0) continue;
      // The resamplers' tap tables are made once and stay.
      expect(rig.kernels.liveBytes - baseBytes).toBeLessThan(32_768);
    }
  });

  it('says busy when the port is taken by another program, and closes what it had opened', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'room' });
    rig.busyPorts.add(20_005);
    await expect(rig.join('room', 'a')).rejects.toThrow(/"portBusy":true/);
    expect(rig.openPorts).toBe(0);
  });

  it('answers commands for a call that is gone', async () => {
    const rig = new MediaRig();
    const result = await rig.ask((requestId) => ({ type: 'snapshotCall', requestId, callId: 'nowhere' }));
    expect(result).toMatchObject({ type: 'failed', code: 'callEnded' });
  });
});
