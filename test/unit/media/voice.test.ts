import { describe, expect, it } from 'vitest';
import { Upsampler } from '../../../src/media/dsp/resampler.js';
import { createRnnoise } from '../../support/denoising.js';
import { createKernels } from '../../support/kernels.js';
import { MediaRig, sine } from '../../support/media-rig.js';
import { seededNoise } from '../../support/noise.js';
import { car, hiss, pink } from '../../support/noises.js';
import { rms, speechLike } from '../../support/opus.js';
import { resampleSignal } from '../../support/resample-signal.js';
import { canSpeak, speak } from '../../support/spoken.js';

/** A recording of 8 kHz of which is known where somebody speaks. */
interface Labelled {
  readonly samples: Int16Array;
  /** Beginning and end of each utterance, ms. */
  readonly truth: readonly (readonly [number, number])[];
}

const quietMs = 900;
const leadMs = 4500;

/** Utterances (48 kHz) with pauses and a noise all through, soft or at a signal-to-noise ratio to the utterances, dB. */
function label(utterances: readonly Float32Array[], noisy?: { noise: Noise; snrDb: number }): Labelled {
  const truth: [number, number][] = [];
  const parts: number[] = new Array<number>(leadMs * 8).fill(0);
  for (const utterance of utterances) {
    const narrow = resampleSignal(utterance, 48_000, 8000);
    truth.push([parts.length / 8, (parts.length + narrow.length) / 8]);
    for (const value of narrow) parts.push(value);
    for (let i = 0; i < quietMs * 8; i++) parts.push(0);
  }
  const noise = noisy
    ? resampleSignal(noisy.noise(parts.length * 6), 48_000, 8000)
    : seededNoise(5, parts.length).map((value) => 0.0015 * value);
  const spoken = rms(Float32Array.from(truth.flatMap(([from, to]) => parts.slice(from * 8, to * 8))));
  const scale = noisy ? spoken / rms(noise) / 10 ** (noisy.snrDb / 20) : 1;
  return { samples: Int16Array.from(parts, (value, i) => Math.round(32_000 * (value + scale * noise[i]!))), truth };
}

type Noise = (samples: number) => Float32Array;

/** What the server says of when somebody spoke, ms of the recording. */
async function spokenAt(recording: Labelled, denoise: 'off' | 'on' = 'off'): Promise<[number, number][]> {
  const rig = new MediaRig(undefined, denoise === 'on' ? createRnnoise() : undefined);
  rig.command({ type: 'openCall', callId: 'room' });
  const controls = { muted: false, deaf: false, gainDb: 0, denoise };
  const talker = await rig.join('room', 'talker', {}, { controls });
  const listener = await rig.join('room', 'listener');
  const frames = Math.floor(recording.samples.length / 160);
  talker.speak = (index) => (index < frames ? recording.samples.subarray(index * 160, index * 160 + 160) : undefined);
  rig.run(1);
  // Tick of the first frame: sent in this tick or just before it.
  const { tick } = await rig.snapshot('room');
  const firstTick = tick - talker.frames + 1;
  rig.run(frames + 20);
  expect(listener.received.length).toBeGreaterThan(frames);
  const changes = rig.eventsOf('speech').filter(({ legId }) => legId === 'talker');
  const starts = changes.filter(({ speaking }) => speaking);
  const stops = changes.filter(({ speaking }) => !speaking);
  for (const { tick: told, since, speaking } of changes)
    expect(told - since).toBeGreaterThanOrEqual(speaking ? 12 : 14);
  return starts.map(({ since }, i) => [(since - firstTick) * 20, ((stops[i]?.since ?? NaN) - firstTick) * 20]);
}

/** The greatest distance of what was told from the truth, ms. */
function worstMs(told: readonly [number, number][], { truth }: Labelled): number {
  expect(told).toHaveLength(truth.length);
  return Math.max(...truth.flatMap(([from, to], i) => [Math.abs(told[i]![0] - from), Math.abs(told[i]![1] - to)]));
}

describe('speech events', () => {
  it('tell the truth within 100 ms on a made voice', async () => {
    const voice = (seed: number, ms: number): Float32Array =>
      speechLike(1.6, seed)
        .subarray(0, ms * 48)
        .map((value, i) => value + 0.06 * Math.sin(i * 0.03) * (1 + Math.sin(i * 0.0007)));
    const recording = label([voice(1, 800), voice(2, 1500), voice(3, 1100)]);
    expect(worstMs(await spokenAt(recording), recording)).toBeLessThanOrEqual(100);
  });

  it.skipIf(!canSpeak)('tell the truth within 100 ms on spoken words (espeak-ng)', async () => {
    const recording = label(['Good morning', 'Rain in April', 'No way home'].map((text) => speak(text)));
    expect(worstMs(await spokenAt(recording), recording)).toBeLessThanOrEqual(100);
  });
});

