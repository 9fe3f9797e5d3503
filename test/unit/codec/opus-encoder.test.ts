import { afterAll, describe, expect, it } from 'vitest';
import { OpusFrames } from '../../../src/media/codec/opus-packets.js';
import { OpusPacketizer } from '../../../src/media/codec/opus-packetizer.js';
import type { OpusEncoder } from '../../../src/media/codec/opus-encoder.js';
import { opusDefaults, opusFormatFor, opusSettings } from '../../../src/media/codec/opus-settings.js';
import { powerSpectrum, powerWhere, toneAt } from '../../support/spectrum.js';
import {
  createOpus,
  createOpusEncoder,
  decodePackets,
  encodeTicks,
  opusFormat,
  segmentalSnrDb,
  sine,
  speechLike,
} from '../../support/opus.js';
import { createEncoder } from '../../../src/media/codec/registry.js';
import { createKernels } from '../../support/kernels.js';
import { seededNoise } from '../../support/noise.js';

const opus = createOpus();
const speech = speechLike(2);
const frames = new OpusFrames();
afterAll(() => expect(opus.liveBytes).toBe(0));

/** The payloads of a signal from an encoder that is closed afterwards. */
function encoded(signal: Float32Array, encoder: OpusEncoder): Uint8Array[] {
  const payloads = encodeTicks(encoder, signal);
  encoder.close();
  return payloads;
}

const bytesOf = (payloads: readonly Uint8Array[]) => payloads.reduce((sum, payload) => sum + payload.length, 0);
const rescues = (payloads: readonly Uint8Array[]) =>
  payloads.filter((payload) => frames.parse(payload, 0, payload.length) && frames.hasRescue).length;

describe('the settings of an Opus encoder', () => {
  it.each<[string, Record<string, string>, object]>([
    ['are the defaults for a peer that says nothing', {}, { bitrateBps: 32_000, fec: false, dtx: false }],
    ['take its lower bitrate', { maxaveragebitrate: '16000' }, { bitrateBps: 16_000 }],
    ['do not go up to its higher bitrate', { maxaveragebitrate: '500000' }, { bitrateBps: 32_000 }],
    ['do not go below what Opus can', { maxaveragebitrate: '1' }, { bitrateBps: 6000 }],
    ['leave out what is no number', { maxaveragebitrate: '1e3', maxplaybackrate: '-8000' }, { bitrateBps: 32_000 }],
    ['narrow the band to 4 kHz', { maxplaybackrate: '8000' }, { maxBandwidth: 1101 }],
    ['narrow the band to 6 kHz', { maxplaybackrate: '12000' }, { maxBandwidth: 1102 }],
    ['narrow the band to 8 kHz', { maxplaybackrate: '16000' }, { maxBandwidth: 1103 }],
    ['narrow the band to 12 kHz', { maxplaybackrate: '24000' }, { maxBandwidth: 1104 }],
    ['keep the whole band', { maxplaybackrate: '44100' }, { maxBandwidth: 1105 }],
    ['turn on what it asks for', { useinbandfec: '1', usedtx: '1', cbr: '1' }, { fec: true, dtx: true }],
    ['leave off what it does not', { useinbandfec: '0', usedtx: '0' }, { fec: false, dtx: false }],
    ['stay mono', { stereo: '1', 'sprop-stereo': '1' }, { bitrateBps: 32_000 }],
  ])('%s', (_, parameters, expected) => {
    expect(opusSettings(opusFormat(parameters), opusDefaults)).toMatchObject(expected);
  });

  it('are what the configuration says, where the peer lets them', () => {
    const preferences = { bitrateBps: 64_000, complexity: 9, dtx: true, fec: 'off' } as const;
    const settings = (parameters: Record<string, string>, fec: 'auto' | 'on' | 'off' = 'off') =>
      opusSettings(opusFormat(parameters), { ...preferences, fec });
    expect(settings({})).toMatchObject({ bitrateBps: 64_000, complexity: 9, dtx: true, fec: false });
    expect(settings({ maxaveragebitrate: '20000' })).toMatchObject({ bitrateBps: 20_000 });
    expect(settings({ useinbandfec: '1' })).toMatchObject({ fec: false, leastLoss: 0 });
    expect(settings({ useinbandfec: '1' }, 'auto')).toMatchObject({ fec: true, leastLoss: 0 });
    expect(settings({ useinbandfec: '1' }, 'on')).toMatchObject({ fec: true, leastLoss: 0.1 });
    expect(settings({}, 'on')).toMatchObject({ fec: false });
  });

  it('are those of the library for encoders made by format', () => {
    const library = createOpus({ bitrateBps: 12_000 });
    const kernels = createKernels(library);
    const encoder = createEncoder(opusFormat(), kernels) as OpusEncoder;
    const bytes = bytesOf(encoded(speech, encoder));
    // 12 kbit/s of two seconds are 3000 bytes.
    expect(bytes).toBeGreaterThan(2000);
    expect(bytes).toBeLessThan(4000);
  });

  it('ask for the same encoder whatever peers say that makes no difference', () => {
    const plain = opusFormatFor(opusFormat({ useinbandfec: '1' }), 20);
    const wordy = {
      ...opusFormat({ useinbandfec: '1', minptime: '10', 'sprop-stereo': '1', stereo: '1' }),
      channels: 1,
    };
    expect(opusFormatFor(wordy, 20)).toEqual(plain);
    expect(opusFormatFor(opusFormat({ useinbandfec: '1', maxplaybackrate: '16000' }), 20)).not.toEqual(plain);
  });

  it.each([
    [10, 2],
    [20, 1],
    [30, 2],
    [40, 1],
    [50, 2],
    [60, 1],
    [120, 1],
  ])(
    'for packets of %i ms ask for %i frames per tick, whatever a peer calls its parameters',
    (ptimeMs, framesPerTick) => {
      const format = opusFormatFor(opusFormat({ framespertick: '7', useinbandfec: '1' }), ptimeMs);
      expect(opusSettings(format, opusDefaults)).toMatchObject({ framesPerTick, fec: true });
    },
  );
});

