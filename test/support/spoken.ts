/** Speech by the program espeak-ng, where it is installed: the same samples every time, and known to the sample. */
import { spawnSync } from 'node:child_process';
import { resampleSignal } from './resample-signal.js';

const rateHz = 48_000;

/** Whether espeak-ng can be run here. */
export const canSpeak = spawnSync('espeak-ng', ['--version']).status === 0;

/** A text spoken by a voice, 48 kHz, the loudest sample 0.5, without silence before and after it. */
export function speak(text: string, voice = 'en'): Float32Array {
  const { stdout, status } = spawnSync('espeak-ng', ['-v', voice, '-s', '150', '--stdout', text], {
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error('espeak-ng did not speak.');
  const fileRateHz = stdout.readUInt32LE(24);
  const samples = Float32Array.from({ length: (stdout.length - 44) >> 1 }, (_, i) => stdout.readInt16LE(44 + 2 * i));
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const loud = (value: number): boolean => Math.abs(value) > peak / 100;
  const spoken = samples.subarray(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
  return resampleSignal(
    spoken.map((value) => (0.5 * value) / peak),
    fileRateHz,
    rateHz,
  );
}
