/** Judges what telephones hear: now, and over a stretch of time in which something happens. */
import { expect } from 'vitest';
import { partialDb, SILENCE_DB } from '../../../demo/phone/ear.js';
import type { Voice } from '../../../demo/phone/voice.js';
import type { LivePhone } from './live-phone.js';
import { soon } from './soon.js';

const SAMPLES_PER_MS = 8;
/** Whole periods of every tone (multiples of 20 Hz), and long enough to tell tones 100 Hz apart. */
const WINDOW = 50 * SAMPLES_PER_MS;
const RECENT = 4 * WINDOW;
/** G.711 there and back, and the edges of windows. */
const TOLERANCE_DB = 1;
/** Packets of a stretch that can be judged: one pause of this process spoils two windows, which must not be a tenth of all. */
export const ENOUGH_PACKETS = 55;
/** Quantisation noise of a perfect bridge is some 60 dB below a voice. */
const UNHEARD_DB = -45;

/** How loud a listener has just heard a voice, dB relative to how loud it is spoken. */
function levelDb(listener: LivePhone, voice: Voice): number {
  return spokenLevelDb(listener.ear.samples.slice(-RECENT), voice, RECENT);
}

/** Waits until somebody is heard, as loud as spoken or `gainDb` louder. */
export async function hears(listener: LivePhone, talker: Pick<LivePhone, 'voice'>, gainDb = 0): Promise<void> {
  await soon(() => {
    expect(levelDb(listener, talker.voice)).toBeGreaterThan(gainDb - TOLERANCE_DB);
    expect(levelDb(listener, talker.voice)).toBeLessThan(gainDb + TOLERANCE_DB);
  });
}

/** Waits until somebody is not heard, while packets go on coming. */
export async function hearsNot(listener: LivePhone, talker: Pick<LivePhone, 'voice'>): Promise<void> {
  const { packets } = listener.ear.verdict();
  await soon(() => {
    // Old audio in the ear must not count.
    expect(listener.ear.verdict().packets).toBeGreaterThan(packets + 10);
    expect(levelDb(listener, talker.voice)).toBeLessThan(UNHEARD_DB);
  });
}

/** Waits until telephones that talk all hear each other, and nobody itself. */
export async function conversation(phones: readonly LivePhone[]): Promise<void> {
  const pairs = phones.flatMap((listener) => phones.map((talker) => ({ listener, talker })));
  await Promise.all(pairs.map(({ listener, talker }) => (talker === listener ? hearsNot : hears)(listener, talker)));
}

/** Waits until so many more packets came to a telephone: time as the media tells it. */
export async function packetsCome(phone: LivePhone, count: number): Promise<void> {
  const { packets } = phone.ear.verdict();
  await soon(() => expect(phone.ear.verdict().packets).toBeGreaterThanOrEqual(packets + count));
}

/** What came to a listener over a stretch of time. */
export interface Heard {
  readonly packets: number;
  /** Sequence numbers that never came, and that came again. */
  readonly lost: number;
  readonly repeated: number;
  /** Share of windows of 50 ms in which the talker is as loud as spoken. */
  readonly share: number;
}

/** Begins to listen; what is returned ends that. */
export function listen(listener: LivePhone, talker: LivePhone): () => Heard {
  const start = listener.ear.samples.length;
  const before = listener.ear.verdict();
  return () => {
    const after = listener.ear.verdict();
    return {
      packets: after.packets - before.packets,
      lost: after.lost - before.lost,
      repeated: after.repeated - before.repeated,
      share: shareHeard(listener.ear.samples.slice(start), talker.voice),
    };
  };
}

/**
 * Audio of a bystander while something happens that must not concern it: nothing lost, and the voice there all the time.
 * @param leastShare below 1, because a machine that has other work delays this process, too
 */
export function expectUndisturbed(heard: Heard, leastShare = 0.9): void {
  expect(heard.packets).toBeGreaterThan(10);
  expect(heard).toMatchObject({ lost: 0, repeated: 0 });
  expect(heard.share).toBeGreaterThanOrEqual(leastShare);
}

function shareHeard(samples: Int16Array, voice: Voice): number {
  const windows = Math.floor(samples.length / WINDOW);
  let heard = 0;
  for (let index = 0; index < windows; index++) {
    const level = spokenLevelDb(samples.subarray(index * WINDOW, (index + 1) * WINDOW), voice, WINDOW);
    if (Math.abs(level) <= TOLERANCE_DB) heard++;
  }
  return heard / windows;
}

function spokenLevelDb(samples: Int16Array, { frequenciesHz, peakDbfs }: Voice, window: number): number {
  const [frequencyHz = 0] = frequenciesHz;
  if (samples.length < window) return SILENCE_DB;
  return partialDb(samples, frequencyHz, window) - peakDbfs;
}
