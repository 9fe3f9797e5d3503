/**
 * What the audio arithmetic costs: µs per call of every kernel beside plain JavaScript doing the same in the same run,
 * and µs per leg and tick of whole calls. The machine's speed cancels out in the ratios; run on a quiet machine.
 *
 *     npx tsx bench/dsp.ts
 */
import { readFileSync } from 'node:fs';
import { createDecoder, createEncoder } from '../src/media/codec/registry.js';
import { frameSamples, samplesPerTick } from '../src/media/dsp/frame.js';
import { Kernels } from '../src/media/dsp/kernels.js';
import { LevelMeter } from '../src/media/dsp/level.js';
import { Downsampler, Upsampler } from '../src/media/dsp/resampler.js';
import { Mixer } from '../src/media/mixer/mixer.js';
import type { MixerLeg } from '../src/media/mixer/mixer-leg.js';
import type { EncodingName, PayloadFormat } from '../src/media/protocol.js';

const kernels = new Kernels(new WebAssembly.Module(readFileSync(new URL('../wasm/build/dsp.wasm', import.meta.url))));
const { run } = kernels;

/** Best of many rounds of about 1 ms, µs per call: short rounds, so that some are not interrupted on a busy machine. */
function microseconds(work: () => void): number {
  const round = (calls: number) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) work();
    return Number(process.hrtime.bigint() - start) / calls / 1000;
  };
  round(2000);
  const calls = Math.max(1, Math.round(1000 / round(200)));
  let best = Infinity;
  for (let i = 0; i < 300; i++) best = Math.min(best, round(calls));
  return best;
}

function frame(count = frameSamples): { pointer: number; view: Float32Array } {
  const pointer = kernels.allocateFloats(count);
  const view = kernels.f32(pointer, count);
  for (let n = 0; n < count; n++) view[n] = 0.3 * Math.sin(n * 0.13) + 0.1 * Math.sin(n * 1.7);
  return { pointer, view };
}

const format = (encoding: EncodingName): PayloadFormat => {
  return { encoding, payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} };
};

const [a, b, out] = [frame(), frame(), frame()];

/** The polyphase filters in JavaScript, with two sums at once so that they do not merely wait for their additions. */
function plainUp(factor: number, phaseTaps: number): () => void {
  const count = frameSamples / factor;
  const taps = Float32Array.from({ length: factor * phaseTaps }, (_, i) => Math.sin(i) / 50);
  const input = new Float32Array(count + phaseTaps).fill(0.1);
  const output = new Float32Array(frameSamples);
  return () => {
    const [x, h, y] = [input, taps, output];
    for (let n = 0; n < count; n++) {
      for (let p = 0; p < factor; p++) {
        let [even, odd] = [0, 0];
        for (let k = 0; k < phaseTaps; k += 2) {
          even += h[k * factor + p]! * x[phaseTaps + n - k]!;
          odd += h[(k + 1) * factor + p]! * x[phaseTaps + n - k - 1]!;
        }
        y[n * factor + p] = even + odd;
      }
    }
  };
}

function plainDown(factor: number, phaseTaps: number): () => void {
  const length = factor * phaseTaps;
  const taps = Float32Array.from({ length }, (_, i) => Math.sin(i) / 50);
  const input = new Float32Array(frameSamples + length).fill(0.1);
  const output = new Float32Array(frameSamples / factor);
  return () => {
    const [x, h, y] = [input, taps, output];
    for (let m = 0; m < y.length; m++) {
      let [even, odd] = [0, 0];
      for (let k = 0; k < length; k += 2) {
        even += h[k]! * x[m * factor + k]!;
        odd += h[k + 1]! * x[m * factor + k + 1]!;
      }
      y[m] = even + odd;
    }
  };
}

function resamplers(): Row[] {
  return ([8000, 16_000] as const).flatMap((rateHz): Row[] => {
    const up = new Upsampler(kernels, rateHz);
    const down = new Downsampler(kernels, rateHz);
    const [factor, phaseTaps] = rateHz === 8000 ? [6, 18] : [3, 24];
    return [
      [`${rateHz / 1000} → 48 kHz`, () => up.process(a.pointer, out.pointer), plainUp(factor, phaseTaps)],
      [`48 → ${rateHz / 1000} kHz`, () => down.process(a.pointer, out.pointer), plainDown(factor, phaseTaps)],
    ];
  });
}

