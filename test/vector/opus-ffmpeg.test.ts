import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { OpusPacketizer } from '../../src/media/codec/opus-packetizer.js';
import { OpusFrames } from '../../src/media/codec/opus-packets.js';
import { opusFormatFor } from '../../src/media/codec/opus-settings.js';
import { seededNoise } from '../support/noise.js';
import { readOgg, writeOgg } from '../support/ogg.js';
import {
  concatenate,
  createOpus,
  createOpusEncoder,
  decodePackets,
  encodeTicks,
  opusFormat,
  segmentalSnrDb,
  sine,
  speechLike,
} from '../support/opus.js';
import { toneAt } from '../support/spectrum.js';

const encoders = spawnSync('ffmpeg', ['-v', 'error', '-encoders']).stdout?.toString() ?? '';
const installed = encoders.includes('libopus');
if (!installed) console.log('Opus against libopus is skipped: there is no ffmpeg with libopus.');

const opus = createOpus();
const frames = new OpusFrames();
/** Above this only rounding differs: no tick is worse than the 35 dB at which the measure ends. */
const identicalDb = 34.9;

/** Of a tone that was 0.3 loud. */
function levelDb(heard: Float32Array, hz: number): number {
  return 20 * Math.log10(toneAt(heard.subarray(24_000, 43_200), 48_000, hz).amplitude / 0.3);
}

/** 100 Hz to 7 kHz. */
function sweep(seconds: number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: seconds * 48_000 }, (_, n) => {
    phase += (2 * Math.PI * 100 * 70 ** (n / (seconds * 48_000))) / 48_000;
    return 0.3 * Math.sin(phase);
  });
}

/** A bit of everything. */
const signal = concatenate([speechLike(0.6, 4), sweep(0.6), seededNoise(3, 28_800).map((value) => value * 0.1)]);

function toFloats(bytes: Buffer): Float32Array {
  const floats = new Float32Array(bytes.length / 4);
  for (let i = 0; i < floats.length; i++) floats[i] = bytes.readFloatLE(4 * i);
  return floats;
}

const raw = ['-f', 'f32le', '-ar', '48000'];

function ffmpegDecode(ogg: Buffer, decoder: 'libopus' | 'opus'): Float32Array {
  const args = ['-v', 'error', '-c:a', decoder, '-f', 'ogg', '-i', '-', ...raw, '-ac', '1', '-'];
  return toFloats(execFileSync('ffmpeg', args, { input: ogg, maxBuffer: 1e8 }));
}

function ffmpegEncode(signal: Float32Array, channels: number, options: readonly string[]): Buffer {
  const input = Buffer.from(signal.buffer, signal.byteOffset, signal.byteLength);
  const args = [
    '-v',
    'error',
    ...raw,
    '-ac',
    `${channels}`,
    '-i',
    '-',
    '-c:a',
    'libopus',
    ...options,
    '-f',
    'ogg',
    '-',
  ];
  return execFileSync('ffmpeg', args, { input, maxBuffer: 1e8 });
}

/** What this server sends of a signal in packets of `ptimeMs`. */
function send(signal: Float32Array, ptimeMs: number): Uint8Array[] {
  const encoder = createOpusEncoder(opus, opusFormatFor(opusFormat({ useinbandfec: '1' }), ptimeMs).parameters);
  const packetizer = new OpusPacketizer(ptimeMs);
  const packets: Uint8Array[] = [];
  encodeTicks(encoder, signal).forEach((payload, tick) => {
    packetizer.push(payload, 0, payload.length, tick * 960);
    while (packetizer.next()) {
      packets.push(packetizer.buffer.slice(packetizer.offset, packetizer.offset + packetizer.length));
    }
  });
  encoder.close();
  return packets;
}

describe.skipIf(!installed)('what this server sends', () => {
  it.each([10, 20, 30, 40, 60])('in packets of %i ms is heard by libopus as by its own decoder', (ptimeMs) => {
    const packets = send(signal, ptimeMs);
    const heard = ffmpegDecode(writeOgg(packets, ptimeMs * 48), 'libopus');
    expect(segmentalSnrDb(decodePackets(opus, packets), heard)).toBeGreaterThan(identicalDb);
  });

  it.each([10, 20, 60])('in packets of %i ms is heard by a decoder that is not libopus', (ptimeMs) => {
    const packets = send(signal, ptimeMs);
    const heard = ffmpegDecode(writeOgg(packets, ptimeMs * 48), 'opus');
    // It is another fraction of a sample late, which is most of the difference.
    expect(segmentalSnrDb(decodePackets(opus, packets), heard)).toBeGreaterThan(8);
  });

  it.each([300, 1000, 3400])('of %i Hz has its level within 0.5 dB elsewhere', (hz) => {
    const heard = ffmpegDecode(writeOgg(send(sine(hz, 1), 20), 960), 'libopus');
    expect(Math.abs(levelDb(heard, hz))).toBeLessThan(0.5);
  });
});

describe.skipIf(!installed)('what libopus sends', () => {
  it.each([
    [2.5, 'audio', '64k'],
    [5, 'audio', '64k'],
    [10, 'voip', '24k'],
    [20, 'voip', '12k'],
    [20, 'voip', '24k'],
    [20, 'lowdelay', '48k'],
    [40, 'voip', '16k'],
    [60, 'voip', '32k'],
  ])('in frames of %s ms for %s at %s bit/s is heard as by libopus itself', (ms, application, bitrate) => {
    const ogg = ffmpegEncode(signal, 1, ['-frame_duration', `${ms}`, '-application', application, '-b:a', bitrate]);
    const { packets, preSkip } = readOgg(ogg);
    for (const packet of packets) expect(frames.parse(packet, 0, packet.length) && frames.samples).toBe(ms * 48);
    const heard = ffmpegDecode(ogg, 'libopus');
    expect(segmentalSnrDb(heard, decodePackets(opus, packets).subarray(preSkip))).toBeGreaterThan(identicalDb);
  });

  it('in stereo is heard as the mean of both', () => {
    const [left, right] = [sine(500, 1), sine(1500, 1, 0.2)];
    const both = new Float32Array(96_000);
    left.forEach((value, n) => both.set([value, right[n]!], 2 * n));
    const { packets } = readOgg(ffmpegEncode(both, 2, ['-b:a', '96k']));
    expect(packets.every((packet) => (packet[0]! & 4) !== 0)).toBe(true);
    const heard = decodePackets(opus, packets);
    expect(Math.abs(levelDb(heard, 500) + 6.02)).toBeLessThan(0.5);
    expect(Math.abs(levelDb(heard, 1500) + 6.02 + 3.52)).toBeLessThan(0.5);
  });
});
