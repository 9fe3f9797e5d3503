/** A thread that writes a tap ring as fast as it can, with frames whose every sample tells where it belongs. */
import { isMainThread, workerData } from 'node:worker_threads';
import type { TapState } from '../../src/media/tap/ring.js';
import { TapWriter } from '../../src/media/tap/writer.js';
import { seededRandom } from './noise.js';

/** What the thread is to do. */
export interface WriterOrder {
  readonly ring: SharedArrayBuffer;
  readonly seed: number;
  readonly ticks: number;
}

const states: readonly TapState[] = ['audio', 'audio', 'silent', 'noConsent', 'muted', 'isolated'];

/** State of a source in a tick. */
export function stateAt(number: number, tick: number): TapState {
  return states[(number * 7 + tick * 5) % states.length]!;
}

/** One sample of a source in a tick: an integer that float32 holds exactly, different everywhere. */
export function sampleAt(number: number, tick: number, at: number): number {
  return ((number * 8191 + tick) * 960 + at) % 16_777_213;
}

/** Sources in the call in a tick: each comes at one tick and goes at another. */
export function sourcesAt(tick: number): number[] {
  const first = Math.floor(tick / 40);
  return [first, first + 1, first + 2];
}

function write({ ring, seed, ticks }: WriterOrder): void {
  const random = seededRandom(seed);
  const writer = new TapWriter(ring, 0);
  const samples = new Float32Array(960);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let tick = 0; tick < ticks; tick++) {
    writer.begin(tick);
    for (const number of sourcesAt(tick)) {
      for (let at = 0; at < 960; at++) samples[at] = sampleAt(number, tick, at);
      writer.frame(number, `leg_${number}`, stateAt(number, tick), samples);
    }
    writer.commit();
    // Mostly at full speed, now and then slow enough for the reader to come to the end.
    if (random() < 0.01) Atomics.wait(sleeper, 0, 0, 1 + random() * 3);
  }
  writer.end(ticks);
}

if (!isMainThread && (workerData as Partial<WriterOrder> | null)?.ring) write(workerData as WriterOrder);
