import { describe, expect, it } from 'vitest';
import { flat, hum, programme } from '../../support/clips.js';
import { order, rules } from '../../support/interaction-order.js';
import { IsolationRoom } from '../../support/isolation-room.js';
import { sine } from '../../support/media-rig.js';

const promptHz = 500;
const promptPeak = 8000;
const promptDb = 20 * Math.log10(promptPeak / 32_768);

function prompt(durationMs: number, changes = {}) {
  return programme([hum(promptHz, promptPeak, durationMs)], changes);
}

describe('a leg in an interaction', () => {
  it('leaves the mix in the tick told, hears the prompt alone, and is back in the tick told', async () => {
    const room = await IsolationRoom.open(3);
    expect([0, 1, 2].map((leg) => room.heardBy(leg))).toEqual(['12', '02', '01']);
    room.start(1, order({ prompt: prompt(400) }));
    const from = room.tick;
    const heard: string[][] = [];
    for (let tick = 0; tick < 24; tick++) {
      room.run(1);
      // Frames in which the filters still, or not yet, ring are not one or the other.
      if (tick === 0 || tick === 20) continue;
      heard.push([0, 1, 2].map((leg) => room.heardBy(leg)));
      const inPrompt = tick < 20;
      expect(Math.abs(room.level(1, promptHz) - promptDb) < 0.5).toBe(inPrompt);
      for (const other of [0, 2]) expect(room.level(other, promptHz)).toBeLessThan(-50);
    }
    expect(heard.slice(0, 19)).toEqual(new Array(19).fill(['2', '', '0']));
    expect(heard.slice(19)).toEqual(new Array(3).fill(['12', '02', '01']));
    expect(room.isolations(from)).toEqual([`+leg1@${from + 1}`, `-leg1@${from + 21}`]);
    expect(room.outcomes()).toMatchObject([
      { result: 'played', startedTick: from + 1, promptEndedTick: from + 21, endedTick: from + 21, playedMs: 400 },
    ]);
  });

  it('hears not one sample of the others, and they not one of it', async () => {
    const room = await IsolationRoom.open(2);
    room.start(0, order({ prompt: programme([flat(0, 960 * 30)]), gather: rules() }));
    // What resampling still had of the frame before sounds in the first.
    room.run(1);
    for (let tick = 0; tick < 60; tick++) {
      room.run(1);
      for (const leg of [0, 1]) expect(room.heard(leg).every((sample) => sample === 0)).toBe(true);
    }
  });

  it('is shown as isolated, is still received, and is silent to everybody', async () => {
    const room = await IsolationRoom.open(2);
    room.start(0, order({ prompt: prompt(2000) }));
    room.run(80);
    const [first, second] = (await room.rig.snapshot('room')).legs;
    expect([first?.isolated, second?.isolated]).toEqual([true, false]);
    expect(first?.levelDbov).toBe(-127);
    expect(first?.statistics.receive.packets).toBeGreaterThan(125);
    expect(first?.statistics.playout).toMatchObject({ concealed: 0, resets: 0 });
    room.run(40);
    expect((await room.rig.snapshot('room')).legs[0]).toMatchObject({ isolated: false });
    expect(room.heardBy(1)).toBe('0');
  });

  it('keeps its interaction apart from that of another', async () => {
    const room = await IsolationRoom.open(3);
    const from = room.tick;
    room.start(0, order({ prompt: programme([hum(500, promptPeak, 4000)]), gather: rules({ bargeIn: false }) }));
    room.run(5);
    room.start(2, order({ prompt: programme([hum(900, promptPeak, 4000)]), gather: rules() }));
    room.run(10);
    expect([room.level(0, 500), room.level(2, 900)].map((db) => Math.abs(db - promptDb) < 0.5)).toEqual([true, true]);
    expect([room.level(0, 900), room.level(2, 500)].map((db) => db < -40)).toEqual([true, true]);
    expect([0, 1, 2].map((leg) => room.heardBy(leg))).toEqual(['', '', '']);
    room.press(0, '1');
    room.press(2, '2');
    room.run(1);
    expect(room.outcomes()).toMatchObject([{ result: 'digits', digits: '2', endedTick: from + 17 }]);
    room.run(2);
    expect([0, 1, 2].map((leg) => room.heardBy(leg))).toEqual(['', '2', '1']);
  });

  it('clicks nowhere when its prompt or its music is cut, wherever that is', async () => {
    const room = await IsolationRoom.open(1);
    room.peers[0]!.speak = () => undefined;
    const clickHz = 503;
    const tone = programme([hum(clickHz, promptPeak, 1000)], { plays: 0 });
    // A cut of such a tone is a step of up to its peak; its own steepest step is far less.
    const steepest = (2 * Math.PI * clickHz * promptPeak) / 8000;
    for (let ticks = 5; ticks < 9; ticks++) {
      for (const cut of ['press', 'cancel', 'replace', 'music', 'hold'] as const) {
        const asked = order({
          prompt: cut === 'music' ? programme([]) : tone,
          music: tone,
          gather: rules({ maxDigits: 2, bargeIn: true }),
        });
        if (cut === 'hold') room.isolate(0, true, tone);
        else room.start(0, asked);
        const from = room.peers[0]!.received.length;
        room.run(ticks);
        if (cut === 'press' || cut === 'music') room.press(0, '1');
        if (cut === 'cancel') room.cancel(0, asked);
        if (cut === 'hold') room.isolate(0, false);
        if (cut === 'replace') room.start(0, order({ prompt: programme([]) }));
        room.run(5);
        const heard = room.peers[0]!.heard(from);
        expect(heard.subarray(0, 160 * ticks).some((sample) => Math.abs(sample) > 7000)).toBe(true);
        expect(heard.subarray(160 * (ticks + 2)).every((sample) => sample === 0)).toBe(true);
        for (let at = 1; at < heard.length; at++) {
          expect(Math.abs(heard[at]! - heard[at - 1]!), `${cut} ${ticks}`).toBeLessThan(1.15 * steepest);
        }
        room.run(30);
      }
    }
  });
});

