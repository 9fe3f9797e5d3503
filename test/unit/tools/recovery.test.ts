import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAnotherAlive, ownerOf } from '../../../src/tools/recorder/owner.js';
import {
  type RecorderRig,
  removeDirectory,
  startRecorder,
  temporaryDirectory,
} from '../../support/recorder/recorder-rig.js';
import { readSidecar, readTrack, segmentText } from '../../support/recorder/read-track.js';
import { play } from '../../support/recorder/script.js';

let root: string;
const rigs: RecorderRig[] = [];
beforeEach(() => {
  root = temporaryDirectory();
});
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.recorder.close();
  removeDirectory(root);
});

async function start(): Promise<RecorderRig> {
  const rig = await startRecorder(root);
  rigs.push(rig);
  return rig;
}

/** What a server leaves that dies in the middle of a recording of 200 ticks from tick 100 on. */
async function leaveUnfinished(): Promise<void> {
  const directory = temporaryDirectory();
  const rig = await startRecorder(directory);
  const writer = await rig.record('recording_1');
  play(
    writer,
    {
      leg_a: () => 5,
      leg_b: (tick) => (tick < 150 ? undefined : tick < 250 ? 6 : 'noConsent'),
      leg_c: (tick) => (tick < 180 ? 7 : undefined),
    },
    100,
    300,
  );
  rig.pass(1000);
  cpSync(directory, root, { recursive: true });
  await rig.recorder.close();
  removeDirectory(directory);
}

/** Name, length, time and contents of every file. */
function fingerprint(directory: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    hash.update(`${name} ${statSync(path).mtimeMs} `).update(readFileSync(path));
  }
  return hash.digest('hex');
}

