import { describe, expect, it } from 'vitest';
import { partialDb } from '../../../demo/phone/ear.js';
import type { DigitMode, LegControls } from '../../../src/media/protocol.js';
import { digitsIn, tone, tonesOf } from '../../support/dtmf.js';
import { MediaRig, type RigPeer, sine } from '../../support/media-rig.js';

const withoutEvents = { sendTelephoneEvent: undefined, receiveTelephoneEvents: [] };

/** Three legs; the first presses, the third takes no telephone-events. */
async function room(presserTakesEvents: boolean): Promise<{ rig: MediaRig; peers: RigPeer[] }> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'room' });
  const peers = [
    await rig.join('room', 'leg0', presserTakesEvents ? {} : withoutEvents),
    await rig.join('room', 'leg1'),
    await rig.join('room', 'leg2', withoutEvents),
  ];
  for (const peer of peers) peer.speak = () => new Int16Array(160);
  rig.run(20);
  return { rig, peers };
}

function control(rig: MediaRig, controls: Partial<LegControls>, legId = 'leg0'): void {
  rig.command({ type: 'controlLeg', callId: 'room', legId, controls });
}

/** Says a digit in audio for so many ticks, or other samples of the same length. */
function say(rig: MediaRig, peer: RigPeer, signal: Float32Array): void {
  const first = peer.frames;
  const before = peer.speak;
  const ticks = Math.ceil(signal.length / 160);
  peer.speak = (index) =>
    Int16Array.from({ length: 160 }, (_, at) => Math.round(32_000 * (signal[(index - first) * 160 + at] ?? 0)));
  rig.run(ticks);
  peer.speak = before;
}

/** Sends the packets of a telephone-event press of 100 ms, audio besides. */
function pressEvent(rig: MediaRig, peer: RigPeer, event: number, audio?: Float32Array): void {
  const startedAt = peer.timestamp;
  const first = peer.frames;
  const before = peer.speak;
  peer.speak = (index) =>
    audio && Int16Array.from({ length: 160 }, (_, at) => Math.round(32_000 * (audio[(index - first) * 160 + at] ?? 0)));
  for (let step = 1; step <= 7; step++) {
    const payload = Buffer.from([event, step >= 5 ? 0x8a : 0x0a, 0, 0]);
    payload.writeUInt16BE(160 * Math.min(step, 5), 2);
    peer.raw(peer.packet(101, payload, startedAt, step === 1));
    rig.tick();
  }
  peer.speak = before;
}

function told(rig: MediaRig): string[] {
  return rig.eventsOf('digit').map(({ legId, digit, source }) => `${legId} ${digit} ${source}`);
}

/** Events a peer got, one per press. */
function relayed(peer: RigPeer): number[] {
  return peer.received
    .filter(({ payloadType, marker }) => payloadType === 101 && marker)
    .map(({ payload }) => payload[0] ?? -1);
}

/** Digits a peer hears as tones. */
function heardTones(peer: RigPeer): string {
  return digitsIn(Float32Array.from(peer.heard(), (sample) => sample / 32_768));
}

/** Milliseconds in which a peer heard anything above −50 dBov. */
function loudMs(peer: RigPeer): number {
  const heard = peer.heard();
  let blocks = 0;
  for (let at = 0; at + 8 <= heard.length; at += 8) {
    if (heard.subarray(at, at + 8).some((sample) => Math.abs(sample) > 150)) blocks += 1;
  }
  return blocks;
}

