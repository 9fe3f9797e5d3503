import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { createKernels } from '../support/kernels.js';

const installed = spawnSync('ffmpeg', ['-version']).status === 0;
if (!installed) console.log('G.711 vectors against ffmpeg are skipped: ffmpeg is not installed.');

const kernels = createKernels();

function ffmpeg(from: string, to: string, input: Uint8Array): Buffer {
  const audio = ['-ar', '8000', '-ac', '1'];
  return execFileSync('ffmpeg', ['-v', 'error', '-f', from, ...audio, '-i', '-', '-f', to, ...audio, '-'], { input });
}

describe.skipIf(!installed).each([
  ['PCMU', 'mulaw'],
  ['PCMA', 'alaw'],
] as const)('%s against ffmpeg', (encoding, name) => {
  const format: PayloadFormat = { encoding, payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} };

  it('decodes every code to the same value', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const expected = ffmpeg(name, 's16le', codes);
    const output = new Float32Array(256);
    createDecoder(format, kernels).decode(codes, 256, output);
    expect([...output].map((value) => value * 32_768)).toEqual(
      Array.from({ length: 256 }, (_, i) => expected.readInt16LE(2 * i)),
    );
  });

  it('encodes every value to the same code, but where ffmpeg leaves the standard at segment borders', () => {
    // ffmpeg drops the two lowest bits before it compresses, so its word counts for multiples of 4. At the border of two
    // segments it goes to the nearer output value; G.711 has a decision value there that is one small step lower.
    const values = Int16Array.from({ length: 16_384 }, (_, i) => i * 4 - 32_768);
    const expected = ffmpeg('s16le', name, new Uint8Array(values.buffer));
    const encoder = createEncoder(format, kernels);
    const padded = new Float32Array(16_384 + 160);
    values.forEach((value, i) => (padded[i] = value / 32_768));
    const codes = new Uint8Array(padded.length);
    for (let at = 0; at < 16_384; at += 160) encoder.encode(padded.subarray(at, at + 160), codes, at);
    const steps = (code: number) => (encoding === 'PCMU' ? ~code & 0x7f : (code ^ 0x55) & 0x7f);
    const differing = values.filter((_, i) => codes[i] !== expected[i]);
    for (const value of differing) {
      const at = values.indexOf(value);
      expect(steps(codes[at]!) % 16).toBe(0);
      expect(steps(expected[at]!)).toBe(steps(codes[at]!) - 1);
    }
    expect(differing.length).toBeLessThanOrEqual(128);
  });
});
