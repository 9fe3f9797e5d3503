import { describe, expect, it } from 'vitest';
import type { DigitMode, GatherRules } from '../../../src/media/protocol.js';
import { digitsIn, tone } from '../../support/dtmf.js';
import { order, rules, said } from '../../support/interaction-order.js';
import { IsolationRoom } from '../../support/isolation-room.js';
import { sine } from '../../support/media-rig.js';

/** A leg that asks, a leg that takes telephone-events, a leg that hears tones. */
async function room(inBand: boolean, digitMode: DigitMode = 'both'): Promise<IsolationRoom> {
  const room = new IsolationRoom();
  const toneOnly = { sendTelephoneEvent: undefined, receiveTelephoneEvents: [] };
  room.rig.command({ type: 'openCall', callId: 'room' });
  const controls = { muted: false, deaf: false, gainDb: 0, digitMode };
  await room.join({ controls }, inBand ? toneOnly : {});
  await room.join();
  await room.join({}, toneOnly);
  for (const peer of room.peers) peer.speak = () => new Int16Array(160);
  room.run(30);
  for (const peer of room.peers) peer.received.length = 0;
  return room;
}

function ask(room: IsolationRoom, gather: Partial<GatherRules> = {}) {
  const asked = order({ prompt: said(0, 5), gather: rules({ maxDigits: 8, ...gather }) });
  room.start(0, asked);
  return asked;
}

/** Says samples of a tone for so many ticks. */
function say(room: IsolationRoom, signal: Float32Array, ticks = Math.ceil(signal.length / 160)): void {
  const peer = room.peers[0]!;
  const first = peer.frames;
  peer.speak = (index) =>
    Int16Array.from({ length: 160 }, (_, at) => Math.round(32_000 * (signal[(index - first) * 160 + at] ?? 0)));
  room.run(ticks);
}

/** Everything others could know a digit from. */
function leaked(room: IsolationRoom): string[] {
  const relayed = room.peers
    .slice(1)
    .flatMap(({ received }) =>
      received.filter(({ payloadType }) => payloadType === 101).map(({ bytes }) => `${bytes[12]}`),
    );
  const tones = room.peers
    .slice(1)
    .map((peer) => digitsIn(Float32Array.from(peer.heard(), (sample) => sample / 32_768)));
  const told = room.rig.eventsOf('digit').map(({ digit }) => digit);
  return [...relayed, ...tones, ...told].filter((sign) => sign !== '');
}

/** Milliseconds in which anybody else heard anything. */
function loudMs(room: IsolationRoom): number {
  const loud = room.peers.slice(1).map((peer) => {
    const heard = peer.heard();
    let blocks = 0;
    for (let at = 0; at + 8 <= heard.length; at += 8) {
      if (heard.subarray(at, at + 8).some((sample) => Math.abs(sample) > 150)) blocks += 1;
    }
    return blocks;
  });
  return Math.max(...loud);
}

