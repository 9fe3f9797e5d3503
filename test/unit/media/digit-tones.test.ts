/** Digits as tones to peers whose codec has a memory: nothing is heard of the change from conversation to tone and back. */
import { describe, expect, it } from 'vitest';
import { createDecoder, createEncoder, formatForPtime } from '../../../src/media/codec/registry.js';
import type { PayloadFormat } from '../../../src/media/protocol.js';
import { MediaRig, sine } from '../../support/media-rig.js';
import { createOpus, opusFormat } from '../../support/opus.js';

const opus = createOpus();
const g722: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };

/** Ticks of what a listener of this format decodes: a loud tone, in the middle of it `5` for 200 ms. */
async function heardOf(format: PayloadFormat) {
  const rig = new MediaRig(opus);
  rig.command({ type: 'openCall', callId: 'call' });
  const media = { send: format, receive: [format], sendTelephoneEvent: undefined, receiveTelephoneEvents: [] };
  const listener = await rig.join('call', 'listener', media);
  const talker = await rig.join('call', 'talker');
  talker.speak = sine(400, 20_000);
  rig.run(60);
  rig.command({ type: 'sendDigits', callId: 'call', legId: 'listener', digits: '5', durationMs: 200, gapMs: 40 });
  rig.run(60);
  const payloads = listener.received.map(({ payload }) => payload);
  const decoder = createDecoder(format, rig.kernels);
  const size = decoder.rateHz / 50;
  const ticks = payloads.map((payload) => {
    const output = new Float32Array(size);
    expect(decoder.decode(payload, payload.length, output)).toBe(size);
    return output;
  });
  decoder.close();
  return { ticks, kernels: rig.kernels, rateHz: decoder.rateHz };
}

/** Power at the two frequencies of `5` and at 400 Hz, and all power, of a stretch. */
function powers(signal: Float32Array, rateHz: number) {
  const at = (hz: number) => {
    let [re, im] = [0, 0];
    signal.forEach((value, n) => {
      re += value * Math.cos((2 * Math.PI * hz * n) / rateHz);
      im += value * Math.sin((2 * Math.PI * hz * n) / rateHz);
    });
    return (2 * (re ** 2 + im ** 2)) / signal.length ** 2;
  };
  const all = signal.reduce((sum, value) => sum + value ** 2, 0) / signal.length;
  return { digit: at(770) + at(1336), voice: at(400), all };
}

function joined(ticks: readonly Float32Array[]): Float32Array {
  return Float32Array.from(ticks.flatMap((tick) => [...tick]));
}

describe.each([
  ['G.722', g722],
  ['Opus', opusFormat({ useinbandfec: '1' })],
])('tones to a %s peer', (_name, format) => {
  it('begin and end without a burst of what the decoder does not expect', async () => {
    const { ticks, rateHz } = await heardOf(format);
    const kinds = ticks.map((tick) => {
      const { digit, voice } = powers(tick, rateHz);
      return digit > voice ? 'digit' : 'voice';
    });
    const first = kinds.indexOf('digit', 20);
    const last = kinds.lastIndexOf('digit');
    expect(last - first).toBeGreaterThanOrEqual(8);
    const steadyDigit = powers(joined(ticks.slice(first + 3, last - 2)), rateHz);
    const steadyVoice = powers(joined(ticks.slice(40, 50)), rateHz);
    // The first whole tick of each, and none louder than it should be.
    expect(powers(ticks[first + 1]!, rateHz).all / steadyDigit.all).toBeGreaterThan(0.8);
    for (const tick of ticks.slice(first - 1, last + 2)) {
      expect(powers(tick, rateHz).all).toBeLessThan(1.3 * Math.max(steadyDigit.all, steadyVoice.all));
    }
    const back = ticks.slice(last + 1).findIndex((tick) => powers(tick, rateHz).voice > 0.8 * steadyVoice.voice);
    expect(back).toBeGreaterThanOrEqual(0);
    expect(back).toBeLessThanOrEqual(6);
    const after = powers(joined(ticks.slice(last + back + 1, last + back + 4)), rateHz);
    expect(after.voice / steadyVoice.voice).toBeGreaterThan(0.85);
    expect((after.all - after.voice) / after.all).toBeLessThan(0.06);
  });
});

it('an encoder that knows nothing of the conversation would be heard', async () => {
  const { ticks, kernels } = await heardOf(g722);
  const rateHz = 16_000;
  const size = rateHz / 50;
  const bytes = new Uint8Array(160);
  const decoder = createDecoder(g722, kernels);
  const spoken = createEncoder(formatForPtime(g722, 20), kernels);
  const fresh = createEncoder(formatForPtime(g722, 20), kernels);
  const output = new Float32Array(size);
  const frame = (hz: number, tick: number) =>
    Float32Array.from({ length: size }, (_, n) => 0.6 * Math.sin((2 * Math.PI * hz * (tick * size + n)) / rateHz));
  for (let tick = 0; tick < 30; tick++) {
    decoder.decode(bytes, spoken.encode(frame(400, tick), bytes, 0), output);
  }
  const levels: number[] = [];
  for (let tick = 0; tick < 10; tick++) {
    decoder.decode(bytes, fresh.encode(frame(770, tick), bytes, 0), output);
    levels.push(powers(output, rateHz).all);
  }
  expect(Math.max(levels[0]!, levels[1]!) / levels.at(-1)!).toBeGreaterThan(1.3);
  expect(ticks.length).toBeGreaterThan(100);
  for (const codec of [decoder, spoken, fresh]) codec.close();
});
