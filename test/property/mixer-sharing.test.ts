import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Encoder } from '../../src/media/codec/port.js';
import { createEncoder } from '../../src/media/codec/registry.js';
import type { Kernels } from '../../src/media/dsp/kernels.js';
import { Downsampler } from '../../src/media/dsp/resampler.js';
import { Heard } from '../../src/media/mixer/heard.js';
import { Mixer } from '../../src/media/mixer/mixer.js';
import type { MixerLeg } from '../../src/media/mixer/mixer-leg.js';
import type { ProgrammeInput } from '../../src/media/mixer/programme-input.js';
import type { LegAudience, PayloadFormat } from '../../src/media/protocol.js';
import { createKernels } from '../support/kernels.js';
import { seededRandom } from '../support/noise.js';

const formats = (['PCMU', 'PCMA', 'G722', 'G722', 'L16'] as const).map((encoding): PayloadFormat => {
  return { encoding, payloadType: 0, clockRateHz: 8000, channels: 1, parameters: {} };
});

/**
 * The same call without any sharing or short cut: every leg limits, resamples and encodes by itself, the former in every
 * tick, the latter in every tick in which it is asked to.
 */
class AlwaysPrivate {
  readonly #heard: Heard;
  readonly #narrow: Downsampler;
  readonly #wide: Downsampler;
  readonly #narrowAt: number;
  readonly #wideAt: number;
  readonly #encoder: Encoder;
  readonly #bytes = new Uint8Array(320);
  #wasIsolated = false;

  constructor(
    readonly kernels: Kernels,
    format: PayloadFormat,
  ) {
    this.#encoder = createEncoder(format, kernels);
    this.#heard = new Heard(kernels);
    this.#narrow = new Downsampler(kernels, 8000);
    this.#wide = new Downsampler(kernels, 16_000);
    this.#narrowAt = kernels.allocateFloats(160);
    this.#wideAt = kernels.allocateFloats(320);
  }