describe('a leg that leaves the mix and comes back', () => {
  it('hears no click at either edge', async () => {
    const room = await IsolationRoom.open(2);
    const talkerHz = 503;
    const talkerPeak = 8000;
    room.peers[1]!.speak = sine(talkerHz, talkerPeak);
    room.run(20);
    const steepest = (2 * Math.PI * talkerHz * talkerPeak) / 8000;
    for (let time = 0; time < 6; time++) {
      const from = room.peers[0]!.received.length;
      room.run(3);
      room.isolate(0, true);
      room.run(3);
      room.isolate(0, false);
      room.run(5 + time);
      const heard = room.peers[0]!.heard(from);
      expect(heard.subarray(160 * 4, 160 * 6).every((sample) => sample === 0)).toBe(true);
      for (let at = 1; at < heard.length; at++) {
        expect(Math.abs(heard[at]! - heard[at - 1]!), `${time} ${at}`).toBeLessThan(1.15 * steepest);
      }
    }
  });
});

describe('a leg that is kept out', () => {
  it('is out from its very first tick, and nobody ever hears a sample of it', async () => {
    const room = await IsolationRoom.open(1);
    await room.join({ isolated: true });
    expect(room.rig.eventsOf('isolation').map(({ legId, isolated }) => [legId, isolated])).toEqual([
      ['leg0', false],
      ['leg1', true],
    ]);
    expect(room.rig.eventsOf('isolation')[1]?.tick).toBe(room.rig.eventsOf('legJoined')[1]?.tick);
    const from = room.peers[0]!.received.length;
    room.run(60);
    for (const peer of room.peers) expect(peer.heard(from).every((sample) => sample === 0)).toBe(true);
    expect(room.peers[1]!.heard().every((sample) => sample === 0)).toBe(true);
    room.isolate(1, false);
    room.run(3);
    expect([0, 1].map((leg) => room.heardBy(leg))).toEqual(['1', '0']);
  });

  it('hears its music, which stands still while it is in an interaction and goes on after', async () => {
    const room = await IsolationRoom.open(2);
    const music = programme([hum(500, promptPeak, 400), hum(900, promptPeak, 400)], { plays: 0 });
    const from = room.tick;
    room.isolate(0, true, music);
    room.run(15);
    expect(Math.abs(room.level(0, 500) - promptDb)).toBeLessThan(0.5);
    room.start(0, order({ prompt: programme([hum(2100, promptPeak, 200)]), gather: rules({ timeoutTicks: 20 }) }));
    room.run(5);
    expect(Math.abs(room.level(0, 2100) - promptDb)).toBeLessThan(0.5);
    room.run(15);
    expect(room.heard(0).every((sample) => sample === 0)).toBe(true);
    // Thirty ticks later the music has five left of its first clip.
    room.run(13);
    expect(Math.abs(room.level(0, 500) - promptDb)).toBeLessThan(0.5);
    room.run(5);
    expect(Math.abs(room.level(0, 900) - promptDb)).toBeLessThan(0.5);
    expect(room.heardBy(1)).toBe('');
    room.isolate(0, false);
    room.run(3);
    expect([0, 1].map((leg) => room.heardBy(leg))).toEqual(['1', '0']);
    expect(room.isolations(from)).toEqual([`+leg0@${from + 1}`, `-leg0@${from + 54}`]);
  });

  it('stays out until both the keeping and the interaction are over', async () => {
    const room = await IsolationRoom.open(2);
    const from = room.tick;
    room.start(0, order({ prompt: prompt(400) }));
    room.run(5);
    room.isolate(0, true);
    room.run(5);
    room.isolate(0, false);
    room.run(5);
    expect(room.heardBy(1)).toBe('');
    room.isolate(0, true);
    room.run(20);
    expect(room.heardBy(1)).toBe('');
    expect(room.outcomes()).toMatchObject([{ result: 'played', endedTick: from + 21 }]);
    room.isolate(0, false);
    room.run(2);
    expect(room.heardBy(1)).toBe('0');
    expect(room.isolations(from)).toEqual([`+leg0@${from + 1}`, `-leg0@${from + 36}`]);
  });

  it('tells its digits, and nobody else gets them', async () => {
    const room = await IsolationRoom.open(2);
    room.isolate(0, true);
    room.run(5);
    room.press(0, '5');
    room.run(20);
    expect(room.rig.eventsOf('digit').map(({ digit }) => digit)).toEqual(['5']);
    expect(room.peers[1]!.received.some(({ payloadType }) => payloadType === 101)).toBe(false);
  });
});

