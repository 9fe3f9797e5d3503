import { describe, expect, it } from 'vitest';
import type { PlaybackOrder } from '../../../src/media/protocol.js';
import { flat, hum, programme } from '../../support/clips.js';
import { order } from '../../support/interaction-order.js';
import { IsolationRoom } from '../../support/isolation-room.js';

const peak = 6000;
const playedDb = 20 * Math.log10(peak / 32_768);
let lastPlayback = 0;

/** Plays a tone for so long. */
function playback(frequencyHz: number, durationMs: number, changes: Partial<PlaybackOrder> = {}): PlaybackOrder {
  const tone = programme([hum(frequencyHz, peak, durationMs)]);
  return { playbackId: `playback${++lastPlayback}`, programme: tone, legIds: undefined, duckDb: 0, ...changes };
}

function start(room: IsolationRoom, ordered: PlaybackOrder): void {
  room.rig.command({ type: 'startPlayback', callId: 'room', order: ordered });
}

function stop(room: IsolationRoom, { playbackId }: PlaybackOrder): void {
  room.rig.command({ type: 'stopPlayback', callId: 'room', playbackId });
}

function pause(room: IsolationRoom, { playbackId }: PlaybackOrder, paused: boolean): void {
  room.rig.command({ type: 'pausePlayback', callId: 'room', playbackId, paused });
}

/** Level of a tone that is played, relative to how it is made, as leg by leg hear it now. */
function heard(room: IsolationRoom, frequencyHz: number): number[] {
  return room.peers.map((_, leg) => Math.max(-50, room.level(leg, frequencyHz) - playedDb));
}

function ends(room: IsolationRoom) {
  return room.rig
    .eventsOf('playbackEnded')
    .map(({ playbackId, tick, end, playedMs }) => ({ playbackId, tick, end, playedMs }));
}

function close(levels: readonly number[], wanted: readonly number[]): void {
  levels.forEach((level, index) => expect(Math.abs(level - wanted[index]!), `${levels.join(' ')}`).toBeLessThan(0.6));
}

describe('what is played to a call', () => {
  it('is heard by everybody for as long as it lasts, over the ducked mix, to the tick', async () => {
    const room = await IsolationRoom.open(3);
    const s = room.tick + 1;
    const announcement = playback(500, 400, { duckDb: -20 });
    start(room, announcement);
    room.run(2);
    for (let tick = s + 2; tick < s + 20; tick++) {
      room.run(1);
      close(heard(room, 500), [0, 0, 0]);
      close([room.hears(0, 1), room.hears(1, 2), room.hears(2, 0)], [-20, -20, -20]);
    }
    room.run(1);
    expect(ends(room)).toEqual([
      { playbackId: announcement.playbackId, tick: s + 20, end: 'completed', playedMs: 400 },
    ]);
    room.run(1);
    expect([0, 1, 2].map((leg) => room.heardBy(leg))).toEqual(['12', '02', '01']);
    for (const level of heard(room, 500)) expect(level).toBeLessThan(-40);
    expect(room.rig.eventsOf('playbackStarted')).toMatchObject([{ tick: s }]);
  });

  it('adds up, and the lowest duck counts, whomever it is for', async () => {
    const room = await IsolationRoom.open(3);
    start(room, playback(500, 2000, { duckDb: -6 }));
    start(room, playback(900, 600, { duckDb: -12 }));
    start(room, playback(2100, 2000, { duckDb: -20, legIds: ['leg1'] }));
    start(room, playback(2500, 2000, { duckDb: -3, legIds: ['leg2'] }));
    room.run(5);
    close(heard(room, 500), [0, 0, 0]);
    close(heard(room, 900), [0, 0, 0]);
    close(heard(room, 2100).slice(1, 2), [0]);
    close(heard(room, 2500).slice(2), [0]);
    expect(heard(room, 2100)[0]).toBeLessThan(-30);
    close([room.hears(0, 1), room.hears(1, 2), room.hears(2, 0)], [-12, -20, -12]);
    room.run(30);
    close([room.hears(0, 1), room.hears(1, 2), room.hears(2, 0)], [-6, -20, -6]);
  });

  it('is heard by those who join while it lasts, and not by isolated legs', async () => {
    const room = await IsolationRoom.open(2);
    start(room, playback(500, 4000));
    room.isolate(1, true);
    room.run(10);
    await room.join();
    room.run(5);
    close([heard(room, 500)[0]!, heard(room, 500)[2]!], [0, 0]);
    expect(room.heard(1).every((sample) => sample === 0)).toBe(true);
    room.isolate(1, false);
    room.run(3);
    close(heard(room, 500), [0, 0, 0]);
  });

  it('goes on without anybody', async () => {
    const room = await IsolationRoom.open(1);
    await room.rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId: 'leg0' }));
    start(room, playback(500, 200));
    room.run(30);
    expect(ends(room)).toMatchObject([{ end: 'completed', playedMs: 200 }]);
  });

  it('pauses without losing a sample, gives the mix back meanwhile, and clicks nowhere', async () => {
    const room = await IsolationRoom.open(2);
    for (const peer of room.peers) peer.speak = () => undefined;
    room.run(20);
    const s = room.tick + 1;
    const announcement = playback(503, 400, { duckDb: -20 });
    start(room, announcement);
    const from = room.peers[0]!.received.length;
    room.run(10);
    pause(room, announcement, true);
    room.run(30);
    expect(room.heard(0).every((sample) => sample === 0)).toBe(true);
    expect(ends(room)).toEqual([]);
    pause(room, announcement, false);
    room.run(20);
    expect(ends(room)).toMatchObject([{ tick: s + 50, end: 'completed', playedMs: 400 }]);
    // All but the end, which the clip itself has as it is.
    const samples = room.peers[0]!.heard(from).subarray(0, 160 * 48);
    const steepest = (2 * Math.PI * 503 * peak) / 8000;
    for (let at = 1; at < samples.length; at++) {
      expect(Math.abs(samples[at]! - samples[at - 1]!)).toBeLessThan(1.15 * steepest);
    }
  });

  it('ducks nothing while it is paused', async () => {
    const room = await IsolationRoom.open(2);
    const announcement = playback(500, 4000, { duckDb: -20 });
    start(room, announcement);
    room.run(5);
    close([room.hears(0, 1)], [-20]);
    pause(room, announcement, true);
    room.run(3);
    close([room.hears(0, 1)], [0]);
  });

  it('stops when it is told to, once, and fades', async () => {
    const room = await IsolationRoom.open(1);
    room.peers[0]!.speak = () => undefined;
    const s = room.tick + 1;
    const music = { ...playback(0, 20), programme: programme([flat(8000, 960)], { plays: 0 }) };
    start(room, music);
    room.run(50);
    const from = room.peers[0]!.received.length;
    stop(room, music);
    stop(room, music);
    room.run(10);
    expect(ends(room)).toEqual([{ playbackId: music.playbackId, tick: s + 50, end: 'stopped', playedMs: 1000 }]);
    const samples = room.peers[0]!.heard(from);
    for (let at = 1; at < 160; at++) expect(Math.abs(samples[at]! - samples[at - 1]!)).toBeLessThan(1000);
    expect(samples.subarray(160).every((sample) => sample === 0)).toBe(true);
  });

  it('ends with the call, told before that', async () => {
    const room = await IsolationRoom.open(1);
    start(room, playback(500, 4000));
    room.run(10);
    const from = room.rig.events.length;
    await room.rig.ask((requestId) => ({ type: 'closeCall', requestId, callId: 'room' }));
    expect(room.told(from)).toEqual(['playbackEnded', 'callClosed']);
    expect(ends(room)).toMatchObject([{ tick: room.tick + 1, end: 'callEnded', playedMs: 200 }]);
    start(room, playback(500, 4000));
    expect(ends(room)[1]).toMatchObject({ tick: 0, end: 'callEnded', playedMs: 0 });
  });

  it('is extended while it plays', async () => {
    const room = await IsolationRoom.open(1);
    const s = room.tick + 1;
    const streamed = programme([], { complete: false });
    start(room, { ...playback(500, 20), programme: streamed });
    room.run(5);
    const { programmeId } = streamed;
    const clips = [hum(500, peak, 200)];
    room.rig.command({ type: 'extendProgramme', callId: 'room', programmeId, clips, complete: true });
    room.run(20);
    expect(ends(room)).toMatchObject([{ tick: s + 15, end: 'completed', playedMs: 200 }]);
  });
});

