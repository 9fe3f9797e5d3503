import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TapWriter } from '../../src/media/tap/writer.js';
import type { RecordingEvent } from '../../src/tools/port.js';
import type { Sidecar } from '../../src/tools/recorder/sidecar.js';
import { liveRecorder } from '../support/recorder/live-recorder.js';
import { mortalScript, purgedBefore } from '../support/recorder/mortal-script.js';
import { readSidecar, readTrack, readWav, segmentText, tickOf } from '../support/recorder/read-track.js';
import { removeDirectory, temporaryDirectory } from '../support/recorder/recorder-rig.js';
import { play } from '../support/recorder/script.js';

/** `MIXMINUS_KILLS=100` makes it thorough. */
const kills = Number(process.env.MIXMINUS_KILLS ?? 8);
/** Processes that record at a time: most of what one takes is waiting. */
const atOnce = 4;
const ticksPerSecond = 50;
/** A second, and what a busy machine may add before it lets the worker run. */
const mostLostTicks = 5 * ticksPerSecond;

const script = (name: string) => new URL(`../support/recorder/${name}.ts`, import.meta.url).pathname;
const runs = (command: string, ...words: string[]) => spawnSync(command, words).status === 0;
const has = { ffprobe: runs('ffprobe', '-version'), sox: runs('sox', '--version') };

let root: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  root = temporaryDirectory();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  removeDirectory(root);
});

/** Lets a process record into a directory, kills it at an instant after its live recording began. */
async function killedAfter(delayMs: number, directory: string): Promise<{ ticks: number; purged: boolean }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script('mortal'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let ticks = 0;
  let purged = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'live') setTimeout(() => child.kill('SIGKILL'), delayMs);
    if (line === 'purged') purged = true;
    if (line.startsWith('tick ')) ticks = Number(line.slice('tick '.length));
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return { ticks, purged };
}

/** Samples in a file, as programs see it. */
function samplesSeen(path: string): number {
  const { length } = readWav(path);
  if (has.ffprobe) {
    const shown = execFileSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=duration_ts',
      '-of',
      'csv=p=0',
      path,
    ]);
    // Where the header says nothing it takes what there is.
    if (length > 0) expect(shown.toString().trim()).toBe(String(length));
  }
  if (has.sox) expect(execFileSync('sox', ['--i', '-s', path]).toString().trim()).toBe(String(length));
  return length;
}

/** Every octet of a recording's directory, and when its files were last written. */
function snapshot(directory: string): unknown {
  return readdirSync(directory).map((name) => [
    name,
    statSync(join(directory, name)).mtimeMs,
    readFileSync(join(directory, name)).toString('base64'),
  ]);
}

/** A track of the live recording holds what its leg said, tick by tick, and then at most zeros. @returns ticks of it */
function expectTrack(directory: string, legId: string, purged: boolean): number {
  const track = readTrack(directory, 'recording_live', legId);
  const ticks = track.length / 960;
  const wrong: string[] = [];
  let over = false;
  for (let tick = 0; tick < ticks; tick++) {
    const said = mortalScript[legId]?.(tick);
    const samples = tickOf(track, 0, tick);
    const value = samples[0] ?? 0;
    const mayBeWiped = legId === 'leg_b' && tick < purgedBefore;
    const isSilent = typeof said !== 'number' || (purged && mayBeWiped);
    // After the last that reached the disk there are only zeros.
    if (!isSilent && value === 0 && !mayBeWiped) over = true;
    const right = value === 0 ? isSilent || mayBeWiped || over : !isSilent && !over && value === said;
    if (!right || samples.some((sample) => sample !== value)) wrong.push(`${legId} ${tick}: ${value}`);
  }
  expect(wrong).toEqual([]);
  return ticks;
}

/** Where the JSON says that there is no audio, there is none. */
function expectSilenceWhereTold(directory: string, { legs }: Sidecar): void {
  for (const { legId, segments } of legs) {
    const track = readTrack(directory, 'recording_live', legId);
    for (const { fromTick, toTick, state } of segments) {
      if (state === 'audio') continue;
      expect(track.subarray(fromTick * 960, toTick * 960).every((sample) => sample === 0)).toBe(true);
    }
  }
}

