import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { faultyDisk } from '../../support/recorder/faulty-disk.js';
import { recorderHere } from '../../support/recorder/recorder-rig.js';
import { readSidecar, readTrack, segmentText, tickOf } from '../../support/recorder/read-track.js';
import { play } from '../../support/recorder/script.js';

const disk = faultyDisk();
const rig = recorderHere({ disk });
// Before the rig closes.
afterEach(() => disk.heal());

/** Waits for a purge while the worker works. */
async function worked(purge: Promise<void>): Promise<void> {
  let done = false;
  const settled = purge.finally(() => (done = true));
  settled.catch(() => undefined);
  for (let i = 0; i < 50 && !done; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    rig.pass(100);
  }
  await settled;
}

/** The last tick of a leg before which its track is nothing but zeros, checked to be the leg's own value after it. */
function wipedBefore(legId: string, value: number, toTick: number): number {
  const track = readTrack(rig.root, 'recording_1', legId);
  for (let tick = 0; tick < toTick; tick++) {
    const samples = tickOf(track, 0, tick);
    if (samples.every((sample) => sample === 0)) continue;
    for (let later = tick; later < toTick; later++) {
      expect(tickOf(track, 0, later).every((sample) => sample === value)).toBe(true);
    }
    return tick;
  }
  return toTick;
}