describe('what is played to some legs', () => {
  it('is heard by them alone, and ducks for them alone', async () => {
    const room = await IsolationRoom.open(4);
    start(room, playback(500, 2000, { legIds: ['leg0', 'leg2', 'nobody'], duckDb: -12 }));
    room.run(5);
    const levels = heard(room, 500);
    close([levels[0]!, levels[2]!], [0, 0]);
    for (const leg of [1, 3]) expect(levels[leg]).toBeLessThan(-30);
    close([room.hears(0, 1), room.hears(1, 0), room.hears(2, 1), room.hears(3, 1)], [-12, 0, -12, 0]);
  });

  it('is not heard while they are isolated, and goes on', async () => {
    const room = await IsolationRoom.open(3);
    start(room, playback(500, 2000, { legIds: ['leg0', 'leg1'] }));
    room.start(0, order({ prompt: programme([hum(900, peak, 200)]) }));
    room.run(5);
    expect(room.level(0, 500)).toBeLessThan(-50);
    close([heard(room, 500)[1]!, heard(room, 900)[0]!], [0, 0]);
    room.run(10);
    close(heard(room, 500).slice(0, 2), [0, 0]);
  });

  it('is over when all of them have left, or none was ever there', async () => {
    const room = await IsolationRoom.open(3);
    const announcement = playback(500, 4000, { legIds: ['leg0', 'leg2'] });
    const s = room.tick + 1;
    start(room, announcement);
    start(room, playback(500, 4000, { playbackId: 'nobody', legIds: ['nobody'] }));
    room.run(10);
    expect(ends(room)).toEqual([{ playbackId: 'nobody', tick: s, end: 'legsGone', playedMs: 0 }]);
    for (const legId of ['leg0', 'leg2']) {
      await room.rig.ask((requestId) => ({ type: 'closeLeg', requestId, callId: 'room', legId }));
    }
    expect(ends(room)[1]).toMatchObject({ playbackId: announcement.playbackId, end: 'legsGone' });
    expect(room.rig.eventsOf('playbackStarted')).toHaveLength(1);
  });
});