describe('digits pressed in an interaction', () => {
  const modes: DigitMode[] = ['both', 'forward', 'detect', 'none'];
  it.each(modes)('count, and are told and heard nowhere else, in mode %s, from wherever they come', async (mode) => {
    for (const source of ['event', 'info', 'tone'] as const) {
      const call = await room(source === 'tone', mode);
      ask(call, { maxDigits: 2 });
      call.run(10);
      for (const digit of '47') {
        if (source === 'event') call.press(0, digit);
        if (source === 'info')
          call.rig.command({ type: 'pressDigit', callId: 'room', legId: 'leg0', digit, durationMs: 100 });
        if (source === 'tone') say(call, tone(digit, { durationMs: 100 }));
        call.run(10);
      }
      expect(call.outcomes(), source).toMatchObject([{ result: 'digits', digits: '47' }]);
      call.run(40);
      expect(leaked(call), source).toEqual([]);
      expect(loudMs(call), source).toBe(0);
    }
  });

  it('count from the beginning of the press, whenever it ends', async () => {
    const call = await room(false);
    const s = call.tick + 1;
    ask(call, { maxDigits: 1 });
    call.runTo(s + 9);
    call.hold(0, '4');
    call.run(1);
    expect(call.outcomes()).toMatchObject([{ digits: '4', endedTick: s + 11 }]);
    call.run(10);
    call.release(0, '4');
    call.run(40);
    expect(leaked(call)).toEqual([]);
  });

  it.each(modes)('are hidden to their end when the interaction ends before it, in mode %s', async (mode) => {
    const call = await room(true, mode);
    ask(call, { maxDigits: 1 });
    call.run(10);
    say(call, tone('4', { durationMs: 1000 }));
    call.run(60);
    expect(call.outcomes()).toMatchObject([{ digits: '4' }]);
    expect(leaked(call)).toEqual([]);
    expect(loudMs(call)).toBe(0);
    // And afterwards the leg is as it was.
    call.press(0, '5');
    say(call, tone('6', { durationMs: 200 }));
    call.run(40);
    expect(call.rig.eventsOf('digit').map(({ digit }) => digit)).toEqual(
      mode === 'both' || mode === 'detect' ? ['6'] : [],
    );
  });

  it.each(modes)('do not count when the press began before it, in mode %s', async (mode) => {
    for (const inBand of [true, false]) {
      const call = await room(inBand, mode);
      if (inBand) say(call, tone('4', { durationMs: 1000 }), 8);
      else {
        call.hold(0, '4');
        call.run(2);
      }
      ask(call, { timeoutTicks: 20 });
      call.run(10);
      if (!inBand) call.release(0, '4');
      call.run(60);
      expect(call.outcomes()).toMatchObject([{ result: 'timeout', digits: '' }]);
      const told = mode === 'both' || mode === 'detect' ? ['4'] : [];
      expect(call.rig.eventsOf('digit').map(({ digit }) => digit)).toEqual(told);
    }
  });

  /** What became of a tone of 600 ms, when the second command came so many ticks after it was first sent. */
  async function courses(second: (call: IsolationRoom, asked: ReturnType<typeof ask>) => void): Promise<string[]> {
    const all: string[] = [];
    for (let ticks = 0; ticks < 7; ticks++) {
      const call = await room(true, 'detect');
      const asked = ask(call, { timeoutTicks: 40 });
      call.run(10);
      say(call, tone('4', { durationMs: 600 }), ticks);
      second(call, asked);
      call.run(100);
      const digits = call.outcomes().map((outcome) => `took "${outcome.digits}"`);
      all.push([...digits, ...call.rig.eventsOf('digit').map(() => 'told')].join(', '));
    }
    return all.filter((course, index) => course !== all[index - 1]);
  }

  it('never count in an interaction in which they did not begin, and stay hidden', async () => {
    const asksAgain = (call: IsolationRoom) => void ask(call, { timeoutTicks: 60 });
    // Between the beginning of a tone and its recognition it belongs to an interaction that will never know it.
    expect(await courses(asksAgain)).toEqual(['took "", took "4"', 'took "", took ""', 'took "4", took ""']);
    expect(await courses((call, asked) => call.cancel(0, asked))).toEqual(['took "", told', 'took ""', 'took "4"']);
  });

  it('are hidden with everything that sounds besides while the key is held', async () => {
    const call = await room(false);
    ask(call, { maxDigits: 1 });
    call.run(10);
    call.peers[0]!.speak = sine(1000, 8000);
    call.run(10);
    call.hold(0, '4');
    call.run(10);
    call.release(0, '4');
    expect(call.outcomes()).toMatchObject([{ digits: '4' }]);
    expect(loudMs(call)).toBe(0);
    call.run(5);
    expect(loudMs(call)).toBeGreaterThan(50);
  });

  it('end for those who heard them begin before it', async () => {
    const call = await room(false);
    call.hold(0, '4');
    call.run(3);
    ask(call, { timeoutTicks: 20 });
    call.run(3);
    call.release(0, '4');
    call.run(20);
    const events = call.peers[1]!.received.filter(({ payloadType }) => payloadType === 101);
    expect(events.filter(({ payload }) => (payload[1] ?? 0) >= 0x80)).toHaveLength(3);
  });

  it('of others do not reach a leg that is asked', async () => {
    const call = await room(false);
    ask(call, { timeoutTicks: 100 });
    call.run(5);
    call.press(1, '9');
    call.run(20);
    expect(call.peers[0]!.received.some(({ payloadType }) => payloadType === 101)).toBe(false);
    expect(call.rig.eventsOf('digit').map(({ legId, digit }) => [legId, digit])).toEqual([['leg1', '9']]);
  });
});
