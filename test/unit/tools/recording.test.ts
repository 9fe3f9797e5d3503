import { describe, expect, test } from 'vitest';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TapState } from '../../../src/media/tap/ring.js';
import { recorderHere } from '../../support/recorder/recorder-rig.js';
import { flatFrame, play } from '../../support/recorder/script.js';
import { readSidecar, readTrack, segmentText, tickOf } from '../../support/recorder/read-track.js';

const rig = recorderHere();

const silence = flatFrame(0);
const zeros = (track: Int16Array) => track.every((sample) => sample === 0);

describe('a recording', () => {
  test('has one track per leg, of equal length, with exact zeros where a leg gives nothing', async () => {
    const writer = await rig.record('recording_1');
    const states: TapState[] = ['audio', 'muted', 'isolated', 'noConsent', 'silent'];
    play(
      writer,
      {
        leg_a: () => 1000,
        // Joins 20 ticks late, is a state for 10 ticks each, leaves.
        leg_b: (tick) => {
          if (tick < 120 || tick >= 170) return undefined;
          const state = states[((tick - 120) / 10) | 0] ?? 'silent';
          return state === 'audio' ? 2000 : state;
        },
        leg_c: (tick) => (tick < 195 ? undefined : 3000),
      },
      100,
      200,
    );
    await rig.finish(writer, 200);

    const tracks = ['leg_a', 'leg_b', 'leg_c'].map((legId) => readTrack(rig.root, 'recording_1', legId));
    for (const track of tracks) expect(track).toHaveLength(100 * 960);
    const [a, b, c] = tracks as [Int16Array, Int16Array, Int16Array];
    expect(a.every((sample) => sample === 1000)).toBe(true);
    expect(zeros(b.subarray(0, 20 * 960))).toBe(true);
    expect(b.subarray(20 * 960, 30 * 960).every((sample) => sample === 2000)).toBe(true);
    expect(zeros(b.subarray(30 * 960))).toBe(true);
    expect(zeros(c.subarray(0, 95 * 960))).toBe(true);
    expect(c.subarray(95 * 960).every((sample) => sample === 3000)).toBe(true);

    const sidecar = readSidecar(rig.root, 'recording_1');
    expect(sidecar).toMatchObject({
      recordingId: 'recording_1',
      callId: 'call_1',
      callName: 'name of call_1',
      status: 'completed',
      firstTick: 100,
      endTick: 200,
      droppedTicks: 0,
      failure: null,
    });
    expect(segmentText(sidecar, 'leg_a')).toBe('100-200 audio');
    expect(segmentText(sidecar, 'leg_b')).toBe(
      '100-120 absent, 120-130 audio, 130-140 muted, 140-150 isolated, 150-160 noConsent, 160-170 silent, 170-200 absent',
    );
    expect(segmentText(sidecar, 'leg_c')).toBe('100-195 absent, 195-200 audio');
    expect(sidecar.legs.map(({ joinedTick, leftTick }) => [joinedTick, leftTick])).toEqual([
      [100, 200],
      [120, 170],
      [195, 200],
    ]);
  });

  test('has a click that all legs give at the same sample of every track, whenever they joined', async () => {
    const writer = await rig.record('recording_1', { firstTick: 7 });
    const click = flatFrame(0);
    click[123] = 0.5;
    for (let tick = 7; tick < 400; tick++) {
      writer.begin(tick);
      for (let leg = 0; leg < 3; leg++) {
        if (tick >= 7 + leg * 61) writer.frame(leg, `leg_${leg}`, 'audio', tick === 333 ? click : silence);
      }
      writer.commit();
      if (tick % 9 === 0) rig.pass(100);
    }
    await rig.finish(writer, 400);
    for (let leg = 0; leg < 3; leg++) {
      const track = readTrack(rig.root, 'recording_1', `leg_${leg}`);
      expect(track.findIndex((sample) => sample !== 0)).toBe((333 - 7) * 960 + 123);
      expect(track.filter((sample) => sample !== 0)).toEqual(Int16Array.of(16_384));
      expect(track).toHaveLength((400 - 7) * 960);
    }
  });

  test('holds silence where ticks did not fit into the ring, and what came after at its place', async () => {
    const writer = await rig.record('recording_1', { maxLegs: 1, firstTick: 0 });
    // The ring holds ten seconds; the worker looks away for twelve.
    play(writer, { leg_a: (tick) => tick + 1 }, 0, 600);
    rig.pass(100);
    play(writer, { leg_a: (tick) => tick + 1 }, 600, 650);
    await rig.finish(writer, 650);
    const sidecar = readSidecar(rig.root, 'recording_1');
    const { droppedTicks } = sidecar;
    expect(droppedTicks).toBeGreaterThan(90);
    expect(droppedTicks).toBeLessThanOrEqual(100);
    expect(segmentText(sidecar, 'leg_a')).toBe(
      `0-${600 - droppedTicks} audio, ${600 - droppedTicks}-600 dropped, 600-650 audio`,
    );
    const track = readTrack(rig.root, 'recording_1', 'leg_a');
    for (let tick = 0; tick < 650; tick++) {
      const lost = tick >= 600 - droppedTicks && tick < 600;
      expect(tickOf(track, 0, tick).every((sample) => sample === (lost ? 0 : tick + 1))).toBe(true);
    }
  });

  test('can be read at any time while it grows', async () => {
    const writer = await rig.record('recording_1');
    for (let second = 0; second < 5; second++) {
      play(writer, { leg_a: () => 5, leg_b: () => 'muted' }, 100 + second * 50, 150 + second * 50);
      rig.pass(1000);
      const tracks = ['leg_a', 'leg_b'].map((legId) => readTrack(rig.root, 'recording_1', legId));
      // All of it but, at most, the last second.
      for (const track of tracks) expect(track.length).toBeGreaterThanOrEqual((second + 1) * 48_000);
      const sidecar = readSidecar(rig.root, 'recording_1');
      expect(sidecar.status).toBe('recording');
      expect(sidecar.legs.map(({ legId }) => legId)).toEqual(['leg_a', 'leg_b']);
    }
  });

  test('tells a change of state in its JSON within a second', async () => {
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 300);
    rig.pass(4000);
    play(writer, { leg_a: () => 'noConsent' }, 300, 305);
    rig.pass(900);
    expect(segmentText(readSidecar(rig.root, 'recording_1'), 'leg_a')).toBe('100-300 audio, 300-305 noConsent');
  });

  test('keeps notes in order', async () => {
    const writer = await rig.record('recording_1');
    rig.recorder.note('recording_1', {
      tick: 101,
      timeMs: 5,
      type: 'consent.given',
      legId: 'leg_a',
      data: { digit: '1' },
    });
    rig.recorder.note('recording_1', { tick: 102, timeMs: 6, type: 'call.locked', legId: undefined, data: {} });
    await Promise.resolve();
    play(writer, { leg_a: () => 5 }, 100, 110);
    await rig.finish(writer, 110);
    expect(readSidecar(rig.root, 'recording_1').notes).toEqual([
      { tick: 101, timeMs: 5, type: 'consent.given', legId: 'leg_a', data: { digit: '1' } },
      { tick: 102, timeMs: 6, type: 'call.locked', data: {} },
    ]);
  });

  test('is for its owner only, and leaves nothing but tracks and JSON', async () => {
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 110);
    await rig.finish(writer, 110);
    const directory = join(rig.root, 'recording_1');
    expect(readdirSync(directory).sort()).toEqual(['leg_a.wav', 'recording.json']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test('of a call without legs is completed too', async () => {
    const writer = await rig.record('recording_1');
    play(writer, {}, 100, 110);
    await rig.finish(writer, 110);
    expect(rig.events[0]).toMatchObject({ type: 'recordingCompleted', info: { firstTick: 100, endTick: 110 } });
  });

  test('fails when the call’s media stops without an end, and keeps what there was', async () => {
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 110);
    rig.pass(59_000);
    expect(rig.events).toEqual([]);
    rig.pass(2000);
    await rig.ended();
    expect(rig.events[0]).toMatchObject({ type: 'recordingFailed', info: { status: 'failed', endTick: 110 } });
    expect(readTrack(rig.root, 'recording_1', 'leg_a')).toHaveLength(9600);
  });

  test('that is abandoned holds all that was in the ring', async () => {
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 400);
    rig.recorder.abandon('recording_1', 'The media worker crashed.');
    await rig.ended();
    expect(rig.events[0]).toMatchObject({
      type: 'recordingFailed',
      info: { status: 'failed', failure: 'The media worker crashed.', endTick: 400 },
    });
    expect(readTrack(rig.root, 'recording_1', 'leg_a').every((sample) => sample === 5)).toBe(true);
  });

  test('that never got a tap is abandoned without tracks', async () => {
    const ring = rig.recorder.createRing(2);
    await rig.recorder.begin({ recordingId: 'recording_1', callId: 'call_1', callName: '', ring });
    rig.recorder.abandon('recording_1', 'The call had ended.');
    await rig.ended();
    expect(rig.events[0]).toMatchObject({
      type: 'recordingFailed',
      info: { firstTick: undefined, endTick: undefined },
    });
  });

  test('keeps no file open for legs that have left', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const writer = await rig.record('recording_1', { firstTick: 0 });
    for (let leg = 0; leg < 30; leg++) {
      for (let tick = leg * 5; tick < leg * 5 + 5; tick++) {
        writer.begin(tick);
        writer.frame(leg, `leg_${leg}`, 'audio', flatFrame(leg + 1));
        writer.commit();
      }
      rig.pass(100);
    }
    rig.pass(500);
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThan(5);
    await rig.finish(writer, 150);
    for (let leg = 0; leg < 30; leg++) {
      const track = readTrack(rig.root, 'recording_1', `leg_${leg}`);
      expect(track).toHaveLength(150 * 960);
      expect(track.reduce((sum, sample) => sum + sample, 0)).toBe((leg + 1) * 4800);
    }
  });
});