describe('digits in the audio of a leg', () => {
  it('are told, relayed as telephone-events or tones, and cut from the mix after 60 ms at most', async () => {
    const { rig, peers } = await room(false);
    for (const digit of '5#A') {
      say(rig, peers[0]!, tone(digit, { durationMs: 200 }));
      rig.run(20);
    }
    rig.run(20);
    expect(told(rig)).toEqual(['leg0 5 in-band', 'leg0 # in-band', 'leg0 A in-band']);
    for (const { durationMs } of rig.eventsOf('digit')) expect(Math.abs(durationMs - 200)).toBeLessThan(12);
    expect(relayed(peers[1]!)).toEqual([5, 11, 12]);
    expect(loudMs(peers[1]!)).toBeLessThanOrEqual(3 * 60);
    expect(relayed(peers[2]!)).toEqual([]);
    expect(heardTones(peers[2]!)).toBe('5#A');
    expect(heardTones(peers[1]!)).toBe('');
    expect(loudMs(peers[0]!)).toBe(0);
  });

  it('are left alone on a leg that could send telephone-events, unless set to be found', async () => {
    const { rig, peers } = await room(true);
    pressEvent(rig, peers[0]!, 2);
    rig.run(60);
    say(rig, peers[0]!, tone('3', { durationMs: 200 }));
    rig.run(20);
    expect(told(rig)).toEqual(['leg0 2 rfc4733']);
    expect(heardTones(peers[1]!)).toBe('3');
    control(rig, { inBandDigits: 'on' });
    say(rig, peers[0]!, tone('4'));
    rig.run(20);
    expect(told(rig).at(-1)).toBe('leg0 4 in-band');
    control(rig, { inBandDigits: 'off' });
    say(rig, peers[0]!, tone('5'));
    rig.run(20);
    expect(told(rig)).toHaveLength(2);
  });

  it('count once beside telephone-events and INFO, and the tone is cut early', async () => {
    const { rig, peers } = await room(true);
    const pressDigit = { type: 'pressDigit', callId: 'room', legId: 'leg0', digit: '7', durationMs: 100 } as const;
    pressEvent(rig, peers[0]!, 7, tone('7', { durationMs: 120 }));
    rig.command(pressDigit);
    rig.run(40);
    expect(told(rig)).toEqual(['leg0 7 rfc4733']);
    expect(relayed(peers[1]!)).toEqual([7]);
    expect(heardTones(peers[1]!)).toBe('');
    expect(loudMs(peers[1]!)).toBeLessThanOrEqual(40);
    rig.command(pressDigit);
    rig.run(20);
    expect(told(rig)).toEqual(['leg0 7 rfc4733', 'leg0 7 sip-info']);
    expect(relayed(peers[1]!)).toEqual([7, 7]);
    expect(heardTones(peers[2]!)).toBe('77');
  });

  it('never leave a muted leg, in any form, and are told', async () => {
    const { rig, peers } = await room(false);
    control(rig, { muted: true });
    say(rig, peers[0]!, tone('9', { durationMs: 200 }));
    rig.command({ type: 'pressDigit', callId: 'room', legId: 'leg0', digit: '8', durationMs: 100 });
    rig.run(40);
    expect(told(rig).toSorted()).toEqual(['leg0 8 sip-info', 'leg0 9 in-band']);
    for (const peer of peers) {
      expect(relayed(peer)).toEqual([]);
      expect(loudMs(peer)).toBe(0);
    }
  });

  it('reach only those who may hear the leg', async () => {
    const { rig, peers } = await room(false);
    rig.command({ type: 'routeLeg', callId: 'room', listenerLegId: 'leg1', sourceLegId: 'leg0', gain: 0 });
    say(rig, peers[0]!, tone('6', { durationMs: 200 }));
    rig.run(40);
    expect(relayed(peers[1]!)).toEqual([]);
    expect(loudMs(peers[1]!)).toBe(0);
    expect(heardTones(peers[2]!)).toBe('6');
  });

  it('leave speech before and after them alone', async () => {
    const { rig, peers } = await room(false);
    peers[0]!.speak = sine(440, 8000);
    rig.run(60);
    say(rig, peers[0]!, tone('0', { durationMs: 200 }));
    rig.run(80);
    expect(relayed(peers[1]!)).toEqual([0]);
    expect(Math.abs(partialDb(peers[1]!.heard(-50), 440) - 20 * Math.log10(8000 / 32_768))).toBeLessThan(0.5);
  });

  const modes: [DigitMode, boolean, boolean, boolean][] = [
    ['both', true, true, false],
    ['forward', false, true, false],
    ['detect', true, false, false],
    ['none', false, false, true],
  ];
  it.each(modes)(
    'in mode %s: told %s, relayed %s, audible %s, whatever the source',
    async (digitMode, tells, relays, audible) => {
      for (const source of ['tone', 'event', 'info'] as const) {
        const { rig, peers } = await room(source === 'event');
        control(rig, { digitMode });
        rig.tick();
        if (source === 'tone') say(rig, peers[0]!, tone('4', { durationMs: 240 }));
        if (source === 'event') pressEvent(rig, peers[0]!, 4);
        if (source === 'info')
          rig.command({ type: 'pressDigit', callId: 'room', legId: 'leg0', digit: '4', durationMs: 100 });
        rig.run(40);
        expect(told(rig)).toHaveLength(tells ? 1 : 0);
        expect(relayed(peers[1]!)).toEqual(relays ? [4] : []);
        expect(heardTones(peers[1]!)).toBe(audible && source === 'tone' ? '4' : '');
        expect(heardTones(peers[2]!)).toBe(relays || (audible && source === 'tone') ? '4' : '');
      }
    },
  );

  it('end for those who heard them begin when the mode changes or the leg leaves in between', async () => {
    for (const leaves of [false, true]) {
      const { rig, peers } = await room(false);
      const held = tone('2', { durationMs: 2000 });
      say(rig, peers[0]!, held.subarray(0, 1600));
      expect(relayed(peers[1]!)).toEqual([2]);
      if (leaves) await rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId: 'leg0' }));
      else control(rig, { digitMode: 'none' });
      rig.run(60);
      const events = peers[1]!.received.filter(({ payloadType }) => payloadType === 101);
      expect(events.filter(({ payload }) => (payload[1] ?? 0) >= 0x80)).toHaveLength(3);
    }
  });
});