/** Kills a process that records, and looks at what it leaves before and after the next start. @returns ticks that are lost */
async function lostByKill(directory: string): Promise<number> {
  mkdirSync(directory);
  const { ticks, purged } = await killedAfter(Math.random() * 2500, directory);
  const live = join(directory, 'recording_live');
  const done = snapshot(join(directory, 'recording_done'));
  for (const name of readdirSync(live)) if (name.endsWith('.wav')) samplesSeen(join(live, name));

  const faults: string[] = [];
  const { recorder, close } = await liveRecorder(directory, (detail) => faults.push(detail));
  await recorder.start();
  expect(faults).toEqual([]);
  expect(snapshot(join(directory, 'recording_done'))).toEqual(done);
  expect(await recorder.get('recording_done')).toMatchObject({ status: 'completed', endTick: 100 });
  const info = await recorder.get('recording_live');
  await close();
  expect(info.status).toBe('recovered');
  const sidecar = readSidecar(directory, 'recording_live');
  for (const { legId } of sidecar.legs) expect(expectTrack(directory, legId, purged)).toBe(info.endTick);
  expectSilenceWhereTold(directory, sidecar);
  removeDirectory(directory);
  return ticks - (info.endTick ?? 0);
}

describe('a server that is killed', () => {
  test(
    `at any of ${kills} instants, leaves files that every program reads, and finds them whole at its next start`,
    async () => {
      const lost: number[] = [];
      while (lost.length < kills) {
        const more = Array.from({ length: Math.min(atOnce, kills - lost.length) }, (_, number) =>
          join(root, `${number}`),
        );
        lost.push(...(await Promise.all(more.map(lostByKill))));
      }
      lost.sort((a, b) => a - b);
      expect(lost.at(-1)).toBeLessThanOrEqual(mostLostTicks);
      expect(lost[Math.floor(lost.length / 2)]).toBeLessThanOrEqual(ticksPerSecond);
      if (kills > 20) console.log(`lost, in ticks: ${lost.join(' ')}`);
    },
    kills * 15_000,
  );
});

describe('the tool worker', () => {
  test('records in a thread of its own, and what it says is told', async () => {
    const { recorder, close } = await liveRecorder(root);
    const ended = new Promise<RecordingEvent>((resolve) => recorder.onEvent(resolve));
    await recorder.start();
    const ring = recorder.createRing(4);
    await recorder.begin({ recordingId: 'recording_live', callId: 'call_1', callName: '', ring });
    const writer = new TapWriter(ring, 0);
    play(writer, mortalScript, 0, 200);
    writer.end(200);
    expect(await ended).toMatchObject({ type: 'recordingCompleted', info: { endTick: 200, droppedTicks: 0 } });
    await recorder.purge('recording_live', 'leg_b', purgedBefore);
    for (const legId of ['leg_a', 'leg_b', 'leg_c']) expect(expectTrack(root, legId, true)).toBe(200);
    await close();
  });
});

const small = runs('unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt');

describe('a disk of 5 MB', () => {
  // Needs user namespaces, which not every machine gives.
  test.skipIf(!small)('that is full ends the recording, not the call; what was written is kept', async () => {
    const [disk, copy] = [join(root, 'disk'), join(root, 'copy')];
    mkdirSync(disk);
    const child = spawn('unshare', ['-Urm', process.execPath, '--import', 'tsx', script('small-disk'), disk, copy], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    for await (const chunk of child.stdout) output += String(chunk);
    const { event, faults, again } = JSON.parse(output) as {
      event: RecordingEvent;
      faults: string[];
      again: string;
    };
    expect(event).toMatchObject({ type: 'recordingFailed', info: { status: 'failed', failure: 'The disk is full.' } });
    expect(faults).toEqual([]);
    expect(again).toContain('The disk is too full.');
    const sidecar = readSidecar(copy, 'recording_1');
    expect(sidecar).toMatchObject({ status: 'failed', failure: 'The disk is full.' });
    const endTick = sidecar.endTick ?? 0;
    expect(endTick).toBeGreaterThan(1000);
    ['leg_a', 'leg_b'].forEach((legId, leg) => {
      const path = join(copy, 'recording_1', `${legId}.wav`);
      expect(samplesSeen(path)).toBe(endTick * 960);
      const track = readWav(path);
      const written = /^0-(\d+) audio/.exec(segmentText(sidecar, legId))?.[1];
      expect(Number(written)).toBeGreaterThan(1000);
      for (let tick = 0; tick < endTick; tick++) {
        const value = tick < Number(written) ? tick + 1 + leg : 0;
        expect(tickOf(track, 0, tick).every((sample) => sample === value)).toBe(true);
      }
    });
  });
});
