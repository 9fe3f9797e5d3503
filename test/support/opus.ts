import { OpusDecoder } from '../../src/media/codec/opus-decoder.js';
import { OpusEncoder } from '../../src/media/codec/opus-encoder.js';
import { OpusLibrary, OpusRequest } from '../../src/media/codec/opus-library.js';
import { type OpusPreferences, opusDefaults, opusSettings } from '../../src/media/codec/opus-settings.js';
import { compileOpus } from '../../src/media/opus-module.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { seededRandom } from './noise.js';

const module = compileOpus();

/** A fresh instance of libopus. */
export function createOpus(preferences: Partial<OpusPreferences> = {}): OpusLibrary {
  return new OpusLibrary(module, { ...opusDefaults, ...preferences });
}

/** Opus as a peer with these `a=fmtp` parameters has negotiated it. */
export function opusFormat(parameters: PayloadFormat['parameters'] = {}): PayloadFormat {
  return { encoding: 'opus', payloadType: 96, clockRateHz: 48_000, channels: 2, parameters };
}

/** An encoder for a peer with these parameters. */
export function createOpusEncoder(
  opus: OpusLibrary,
  parameters: PayloadFormat['parameters'] = {},
  preferences: Partial<OpusPreferences> = {},
): OpusEncoder {
  return new OpusEncoder(opus, opusSettings(opusFormat(parameters), { ...opusDefaults, ...preferences }));
}

/** The payloads of all whole ticks of a signal. */
export function encodeTicks(encoder: OpusEncoder, signal: Float32Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const bytes = new Uint8Array(1920);
  for (let at = 0; at + 960 <= signal.length; at += 960) {
    payloads.push(bytes.slice(0, encoder.encode(signal.subarray(at, at + 960), bytes, 0)));
  }
  return payloads;
}

/** Wideband frames of any size, made by libopus without the port's encoder. @param samples 120…2880 */
export function encodeFrames(opus: OpusLibrary, signal: Float32Array, samples: number, lossPercent = 0): Uint8Array[] {
  const encoder = opus.createEncoder();
  opus.configure(encoder, 4008, 1103);
  opus.configure(encoder, OpusRequest.complexity, 2);
  opus.configure(encoder, OpusRequest.inbandFec, 1);
  opus.configure(encoder, OpusRequest.packetLossPercent, lossPercent);
  const packets: Uint8Array[] = [];
  for (let at = 0; at + samples <= signal.length; at += samples) {
    for (let i = 0; i < samples; i++) opus.pcm[i] = Math.round(signal[at + i]! * 32_767);
    packets.push(opus.packet.slice(0, opus.encode(encoder, samples, 1275)));
  }
  opus.free(encoder);
  return packets;
}

/** What a fresh decoder makes of packets; `undefined` is concealed for as long as the packet before. */
export function decodePackets(opus: OpusLibrary, packets: readonly (Uint8Array | undefined)[]): Float32Array {
  const decoder = new OpusDecoder(opus);
  const parts: Float32Array[] = [];
  const output = new Float32Array(5760);
  let samples = 960;
  for (const packet of packets) {
    if (packet) samples = decoder.decode(packet, packet.length, output);
    else decoder.conceal(output, samples);
    if (samples < 0) throw new Error('The decoder refused a packet.');
    parts.push(output.slice(0, samples));
  }
  decoder.close();
  return concatenate(parts);
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Something libopus takes for speech, at 48 kHz: syllables of a gliding voice with three formants, hissing consonants
 * and pauses.
 */
export function speechLike(seconds: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  const signal = new Float32Array(Math.round(seconds * 48_000));
  let at = 0;
  while (at < signal.length) {
    const length = Math.round(48_000 * (0.12 + 0.2 * random()));
    const kind = random();
    if (kind < 0.65) addVowel(signal, at, length, random);
    else if (kind < 0.85) addHiss(signal, at, length, random);
    at += length;
  }
  return signal;
}

function addVowel(signal: Float32Array, at: number, length: number, random: () => number): void {
  const pitchHz = 90 + 120 * random();
  const glide = 0.8 + 0.4 * random();
  const formants = [300 + 500 * random(), 900 + 1300 * random(), 2300 + 900 * random()];
  let phase = 0;
  for (let i = 0; i < length && at + i < signal.length; i++) {
    const pitch = pitchHz * (1 + ((glide - 1) * i) / length);
    phase += pitch / 48_000;
    let sum = 0;
    for (let harmonic = 1; harmonic * pitch < 6000; harmonic++) {
      const hz = harmonic * pitch;
      const loudness = formants.reduce(
        (most, formant, f) => most + Math.exp(-(((hz - formant) / 180) ** 2)) / (f + 1),
        0,
      );
      sum += (loudness + 0.02) * Math.sin(2 * Math.PI * harmonic * phase + harmonic);
    }
    signal[at + i] = 0.18 * sum * Math.sin((Math.PI * i) / length) ** 0.7;
  }
}

function addHiss(signal: Float32Array, at: number, length: number, random: () => number): void {
  let before = 0;
  for (let i = 0; i < length && at + i < signal.length; i++) {
    const noise = random() * 2 - 1;
    signal[at + i] = 0.05 * (noise - before) * Math.sin((Math.PI * i) / length);
    before = noise;
  }
}

/** A sine of 48 kHz. */
export function sine(hz: number, seconds: number, amplitude = 0.3): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * 48_000) },
    (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / 48_000),
  );
}

/**
 * Mean over the ticks that are not silent of each tick's signal-to-noise ratio, clipped to −10…35 dB.
 * @param tick samples of a tick; 960 at 48 kHz
 */
export function segmentalSnrDb(signal: Float32Array, heard: Float32Array, tick = 960): number {
  let sum = 0;
  let count = 0;
  for (let at = 0; at + tick <= Math.min(signal.length, heard.length); at += tick) {
    let power = 0;
    let noise = 1e-12;
    for (let i = at; i < at + tick; i++) {
      power += signal[i]! ** 2;
      noise += (signal[i]! - heard[i]!) ** 2;
    }
    if (power / tick < 1e-5) continue;
    sum += Math.max(-10, Math.min(35, 10 * Math.log10(power / noise)));
    count++;
  }
  return sum / count;
}

export const rms = (signal: Float32Array): number =>
  Math.sqrt(signal.reduce((sum, value) => sum + value * value, 0) / signal.length);