describe('a purge', () => {
  test('wipes what a leg said before a tick, and nothing of others, while the recording goes on', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5, leg_b: () => 6 }, 0, 300);
    rig.pass(1000);
    await worked(rig.recorder.purge('recording_1', 'leg_a', 200));
    // It is on disk now, not when the recording ends.
    expect(wipedBefore('leg_a', 5, 300)).toBe(200);
    expect(segmentText(readSidecar(rig.root, 'recording_1'), 'leg_a')).toBe('0-200 purged, 200-300 audio');
    expect(readSidecar(rig.root, 'recording_1').purges).toEqual([{ legId: 'leg_a', beforeTick: 200, done: true }]);

    play(writer, { leg_a: () => 5, leg_b: () => 6 }, 300, 350);
    await rig.finish(writer, 350);
    expect(wipedBefore('leg_a', 5, 350)).toBe(200);
    expect(wipedBefore('leg_b', 6, 350)).toBe(0);
    expect(segmentText(readSidecar(rig.root, 'recording_1'), 'leg_b')).toBe('0-350 audio');
  });

  test('reaches what is still to come, and legs that are not known yet', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    const script = { leg_a: () => 5, leg_b: (tick: number) => (tick < 60 ? undefined : 6) };
    play(writer, script, 0, 50);
    await worked(rig.recorder.purge('recording_1', 'leg_a', 80));
    await worked(rig.recorder.purge('recording_1', 'leg_b', 90));
    play(writer, script, 50, 120);
    await rig.finish(writer, 120);
    expect(wipedBefore('leg_a', 5, 120)).toBe(80);
    expect(wipedBefore('leg_b', 6, 120)).toBe(90);
    const sidecar = readSidecar(rig.root, 'recording_1');
    expect(segmentText(sidecar, 'leg_a')).toBe('0-80 purged, 80-120 audio');
    expect(segmentText(sidecar, 'leg_b')).toBe('0-60 absent, 60-90 purged, 90-120 audio');
  });

  test('wipes a recording that has ended, and one of another process', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5, leg_b: (tick) => (tick < 50 ? 'muted' : 6) }, 0, 300);
    await rig.finish(writer, 300);
    await worked(rig.recorder.purge('recording_1', 'leg_a', 10_000));
    expect(wipedBefore('leg_a', 5, 300)).toBe(300);
    await rig.restart();
    await worked(rig.recorder.purge('recording_1', 'leg_b', 60));
    expect(wipedBefore('leg_b', 6, 300)).toBe(60);
    const sidecar = readSidecar(rig.root, 'recording_1');
    expect(segmentText(sidecar, 'leg_a')).toBe('0-300 purged');
    expect(segmentText(sidecar, 'leg_b')).toBe('0-50 muted, 50-60 purged, 60-300 audio');
    expect(sidecar.status).toBe('completed');
  });

  test('is carried out to its end when its recording ends meanwhile', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    for (let tick = 0; tick < 3000; tick += 500) {
      play(writer, { leg_a: () => 5 }, tick, tick + 500);
      rig.pass(100);
    }
    writer.end(3000);
    const purge = rig.recorder.purge('recording_1', 'leg_a', 2900);
    await worked(purge);
    await rig.ended();
    expect(wipedBefore('leg_a', 5, 3000)).toBe(2900);
    expect(segmentText(readSidecar(rig.root, 'recording_1'), 'leg_a')).toBe('0-2900 purged, 2900-3000 audio');
    expect(rig.events[0]?.type).toBe('recordingCompleted');
  });

  test('of a long recording lets others be written in between', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    for (let tick = 0; tick < 10_000; tick += 400) {
      play(writer, { leg_a: () => 5 }, tick, tick + 400);
      rig.pass(100);
    }
    await new Promise((resolve) => setImmediate(resolve));
    const before = disk.done.length;
    await worked(rig.recorder.purge('recording_1', 'leg_a', 10_000));
    // 19.2 MB in steps of 4 MiB, each on the medium before the next: also JSON before and after.
    expect(disk.done.slice(before).filter((deed) => deed === 'sync').length).toBeGreaterThanOrEqual(5 + 2);
    expect(wipedBefore('leg_a', 5, 10_000)).toBe(10_000);
  });

  test('is refused when there is no such recording, and is nothing when there is no such leg', async () => {
    await expect(worked(rig.recorder.purge('recording_9', 'leg_a', 10))).rejects.toMatchObject({
      code: 'recordingNotFound',
    });
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5 }, 0, 10);
    await worked(rig.recorder.purge('recording_1', 'leg_z', 10));
    await rig.finish(writer, 10);
    await worked(rig.recorder.purge('recording_1', 'leg_z', 10));
    expect(wipedBefore('leg_a', 5, 10)).toBe(0);
  });

  test('that the disk refuses is told, stays open in the JSON, and is done at the next start', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5 }, 0, 100);
    await rig.finish(writer, 100);
    // Create, write and sync the JSON go well; the audio does not.
    disk.refuse('EIO', ['write'], 1);
    await expect(worked(rig.recorder.purge('recording_1', 'leg_a', 50))).rejects.toMatchObject({
      code: 'recordingFailed',
    });
    expect(wipedBefore('leg_a', 5, 100)).toBe(0);
    expect(readSidecar(rig.root, 'recording_1').purges).toEqual([{ legId: 'leg_a', beforeTick: 50, done: false }]);
    disk.heal();
    await rig.restart();
    expect(wipedBefore('leg_a', 5, 100)).toBe(50);
    expect(readSidecar(rig.root, 'recording_1')).toMatchObject({
      status: 'completed',
      purges: [{ legId: 'leg_a', beforeTick: 50, done: true }],
    });
  });

  test('leaves nothing of the audio anywhere in the recording', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 0x1234 }, 0, 100);
    rig.pass(500);
    const purge = rig.recorder.purge('recording_1', 'leg_a', 100);
    await worked(purge);
    expect(readFileSync(join(rig.root, 'recording_1', 'leg_a.wav')).includes(Buffer.of(0x34, 0x12, 0x34, 0x12))).toBe(
      false,
    );
    writer.end(100);
  });

  test('keeps a recording from being removed until it is done', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5 }, 0, 100);
    await rig.finish(writer, 100);
    const purge = rig.recorder.purge('recording_1', 'leg_a', 50);
    await expect(rig.recorder.remove('recording_1')).rejects.toMatchObject({ code: 'recordingActive' });
    await worked(purge);
    await rig.recorder.remove('recording_1');
  });
});
