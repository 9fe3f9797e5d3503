import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isId } from '../../../src/tools/recorder/names.js';
import { ToolPlane } from '../../../src/tools/tool-plane.js';
import { recorderHere, startRecorder } from '../../support/recorder/recorder-rig.js';
import { readTrack } from '../../support/recorder/read-track.js';
import { play } from '../../support/recorder/script.js';

const rig = recorderHere();

const everything = { callId: undefined, after: undefined, limit: 100 };

async function finished(recordingId: string, callId = 'call_1'): Promise<void> {
  const count = rig.events.length;
  const writer = await rig.record(recordingId, { callId });
  play(writer, { leg_a: () => 5 }, 100, 105);
  await rig.finish(writer, 105, count + 1);
}

describe('recordings on disk', () => {
  test('are listed newest first, in pages, of one call or of all, also after a restart', async () => {
    for (let i = 0; i < 7; i++) {
      // Two begin in the same millisecond.
      rig.wallMs = 1_700_000_000_000 + Math.min(i, 5) * 1000;
      await finished(`recording_${i}`, i % 2 === 0 ? 'call_even' : 'call_odd');
    }
    const check = async () => {
      const ids = async (callId: string | undefined, after: string | undefined, limit: number) =>
        (await rig.recorder.list({ callId, after, limit })).map(({ recordingId }) => recordingId.at(-1)).join('');
      expect(await ids(undefined, undefined, 100)).toBe('5643210');
      expect(await ids(undefined, undefined, 3)).toBe('564');
      expect(await ids(undefined, 'recording_4', 3)).toBe('321');
      expect(await ids(undefined, 'recording_0', 3)).toBe('');
      expect(await ids('call_even', undefined, 2)).toBe('64');
      expect(await ids('call_even', 'recording_4', 100)).toBe('20');
      expect(await ids('call_none', undefined, 100)).toBe('');
    };
    await check();
    await rig.restart();
    await check();
  });

  test('go on being listed after one that has been removed', async () => {
    for (let i = 0; i < 4; i++) {
      rig.wallMs += 1000;
      await finished(`recording_${i}`);
    }
    await rig.recorder.remove('recording_2');
    const rest = await rig.recorder.list({ callId: undefined, after: 'recording_2', limit: 10 });
    expect(rest.map(({ recordingId }) => recordingId)).toEqual(['recording_1', 'recording_0']);
    await expect(rig.recorder.list({ callId: undefined, after: 'recording_9', limit: 10 })).rejects.toMatchObject({
      code: 'recordingNotFound',
    });
  });

  test('that somebody removed by hand are not listed, and fill no place in a page', async () => {
    for (let i = 0; i < 4; i++) {
      rig.wallMs += 1000;
      await finished(`recording_${i}`);
    }
    rmSync(join(rig.root, 'recording_2'), { recursive: true });
    const page = await rig.recorder.list({ callId: undefined, after: undefined, limit: 3 });
    expect(page.map(({ recordingId }) => recordingId)).toEqual(['recording_3', 'recording_1', 'recording_0']);
  });

  test('show their files with their lengths', async () => {
    await finished('recording_1');
    const { files } = await rig.recorder.get('recording_1');
    expect(files).toEqual([
      { name: 'leg_a.wav', legId: 'leg_a', bytes: 80 + 5 * 1920 },
      { name: 'recording.json', legId: undefined, bytes: expect.any(Number) as number },
    ]);
    for (const { name } of files) {
      expect(await rig.recorder.filePath('recording_1', name)).toBe(join(rig.root, 'recording_1', name));
    }
  });

  test('can be removed when they have ended, and not before', async () => {
    const writer = await rig.record('recording_1');
    play(writer, { leg_a: () => 5 }, 100, 105);
    rig.pass(100);
    await expect(rig.recorder.remove('recording_1')).rejects.toMatchObject({ code: 'recordingActive' });
    await rig.finish(writer, 105);
    await rig.recorder.remove('recording_1');
    expect(readdirSync(rig.root)).toEqual([]);
    await expect(rig.recorder.get('recording_1')).rejects.toMatchObject({ code: 'recordingNotFound' });
    await expect(rig.recorder.remove('recording_1')).rejects.toMatchObject({ code: 'recordingNotFound' });
    expect(await rig.recorder.list(everything)).toEqual([]);
  });

  test('are not begun twice', async () => {
    await finished('recording_1');
    await expect(rig.record('recording_1')).rejects.toMatchObject({ code: 'recordingFailed' });
    expect(readTrack(rig.root, 'recording_1', 'leg_a')).toHaveLength(5 * 960);
  });
});

