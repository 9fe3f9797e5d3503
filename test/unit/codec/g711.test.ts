import { alaw, mulaw } from 'alawmulaw';
import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import type { EncodingName, PayloadFormat } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';

const kernels = createKernels();
const laws = [
  { encoding: 'PCMU', oracle: mulaw, silence: 0xff },
  { encoding: 'PCMA', oracle: alaw, silence: 0xd5 },
] as const;

function format(encoding: EncodingName): PayloadFormat {
  return { encoding, payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} };
}

describe.each(laws)('$encoding', ({ encoding, oracle, silence }) => {
  const encoder = createEncoder(format(encoding), kernels);
  const decoder = () => createDecoder(format(encoding), kernels);

  it('encodes each of the 65 536 int16 values as the standard does', () => {
    const values = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    const codes = new Uint8Array(65_536 + 160);
    const frame = new Float32Array(160);
    for (let at = 0; at < values.length; at += 160) {
      frame.fill(0);
      values.subarray(at, at + 160).forEach((value, i) => (frame[i] = value / 32_768));
      expect(encoder.encode(frame, codes, at)).toBe(160);
    }
    expect(codes.subarray(0, 65_536)).toEqual(oracle.encode(values));
  });

  it('decodes each of the 256 codes as the standard does, on the scale of int16 / 32768', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const output = new Float32Array(256);
    expect(decoder().decode(codes, 256, output)).toBe(256);
    expect(output).toEqual(Float32Array.from(oracle.decode(codes), (value) => value / 32_768));
  });

  it('encodes what it decoded to the same code, but for the two zeros of µ-law', () => {
    const codes = Uint8Array.from({ length: 160 }, (_, i) => (i * 37) & 0xff);
    const decoded = new Float32Array(160);
    const again = new Uint8Array(160);
    decoder().decode(codes, 160, decoded);
    encoder.encode(decoded, again, 0);
    expect([...again]).toEqual([...codes].map((code) => (encoding === 'PCMU' && code === 0x7f ? 0xff : code)));
  });

  it('gives the same bytes from and to wasm memory as from and to the heap', () => {
    const inside = kernels.f32(kernels.allocateFloats(160), 160);
    const bytes = kernels.u8(kernels.allocate(176), 176);
    const outside = Float32Array.from({ length: 160 }, (_, i) => Math.sin(i) * 1.2);
    inside.set(outside);
    const reference = new Uint8Array(160);
    encoder.encode(outside, reference, 0);
    for (const input of [inside, outside]) {
      bytes.fill(0xaa);
      encoder.encode(input, bytes, 8);
      expect(bytes.subarray(8, 168)).toEqual(reference);
      expect([...bytes.subarray(0, 8), ...bytes.subarray(168)]).toEqual(new Array(16).fill(0xaa));
    }
  });

  it('rounds to the nearest int16, saturates beyond full scale and makes NaN silent', () => {
    const input = new Float32Array(160);
    input.set([5, -5, Infinity, -Infinity, NaN, 1000.4 / 32_768, 1000.6 / 32_768]);
    const output = new Uint8Array(160);
    encoder.encode(input, output, 0);
    const expected = Int16Array.of(32_767, -32_768, 32_767, -32_768, 0, 1000, 1001, 0);
    expect([...output.subarray(0, 8)]).toEqual([...oracle.encode(expected)]);
    expect(output[159]).toBe(silence);
  });

  it.each([
    ['nothing', 0],
    ['more than 120 ms', 961],
    ['a negative length', -1],
  ])('refuses %s and writes nothing', (_name, length) => {
    const output = new Float32Array(2000).fill(9);
    const stream = decoder();
    const payload = new Uint8Array(2000);
    expect(stream.samplesIn(payload, length)).toBe(-1);
    expect(stream.decode(payload, length, output)).toBe(-1);
    expect(output.every((value) => value === 9)).toBe(true);
  });

  it('refuses a length beyond the payload or the output instead of making samples up', () => {
    expect(decoder().decode(new Uint8Array(100), 160, new Float32Array(160))).toBe(-1);
    expect(decoder().decode(new Uint8Array(160), 160, new Float32Array(100))).toBe(-1);
  });

  it.each([80, 160, 240, 480, 960])('takes packets of %i samples', (samples) => {
    const output = new Float32Array(960).fill(9);
    expect(decoder().decode(new Uint8Array(960).fill(silence), samples, output)).toBe(samples);
    expect(Math.abs(output[samples - 1]!)).toBeLessThan(0.001);
    if (samples < 960) expect(output[samples]).toBe(9);
  });

  it('conceals a loss with the sound going on', () => {
    const stream = decoder();
    const tone = Float32Array.from({ length: 800 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 200 * n) / 8000));
    const payload = new Uint8Array(800);
    for (let at = 0; at < 800; at += 160) encoder.encode(tone.subarray(at, at + 160), payload, at);
    const output = new Float32Array(960);
    stream.decode(payload, 800, output);
    stream.conceal(output, 160);
    for (let n = 0; n < 160; n++) {
      expect(output[n]).toBeCloseTo(0.5 * Math.sin((2 * Math.PI * 200 * (800 + n)) / 8000), 1);
    }
    stream.reset();
    stream.conceal(output, 160);
    expect(output.subarray(0, 160).every((value) => value === 0)).toBe(true);
  });

  it('gives its memory back', () => {
    const before = kernels.liveBytes;
    const own = createEncoder(format(encoding), kernels);
    const stream = decoder();
    own.close();
    stream.close();
    expect(kernels.liveBytes).toBe(before);
  });
});

describe('codec registry', () => {
  it.each([
    { ...format('opus'), clockRateHz: 44_100, channels: 2 },
    { ...format('PCMU'), clockRateHz: 16_000 },
    { ...format('PCMA'), channels: 2 },
  ])('refuses $encoding/$clockRateHz/$channels with noCommonCodec', (unknown) => {
    expect(() => createDecoder(unknown, kernels)).toThrow(expect.objectContaining({ code: 'noCommonCodec' }));
    expect(() => createEncoder(unknown, kernels)).toThrow(expect.objectContaining({ code: 'noCommonCodec' }));
  });
});
