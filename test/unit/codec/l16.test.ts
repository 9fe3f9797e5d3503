import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';

const kernels = createKernels();
const format = (clockRateHz: number, channels = 1): PayloadFormat => {
  return { encoding: 'L16', payloadType: 97, clockRateHz, channels, parameters: {} };
};

describe.each([8000, 16_000, 48_000])('L16 at %i Hz', (rateHz) => {
  const samples = rateHz / 50;
  const encoder = createEncoder(format(rateHz), kernels);
  const decoder = () => createDecoder(format(rateHz), kernels);

  it('carries every int16 value, most significant byte first, both ways', () => {
    const values = Int16Array.from({ length: Math.ceil(65_536 / samples) * samples }, (_, i) => (i % 65_536) - 32_768);
    const output = new Float32Array(samples);
    for (let at = 0; at < values.length; at += samples) {
      const frame = values.subarray(at, at + samples);
      const bytes = Buffer.alloc(samples * 2 + 3);
      expect(
        encoder.encode(
          Float32Array.from(frame, (value) => value / 32_768),
          bytes,
          3,
        ),
      ).toBe(samples * 2);
      const wire = Buffer.alloc(samples * 2);
      frame.forEach((value, i) => wire.writeInt16BE(value, 2 * i));
      expect(bytes.subarray(3).equals(wire)).toBe(true);
      expect(decoder().decode(wire, wire.length, output)).toBe(samples);
      expect(output).toEqual(Float32Array.from(frame, (value) => value / 32_768));
    }
  });

  it('gives the same bytes to wasm memory as to the heap, rounded and saturated', () => {
    const frame = seededNoise(3, samples).map((value) => value * 1.5);
    const [outside, inside] = [new Uint8Array(2 * samples), kernels.u8(kernels.allocate(2 * samples), 2 * samples)];
    encoder.encode(frame, outside, 0);
    encoder.encode(frame, inside, 0);
    expect(inside).toEqual(outside);
    const view = new DataView(outside.buffer);
    frame.forEach((value, i) => {
      const clipped = Math.max(-32_768, Math.min(32_767, value * 32_768));
      expect(Math.abs(view.getInt16(2 * i) - clipped)).toBeLessThanOrEqual(0.5);
    });
  });

  it.each([
    ['nothing', 0],
    ['half a sample', 161],
    ['a negative length', -2],
    ['more than 120 ms', (rateHz * 2 * 120) / 1000 + 2],
  ])('refuses %s and writes nothing', (_name, length) => {
    const output = new Float32Array(rateHz).fill(9);
    const payload = new Uint8Array(20_000);
    expect(decoder().samplesIn(payload, length)).toBe(-1);
    expect(decoder().decode(payload, length, output)).toBe(-1);
    expect(output.every((value) => value === 9)).toBe(true);
  });

  it('takes packets of any whole number of samples up to 120 ms, and no more than is there', () => {
    const most = (rateHz * 120) / 1000;
    const payload = new Uint8Array(2 * most);
    for (const count of [1, 7, 9, samples / 2, samples, most]) {
      const output = new Float32Array(most + 1).fill(9);
      expect(decoder().decode(payload, 2 * count, output)).toBe(count);
      expect(output.subarray(0, count).every((value) => value === 0)).toBe(true);
      expect(output[count]).toBe(9);
    }
    expect(decoder().decode(new Uint8Array(10), 20, new Float32Array(10))).toBe(-1);
    expect(decoder().decode(new Uint8Array(20), 20, new Float32Array(9))).toBe(-1);
  });

  it('conceals a loss with the sound going on, until it is reset', () => {
    const stream = decoder();
    const output = new Float32Array(samples);
    const wire = Buffer.alloc(samples * 2);
    const tone = (n: number) => 0.5 * Math.sin((2 * Math.PI * 200 * n) / rateHz);
    for (let tick = 0; tick < 5; tick++) {
      for (let i = 0; i < samples; i++) wire.writeInt16BE(Math.round(tone(tick * samples + i) * 32_768), 2 * i);
      stream.decode(wire, wire.length, output);
    }
    stream.conceal(output, samples);
    for (let i = 0; i < samples; i++) expect(output[i]).toBeCloseTo(tone(5 * samples + i), 1);
    stream.reset();
    stream.conceal(output, samples);
    expect(output.every((value) => value === 0)).toBe(true);
    stream.close();
  });
});

describe('L16', () => {
  it.each([
    ['two channels', format(16_000, 2)],
    ['a rate there is no resampler for', format(44_100)],
  ])('refuses %s with noCommonCodec', (_name, refused) => {
    expect(() => createDecoder(refused, kernels)).toThrow(expect.objectContaining({ code: 'noCommonCodec' }));
    expect(() => createEncoder(refused, kernels)).toThrow(expect.objectContaining({ code: 'noCommonCodec' }));
  });
});
