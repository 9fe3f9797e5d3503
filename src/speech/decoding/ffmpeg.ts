/** Everything but plain WAV is decoded by the `ffmpeg` program, where there is one. */
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../../errors.js';
import type { PromptClip } from '../../media/protocol.js';
import { newClip } from '../audio/clip.js';
import { clipRateHz } from '../audio/resample.js';
import { type ProgramEnd, runProgram } from '../child-program.js';

/**
 * Demuxers of audio files. No playlists and no lists of files (hls, concat, dash, imf …): what is decoded must not be
 * able to name anything else.
 */
const demuxers = [
  ...['aac', 'ac3', 'aiff', 'amr', 'amrnb', 'amrwb', 'ape', 'asf', 'au', 'caf', 'eac3', 'flac', 'gsm'],
  ...['matroska', 'mov', 'mp3', 'mpc', 'mpc8', 'ogg', 'tta', 'voc', 'w64', 'wav', 'webm', 'wv'],
].join(',');
const movDemuxer = 'mov';

/** To start, and per second of what may be decoded: decoders run at several hundred times real time on an idle core. */
const startLimitMs = 15_000;
const limitMsPerSecond = 50;
/** Greatest block ffmpeg may ask memory for: no header makes it take more. */
const mostBlockBytes = 64 * 1024 * 1024;

/**
 * Decodes an audio file, mixed to mono.
 * @throws CodedError `promptInvalid`; its detail says when ffmpeg is missing
 */
export async function decodeByFfmpeg(bytes: Uint8Array, mostSamples: number, command = 'ffmpeg'): Promise<PromptClip> {
  // MP4 may have its index at the end, which a pipe cannot seek to.
  const seeks = isMp4(bytes);
  const words = wordsFor(seeks, mostSamples);
  const run = {
    mostOutputBytes: (mostSamples + clipRateHz) * 2,
    timeLimitMs: startLimitMs + (mostSamples / clipRateHz) * limitMsPerSecond,
  };
  const end = seeks
    ? await withHiddenFile(bytes, (file) => runProgram(command, words, { ...run, input: file }))
    : await runProgram(command, words, { ...run, input: bytes });
  return clipOf(end);
}

function wordsFor(seeks: boolean, mostSamples: number): string[] {
  const input = seeks
    ? ['-protocol_whitelist', 'file', '-format_whitelist', movDemuxer, '-i', 'file:/dev/stdin']
    : ['-protocol_whitelist', 'pipe', '-format_whitelist', demuxers, '-i', 'pipe:0'];
  // One second more than allowed, so that a file that is too long is told from one that just fits.
  const seconds = Math.ceil(mostSamples / clipRateHz) + 1;
  return [
    ...['-hide_banner', '-nostats', '-loglevel', 'error', '-threads', '1', '-max_alloc', String(mostBlockBytes)],
    ...['-vn', '-sn', '-dn', ...input, '-map', '0:a:0', '-t', String(seconds), '-threads', '1'],
    ...['-ac', '1', '-af', `aresample=${clipRateHz}:filter_size=128:phase_shift=10:cutoff=0.95`],
    ...['-ar', String(clipRateHz), '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'],
  ];
}

function clipOf({ outcome, output, complaint }: ProgramEnd): PromptClip {
  switch (outcome) {
    case 'missing':
      throw new CodedError('promptInvalid', 'Only WAV can be played here, because ffmpeg is not installed.');
    case 'timeout':
      throw new CodedError('promptInvalid', 'Decoding the file took too long.');
    case 'tooMuchOutput':
      throw new CodedError('promptInvalid', 'The file holds more audio than it should.');
    case 'failed':
    case 'aborted':
    case 'done': {
      const length = output.length >> 1;
      if (outcome === 'done' && length > 0) {
        const { clip, samples } = newClip(length);
        new Uint8Array(samples.buffer).set(output.subarray(0, length * 2));
        return clip;
      }
      throw new CodedError('promptInvalid', 'The file is not audio that ffmpeg can read.', {
        cause: new Error(complaint),
      });
    }
  }
}

/** `ftyp` is what every MP4 file begins with (ISO/IEC 14496-12 §4.3). */
function isMp4(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(12, bytes.length)).toString('latin1', 4, 8) === 'ftyp';
}

/** A file without a name: nobody else finds it, and it is gone when we are. */
async function withHiddenFile<T>(bytes: Uint8Array, use: (file: number) => Promise<T>): Promise<T> {
  const path = join(tmpdir(), `mixminus-${randomUUID()}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await unlink(path);
    await file.write(bytes, 0, bytes.length, 0);
    return await use(file.fd);
  } finally {
    await file.close();
  }
}