/** Name, with wasm, the same in plain JavaScript if there is something to compare. */
type Row = [name: string, work: () => void, plain?: () => void];

function arithmetic(): Row[] {
  const plainOut = new Float32Array(frameSamples);
  const [x, y] = [a.view.slice(), b.view.slice()];
  return [
    [
      'sum + subtract, 960 samples',
      () => {
        run.add(a.pointer, out.pointer, frameSamples);
        run.subtract(a.pointer, b.pointer, out.pointer, frameSamples);
      },
      () => {
        for (let n = 0; n < frameSamples; n++) plainOut[n] = plainOut[n]! + x[n]!;
        for (let n = 0; n < frameSamples; n++) plainOut[n] = x[n]! - y[n]!;
      },
    ],
    [
      'gain, clamp, grid (settle)',
      () => void run.settle(out.pointer, frameSamples, 1, 1),
      () => {
        for (let n = 0; n < frameSamples; n++) {
          const value = x[n]!;
          plainOut[n] = Number.isNaN(value)
            ? 0
            : Math.fround(Math.fround(Math.max(-2, Math.min(2, value)) + 192) - 192);
        }
      },
    ],
    [
      'level',
      () => meter.measure(a.pointer, frameSamples),
      () => {
        let [peak, squares] = [0, 0];
        for (let n = 0; n < frameSamples; n++) {
          peak = Math.max(peak, Math.abs(x[n]!));
          squares += x[n]! * x[n]!;
        }
        plainOut[0] = peak + squares;
      },
    ],
  ];
}
const meter = new LevelMeter(kernels);

function codecs(): Row[] {
  const input = frame(160);
  const bytes = kernels.u8(kernels.allocate(160), 160);
  return (['PCMU', 'PCMA'] as const).flatMap((encoding): Row[] => {
    const encoder = createEncoder(format(encoding), kernels);
    const decoder = createDecoder(format(encoding), kernels);
    const output = kernels.f32(kernels.allocateFloats(160), 160);
    const payload = new Uint8Array(160).map((_, i) => i * 7);
    const table = Uint8Array.from({ length: 65_536 }, (_, i) => i >> 8);
    const outside = new Uint8Array(160);
    return [
      [
        `${encoding} encode 20 ms`,
        () => void encoder.encode(input.view, bytes, 0),
        () => {
          for (let n = 0; n < 160; n++) outside[n] = table[(Math.round(input.view[n]! * 32_768) + 32_768) & 0xffff]!;
        },
      ],
      [`${encoding} decode 20 ms, concealment ready`, () => void decoder.decode(payload, 160, output)],
      [
        `${encoding} conceal 20 ms after a good frame`,
        () => {
          decoder.decode(payload, 160, output);
          decoder.conceal(output, 160);
        },
      ],
    ];
  });
}

/** Codecs at 16 kHz; there is no plain JavaScript of them to compare with. */
function wideCodecs(): Row[] {
  const input = frame(320);
  const bytes = kernels.u8(kernels.allocate(640), 640);
  const output = kernels.f32(kernels.allocateFloats(320), 320);
  return (['G722', 'L16'] as const).flatMap((encoding): Row[] => {
    const wide = { ...format(encoding), clockRateHz: encoding === 'L16' ? 16_000 : 8000 };
    const encoder = createEncoder(wide, kernels);
    const decoder = createDecoder(wide, kernels);
    const payload = new Uint8Array(640);
    const length = encoder.encode(input.view, payload, 0);
    const resting = createEncoder(wide, kernels);
    const rows: Row[] = [
      [`${encoding} encode 20 ms`, () => void encoder.encode(input.view, bytes, 0)],
      [`${encoding} decode 20 ms, concealment ready`, () => void decoder.decode(payload, length, output)],
      [
        `${encoding} conceal 20 ms after a good frame`,
        () => {
          decoder.decode(payload, length, output);
          decoder.conceal(output, 320);
        },
      ],
    ];
    if (resting.encodeSilence) {
      rows.push([`${encoding} silence at rest`, () => void resting.encodeSilence?.(bytes, 0)]);
      rows.push([
        `${encoding} encoder: copy and compare`,
        () => {
          resting.copyFrom?.(encoder);
          resting.isSame?.(encoder);
        },
      ]);
    }
    return rows;
  });
}