describe('at the start of the server', () => {
  test('a recording that was being made becomes a recovered one, all of it', async () => {
    await leaveUnfinished();
    const { recorder, faults } = await start();
    expect(await recorder.get('recording_1')).toMatchObject({
      status: 'recovered',
      callId: 'call_1',
      firstTick: 100,
      endTick: 300,
      failure: undefined,
    });
    for (const legId of ['leg_a', 'leg_b', 'leg_c']) {
      expect(readTrack(root, 'recording_1', legId)).toHaveLength(200 * 960);
    }
    const sidecar = readSidecar(root, 'recording_1');
    expect(segmentText(sidecar, 'leg_a')).toBe('100-300 audio');
    expect(segmentText(sidecar, 'leg_b')).toBe('100-150 absent, 150-250 audio, 250-300 noConsent');
    expect(segmentText(sidecar, 'leg_c')).toBe('100-180 audio, 180-300 absent');
    expect(readdirSync(join(root, 'recording_1')).sort()).toEqual([
      'leg_a.wav',
      'leg_b.wav',
      'leg_c.wav',
      'recording.json',
    ]);
    expect(faults).toEqual([]);
  });

  test('a recording that had ended keeps every octet and its times', async () => {
    const rig = await start();
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 150);
    writer.end(150);
    rig.pass(100);
    await rig.ended();
    const before = fingerprint(join(root, 'recording_1'));
    const again = await start();
    expect(fingerprint(join(root, 'recording_1'))).toBe(before);
    expect(await again.recorder.get('recording_1')).toMatchObject({ status: 'completed' });
  });

  test('whatever lengths the files have and however old headers and JSON are, tracks become whole and equal', async () => {
    await leaveUnfinished();
    const pristine = temporaryDirectory();
    cpSync(join(root, 'recording_1'), join(pristine, 'recording_1'), { recursive: true });
    const length = statSync(join(root, 'recording_1', 'leg_a.wav')).size;
    const damage = fc.record({
      lengths: fc.array(fc.integer({ min: 0, max: length + 10_000 }), { minLength: 3, maxLength: 3 }),
      headers: fc.array(fc.uint8Array({ minLength: 80, maxLength: 80 }), { minLength: 3, maxLength: 3 }),
      toldTicks: fc.integer({ min: 0, max: 250 }),
      forgotten: fc.integer({ min: 0, max: 3 }),
      missing: fc.integer({ min: 0, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ lengths, headers, toldTicks, forgotten, missing }) => {
        removeDirectory(join(root, 'recording_1'));
        cpSync(join(pristine, 'recording_1'), join(root, 'recording_1'), { recursive: true });
        const directory = join(root, 'recording_1');
        const legs = ['leg_a', 'leg_b', 'leg_c'];
        const kept = legs.map((legId, at) => {
          const path = join(directory, `${legId}.wav`);
          const audio = readFileSync(path).subarray(80);
          const size = lengths[at] ?? 0;
          writeFileSync(path, Buffer.concat([headers[at] ?? Buffer.alloc(80), audio]).subarray(0, size));
          if (size > audio.length + 80) truncateSync(path, size);
          return { path, audio, size };
        });
        const gone = kept[missing];
        if (gone) rmSync(gone.path);
        ageSidecar(directory, toldTicks, forgotten);

        const { faults, recorder } = await startRecorder(root);
        expect(faults).toEqual([]);
        const info = await recorder.get('recording_1');
        expect(info.status).toBe('recovered');
        const whole = kept.map(({ size, path }) =>
          path === gone?.path ? 0 : Math.max(0, Math.floor((size - 80) / 1920)),
        );
        const known = gone && forgotten > 2 - missing ? whole.filter((_, at) => at !== missing) : whole;
        const ticks = Math.max(0, ...known);
        expect(info.endTick).toBe(100 + ticks);
        const sidecar = readSidecar(root, 'recording_1');
        for (const { legId, segments } of sidecar.legs) {
          const track = readTrack(root, 'recording_1', legId);
          expect(track).toHaveLength(ticks * 960);
          expect(segments.at(-1)?.toTick ?? 100).toBe(100 + ticks);
          // Where it says that there is no audio there is none.
          for (const { fromTick, toTick, state } of segments) {
            if (state === 'audio') continue;
            expect(track.subarray((fromTick - 100) * 960, (toTick - 100) * 960).every((sample) => sample === 0)).toBe(
              true,
            );
          }
          const { audio = Buffer.alloc(0), size = 0 } = kept.find(({ path }) => path.endsWith(`/${legId}.wav`)) ?? {};
          if (gone?.path.endsWith(`/${legId}.wav`)) continue;
          const survived = audio.subarray(0, Math.min(Math.max(0, size - 80), ticks * 1920));
          expect(Buffer.from(track.buffer, 0, survived.length).equals(survived)).toBe(true);
        }
        await recorder.close();
      }),
      { numRuns: 25 },
    );
    removeDirectory(pristine);
  });

  test('a purge that was left open is carried out, also where the JSON did not know the audio yet', async () => {
    await leaveUnfinished();
    const path = join(root, 'recording_1', 'recording.json');
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .replace('"purges":[]', '"purges":[{"legId":"leg_a","beforeTick":290,"done":false}]')
        .replace(/("legId":"leg_a".*"toTick":)300/, '$1200'),
    );
    await start();
    const track = readTrack(root, 'recording_1', 'leg_a');
    expect(track.subarray(0, 190 * 960).every((sample) => sample === 0)).toBe(true);
    expect(track.subarray(190 * 960).every((sample) => sample === 5)).toBe(true);
    expect(segmentText(readSidecar(root, 'recording_1'), 'leg_a')).toBe('100-290 purged, 290-300 audio');
  });

  test('a leg that had left stays absent', async () => {
    await leaveUnfinished();
    const path = join(root, 'recording_1', 'recording.json');
    const absent = ',{"fromTick":180,"toTick":300,"state":"absent"}';
    const told = readFileSync(path, 'utf8');
    expect(told).toContain(absent);
    writeFileSync(path, told.replace(absent, ''));
    await start();
    expect(segmentText(readSidecar(root, 'recording_1'), 'leg_c')).toBe('100-180 audio, 180-300 absent');
  });

  test('what was killed before it had begun is removed', async () => {
    mkdirSync(join(root, 'recording_1'));
    writeFileSync(join(root, 'recording_1', 'reserve'), 'x');
    writeFileSync(join(root, 'recording_1', 'recording.json.tmp'), '{"format":');
    await start();
    expect(readdirSync(root)).toEqual([]);
  });

  test('what is not ours is left alone', async () => {
    const other = join(root, 'holidays');
    mkdirSync(other);
    writeFileSync(join(other, 'song.wav'), 'RIFF but mine');
    writeFileSync(join(root, 'notes.txt'), 'mine');
    mkdirSync(join(root, 'empty'));
    const elsewhere = temporaryDirectory();
    cpSync(other, elsewhere, { recursive: true });
    symlinkSync(elsewhere, join(root, 'recording_link'));
    const before = fingerprint(other);
    const { recorder, faults } = await start();
    expect(fingerprint(other)).toBe(before);
    expect(readdirSync(root).sort()).toEqual(['empty', 'holidays', 'notes.txt', 'recording_link']);
    expect(await recorder.list({ callId: undefined, after: undefined, limit: 10 })).toEqual([]);
    expect(faults).toEqual([]);
    removeDirectory(elsewhere);
  });

  test('a damaged recording is told of, and keeps nothing from starting', async () => {
    await leaveUnfinished();
    const track = join(root, 'recording_1', 'leg_a.wav');
    rmSync(track);
    symlinkSync('/etc/hostname', track);
    const { faults, recorder } = await start();
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('recording_1');
    expect((await recorder.get('recording_1')).status).toBe('recording');
  });

  test('recordings of another server that lives are left to it', async () => {
    await leaveUnfinished();
    const path = join(root, 'recording_1', 'recording.json');
    // The process that runs this test's process is surely alive.
    const owner = ownerOf(process.ppid);
    expect(isAnotherAlive(owner)).toBe(true);
    expect(isAnotherAlive(ownerOf(process.pid))).toBe(false);
    expect(isAnotherAlive(owner.replace(/\d+$/, '1'))).toBe(false);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"owner":"test"', `"owner":"${owner}"`));
    const before = fingerprint(join(root, 'recording_1'));
    const { recorder } = await start();
    expect(fingerprint(join(root, 'recording_1'))).toBe(before);
    await expect(recorder.remove('recording_1')).rejects.toMatchObject({ code: 'recordingActive' });
  });

  test('what was being removed is removed', async () => {
    await leaveUnfinished();
    mkdirSync(join(root, '.removed-recording_0'));
    appendFileSync(join(root, '.removed-recording_0', 'leg.wav'), 'x');
    await start();
    expect(readdirSync(root)).toEqual(['recording_1']);
  });
});

/** Makes the JSON as old as if it had been written after so many ticks, when the last legs were not known yet. */
function ageSidecar(directory: string, toldTicks: number, forgotten: number): void {
  const path = join(directory, 'recording.json');
  const told = JSON.parse(readFileSync(path, 'utf8')) as {
    legs: { segments: { fromTick: number; toTick: number }[] }[];
  };
  told.legs = told.legs.slice(0, told.legs.length - forgotten);
  for (const leg of told.legs) {
    leg.segments = leg.segments
      .filter(({ fromTick }) => fromTick < 100 + toldTicks)
      .map((segment) => ({ ...segment, toTick: Math.min(segment.toTick, 100 + toldTicks) }));
  }
  const { legs, ...head } = told;
  writeFileSync(path, `${JSON.stringify(head).slice(0, -1)},\n"legs":${JSON.stringify(legs)}}\n`);
}