const evil = [
  '',
  '.',
  '..',
  '/',
  '//',
  '~',
  '*',
  '?',
  '../outside',
  '..\\outside',
  '../../etc/passwd',
  '/etc/passwd',
  'recording_1/..',
  'recording_1/../..',
  './recording_1',
  'recording_1/',
  'recording_1/.',
  '%2e%2e',
  '%2e%2e%2foutside',
  '..%2foutside',
  '%252e%252e%252f',
  '..;/outside',
  '....//outside',
  '.../...//',
  'recording_1\0',
  '\0',
  'recording_1%00',
  'recording_1\n',
  'recording_1\r',
  ' recording_1',
  'recording_1 ',
  'recording_1.',
  'recording 1',
  'recording_1:stream',
  'CON',
  'C:\\windows',
  '\\\\server\\share',
  'file:///etc/passwd',
  '／etc／passwd',
  '‥/outside',
  '․․/outside',
  'ｒecording_1',
  'recording_１',
  'recörding',
  '\u202erecording',
  '\uFEFFrecording_1',
  '\u2215etc',
  '%c0%ae%c0%ae',
  '%uff0e%uff0e',
  '/dev/zero',
  '/proc/self/mem',
  'link',
  'device',
  '.removed-recording_1',
  '.hidden',
  '-',
  '--help',
  '$(id)',
  '`id`',
  '${HOME}',
  'a'.repeat(65),
  'a'.repeat(5000),
  '__proto__',
  'constructor',
];

describe('names from outside', () => {
  test('are no recordings and no files, and nothing is recorded under them', async () => {
    await finished('recording_1');
    symlinkSync('/etc', join(rig.root, 'link'));
    writeFileSync(join(rig.root, 'device'), 'x');
    const { recorder } = rig;
    const refused = { code: expect.stringMatching(/^recording(NotFound|Failed)$/) as string };
    for (const name of evil) {
      await expect(recorder.get(name), name).rejects.toMatchObject(refused);
      await expect(recorder.filePath(name, 'leg_a.wav'), name).rejects.toMatchObject(refused);
      await expect(recorder.filePath(name, 'hostname'), name).rejects.toMatchObject(refused);
      await expect(recorder.filePath('recording_1', name), name).rejects.toMatchObject(refused);
      await expect(recorder.filePath('recording_1', `${name}.wav`), name).rejects.toMatchObject(refused);
      await expect(recorder.purge(name, 'leg_a', 1), name).rejects.toMatchObject(refused);
      await expect(recorder.remove(name), name).rejects.toMatchObject(refused);
      if (isId(name)) continue;
      const order = { recordingId: name, callId: 'call_1', callName: '', ring: recorder.createRing(1) };
      await expect(recorder.begin(order), name).rejects.toMatchObject({ code: 'recordingFailed' });
    }
    expect(readdirSync(rig.root).sort()).toEqual(['device', 'link', 'recording_1']);
  });

  test('a link in the place of a track or a recording leads nowhere', async () => {
    await finished('recording_1');
    const directory = join(rig.root, 'recording_1');
    rmSync(join(directory, 'leg_a.wav'));
    symlinkSync('/etc/hostname', join(directory, 'leg_a.wav'));
    await expect(rig.recorder.filePath('recording_1', 'leg_a.wav')).rejects.toMatchObject({
      code: 'recordingNotFound',
    });
    expect((await rig.recorder.get('recording_1')).files.map(({ name }) => name)).toEqual(['recording.json']);
    renameSync(directory, `${rig.root}-moved`);
    symlinkSync(`${rig.root}-moved`, directory);
    await expect(rig.recorder.get('recording_1')).rejects.toMatchObject({ code: 'recordingNotFound' });
    await expect(rig.recorder.filePath('recording_1', 'recording.json')).rejects.toMatchObject({
      code: 'recordingNotFound',
    });
    rmSync(`${rig.root}-moved`, { recursive: true });
  });

  test('no recording begins where a link or a directory is', async () => {
    mkdirSync(join(rig.root, 'recording_1'));
    symlinkSync('/tmp', join(rig.root, 'recording_2'));
    await expect(rig.record('recording_1')).rejects.toMatchObject({ code: 'recordingFailed' });
    await expect(rig.record('recording_2')).rejects.toMatchObject({ code: 'recordingFailed' });
    expect(readdirSync(join(rig.root, 'recording_1'))).toEqual([]);
  });
});

