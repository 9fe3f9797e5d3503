import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSpeechCache } from '../../../src/speech/synthesis/fs-speech-cache.js';

const audio = new Uint8Array(200_000).fill(7);
const key = (n: number) => n.toString(16).padStart(64, '0');

let directory: string;
let cache: FileSpeechCache;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mixminus-cache-'));
  cache = new FileSpeechCache(directory, 10_000_000);
  await cache.start();
});
afterEach(() => rm(directory, { recursive: true }));

describe('a speech cache that is closed', () => {
  it('has written all that it began, whole', async () => {
    for (let n = 0; n < 20; n++) void cache.put(key(n), audio);
    await cache.close();
    const files = await readdir(directory);
    expect(files.toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `${key(n)}.audio`));
    expect(await cache.get(key(3))).toEqual(audio);
  });

  it('writes nothing any more', async () => {
    await cache.close();
    await cache.put(key(1), audio);
    expect(await readdir(directory)).toEqual([]);
  });
});
