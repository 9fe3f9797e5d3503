import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { createKernels } from '../../support/kernels.js';
import { seededRandom } from '../../support/noise.js';

const kernels = createKernels();
const format: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };
const ticksBeforeIdling = 10;
/** Promised by wasm/dsp/g722-idle.ts. */
const ticksToRest = 30;

/** 16 kHz sources that leave an encoder in very different states. */
const sources: Readonly<Record<string, (random: () => number) => (n: number) => number>> = {
  noise: (random) => {
    const loudness = random();
    return () => loudness * (random() * 2 - 1);
  },
  tone: (random) => {
    const [loudness, step] = [random(), random() * Math.PI];
    return (n) => loudness * Math.sin(step * n);
  },
  'square wave': (random) => {
    const [loudness, half] = [random(), 2 + Math.floor(random() * 60)];
    return (n) => (Math.floor(n / half) % 2 ? loudness : -loudness);
  },
  voice: (random) => {
    const [loudness, pitch] = [random() * 0.4, 80 + 200 * random()];
    return (n) => {
      let sum = 0;
      for (let h = 1; h < 20; h++)
        sum += Math.sin((2 * Math.PI * h * (pitch * n + 400 * Math.sin(n / 5e4))) / 16_000) / h;
      return loudness * sum * (0.5 + 0.5 * Math.sin(n / 900));
    };
  },
  nothing: () => () => 0,
};

/** A stream that said one of the sources for a while, and what its listener hears. */
function stream(source: (n: number) => number, ticks: number) {
  const encoder = createEncoder(format, kernels);
  const decoder = createDecoder(format, kernels);
  const [bytes, frame, heard] = [new Uint8Array(160), new Float32Array(320), new Float32Array(320)];
  for (let tick = 0; tick < ticks; tick++) {
    for (let i = 0; i < 320; i++) frame[i] = source(tick * 320 + i);
    encoder.encode(frame, bytes, 0);
    decoder.decode(bytes, 160, heard);
  }
  const silence = () => {
    encoder.encodeSilence!(bytes, 0);
    decoder.decode(bytes, 160, heard);
  };
  return { encoder, bytes, heard, silence };
}

const peak = (signal: Float32Array) => signal.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const rms = (signal: Float32Array) => Math.sqrt(signal.reduce((sum, value) => sum + value ** 2, 0) / signal.length);
const db = (ratio: number) => 20 * Math.log10(ratio);

describe('silence in G.722', () => {
  const rested = stream(() => 0, 1);
  for (let i = 0; i < 100; i++) rested.silence();

  it.each(Object.entries(sources))('after %s ends in one and the same state within 0.8 s, unheard', (_name, source) => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed * 99);
      const { encoder, bytes, heard, silence } = stream(source(random), 1 + Math.floor(random() * 40));
      let loudest = 0;
      for (let tick = 0; tick < ticksBeforeIdling + ticksToRest; tick++) {
        silence();
        // For the first ticks it is the codec's own idle noise, after its filters have run out.
        if (tick >= ticksBeforeIdling) loudest = Math.max(loudest, peak(heard));
      }
      expect(db(loudest)).toBeLessThan(-46);
      expect(encoder.isSame!(rested.encoder)).toBe(true);
      expect(bytes).toEqual(rested.bytes);
      encoder.close();
    }
  });

  it('rests below −70 dBov, in sender and listener alike', () => {
    const { encoder, bytes, heard, silence } = stream(sources.voice!(seededRandom(5)), 30);
    for (let i = 0; i < 60; i++) silence();
    const [before, sound] = [bytes.slice(), heard.slice()];
    for (let i = 0; i < 10; i++) {
      silence();
      expect(bytes).toEqual(before);
      expect(heard).toEqual(sound);
    }
    expect(db(rms(heard))).toBeLessThan(-70);
    expect(encoder.isSame!(rested.encoder)).toBe(true);
  });

  it('is encoded as the recommendation has it for 200 ms, and again after the next sound', () => {
    const [one, other] = [stream(sources.voice!(seededRandom(6)), 20), stream(sources.voice!(seededRandom(6)), 20)];
    const [zeros, sound] = [new Float32Array(320), new Float32Array(320).fill(0.1)];
    for (let round = 0; round < 3; round++) {
      for (let tick = 0; tick < ticksBeforeIdling; tick++) {
        one.silence();
        other.encoder.encode(zeros, other.bytes, 0);
        expect(one.bytes).toEqual(other.bytes);
      }
      one.encoder.encode(sound, one.bytes, 0);
      other.encoder.encode(sound, other.bytes, 0);
      expect(one.bytes).toEqual(other.bytes);
    }
  });

  it('is left for a voice that is coded as well as after silence encoded throughout', () => {
    const snrDb = (idle: boolean) => {
      const { encoder, bytes } = stream(() => 0, 1);
      const decoder = createDecoder(format, kernels);
      const [frame, heard] = [new Float32Array(320), new Float32Array(320)];
      for (let tick = 0; tick < 60; tick++) {
        if (idle) encoder.encodeSilence!(bytes, 0);
        else encoder.encode(frame, bytes, 0);
        decoder.decode(bytes, 160, heard);
      }
      const voice = sources.voice!(seededRandom(7));
      const samples = Float32Array.from({ length: 10 * 320 }, (_, n) => voice(n));
      const all = new Float32Array(samples.length);
      for (let at = 0; at < samples.length; at += 320) {
        encoder.encode(samples.subarray(at, at + 320), bytes, 0);
        decoder.decode(bytes, 160, all.subarray(at));
      }
      let [signal, noise] = [0, 0];
      for (let n = 22; n < all.length; n++) {
        signal += samples[n - 22]! ** 2;
        noise += (all[n]! - samples[n - 22]!) ** 2;
      }
      return 10 * Math.log10(signal / noise);
    };
    expect(snrDb(true)).toBeGreaterThan(snrDb(false) - 1);
    expect(snrDb(true)).toBeGreaterThan(15);
  });
});
