import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { g722Signals } from '../support/g722-signals.js';
import { createKernels } from '../support/kernels.js';
import { seededRandom } from '../support/noise.js';

const installed = spawnSync('ffmpeg', ['-version']).status === 0;
if (!installed)
  console.log('G.722 against ffmpeg itself is skipped: ffmpeg is not installed. Its golden hashes are not.');

const kernels = createKernels();
const format: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };

/** SHA-256, first 16 digits, of what ffmpeg 5.1.9 makes of each signal: encoded, and that decoded again. */
const golden: Readonly<Record<string, readonly [encoded: string, decoded: string]>> = {
  speech: ['73c69b98aef492ff', '8ae69cba1275f969'],
  noise: ['6f7f8cd2fb80efb8', '456af368dd0dfad4'],
  'faint noise': ['f7b5f38d72775334', 'a2c799066bdd93ab'],
  sweep: ['227fd5a289481870', '75272b119cea579c'],
  'square wave': ['2fd55509c243c139', '7c0bd1dc21067aaa'],
  'half the rate, full scale': ['bd68272134c88db2', 'f0b0d84833fbcab8'],
  'bursts and digital silence': ['c91f9408d4a8ee6e', 'dc90a2fa0ddf902c'],
};
const goldenGarbage = '1f494cfdc75646e9';

function encode(samples: Int16Array): Uint8Array {
  const encoder = createEncoder(format, kernels);
  const bytes = new Uint8Array(samples.length / 2);
  for (let at = 0; at < samples.length; at += 320) {
    const frame = Float32Array.from(samples.subarray(at, at + 320), (value) => value / 32_768);
    encoder.encode(frame, bytes, at / 2);
  }
  encoder.close();
  return bytes;
}

/** Decodes in packets of changing length, odd ones too. */
function decode(bytes: Uint8Array): Int16Array {
  const decoder = createDecoder(format, kernels);
  const samples = new Int16Array(bytes.length * 2);
  const output = new Float32Array(1920);
  const lengths = [160, 1, 80, 333, 960, 7];
  for (let at = 0, packet = 0; at < bytes.length; packet++) {
    const payload = bytes.subarray(at, at + lengths[packet % lengths.length]!);
    decoder.decode(payload, payload.length, output);
    for (let i = 0; i < payload.length * 2; i++) samples[2 * at + i] = output[i]! * 32_768;
    at += payload.length;
  }
  decoder.close();
  return samples;
}

function ffmpeg(input: readonly string[], output: readonly string[], data: Uint8Array | Int16Array): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...input, '-i', '-', ...output, '-'], {
    input: data,
    maxBuffer: 2 ** 26,
  });
}

const pcm = ['-f', 's16le', '-ar', '16000', '-ac', '1'];
const sha = (data: Uint8Array | Int16Array) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')
    .slice(0, 16);

/** Bytes no encoder would send. */
function garbage(): Uint8Array {
  const random = seededRandom(9);
  return Uint8Array.from({ length: 100_000 }, () => Math.floor(random() * 256));
}

describe('G.722 against ffmpeg', () => {
  it.each(Object.entries(g722Signals))(
    'makes of %s byte for byte what ffmpeg was found to make, both ways',
    (name, make) => {
      const encoded = encode(make());
      expect([sha(encoded), sha(decode(encoded))]).toEqual(golden[name]);
    },
  );

  it('decodes bytes no encoder would send as ffmpeg was found to', () => {
    expect(sha(decode(garbage()))).toBe(goldenGarbage);
  });

  it.skipIf(!installed)(
    'makes of all signals in a row byte for byte what the ffmpeg of this machine makes, both ways',
    () => {
      const signals = Object.values(g722Signals).map((make) => make());
      const samples = Int16Array.from(signals.flatMap((signal) => [...signal]));
      const encoded = encode(samples);
      expect(Buffer.compare(encoded, ffmpeg(pcm, ['-f', 'g722'], samples))).toBe(0);
      const all = Buffer.concat([encoded, garbage()]);
      const decoded = new Uint8Array(decode(all).buffer);
      expect(Buffer.compare(decoded, ffmpeg(['-f', 'g722'], pcm, all))).toBe(0);
    },
  );
});
