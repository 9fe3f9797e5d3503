import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { TapReader } from '../../../src/media/tap/reader.js';
import type { TapListener, TapSource } from '../../../src/media/tap/reader.js';
import { createTapRing, viewRing } from '../../../src/media/tap/ring.js';
import type { TapState } from '../../../src/media/tap/ring.js';
import { seededRandom } from '../../support/noise.js';
import { sampleAt, sourcesAt, stateAt } from '../../support/tap-writer-thread.js';
import type { WriterOrder } from '../../support/tap-writer-thread.js';

/** Compares everything it is told with what the writer must have said. */
class Checker implements TapListener {
  told = 0;
  missing = 0;
  frames = 0;
  wrong: string[] = [];
  endedAt = -1;
  /** Sources told of in this tick. */
  #sources: number[] = [];

  constructor(
    private readonly beginMs: number,
    readonly present = new Set<number>(),
  ) {}

  sourceJoined({ number, legId }: TapSource): void {
    if (legId !== `leg_${number}` || this.present.has(number)) this.wrong.push(`joined ${number} ${legId}`);
    this.present.add(number);
  }

  frame({ number }: TapSource, tick: number, state: TapState, samples: Float32Array | undefined): void {
    this.frames++;
    this.#sources.push(number);
    if (state !== stateAt(number, tick)) this.wrong.push(`${tick} ${number} ${state}`);
    if ((samples !== undefined) !== (state === 'audio')) this.wrong.push(`${tick} ${number} samples`);
    for (let at = 0; samples && at < 960; at++) {
      if (samples[at] === sampleAt(number, tick, at)) continue;
      this.wrong.push(`${tick} ${number} sample ${at}`);
      return;
    }
  }

  sourceLeft({ number }: TapSource): void {
    if (!this.present.delete(number)) this.wrong.push(`left ${number}`);
  }

  tickEnded(tick: number): void {
    this.told++;
    if (this.#sources.join() !== sourcesAt(tick).join()) this.wrong.push(`${tick} sources ${this.#sources.join()}`);
    this.#sources = [];
    if (this.told + this.missing !== tick + 1) this.wrong.push(`${tick} out of order`);
  }

  ticksMissing(tick: number, count: number): void {
    if (this.told + this.missing !== tick) this.wrong.push(`${tick} missing out of order`);
    this.missing += count;
  }

  ended(tick: number): void {
    this.endedAt = tick;
  }

  get elapsedMs(): number {
    return performance.now() - this.beginMs;
  }
}

/** `--import` does not reach worker threads in Node 20. */
const startTypeScript = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('../../support/tap-writer-thread.ts', import.meta.url).href)});
})`;

describe('a tap ring between two threads', () => {
  it.each([
    [1, 'always behind: most ticks do not fit', 0.05, 8],
    [2, 'mostly in time', 0.5, 0.2],
  ])('tears nothing, loses nothing but what it counts, %s: %s', async (seed, _name, seconds, mostPauseMs) => {
    const ticks = 6000;
    const ring = createTapRing(3, seconds);
    const order: WriterOrder = { ring, seed, ticks };
    const thread = new Worker(startTypeScript, { eval: true, workerData: order });
    const failed = new Promise<never>((_, reject) => thread.once('error', reject));
    const random = seededRandom(seed);
    const reader = new TapReader(ring);
    const checker = new Checker(performance.now());
    while (!reader.ended && checker.elapsedMs < 15_000) {
      reader.read(checker, random() < 0.3 ? Math.ceil(random() * 4) : undefined);
      const pause = new Promise((resolve) => setTimeout(resolve, random() * mostPauseMs));
      await Promise.race([pause, failed]);
    }
    await thread.terminate();
    expect(checker.wrong).toEqual([]);
    expect(checker.endedAt).toBe(ticks);
    expect(checker.missing).toBe(reader.droppedTicks);
    expect(checker.told + checker.missing).toBe(ticks);
    expect(checker.present.size).toBe(0);
    // It means nothing unless the memory was gone through many times over, and was full.
    const { capacity } = viewRing(ring);
    expect((checker.frames / 3) * 960).toBeGreaterThan(3 * capacity);
    expect(checker.missing).toBeGreaterThan(seed === 1 ? 1000 : -1);
  });
});