describe('a prompt that is synthesized while it plays', () => {
  it('waits in silence, goes on where it was, and ends with its last sample', async () => {
    const room = await IsolationRoom.open(2);
    const s = room.tick + 1;
    const streamed = programme([hum(promptHz, promptPeak, 100)], { complete: false });
    const { programmeId } = streamed;
    room.start(0, order({ prompt: streamed, gather: rules() }));
    const extend = (clips: (typeof streamed)['clips'], complete: boolean) =>
      room.rig.command({ type: 'extendProgramme', callId: 'room', programmeId, clips, complete });
    room.runTo(s + 10);
    expect(room.heard(0).every((sample) => sample === 0)).toBe(true);
    extend([hum(900, promptPeak, 100)], false);
    room.runTo(s + 13);
    expect(Math.abs(room.level(0, 900) - promptDb)).toBeLessThan(0.5);
    room.runTo(s + 30);
    expect(room.outcomes()).toEqual([]);
    extend([hum(900, promptPeak, 110)], true);
    room.runTo(s + 100);
    // 31 … 36, the last of them half.
    expect(room.outcomes()).toMatchObject([
      { result: 'timeout', playedMs: 310, promptCompleted: true, promptEndedTick: s + 37, endedTick: s + 87 },
    ]);
    extend([hum(900, promptPeak, 110)], true);
    room.run(3);
    expect(room.heardBy(0)).toBe('1');
  });
});
