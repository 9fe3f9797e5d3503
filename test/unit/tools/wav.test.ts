import { execFileSync, spawnSync } from 'node:child_process';
import { ftruncateSync, openSync, closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { putSamples, ticksIn, wavHeader, wavHeaderBytes } from '../../../src/tools/recorder/wav.js';
import { removeDirectory, temporaryDirectory } from '../../support/recorder/recorder-rig.js';

const root = temporaryDirectory();
afterAll(() => removeDirectory(root));

const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

/** A file that is nothing but its header and a hole. */
function sparseFile(name: string, dataBytes: number): string {
  const path = join(root, name);
  const handle = openSync(path, 'w');
  writeSync(handle, wavHeader(dataBytes));
  ftruncateSync(handle, wavHeaderBytes + dataBytes);
  closeSync(handle);
  return path;
}

test('a header is 80 octets, whatever the size', () => {
  for (const dataBytes of [0, 1920, 2 ** 32 - 100, 2 ** 32, 10 ** 12]) {
    expect(wavHeader(dataBytes)).toHaveLength(80);
  }
});

test('a file that fits is RIFF, one that does not is RF64 with the sizes in ds64', () => {
  const most = 0xffff_fffe - 72;
  const last = Buffer.from(wavHeader(most));
  expect(last.toString('latin1', 0, 4)).toBe('RIFF');
  expect(last.toString('latin1', 12, 16)).toBe('JUNK');
  expect(last.readUInt32LE(4)).toBe(0xffff_fffe);
  expect(last.readUInt32LE(76)).toBe(most);

  const first = Buffer.from(wavHeader(most + 1920));
  expect(first.toString('latin1', 0, 4)).toBe('RF64');
  expect(first.toString('latin1', 12, 16)).toBe('ds64');
  expect(first.readUInt32LE(4)).toBe(0xffff_ffff);
  expect(first.readUInt32LE(76)).toBe(0xffff_ffff);
  expect(first.readBigUInt64LE(20)).toBe(BigInt(most + 1920 + 72));
  expect(first.readBigUInt64LE(28)).toBe(BigInt(most + 1920));
  expect(first.readBigUInt64LE(36)).toBe(BigInt((most + 1920) / 2));
});

test.skipIf(!has('ffprobe'))('ffmpeg reads files of one second and of 5 GB', () => {
  for (const dataBytes of [96_000, 5_000_000_640]) {
    const path = sparseFile('a.wav', dataBytes);
    const shown = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=duration_ts', '-of', 'csv', path]);
    expect(shown.toString().trim()).toBe(`stream,${dataBytes / 2}`);
  }
});

// SoX 14.4.2 reads RF64 too, but goes through all of the 5 GB.
test.skipIf(!has('sox'))('sox reads a file of one second', () => {
  const shown = execFileSync('sox', ['--i', '-s', sparseFile('b.wav', 96_000)]);
  expect(shown.toString().trim()).toBe('48000');
});

test('samples of 16 bit come out as they went in', () => {
  const all = Float32Array.from({ length: 65_536 }, (_, i) => (i - 32_768) / 32_768);
  const out = new Int16Array(65_536);
  putSamples(out, 0, all);
  expect(out).toEqual(Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768));
});

test.each([
  [0, 0],
  [-0, 0],
  [1, 32_767],
  [-1, -32_768],
  [7.5, 32_767],
  [-7.5, -32_768],
  [Number.POSITIVE_INFINITY, 32_767],
  [Number.NEGATIVE_INFINITY, -32_768],
  [Number.NaN, 0],
  [0.4 / 32_768, 0],
  [-0.4 / 32_768, 0],
  [0.6 / 32_768, 1],
  [-0.6 / 32_768, -1],
])('%f is stored as %i', (value, stored) => {
  const out = new Int16Array(3);
  putSamples(out, 1, Float32Array.of(value));
  expect(Array.from(out)).toEqual([0, stored, 0]);
});

test.each([
  [0, 0],
  [79, 0],
  [80 + 1919, 0],
  [80 + 1920, 1],
  [80 + 3 * 1920 + 1, 3],
])('a file of %i octets holds %i whole ticks', (bytes, ticks) => {
  expect(ticksIn(bytes)).toBe(ticks);
});