describe('OpusEncoder', () => {
  it.each([200, 400, 1000, 2000, 3400, 6000])('keeps the level of %i Hz within 0.5 dB', (hz) => {
    const heard = decodePackets(opus, encoded(sine(hz, 1), createOpusEncoder(opus)));
    const { amplitude } = toneAt(heard.subarray(24_000, 43_200), 48_000, hz);
    expect(Math.abs(20 * Math.log10(amplitude / 0.3))).toBeLessThan(0.5);
  });

  it('clips what is beyond full scale and takes what is no number for silence', () => {
    const wild = sine(500, 0.5, 3);
    wild[5000] = NaN;
    wild[6000] = Infinity;
    wild[7000] = -Infinity;
    const heard = decodePackets(opus, encoded(wild, createOpusEncoder(opus)));
    expect(heard.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(toneAt(heard.subarray(14_400, 19_200), 48_000, 500).amplitude).toBeGreaterThan(0.9);
  });

  it.each([12_000, 24_000, 48_000])('keeps to %i bit/s', (bitrateBps) => {
    const noise = seededNoise(5, 96_000).map((value) => value * 0.1);
    const payloads = encoded(
      noise,
      createOpusEncoder(opus, { maxaveragebitrate: `${bitrateBps}` }, { bitrateBps: 96_000 }),
    );
    const bps = (bytesOf(payloads) * 8 * 50) / payloads.length;
    expect(bps / bitrateBps).toBeLessThan(1.1);
    expect(bps / bitrateBps).toBeGreaterThan(0.5);
  });

  it('makes packets of one size when the peer wants a constant bitrate', () => {
    const payloads = encoded(speech, createOpusEncoder(opus, { cbr: '1' }));
    expect(new Set(payloads.map((payload) => payload.length))).toEqual(new Set([80]));
  });

  it.each([
    [8000, 4000],
    [16_000, 8000],
  ])('sends nothing above what a peer that plays %i Hz can use', (maxplaybackrate, edgeHz) => {
    const noise = seededNoise(7, 65_536).map((value) => value * 0.2);
    const heard = decodePackets(
      opus,
      encoded(noise, createOpusEncoder(opus, { maxplaybackrate: `${maxplaybackrate}` })),
    );
    const spectrum = powerSpectrum(heard.subarray(heard.length - 32_768));
    const above = powerWhere(spectrum, 48_000, (hz) => hz > edgeHz * 1.15);
    const below = powerWhere(spectrum, 48_000, (hz) => hz < edgeHz);
    expect(10 * Math.log10(above / below)).toBeLessThan(-35);
  });

  it('sends FEC without a report where that is configured, to peers that can use it', () => {
    const always = { fec: 'on' } as const;
    expect(rescues(encoded(speech, createOpusEncoder(opus, {}, always)))).toBe(0);
    const able = createOpusEncoder(opus, { useinbandfec: '1' }, always);
    expect(rescues(encodeTicks(able, speech))).toBeGreaterThan(40);
    able.setPacketLoss(0);
    expect(rescues(encodeTicks(able, speech))).toBeGreaterThan(40);
    able.close();
  });

  it('sends FEC only to peers that can use it, and only while they report loss', () => {
    const deaf = createOpusEncoder(opus, {});
    deaf.setPacketLoss(0.2);
    expect(rescues(encoded(speech, deaf))).toBe(0);
    const able = createOpusEncoder(opus, { useinbandfec: '1' });
    expect(rescues(encodeTicks(able, speech))).toBe(0);
    able.setPacketLoss(0.2);
    expect(rescues(encodeTicks(able, speech))).toBeGreaterThan(40);
    able.setPacketLoss(0);
    expect(rescues(encodeTicks(able, speech).slice(2))).toBe(0);
    able.close();
  });

  it('sends FEC to a peer that reports a loss of 1 %', () => {
    const able = createOpusEncoder(opus, { useinbandfec: '1' });
    able.setPacketLoss(0.01);
    expect(rescues(encodeTicks(able, speech))).toBeGreaterThan(40);
    able.close();
  });

  it('with DTX, says that silence need not be sent, with an update every 400 ms', () => {
    const signal = new Float32Array(48_000 * 4);
    signal.set(speech.subarray(0, 48_000));
    const payloads = encoded(signal, createOpusEncoder(opus, { usedtx: '1' }));
    const sent = payloads.slice(100).map((payload) => payload.length > 2);
    expect(sent.filter(Boolean).length).toBeGreaterThanOrEqual(4);
    expect(sent.filter(Boolean).length).toBeLessThanOrEqual(6);
    expect(decodePackets(opus, payloads)).toHaveLength(signal.length);
    const without = encoded(signal, createOpusEncoder(opus));
    expect(without.every((payload) => payload.length > 2)).toBe(true);
  });

  it('becomes the exact twin of another, which does not notice', () => {
    const [first, second, alone] = [1, 2, 3].map(() => createOpusEncoder(opus, { useinbandfec: '1' })) as [
      OpusEncoder,
      OpusEncoder,
      OpusEncoder,
    ];
    encodeTicks(second, speechLike(0.5, 99));
    for (const encoder of [first, alone]) {
      encoder.setPacketLoss(0.1);
      encodeTicks(encoder, speech.subarray(0, 48_000));
    }
    second.copyFrom(first);
    const rest = speech.subarray(48_000);
    const expected = encodeTicks(alone, rest);
    expect(encodeTicks(second, rest)).toEqual(expected);
    expect(encodeTicks(first, rest)).toEqual(expected);
    second.copyFrom(first);
    first.close();
    encodeTicks(second, rest);
    second.close();
    alone.close();
  });

  it('begins anew after reset', () => {
    const encoder = createOpusEncoder(opus, { useinbandfec: '1', maxplaybackrate: '16000' });
    encoder.setPacketLoss(0.1);
    const first = encodeTicks(encoder, speech);
    encoder.reset();
    expect(encodeTicks(encoder, speech)).toEqual(first);
    encoder.close();
  });

  it('is only as large as its memory: what does not fit is refused, and all of it is given back', () => {
    const encoders: OpusEncoder[] = [];
    expect(() => {
      for (;;) encoders.push(createOpusEncoder(opus));
    }).toThrowError(expect.objectContaining({ code: 'capacityReached' }) as Error);
    expect(encoders.length).toBeGreaterThan(2500);
    for (const encoder of encoders) encoder.close();
    expect(opus.memoryBytes).toBe(128 * 1024 * 1024);
  });

  describe.each([20, 10])('in silence, with frames of %i ms,', (frameMs) => {
    const parameters = opusFormatFor(opusFormat(), frameMs).parameters;

    /** Payloads of `speech`, `ticks` of silence, and `speech` again. */
    function withPause(
      ticks: number,
      how: 'encode' | 'encodeSilence',
      extra: Record<string, string> = {},
    ): Uint8Array[] {
      const encoder = createOpusEncoder(opus, { ...parameters, ...extra });
      const zeros = new Float32Array(960);
      const bytes = new Uint8Array(1920);
      const before = encodeTicks(encoder, speech.subarray(0, 24_000));
      const pause = Array.from({ length: ticks }, () => {
        return bytes.slice(0, how === 'encode' ? encoder.encode(zeros, bytes, 0) : encoder.encodeSilence(bytes, 0));
      });
      const after = encodeTicks(encoder, speech.subarray(24_000, 72_000));
      encoder.close();
      return [...before, ...pause, ...after];
    }

    /** What is heard of ticks: pairs of 10 ms frames are taken apart first. */
    function heardOf(payloads: readonly Uint8Array[]): Float32Array {
      const packetizer = new OpusPacketizer(frameMs);
      const packets: Uint8Array[] = [];
      payloads.forEach((payload, tick) => {
        packetizer.push(payload, 0, payload.length, tick * 960);
        while (packetizer.next()) {
          const { buffer, offset, length } = packetizer;
          packets.push(buffer.slice(offset, offset + length));
        }
      });
      return decodePackets(opus, packets);
    }

    it('comes to rest: one and the same small payload, which is heard as digital silence', () => {
      const payloads = withPause(60, 'encodeSilence');
      const rest = payloads.slice(25 + 14, 25 + 60);
      expect(new Set(rest.map((payload) => payload.join())).size).toBe(1);
      expect(rest[0]!.length).toBeLessThanOrEqual(8);
      const heard = heardOf(payloads).subarray(45 * 960, 84 * 960);
      expect(Math.max(...heard.map(Math.abs))).toBeLessThan(1e-4);
    });

    it('is left alike however long it was', () => {
      const after = (ticks: number) => withPause(ticks, 'encodeSilence').slice(25 + ticks);
      expect(after(200)).toEqual(after(20));
    });

    it.each([3, 12, 30])(
      'is left without harm after %i ticks: as loud and as true as if it had been encoded',
      (ticks) => {
        const original = new Float32Array(72_000 + ticks * 960);
        original.set(speech.subarray(0, 24_000));
        original.set(speech.subarray(24_000, 72_000), 24_000 + ticks * 960);
        const delay = 312;
        const from = (25 + ticks) * 960;
        const score = (how: 'encode' | 'encodeSilence') => {
          const heard = heardOf(withPause(ticks, how));
          const late = original.subarray(0, original.length - delay);
          return segmentalSnrDb(late.subarray(from, from + 9600), heard.subarray(from + delay, from + delay + 9600));
        };
        expect(score('encodeSilence')).toBeGreaterThan(score('encode') - 1.5);
      },
    );

    it('is not sent to a peer that asks for DTX, but for a packet every 400 ms', () => {
      const payloads = withPause(100, 'encodeSilence', { usedtx: '1' }).slice(25 + 20, 25 + 100);
      const nothing = frameMs === 20 ? 1 : 4;
      expect(payloads.filter((payload) => payload.length !== nothing)).toHaveLength(4);
    });
  });
});