describe('when the tool worker crashes', () => {
  test('its recordings are failed and whole, and the next ones are made by another worker', async () => {
    const writer = await rig.record('recording_1');
    const other = await rig.record('recording_2');
    play(writer, { leg_a: () => 5, leg_b: () => 6 }, 100, 200);
    play(other, { leg_c: () => 7 }, 100, 150);
    rig.pass(1000);
    rig.crash();
    await rig.ended(2);
    for (const event of rig.events) {
      expect(event).toMatchObject({
        type: 'recordingFailed',
        info: { status: 'failed', failure: 'The tool worker crashed.' },
      });
    }
    expect(readTrack(rig.root, 'recording_1', 'leg_b')).toHaveLength(100 * 960);
    expect(readTrack(rig.root, 'recording_2', 'leg_c')).toHaveLength(50 * 960);
    expect(rig.faults).toEqual(['the test made it crash']);
    await rig.recorder.remove('recording_1');
    const { length } = rig.events;
    await finished('recording_3');
    expect(rig.events[length]?.type).toBe('recordingCompleted');
  });

  test('what was asked of it fails, and a purge is carried out by the next', async () => {
    const writer = await rig.record('recording_1', { firstTick: 0 });
    play(writer, { leg_a: () => 5 }, 0, 100);
    rig.pass(1000);
    const purge = rig.recorder.purge('recording_1', 'leg_a', 50);
    const refusal = expect(purge).rejects.toMatchObject({ code: 'recordingFailed' });
    // The order has reached the disk, the audio is still there.
    await new Promise((resolve) => setImmediate(resolve));
    rig.crash();
    await refusal;
    await rig.ended();
    const track = readTrack(rig.root, 'recording_1', 'leg_a');
    expect(track.subarray(0, 50 * 960).every((sample) => sample === 0)).toBe(true);
    expect(track.subarray(50 * 960).every((sample) => sample === 5)).toBe(true);
  });

  test('a recording that had not begun is refused and leaves nothing active', async () => {
    const begun = rig.record('recording_1');
    rig.crash();
    await expect(begun).rejects.toMatchObject({ code: 'recordingFailed' });
    expect(rig.events).toEqual([]);
    await finished('recording_2');
  });
});

describe('the recorder', () => {
  test('reads every ring to its end when it is closed', async () => {
    const ended = await rig.record('recording_1');
    const open = await rig.record('recording_2');
    play(ended, { leg_a: () => 5 }, 100, 600);
    ended.end(600);
    play(open, { leg_a: () => 5 }, 100, 600);
    await rig.recorder.close();
    expect(rig.events.map(({ type, recordingId }) => [type, recordingId]).sort()).toEqual([
      ['recordingCompleted', 'recording_1'],
      ['recordingFailed', 'recording_2'],
    ]);
    for (const recordingId of ['recording_1', 'recording_2']) {
      expect(readTrack(rig.root, recordingId, 'leg_a')).toHaveLength(500 * 960);
    }
  });

  test('makes rings of bounded size', () => {
    expect(rig.recorder.createRing(1).byteLength).toBeGreaterThan(1_920_000);
    expect(rig.recorder.createRing(1).byteLength).toBeLessThan(2_000_000);
    expect(rig.recorder.createRing(100_000).byteLength).toBeLessThan(2 ** 24 + 100_000);
  });

  test('does not start over what is no directory, or with a worker that dies at once', async () => {
    writeFileSync(join(rig.root, 'file'), 'x');
    await expect(startRecorder(join(rig.root, 'file'))).rejects.toMatchObject({ code: 'recordingFailed' });
    let crash: (reason: string) => void = () => undefined;
    const faults: string[] = [];
    const tools = new ToolPlane({
      onFault: (detail) => faults.push(detail),
      spawn: () => {
        queueMicrotask(() => crash('no such file'));
        return {
          post: () => undefined,
          onEvent: () => undefined,
          onCrash: (listener) => void (crash = listener),
          terminate: async () => undefined,
        };
      },
    });
    await expect(tools.start()).rejects.toMatchObject({ code: 'recordingFailed' });
    expect(faults).toEqual(['no such file']);
  });
});
