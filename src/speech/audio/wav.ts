/**
 * Reads WAV files that nobody vouches for: every length is checked against what is there.
 *
 *     "RIFF" size32 "WAVE"  { id[4] size32 body, padded to even }*
 *
 *     fmt    0        2          4        8           12          14             16       18          20         24
 *            format16 channels16 rateHz32 byteRate32  blockAlign16 bitsPerSample16 [extra16 validBits16 speakers32 guid[16]]
 *
 * RIFF as by IBM and Microsoft (1991), WAVE_FORMAT_EXTENSIBLE as by Microsoft (mmreg.h), RF64 as by ITU-R BS.2088.
 */
import { CodedError } from '../../errors.js';
import { aLawSamples, muLawSamples } from './companding.js';

/** Audio of which any part can be read as mono samples of ±1. */
export interface FrameSource {
  readonly rateHz: number;
  /** Samples per channel. */
  readonly frames: number;
  /** Writes `count` frames from number `from`, mixed to mono, to the beginning of `output`; all of them are there. */
  read(from: number, count: number, output: Float32Array): void;
}

/** A WAV file in a coding this reader does not know, such as ADPCM or MP3; another decoder may. */
export const unknownCoding = Symbol('unknown coding');

/** Rates of files, Hz. */
const leastRateHz = 4000;
const greatestRateHz = 192_000;
const mostChannels = 32;
/** Chunks before the audio; editors write about ten. */
const mostChunks = 1000;
const formatBytes = 16;
const extensibleBytes = 40;

const formats = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe } as const;
/** All but the first two bytes of the sub-format's GUID, which hold the format (mmreg.h, KSDATAFORMAT_SUBTYPE_…). */
const subFormatTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/** Reads the sample at a byte offset. */
type ReadSample = (view: DataView, at: number) => number;

const readers: Readonly<Record<string, ReadSample>> = {
  '1/8': (view, at) => (view.getUint8(at) - 128) / 128,
  '1/16': (view, at) => view.getInt16(at, true) / 32_768,
  '1/24': (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608,
  '1/32': (view, at) => view.getInt32(at, true) / 2_147_483_648,
  '3/32': (view, at) => finite(view.getFloat32(at, true)),
  '3/64': (view, at) => finite(view.getFloat64(at, true)),
  '6/8': (view, at) => aLawSamples[view.getUint8(at)]!,
  '7/8': (view, at) => muLawSamples[view.getUint8(at)]!,
};

/** True when the bytes begin as a WAV file does. */
export function isWav(bytes: Uint8Array): boolean {
  const kind = tag(bytes, 0);
  return (kind === 'RIFF' || kind === 'RF64') && tag(bytes, 8) === 'WAVE';
}

/**
 * Reads the header of a WAV file: integers of 8 to 32 bits, floats, A-law and µ-law, any number of channels up to 32.
 * Lengths that streaming writers could not know, and files cut short, mean "to the end".
 * @returns its audio, or {@link unknownCoding}
 * @throws CodedError `promptInvalid`
 */
export function openWav(bytes: Uint8Array): FrameSource | typeof unknownCoding {
  if (!isWav(bytes)) throw invalid('is no WAV file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | typeof unknownCoding | undefined;
  let at = 12;
  for (let chunk = 0; chunk < mostChunks && at + 8 <= bytes.length; chunk++) {
    const id = tag(bytes, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    const available = Math.min(size, bytes.length - body);
    if (id === 'fmt ') format = readFormat(view, body, available);
    if (id === 'data') {
      if (format === undefined) throw invalid('does not say how its audio is coded');
      return format === unknownCoding ? format : framesOf(view, body, available, format);
    }
    at = body + size + (size & 1);
  }
  throw invalid('holds no audio');
}

interface Format {
  readonly channels: number;
  readonly rateHz: number;
  readonly sampleBytes: number;
  readonly readSample: ReadSample;
}

function readFormat(view: DataView, at: number, size: number): Format | typeof unknownCoding {
  if (size < formatBytes) throw invalid('has a format chunk that is too short');
  let coding = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rateHz = view.getUint32(at + 4, true);
  const blockAlign = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (coding === formats.extensible) {
    if (size < extensibleBytes) throw invalid('has a format chunk that is too short');
    if (subFormatTail.some((byte, index) => view.getUint8(at + 26 + index) !== byte)) return unknownCoding;
    coding = view.getUint16(at + 24, true);
  }
  if (channels < 1 || channels > mostChannels) throw invalid(`has ${channels} channels`);
  if (rateHz < leastRateHz || rateHz > greatestRateHz) throw invalid(`has a sample rate of ${rateHz} Hz`);
  // What is narrower than its bytes is put at their upper end, so that the number of bytes alone gives the scale.
  const sampleBytes = Math.ceil(bits / 8);
  const readSample = readers[`${coding}/${sampleBytes * 8}`];
  if (readSample === undefined) return unknownCoding;
  if (blockAlign !== channels * sampleBytes) throw invalid('has a block size that fits neither channels nor depth');
  return { channels, rateHz, sampleBytes, readSample };
}

function framesOf(view: DataView, start: number, size: number, format: Format): FrameSource {
  const { channels, rateHz, sampleBytes, readSample } = format;
  const frameBytes = channels * sampleBytes;
  const frames = Math.floor(size / frameBytes);
  if (frames === 0) throw invalid('holds no audio');
  return {
    rateHz,
    frames,
    read(from, count, output) {
      let at = start + from * frameBytes;
      for (let index = 0; index < count; index++) {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++, at += sampleBytes) sum += readSample(view, at);
        output[index] = sum / channels;
      }
    },
  };
}

/** Keeps what can be heard: no NaN, no infinity, nothing that would swallow everything else in a filter. */
function finite(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(8, Math.max(-8, value));
}

function tag(bytes: Uint8Array, at: number): string {
  return at + 4 <= bytes.length ? String.fromCharCode(...bytes.subarray(at, at + 4)) : '';
}

function invalid(what: string): CodedError {
  return new CodedError('promptInvalid', `The file ${what}.`);
}
