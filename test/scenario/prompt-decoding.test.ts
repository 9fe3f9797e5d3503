import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { PromptItem } from '../../src/speech/port.js';
import { createPrompts, type Prompts } from '../../src/speech/prompts.js';
import { toneAt } from '../support/spectrum.js';
import { isInstalled } from '../support/speech/programs.js';
import { restOf, samplesOf } from '../support/speech/prompts-rig.js';
import { sine, wav16, wavFile } from '../support/speech/wav-file.js';

let room: Prompts;
let dataDir: string;
const log: string[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mixminus-decoding-'));
  await mkdir(join(dataDir, 'prompts'));
  room = createPrompts({
    settings: loadConfig({ DATA_DIR: dataDir }, () => ''),
    log: (...line) => log.push(JSON.stringify(line)),
    nowMs: () => Date.now(),
    workerEntry: new URL('../../dist/speech/decoding/decode-worker.js', import.meta.url),
  });
  await room.start();
});
afterAll(async () => {
  await room.close();
  await rm(dataDir, { recursive: true });
});

async function play(...items: PromptItem[]): Promise<Int16Array[]> {
  const { clips, failure } = await restOf(await room.prompts.prepare(items));
  expect(failure).toBeUndefined();
  return clips.map(({ samples, length }) => new Int16Array(samples, 0, length));
}

describe('the compiled decoding threads', () => {
  it('make clips of files, tones and speech, in memory that is shared', async () => {
    await writeFile(join(dataDir, 'prompts', 'a.wav'), wav16(sine(1000, 1, 44_100), 44_100));
    const [file, tone] = await play(
      { type: 'file', name: 'a.wav' },
      { type: 'tone', frequenciesHz: [440], levelDbov: -20, cadenceMs: [1000] },
    );
    expect([file!.length, tone!.length]).toEqual([48_000, 48_000]);
    expect(toneAt(file!.subarray(4800, 43_200), 48_000, 1000).amplitude / 32_768).toBeCloseTo(0.5, 2);
    expect(toneAt(tone!.subarray(4800, 43_200), 48_000, 440).amplitude / 32_768).toBeCloseTo(Math.SQRT2 / 10, 2);
    expect(file!.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.runIf(isInstalled('espeak-ng', '--version'))('decode what espeak-ng says', async () => {
    const clips = await play({ type: 'speech', text: 'Press 1 to agree. Press 2 if you do not.' });
    expect(clips).toHaveLength(2);
    expect(Math.max(...clips[0]!.map(Math.abs))).toBeGreaterThan(3000);
  });

  it('refuse what is not audio, with its reason, and go on', async () => {
    await writeFile(join(dataDir, 'prompts', 'bad.wav'), 'RIFF    WAVEno');
    await expect(play({ type: 'file', name: 'bad.wav' })).rejects.toMatchObject({
      code: 'promptInvalid',
      detail: 'The file holds no audio.',
    });
    await expect(room.assets.create(Buffer.from('no audio'), { contentType: 'audio/mpeg' })).rejects.toMatchObject({
      code: 'promptInvalid',
    });
    expect(samplesOf((await room.prompts.prepare([{ type: 'file', name: 'a.wav' }])).clips)).toBe(48_000);
    expect(log.filter((line) => line.includes('thread'))).toEqual([]);
  });

  it('leave this thread alone while they decode minutes of music', async () => {
    const music = wavFile({ format: 1, bits: 16, rateHz: 44_100 }, new Uint8Array(150 * 44_100 * 2));
    await writeFile(join(dataDir, 'prompts', 'music.wav'), music);
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const [decoded] = await play({ type: 'file', name: 'music.wav' });
    clearInterval(timer);
    expect(decoded).toHaveLength(150 * 48_000);
    // Decoding takes about a second; had it been done here, none of them would have come.
    expect(turns).toBeGreaterThan(20);
  });
});