describe('digits sent to a leg that takes no telephone-events', () => {
  it('are tones at −8 and −6 dBm0 in place of the audio, one after another, and said to be sent', async () => {
    const { rig, peers } = await room(true);
    peers[0]!.speak = sine(440, 8000);
    rig.run(40);
    rig.command({ type: 'sendDigits', callId: 'room', legId: 'leg2', digits: '159#', durationMs: 100, gapMs: 60 });
    rig.run(40);
    expect(heardTones(peers[2]!)).toBe('159#');
    expect(rig.eventsOf('digitsSent').map(({ legId, digits }) => [legId, digits])).toEqual([['leg2', '159#']]);
    const from = peers[2]!.received.length;
    rig.command({ type: 'sendDigits', callId: 'room', legId: 'leg2', digits: '1', durationMs: 1000, gapMs: 60 });
    rig.run(60);
    const steady = peers[2]!.heard(from).subarray(800, 7200);
    const [row, column] = tonesOf('1');
    expect(partialDb(steady, row)).toBeCloseTo(-8 - 3.14, 0);
    expect(partialDb(steady, column)).toBeCloseTo(-6 - 3.14, 0);
    expect(partialDb(steady, 440)).toBeLessThan(-40);
    const steps = peers[2]!.received
      .slice(1)
      .map(({ timestamp }, index) => timestamp - peers[2]!.received[index]!.timestamp);
    expect(new Set(steps)).toEqual(new Set([160]));
    rig.run(60);
    expect(Math.abs(partialDb(peers[2]!.heard(-50), 440) - 20 * Math.log10(8000 / 32_768))).toBeLessThan(0.5);
  });

  it('are not relayed to it when tones are off', async () => {
    const { rig, peers } = await room(true);
    control(rig, { inBandDigits: 'off' }, 'leg2');
    pressEvent(rig, peers[0]!, 5);
    rig.run(40);
    expect(relayed(peers[1]!)).toEqual([5]);
    expect(loudMs(peers[2]!)).toBe(0);
    control(rig, { inBandDigits: 'auto' }, 'leg2');
    rig.run(40);
    expect(loudMs(peers[2]!)).toBe(0);
  });
});