describe.skipIf(!canSpeak)('speech events in noise (espeak-ng)', () => {
  const words = ['Good morning', 'Rain in April', 'No way home', 'Eleven lemons'];

  it.each([
    ['white', 'off', 25, hiss],
    ['pink', 'off', 25, pink],
    ['white', 'off', 20, hiss],
    ['pink', 'off', 20, pink],
    ['white', 'on', 15, hiss],
    ['pink', 'on', 15, pink],
    ['car', 'on', 15, car],
    ['white', 'on', 10, hiss],
    ['pink', 'on', 10, pink],
  ] as const)(
    'tell the truth within 100 ms in %s noise, denoising %s, at %i dB',
    async (_name, denoise, snrDb, noise) => {
      const recording = label(
        words.map((text) => speak(text)),
        { noise, snrDb },
      );
      const told = await spokenAt(recording, denoise);
      // The noise of a line is known after 3 s; until then it passes for speech.
      const first = told.findIndex(([from]) => from > leadMs - 500);
      expect(first).toBeLessThanOrEqual(1);
      expect(worstMs(told.slice(first), recording)).toBeLessThanOrEqual(100);
    },
  );
});

describe('the voice of a leg', () => {
  it('is denoised when it is noisy and denoising is automatic, and a steady tone is not', async () => {
    const rnnoise = createRnnoise();
    const rig = new MediaRig(undefined, rnnoise);
    rig.command({ type: 'openCall', callId: 'room' });
    const controls = { muted: false, deaf: false, gainDb: 0, denoise: 'auto' } as const;
    const noisy = await rig.join('room', 'noisy', {}, { controls });
    const tone = await rig.join('room', 'tone', {}, { controls });
    const noise = seededNoise(9, 16_000);
    noisy.speak = (index) => Int16Array.from({ length: 160 }, (_, i) => 600 * noise[(index * 160 + i) % 16_000]!);
    tone.speak = sine(440, 3000);
    rig.run(200);
    const denoising = async (): Promise<boolean[]> => (await rig.snapshot('room')).legs.map((leg) => leg.denoising);
    expect(await denoising()).toEqual([true, false]);
    rig.command({ type: 'controlLeg', callId: 'room', legId: 'noisy', controls: { muted: true } });
    rig.run(3);
    expect(await denoising()).toEqual([false, false]);
    expect(rnnoise.liveStates).toBe(0);
  });

  it('is told with its peak in every tick, and the order of speakers when it changes', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'room' });
    const [loud, soft] = [await rig.join('room', 'loud'), await rig.join('room', 'soft')];
    loud.speak = sine(500, 16_000);
    soft.speak = sine(500, 2000);
    rig.command({ type: 'reportLevels', callId: 'room', everyTicks: 1 });
    rig.run(100);
    expect(rig.eventsOf('levels')).toHaveLength(100);
    const [level] = rig.eventsOf('levels').at(-1)!.levels;
    expect(level!.peakDbov - level!.levelDbov).toBeCloseTo(3, 0);
    expect(rig.eventsOf('speakers').at(-1)?.legIds).toEqual(['loud', 'soft']);
    expect((await rig.snapshot('room')).speakers).toEqual(['loud', 'soft']);
  });

  it('is nothing at all of who is muted, whoever talks beside', async () => {
    const rig = new MediaRig();
    rig.command({ type: 'openCall', callId: 'room' });
    const legs = [await rig.join('room', 'first'), await rig.join('room', 'second')];
    for (const leg of legs) leg.speak = sine(500, 16_000);
    rig.command({ type: 'reportLevels', callId: 'room', everyTicks: 1 });
    for (const [muted, talks] of [
      [0, 1],
      [1, 0],
    ] as const) {
      for (const [index, legId] of ['first', 'second'].entries()) {
        rig.command({ type: 'controlLeg', callId: 'room', legId, controls: { muted: index === muted } });
      }
      rig.run(20);
      const { levels } = rig.eventsOf('levels').at(-1)!;
      expect(levels[muted]).toMatchObject({ levelDbov: -127, peakDbov: -127 });
      expect(levels[talks]!.levelDbov).toBeGreaterThan(-12);
    }
  });
});

describe('zeros after zeros', () => {
  it('need no upsampling: what is skipped would have been zero and left no trace', () => {
    const kernels = createKernels();
    const [input, zeros, output] = [160, 160, 960].map((count) => kernels.allocateFloats(count)) as [
      number,
      number,
      number,
    ];
    const [skipping, working] = [new Upsampler(kernels, 8000), new Upsampler(kernels, 8000)];
    const burst = kernels.f32(input, 160);
    burst.set(seededNoise(1, 160));
    let skipped = 0;
    for (let tick = 0; tick < 40; tick++) {
      const from = tick % 10 === 0 ? input : zeros;
      working.process(from, output);
      const expected = kernels.f32(output, 960).slice();
      if (from === zeros && skipping.atRest) {
        skipped++;
        expect(expected.every((value) => value === 0)).toBe(true);
      } else {
        skipping.process(from, output);
        expect(kernels.f32(output, 960)).toEqual(expected);
      }
    }
    expect(skipped).toBe(4 * 8);
  });
});