  step(mixer: Mixer, leg: MixerLeg, { call, own }: { call: Programme; own: Programme }): void {
    const mix = this.kernels.f32(this.#heard.begin(), 960);
    mix.fill(0);
    if (!leg.deaf && !leg.isolated) {
      for (const source of mixer.legs) {
        if (source.isolated) continue;
        const gain = mixer.routing.gain(leg, source);
        for (let n = 0; n < 960; n++) mix[n] = mix[n]! + source.sourceFrame[n]! * gain;
      }
    }
    if (this.#wasIsolated && !leg.isolated) this.#heard.duckFromZero();
    this.#wasIsolated = leg.isolated;
    if (leg.isolated) this.#heard.duck(undefined, undefined);
    else this.#heard.duck(call, own);
    for (const { plays, frame } of leg.isolated ? [own] : [call, own]) {
      if (plays) for (let n = 0; n < 960; n++) mix[n] = mix[n]! + frame[n]!;
    }
    this.#heard.render();
    this.#narrow.process(this.#heard.pointer, this.#narrowAt);
    this.#wide.process(this.#heard.pointer, this.#wideAt);
  }

  payload(): Uint8Array {
    const encoder = this.#encoder;
    const pcm = encoder.rateHz === 8000 ? this.kernels.f32(this.#narrowAt, 160) : this.kernels.f32(this.#wideAt, 320);
    const length =
      encoder.encodeSilence && pcm.every((value) => value === 0)
        ? encoder.encodeSilence(this.#bytes, 0)
        : encoder.encode(pcm, this.#bytes, 0);
    return this.#bytes.subarray(0, length);
  }

  /** This tick's samples at every rate. */
  frames(): Float32Array[] {
    return [this.#heard.pcm48, this.kernels.f32(this.#narrowAt, 160), this.kernels.f32(this.#wideAt, 320)];
  }
}

/** Whether two views hold the same bits. */
function same(left: Float32Array | Uint8Array, right: Float32Array | Uint8Array): boolean {
  const bytes = (view: Float32Array | Uint8Array) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes(left).equals(bytes(right));
}

const silence = new Float32Array(960);

/** One leg's habits: talks in spurts, loud or not, sometimes submitting frames of zeros. */
interface Talker {
  readonly format: PayloadFormat;
  /** Ticks in which something else is sent in place of its audio: a digit, a hold. */
  absentTicks: number;
  talking: boolean;
  amplitude: number;
  frequencyHz: number;
}

/** What the server plays in one tick, if anything. */
interface Programme {
  readonly plays: boolean;
  readonly duckGain: number;
  readonly frame: Float32Array;
}

const audiences: readonly LegAudience[] = [
  { heardBy: 'all', hears: 'all' },
  { heardBy: 'pairs', hears: 'all' },
  { heardBy: 'all', hears: 'pairs' },
  { heardBy: 'pairs', hears: 'pairs' },
];

/** How often a leg shared, changed between shared and private, and did so with an encoder that has a memory. */
interface Outcome {
  shared: number;
  changes: number;
  followed: number;
  left: number;
}

/** A random call, in which from time to time everybody is quiet for `pauseTicks`. */
function randomCall(kernels: Kernels, seed: number, ticks: number, pauseTicks: number): Outcome {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const mixer = new Mixer(kernels);
  const others = new Map<
    MixerLeg,
    { reference: AlwaysPrivate; talker: Talker; wasSharing: boolean; wasTogether: boolean }
  >();
  const join = (tick: number) => {
    const leg = mixer.addLeg(`leg-${tick}`);
    const format = formats[Math.floor(random() * formats.length)]!;
    leg.setFormat(format);
    const talker = { format, absentTicks: 0, talking: false, amplitude: 0, frequencyHz: 100 + random() * 3000 };
    const reference = new AlwaysPrivate(kernels, format);
    others.set(leg, { reference, talker, wasSharing: false, wasTogether: false });
  };
  const outcome: Outcome = { shared: 0, changes: 0, followed: 0, left: 0 };
  let quietUntil = 0;
  let announces = false;
  for (let i = 0; i < 3; i++) join(-1);
  for (let tick = 0; tick < ticks; tick++) {
    if (chance(0.04) && mixer.legs.length < 7) join(tick);
    const legs = [...mixer.legs];
    const any = () => legs[Math.floor(random() * legs.length)]!;
    if (chance(0.03) && legs.length > 2) {
      const gone = any();
      mixer.removeLeg(gone);
      others.delete(gone);
    }
    if (chance(0.05)) any().muted = chance(0.4);
    if (chance(0.05)) any().deaf = chance(0.3);
    if (chance(0.03)) any().gain = random() * 2;
    const [listener, source] = [any(), any()];
    // Gains of 0 and 1 only: others are exact, but not by the same order of roundings as the definition.
    if (chance(0.06) && listener !== source && others.has(listener) && others.has(source)) {
      mixer.routing.set(listener, source, chance(0.3) ? Math.floor(random() * 2) : undefined);
    }
    if (chance(0.02)) any().audience = audiences[Math.floor(random() * 4)]!;
    if (chance(0.05)) any().audience = audiences[0]!;
    if (chance(0.04)) any().isolated = chance(0.4);
    if (chance(0.02)) announces = true;
    if (chance(0.05)) announces = false;
    // A session refresh.
    if (chance(0.02)) legs.forEach((leg) => mixer.legs.includes(leg) && leg.setFormat(others.get(leg)!.talker.format));
    if (tick >= quietUntil + pauseTicks && chance(0.05)) quietUntil = tick + pauseTicks;
    for (const leg of mixer.legs) {
      const { talker } = others.get(leg)!;
      if (tick < quietUntil) continue;
      if (chance(talker.talking ? 0.12 : 0.05)) {
        talker.talking = !talker.talking;
        // One in three is loud enough for the limiter.
        talker.amplitude = chance(0.3) ? 1.9 : 0.3 * random();
      }
      if (!talker.talking && chance(0.7)) continue;
      const step = (2 * Math.PI * talker.frequencyHz) / 48_000;
      const amplitude = talker.talking ? talker.amplitude : 0;
      for (let n = 0; n < 960; n++) leg.sourceFrame[n] = amplitude * Math.sin(step * (tick * 960 + n));
      leg.submit();
    }
    mixer.sum();
    const perform = (input: ProgrammeInput, plays: boolean): Programme => {
      if (!plays) return { plays, duckGain: 1, frame: silence };
      const duckGain = chance(0.8) ? 0.5 : random();
      input.frame.forEach((_, n) => (input.frame[n] = 0.3 * Math.sin(n / 9)));
      input.submit(duckGain);
      return { plays, duckGain, frame: input.frame };
    };
    const call = perform(mixer.programme, announces);
    const played = new Map(mixer.legs.map((leg) => [leg, perform(leg.programme, chance(leg.isolated ? 0.5 : 0.02))]));
    mixer.render();
    for (const leg of mixer.legs) {
      const other = others.get(leg)!;
      const { talker } = other;
      other.reference.step(mixer, leg, { call, own: played.get(leg)! });
      const { heard } = leg;
      const frames = other.reference.frames();
      const heardFrames = [heard.pcm48, heard.pcm(8000), heard.pcm(16_000)];
      const differing = heardFrames.findIndex((frame, rate) => !same(frame, frames[rate]!));
      expect(differing, `rate index that differs, seed ${seed} tick ${tick}`).toBe(-1);
      if (talker.absentTicks === 0 && chance(0.02)) talker.absentTicks = Math.ceil(random() * 8);
      if (talker.absentTicks > 0) talker.absentTicks--;
      else expectSamePayload(leg, other.reference, `seed ${seed} tick ${tick}`);
      if (heard.isSilent) expect(same(heard.pcm48, silence)).toBe(true);
      outcome.shared += Number(leg.sharing);
      outcome.changes += Number(leg.sharing !== other.wasSharing);
      other.wasSharing = leg.sharing;
      if (talker.format.encoding !== 'G722') continue;
      outcome.followed += Number(leg.encodedTogether);
      outcome.left += Number(other.wasTogether && !leg.encodedTogether);
      other.wasTogether = leg.encodedTogether;
    }
  }
  return outcome;
}

function expectSamePayload(leg: MixerLeg, reference: AlwaysPrivate, when: string): void {
  const { bytes, length } = leg.payload();
  expect(same(bytes.subarray(0, length), reference.payload()), `payload is the same, ${when}`).toBe(true);
  // Asked again in the same tick it gives the same, and no encoder moves on.
  expect(leg.payload().bytes).toBe(bytes);
}

describe('sharing what is heard alike', () => {
  it.each([
    ['few pauses', { ticks: 60, pauseTicks: 3, numRuns: 20 }],
    // Encoders of G.722 come to rest, and together, half a second into a pause.
    ['long pauses', { ticks: 240, pauseTicks: 45, numRuns: 8 }],
  ])('never changes a sample or a byte of any leg, whatever the legs do, with %s', (_name, options) => {
    const kernels = createKernels();
    const total: Outcome = { shared: 0, changes: 0, followed: 0, left: 0 };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const outcome = randomCall(kernels, seed, options.ticks, options.pauseTicks);
        for (const key of ['shared', 'changes', 'followed', 'left'] as const) total[key] += outcome[key];
      }),
      { numRuns: options.numRuns },
    );
    // It means nothing unless legs did share and did change.
    expect(total.shared).toBeGreaterThan(1000);
    expect(total.changes).toBeGreaterThan(200);
    if (options.pauseTicks > 30) {
      expect(total.followed).toBeGreaterThan(200);
      expect(total.left).toBeGreaterThan(20);
    }
  });
});
