/** A call of ten legs in its steady state, for `inProcessOfItsOwn`; arguments: ticks, encodings of the legs. */
import { LevelMeter } from '../../../src/media/dsp/level.js';
import { Upsampler } from '../../../src/media/dsp/resampler.js';
import { Mixer } from '../../../src/media/mixer/mixer.js';
import type { EncodingName } from '../../../src/media/protocol.js';
import { createTapRing, headAt, viewRing } from '../../../src/media/tap/ring.js';
import { TapWriter } from '../../../src/media/tap/writer.js';
import { createKernels } from '../kernels.js';
import { seededNoise } from '../noise.js';
import { measureGrowth } from './growth.js';

const [ticks, ...encodings] = process.argv.slice(2);

const kernels = createKernels();
const mixer = new Mixer(kernels);
const meter = new LevelMeter(kernels);
const legs = Array.from({ length: 10 }, (_, i) => mixer.addLeg(`${i}`));
const upsamplers = [0, 1].map(() => new Upsampler(kernels, 8000));
const input = kernels.allocateFloats(160);
kernels.f32(input, 160).set(seededNoise(1, 160).map((value) => value / 4));
legs.forEach((leg, i) =>
  leg.setFormat({
    encoding: encodings[i % encodings.length] as EncodingName,
    payloadType: 0,
    clockRateHz: 8000,
    channels: 1,
    parameters: {},
  }),
);
mixer.routing.set(legs[5]!, legs[0]!, 0.5);
// A side talk of three, one of whom talks; and one who is in an interaction now and then.
for (const listener of [1, 6, 7]) {
  legs[listener]!.audience = { heardBy: 'pairs', hears: 'pairs' };
  for (const source of [1, 6, 7]) if (source !== listener) mixer.routing.set(legs[listener]!, legs[source]!, 1);
}
const ring = createTapRing(10, 0.2);
const { head } = viewRing(ring);
const tap = new TapWriter(ring, 0);
let sent = 0;
const tick = (number: number) => {
  // Two talkers, who pause now and then so that legs go between shared and private.
  for (let i = 0; i < 2; i++) {
    // And a pause now and then in which encoders come to rest.
    if (number % 16 < 4 * (i + 1) || number % 400 > 340) continue;
    upsamplers[i]!.process(input, legs[i]!.sourcePointer);
    legs[i]!.submit();
  }
  legs[8]!.isolated = number % 1000 < 500;
  mixer.sum();
  if (number % 1000 < 100) legs[8]!.programme.submit();
  if (number % 700 < 50) mixer.programme.submit(0.5);
  mixer.render();
  tap.begin(number);
  for (const leg of legs) tap.frame(legs.indexOf(leg), leg.legId, leg.audible ? 'audio' : 'silent', leg.sourceFrame);
  if (!tap.commit()) throw new Error('The ring is full.');
  // What a tool does, which works elsewhere.
  Atomics.store(head, headAt.read, Atomics.load(head, headAt.written));
  for (const leg of legs) {
    const payload = leg.payload();
    sent += payload.length + payload.bytes[0]!;
  }
  meter.measure(legs[0]!.sourcePointer, 960);
};
await measureGrowth(tick, { warmUpTicks: 20_000, ticks: Number(ticks), sent: () => sent });
