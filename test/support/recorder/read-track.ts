import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Segment } from '../../../src/tools/recorder/segments.js';
import { parseSidecar, type Sidecar } from '../../../src/tools/recorder/sidecar.js';
import { tickSamples } from '../../../src/tools/recorder/wav.js';

/** A recording's JSON, checked. */
export function readSidecar(root: string, recordingId: string): Sidecar {
  const sidecar = parseSidecar(readFileSync(join(root, recordingId, 'recording.json'), 'utf8'));
  if (!sidecar) throw new Error('The JSON is none of ours.');
  return sidecar;
}

/** Samples of a WAV file, found the way any program finds them: chunk by chunk, believing the sizes given. */
export function readWav(path: string): Int16Array {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    throw new Error('no WAV');
  if (bytes.readUInt32LE(4) + 8 > bytes.length) throw new Error('RIFF promises more than there is');
  for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4)) {
    if (bytes.toString('latin1', at, at + 4) !== 'data') continue;
    const length = bytes.readUInt32LE(at + 4);
    if (at + 8 + length > bytes.length) throw new Error('data promises more than there is');
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset + at + 8, bytes.byteOffset + at + 8 + length));
  }
  throw new Error('no samples');
}

/** One leg's track. */
export function readTrack(root: string, recordingId: string, legId: string): Int16Array {
  return readWav(join(root, recordingId, `${legId}.wav`));
}

/** The samples of one tick of a track that begins with `firstTick`. */
export function tickOf(track: Int16Array, firstTick: number, tick: number): Int16Array {
  return track.subarray((tick - firstTick) * tickSamples, (tick + 1 - firstTick) * tickSamples);
}

/** `100-110 audio, 110-120 muted` */
export function segmentText(sidecar: Sidecar, legId: string): string {
  const segments: readonly Segment[] = sidecar.legs.find((leg) => leg.legId === legId)?.segments ?? [];
  return segments.map(({ fromTick, toTick, state }) => `${fromTick}-${toTick} ${state}`).join(', ');
}
