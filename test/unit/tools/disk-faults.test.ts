import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { faultyDisk } from '../../support/recorder/faulty-disk.js';
import { recorderHere } from '../../support/recorder/recorder-rig.js';
import { readSidecar, readTrack, segmentText } from '../../support/recorder/read-track.js';
import { play } from '../../support/recorder/script.js';

const disk = faultyDisk();
const rig = recorderHere({ disk });
// Before the rig closes.
afterEach(() => disk.heal());

const script = { leg_a: () => 5, leg_b: () => 6 };

describe('when the disk fails', () => {
  test.each([
    ['ENOSPC', 'The disk is full.'],
    ['EDQUOT', 'The disk is full.'],
    ['EIO', 'The disk reported EIO.'],
  ])('with %s in the middle, the recording fails and what was written is valid and kept', async (code, failure) => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    const other = await rig.record('recording_2', { firstTick: 0 });
    play(writer, script, 0, 200);
    rig.pass(1000);
    disk.refuse(code, ['write']);
    play(writer, script, 200, 250);
    rig.pass(100);
    disk.heal();
    await rig.ended();
    expect(rig.events[0]).toMatchObject({
      type: 'recordingFailed',
      recordingId: 'recording_1',
      info: { status: 'failed', failure },
    });
    for (const [legId, value] of [
      ['leg_a', 5],
      ['leg_b', 6],
    ] as const) {
      const track = readTrack(rig.root, 'recording_1', legId);
      expect(track.subarray(0, 200 * 960).every((sample) => sample === value)).toBe(true);
      expect(track.subarray(200 * 960).every((sample) => sample === 0)).toBe(true);
    }
    // The other one goes on.
    play(other, script, 0, 50);
    await rig.finish(other, 50, 2);
    expect(rig.events[1]?.type).toBe('recordingCompleted');
    expect(rig.faults).toEqual([]);
  });

  test('and room for the JSON was set aside, it says failed at once', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, script, 0, 200);
    rig.pass(1000);
    // Full: nothing can be written until something is removed.
    disk.refuse('ENOSPC', ['write', 'createFile']);
    const removeFile = disk.removeFile.bind(disk);
    disk.removeFile = (path) => {
      if (path.endsWith('/reserve') && statSync(path).size >= 100_000) disk.heal();
      removeFile(path);
    };
    play(writer, script, 200, 300);
    rig.pass(100);
    disk.removeFile = removeFile;
    const sidecar = readSidecar(rig.root, 'recording_1');
    expect(sidecar).toMatchObject({ status: 'failed', failure: 'The disk is full.' });
    expect(segmentText(sidecar, 'leg_a')).toBe(`0-200 audio, 200-${sidecar.endTick} dropped`);
    expect(sidecar.endTick).toBeGreaterThan(200);
    expect(readdirSync(join(rig.root, 'recording_1')).sort()).toEqual(['leg_a.wav', 'leg_b.wav', 'recording.json']);
  });

  test('and not even the JSON can be written, the failure is told all the same and written when it can be', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, script, 0, 200);
    rig.pass(1000);
    disk.refuse('EIO', ['write', 'createFile', 'sync', 'setLength', 'rename', 'removeFile']);
    play(writer, script, 200, 300);
    rig.pass(100);
    await rig.ended();
    expect(rig.events[0]).toMatchObject({ type: 'recordingFailed', info: { failure: 'The disk reported EIO.' } });
    expect(readSidecar(rig.root, 'recording_1').status).toBe('recording');
    expect(await rig.recorder.get('recording_1')).toMatchObject({ status: 'failed' });
    // What is there can be read nevertheless.
    expect(readTrack(rig.root, 'recording_1', 'leg_a').length).toBeGreaterThanOrEqual(150 * 960);
    disk.heal();
    rig.pass(6000);
    expect(readSidecar(rig.root, 'recording_1')).toMatchObject({ status: 'failed' });
  });

  test.each(['createFile', 'sync', 'setLength', 'rename'] as const)('at any %s, one recording fails', async (deed) => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    disk.refuse('EIO', [deed], 1);
    for (let tick = 0; tick < 200; tick += 20) {
      play(writer, { ...script, leg_c: (at) => (at < 100 ? undefined : 7) }, tick, tick + 20);
      rig.pass(400);
    }
    await rig.finish(writer, 200);
    expect(rig.events[0]?.type).toBe('recordingFailed');
    disk.heal();
    rig.pass(6000);
    const { legs, endTick } = readSidecar(rig.root, 'recording_1');
    for (const { legId, segments } of legs) {
      expect(readTrack(rig.root, 'recording_1', legId)).toBeDefined();
      expect(segments.at(-1)?.toTick ?? endTick).toBe(endTick);
    }
  });

  test('before it began, there is no recording', async () => {
    disk.refuse('ENOSPC', ['write']);
    await expect(rig.record('recording_1')).rejects.toMatchObject({
      code: 'recordingFailed',
      detail: 'The disk is full.',
    });
    disk.heal();
    expect(await rig.recorder.list({ callId: undefined, after: undefined, limit: 10 })).toEqual([]);
    expect(readdirSync(rig.root)).toEqual([]);
    await expect(rig.recorder.get('recording_1')).rejects.toMatchObject({ code: 'recordingNotFound' });
  });

  test('or rather has too little room left, no recording begins', async () => {
    await rig.restart({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(rig.record('recording_1')).rejects.toMatchObject({
      code: 'recordingFailed',
      detail: 'The disk is too full.',
    });
    expect(readdirSync(rig.root)).toEqual([]);
  });

  test('by standing still for five seconds, not one sample is lost', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0, maxLegs: 2 });
    const write = disk.write.bind(disk);
    let stalled = false;
    disk.write = (handle, bytes, position) => {
      // While the disk stands still the call goes on for 250 ticks.
      if (!stalled && bytes.length > 1000) {
        stalled = true;
        play(writer, { leg_a: (tick) => tick + 1, leg_b: () => 6 }, 50, 300);
      }
      write(handle, bytes, position);
    };
    play(writer, { leg_a: (tick) => tick + 1, leg_b: () => 6 }, 0, 50);
    rig.pass(100);
    disk.write = write;
    expect(stalled).toBe(true);
    await rig.finish(writer, 300);
    expect(rig.events[0]).toMatchObject({ type: 'recordingCompleted', info: { droppedTicks: 0, endTick: 300 } });
    const track = readTrack(rig.root, 'recording_1', 'leg_a');
    expect(track.every((sample, at) => sample === Math.floor(at / 960) + 1)).toBe(true);
  });
});