/** Who hears whom in a call, where that is not everybody. */
type Arrangement = (legs: readonly MixerLeg[], mixer: Mixer) => void;

/** One leg is heard by one other only. */
const whisper: Arrangement = ([coach, agent], { routing }) => {
  coach!.audience = { heardBy: 'pairs', hears: 'all' };
  routing.set(agent!, coach!, 1);
};

/** Every other leg is taken aside, to hear and be heard by each other: with 100 legs 2450 pairs. */
const sideTalk: Arrangement = (legs, { routing }) => {
  const aside = legs.filter((_, i) => i % 2 === 0);
  for (const listener of aside) {
    listener.audience = { heardBy: 'pairs', hears: 'pairs' };
    for (const source of aside) if (source !== listener) routing.set(listener, source, 1);
  }
};

/** One tick of a call whose talkers come in G.711: sample up the talkers, mix, encode for everybody. */
function call(legCount: number, talkers: number, encoding: EncodingName, arrange?: Arrangement): number {
  const mixer = new Mixer(kernels);
  const legs = Array.from({ length: legCount }, (_, i) => mixer.addLeg(`${i}`));
  for (const leg of legs) leg.setFormat(format(encoding));
  arrange?.(legs, mixer);
  const upsamplers = legs.slice(0, talkers).map(() => new Upsampler(kernels, 8000));
  const input = frame(samplesPerTick(8000));
  // Quiet enough that the limiter rests, as it does nearly always.
  input.view.forEach((value, n) => (input.view[n] = (value * 2) / Math.max(4, talkers)));
  const cost = microseconds(() => {
    for (let i = 0; i < talkers; i++) {
      upsamplers[i]!.process(input.pointer, legs[i]!.sourcePointer);
      legs[i]!.submit();
    }
    mixer.sum();
    mixer.render();
    for (const leg of legs) leg.payload();
  });
  mixer.close();
  for (const upsampler of upsamplers) upsampler.close();
  return cost;
}

console.log('µs per call                                      wasm       js   ratio');
for (const [name, work, plain] of [...arithmetic(), ...resamplers(), ...codecs(), ...wideCodecs()]) {
  const fast = microseconds(work);
  const slow = plain && microseconds(plain);
  const compared = slow === undefined ? '' : `${slow.toFixed(2).padStart(9)}${(slow / fast).toFixed(1).padStart(8)}`;
  console.log(`${name.padEnd(42)}${fast.toFixed(3).padStart(11)}${compared}`);
}

const calls = [
  [10, 0],
  [10, 1],
  [10, 2],
  [10, 10],
  [3, 3],
  [100, 3],
  [100, 100],
] as const;
for (const encoding of ['PCMU', 'G722'] as const) {
  console.log(`\nµs per leg and tick, ${encoding}, without network        all       per leg`);
  for (const [legs, talkers] of calls) {
    const cost = call(legs, talkers, encoding);
    const name = `${legs} legs, ${talkers} talking`;
    console.log(`${name.padEnd(42)}${cost.toFixed(1).padStart(11)}${(cost / legs).toFixed(2).padStart(14)}`);
  }
}

const arrangements: [string, Arrangement | undefined][] = [
  ['everybody hears everybody', undefined],
  ['one whispers', whisper],
  ['half of them aside', sideTalk],
];
for (const [legs, talkers] of [
  [100, 3],
  [100, 100],
] as const) {
  console.log(`\nµs per leg and tick, PCMU, ${legs} legs, ${talkers} talking        all       per leg`);
  for (const [name, arrange] of arrangements) {
    const cost = call(legs, talkers, 'PCMU', arrange);
    console.log(`${name.padEnd(42)}${cost.toFixed(1).padStart(11)}${(cost / legs).toFixed(2).padStart(14)}`);
  }
}
