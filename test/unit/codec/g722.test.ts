import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder } from '../../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { g722Signals } from '../../support/g722-signals.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';

const kernels = createKernels();
const format: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };
const encoder = () => createEncoder(format, kernels);
const decoder = () => createDecoder(format, kernels);
const speech = Float32Array.from(g722Signals.speech!(), (value) => value / 32_768);
const ticks = speech.length / 320;
/** Encoder and decoder together, in samples at 16 kHz. */
const delaySamples = 22;

/** The speech's packets of 20 ms. */
function packets(): Uint8Array[] {
  const stream = encoder();
  return Array.from({ length: ticks }, (_, tick) => {
    const bytes = new Uint8Array(160);
    stream.encode(speech.subarray(tick * 320, (tick + 1) * 320), bytes, 0);
    return bytes;
  });
}

/** Signal to noise in dB of samples `from` to `to` of what was decoded. */
function snrDb(decoded: Float32Array, from: number, to: number): number {
  let [signal, noise] = [0, 0];
  for (let n = from; n < to; n++) {
    const wanted = speech[n - delaySamples] ?? 0;
    signal += wanted ** 2;
    noise += (decoded[n]! - wanted) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('G.722 encoder', () => {
  it('gives the same bytes from and to wasm memory as from and to the heap', () => {
    const inside = kernels.f32(kernels.allocateFloats(320), 320);
    const bytes = kernels.u8(kernels.allocate(176), 176);
    const outside = seededNoise(1, 320).map((value) => value * 1.2);
    inside.set(outside);
    const reference = new Uint8Array(160);
    expect(encoder().encode(outside, reference, 0)).toBe(160);
    expect(new Set(reference).size).toBeGreaterThan(20);
    for (const input of [inside, outside]) {
      bytes.fill(0xaa);
      expect(encoder().encode(input, bytes, 8)).toBe(160);
      expect(bytes.subarray(8, 168)).toEqual(reference);
      expect([...bytes.subarray(0, 8), ...bytes.subarray(168)]).toEqual(new Array(16).fill(0xaa));
    }
  });

  it('saturates beyond full scale and takes NaN for silence', () => {
    const bytes = (at: (n: number) => number) => {
      const output = new Uint8Array(160);
      encoder().encode(
        Float32Array.from({ length: 320 }, (_, n) => at(n)),
        output,
        0,
      );
      return output;
    };
    expect(bytes((n) => (n % 50 < 25 ? Infinity : -7))).toEqual(bytes((n) => (n % 50 < 25 ? 32_767 / 32_768 : -1)));
    expect(bytes(() => NaN)).toEqual(bytes(() => 0));
  });

  it('goes on as another one once it is its copy, and knows whether it would', () => {
    const [one, other] = [encoder(), encoder()];
    const [a, b] = [new Uint8Array(160), new Uint8Array(160)];
    for (let tick = 0; tick < 20; tick++) one.encode(speech.subarray(tick * 320, (tick + 1) * 320), a, 0);
    expect(other.isSame!(one)).toBe(false);
    other.copyFrom!(one);
    for (let tick = 20; tick < 60; tick++) {
      expect(other.isSame!(one)).toBe(true);
      const frame = speech.subarray(tick * 320, (tick + 1) * 320);
      one.encode(frame, a, 0);
      expect(other.isSame!(one)).toBe(false);
      other.encode(frame, b, 0);
      expect(b).toEqual(a);
    }
    one.encodeSilence!(a, 0);
    other.encode(new Float32Array(320), b, 0);
    expect(b).toEqual(a);
    // They differ in how long it has been silent, and so in what they make of more silence.
    expect(other.isSame!(one)).toBe(false);
  });

  it('gives its memory back', () => {
    const before = kernels.liveBytes;
    const [stream, sink] = [encoder(), decoder()];
    expect(kernels.liveBytes).toBeGreaterThan(before);
    stream.close();
    sink.close();
    expect(kernels.liveBytes).toBe(before);
  });
});

describe('G.722 decoder', () => {
  it.each([
    ['nothing', 0],
    ['more than 120 ms', 961],
    ['a negative length', -1],
    ['half a byte', 1.5],
  ])('refuses %s and writes nothing', (_name, length) => {
    const output = new Float32Array(4000).fill(9);
    const stream = decoder();
    const payload = new Uint8Array(2000);
    expect(stream.samplesIn(payload, length)).toBe(-1);
    expect(stream.decode(payload, length, output)).toBe(-1);
    expect(output.every((value) => value === 9)).toBe(true);
  });

  it('refuses a length beyond the payload or the output instead of making samples up', () => {
    expect(decoder().decode(new Uint8Array(100), 160, new Float32Array(320))).toBe(-1);
    expect(decoder().decode(new Uint8Array(160), 160, new Float32Array(319))).toBe(-1);
  });

  it.each([1, 79, 80, 160, 161, 240, 480, 960])('takes packets of %i bytes', (bytes) => {
    const output = new Float32Array(1930).fill(9);
    expect(decoder().decode(new Uint8Array(960).fill(0xfa), bytes, output)).toBe(2 * bytes);
    expect(output.subarray(0, 2 * bytes).every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(output[2 * bytes]).toBe(9);
  });

  it('gives the same samples however the bytes are cut into packets', () => {
    const all = Buffer.concat(packets()).subarray(0, 9600);
    const decoded = (lengths: readonly number[]) => {
      const stream = decoder();
      const output = new Float32Array(2 * all.length);
      for (let at = 0, i = 0; at < all.length; i++) {
        const payload = all.subarray(at, at + lengths[i % lengths.length]!);
        stream.decode(payload, payload.length, output.subarray(2 * at));
        at += payload.length;
      }
      return output;
    };
    expect(decoded([1, 77, 333])).toEqual(decoded([160]));
  });

  it('hears good packets as well as ever after any garbage, lost packets and odd lengths', () => {
    const good = packets();
    const event = fc.oneof(
      fc.uint8Array({ maxLength: 1000 }).map((bytes) => ({ bytes, lost: 0 })),
      fc.integer({ min: 1, max: 2000 }).map((lost) => ({ bytes: undefined, lost })),
    );
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (events) => {
        const stream = decoder();
        const scratch = new Float32Array(2000);
        for (const { bytes, lost } of events) {
          if (bytes) stream.decode(bytes, bytes.length, scratch);
          else stream.conceal(scratch, lost);
        }
        expect(scratch.every((value) => Math.abs(value) <= 2)).toBe(true);
        const decoded = new Float32Array(100 * 320);
        for (let tick = 0; tick < 100; tick++) {
          expect(stream.decode(good[tick]!, 160, decoded.subarray(tick * 320))).toBe(320);
        }
        expect(snrDb(decoded, 50 * 320, 100 * 320)).toBeGreaterThan(12);
        stream.close();
      }),
      { numRuns: 30 },
    );
  });

  it('starts anew on reset', () => {
    const [used, fresh] = [decoder(), decoder()];
    const [a, b] = [new Float32Array(320), new Float32Array(320)];
    for (const packet of packets().slice(0, 30)) used.decode(packet, 160, a);
    used.conceal(a, 320);
    used.reset();
    used.decode(packets()[40]!, 160, a);
    fresh.decode(packets()[40]!, 160, b);
    expect(a).toEqual(b);
  });
});

describe('G.722 concealment', () => {
  /** Decodes the speech with the packets of `lost` missing. */
  function played(lost: (tick: number) => boolean, keepsUp = true): Float32Array {
    const stream = decoder();
    const output = new Float32Array(ticks * 320);
    const silent = new Float32Array(320);
    packets().forEach((packet, tick) => {
      const frame = output.subarray(tick * 320, (tick + 1) * 320);
      if (!lost(tick)) stream.decode(packet, 160, frame);
      else if (keepsUp) stream.conceal(frame, 320);
      else frame.set(silent);
    });
    stream.close();
    return output;
  }

  it('continues the voice, and the predictors with it: the packet after a loss is heard better than without', () => {
    const isLost = (tick: number) => tick % 20 > 17;
    const [concealed, ignored] = [played(isLost), played(isLost, false)];
    const gain = (offset: number) => {
      let sum = 0;
      for (let at = 20; at + offset < ticks; at += 20) {
        const [from, to] = [(at + offset) * 320, (at + offset + 1) * 320];
        sum += snrDb(concealed, from, to) - snrDb(ignored, from, to);
      }
      return sum / Math.floor((ticks - 20) / 20);
    };
    expect(gain(-2)).toBeGreaterThan(1);
    expect(gain(0)).toBeGreaterThan(2);
  });

  it('fills gaps of any length, and changes nothing where nothing is lost', () => {
    const stream = decoder();
    const output = new Float32Array(2000);
    packets()
      .slice(0, 10)
      .forEach((packet) => stream.decode(packet, 160, output));
    for (const samples of [1, 7, 8, 21, 22, 23, 333, 1920, 2000]) {
      output.fill(9);
      stream.conceal(output, samples);
      expect(output.subarray(0, samples).every((value) => Math.abs(value) < 1)).toBe(true);
      if (samples < output.length) expect(output[samples]).toBe(9);
    }
    expect(
      snrDb(
        played(() => false),
        0,
        ticks * 320,
      ),
    ).toBeGreaterThan(14);
  });
});
