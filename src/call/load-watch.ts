import type { WorkerMetrics } from '../media/protocol.js';
import type { Clock } from './clock.js';

const sampleMs = 1_000;
const windowSamples = 10;
const lateRatio = 0.01;
const fullWindowTicks = windowSamples * 50;

interface Sample {
  readonly ticks: number;
  readonly lateTicks: number;
}

/**
 * Notices that media workers cannot keep their ticks (SAFETY P1): more than 1 % of the ticks of the last 10 s began more than
 * 10 ms late, which is their p99. While that is so no new leg is taken.
 */
export class LoadWatch {
  readonly #clock: Clock;
  readonly #metrics: () => readonly WorkerMetrics[];
  #samples: Sample[] = [];
  #stop: (() => void) | undefined;

  constructor(clock: Clock, metrics: () => readonly WorkerMetrics[]) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  start(): void {
    this.#stop = this.#clock.schedule(sampleMs, () => {
      this.sample();
      this.start();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Takes the workers' counters as they are now. */
  sample(): void {
    const workers = this.#metrics();
    this.#samples.push({
      ticks: sum(workers, (worker) => worker.ticks),
      lateTicks: sum(workers, (worker) => worker.lateTicks + worker.skippedTicks),
    });
    if (this.#samples.length > windowSamples + 1) this.#samples.shift();
  }

  /** True while new legs would harm the ones that are there. */
  get overloaded(): boolean {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return false;
    const ticks = last.ticks - first.ticks;
    const late = last.lateTicks - first.lateTicks;
    // A window that is not full yet counts as full of good ticks: one bad moment at the start is no overload.
    return late > lateRatio * Math.max(ticks, fullWindowTicks);
  }
}

function sum(workers: readonly WorkerMetrics[], of: (worker: WorkerMetrics) => number): number {
  return workers.reduce((total, worker) => total + of(worker), 0);
}
