import { alaw, mulaw } from 'alawmulaw';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { isWav, openWav, unknownCoding } from '../../../src/speech/audio/wav.js';
import { chunk, wav16, type WavCoding, wavFile } from '../../support/speech/wav-file.js';

const values = [0, 0.5, -0.5, 0.25, -1, 0.9375];

function bytesOf(format: number, bits: number, samples: readonly number[]): Buffer {
  return Buffer.concat(
    samples.map((value) => {
      const bytes = Buffer.alloc(bits / 8);
      if (format === 3) {
        if (bits === 32) bytes.writeFloatLE(value);
        else bytes.writeDoubleLE(value);
      } else if (bits === 8) bytes.writeUInt8(value * 128 + 128);
      else bytes.writeIntLE(value * 2 ** (bits - 1), 0, bits / 8);
      return bytes;
    }),
  );
}

function read(bytes: Uint8Array): { rateHz: number; samples: number[] } {
  const source = openWav(bytes);
  if (source === unknownCoding) throw new Error('unknown coding');
  const output = new Float32Array(source.frames);
  source.read(0, source.frames, output);
  return { rateHz: source.rateHz, samples: [...output] };
}

function problem(bytes: Uint8Array): string {
  try {
    openWav(bytes);
  } catch (error) {
    if (error instanceof CodedError && error.code === 'promptInvalid') return error.detail;
    throw error;
  }
  return 'none';
}

describe('a WAV file', () => {
  it.each([
    [1, 8],
    [1, 16],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
  ])('of format %d with %d bits is read exactly, plain and extensible', (format, bits) => {
    const audio = bytesOf(format, bits, values);
    for (const extensible of [false, true]) {
      const file = wavFile({ format, bits, rateHz: 22_050, extensible }, audio);
      expect(read(file)).toEqual({ rateHz: 22_050, samples: values });
    }
  });

  it.each([
    ['A-law', 6, (code: number) => alaw.decodeSample(code)],
    ['µ-law', 7, (code: number) => mulaw.decodeSample(code)],
  ] as const)('in %s has the values of the recommendation for all codes', (_, format, expand) => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const { samples } = read(wavFile({ format, bits: 8, rateHz: 8000 }, codes));
    expect(samples.map((sample) => sample * 32_768)).toEqual([...codes].map((code) => expand(code) + 0));
  });

  it('with several channels becomes their mean', () => {
    const audio = bytesOf(1, 16, [0.5, -0.5, 0.25, 0.75, -1, 0]);
    expect(read(wavFile({ format: 1, bits: 16, rateHz: 8000, channels: 2 }, audio)).samples).toEqual([0, 0.5, -0.5]);
    expect(read(wavFile({ format: 1, bits: 16, rateHz: 8000, channels: 6 }, audio)).samples[0]).toBeCloseTo(0, 9);
  });

  it('with 20 bits in 24 counts as 24: they stand at the upper end', () => {
    const coding: WavCoding = { format: 1, bits: 20, rateHz: 8000, extensible: true };
    expect(read(wavFile(coding, bytesOf(1, 24, [0.5]))).samples).toEqual([0.5]);
  });

  it('may have other chunks, odd ones padded, before its audio', () => {
    const audio = bytesOf(1, 16, values);
    const before = Buffer.concat([chunk('LIST', Buffer.from('odd')), chunk('bext', Buffer.alloc(602))]);
    expect(read(wavFile({ format: 1, bits: 16, rateHz: 8000 }, audio, before)).samples).toEqual(values);
  });

  it.each([
    ['longer than the file, as espeak-ng writes it to a pipe', 0x7ffff000],
    ['all ones, as ffmpeg writes it to a pipe', 0xffffffff],
  ])('whose data length is %s is read to its end', (_, length) => {
    const file = wav16(values.map((value) => value * 0.5));
    new DataView(file.buffer).setUint32(40, length, true);
    expect(read(file).samples).toHaveLength(values.length);
  });

  it('that ends in the middle of a frame is read up to it', () => {
    expect(read(wav16(values).subarray(0, -3)).samples).toHaveLength(values.length - 2);
  });

  it('of floats holds neither NaN nor infinities afterwards', () => {
    const audio = bytesOf(3, 32, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30]);
    expect(read(wavFile({ format: 3, bits: 32, rateHz: 8000 }, audio)).samples).toEqual([0, 8, -8, 8]);
  });

  it('in a coding it does not know is left to others', () => {
    expect(openWav(wavFile({ format: 0x55, bits: 0, rateHz: 8000 }, Buffer.alloc(9)))).toBe(unknownCoding);
    expect(openWav(wavFile({ format: 2, bits: 4, rateHz: 8000 }, Buffer.alloc(9)))).toBe(unknownCoding);
    const foreign = wavFile({ format: 1, bits: 16, rateHz: 8000, extensible: true }, Buffer.alloc(8));
    foreign[50]! ^= 1;
    expect(openWav(foreign)).toBe(unknownCoding);
  });
});

describe('what is no WAV file, or none that can be', () => {
  const coding: WavCoding = { format: 1, bits: 16, rateHz: 8000 };
  const good = wavFile(coding, Buffer.alloc(8));
  const withFormat = (at: number, value: number) => {
    const file = good.slice();
    new DataView(file.buffer).setUint16(20 + at, value, true);
    return file;
  };

  it.each([
    ['nothing', new Uint8Array(), /no WAV/],
    ['text', Buffer.from('<!doctype html><title>Not found'), /no WAV/],
    ['a RIFF file of another kind', Buffer.from('RIFF\x10\0\0\0AVI LIST\0\0\0\0'), /no WAV/],
    ['a header alone', good.subarray(0, 12), /no audio/],
    ['no data chunk', good.subarray(0, 36), /no audio/],
    ['an empty data chunk', wavFile(coding, new Uint8Array()), /no audio/],
    ['less than a frame', wavFile(coding, Buffer.alloc(1)), /no audio/],
    ['data before the format', Buffer.concat([good.subarray(0, 12), chunk('data', Buffer.alloc(8))]), /how its audio/],
    ['a short format', Buffer.concat([good.subarray(0, 12), chunk('fmt ', Buffer.alloc(14))]), /too short/],
    ['a short extension', withFormat(0, 0xfffe), /too short/],
    ['no channels', withFormat(2, 0), /0 channels/],
    ['a thousand channels', withFormat(2, 1000), /1000 channels/],
    ['a rate of 0', withFormat(4, 0), /0 Hz/],
    ['a rate beyond all', withFormat(6, 9), /597824 Hz/],
    ['a block that does not fit', withFormat(12, 3), /block size/],
  ])('%s is refused with its reason', (_, bytes, reason) => {
    expect(problem(bytes)).toMatch(reason);
  });

  it('is looked at no longer than a bounded number of chunks', () => {
    const many = Buffer.concat([
      good.subarray(0, 36),
      ...Array<Buffer>(2000).fill(chunk('junk', Buffer.alloc(0))),
      good.subarray(36),
    ]);
    expect(problem(many)).toMatch(/no audio/);
  });

  it('is told by its first bytes', () => {
    expect([isWav(good), isWav(good.subarray(0, 11)), isWav(Buffer.from('ID3'))]).toEqual([true, false, false]);
  });
});
