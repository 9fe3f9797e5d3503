/** What the heap does while something runs that should leave it alone. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

/** What a process of `inProcessOfItsOwn` prints. */
export interface Growth {
  /** Proof that something was done: a sum over what was sent. */
  readonly sent: number;
  /** Bytes by which the heap has grown. */
  readonly grown: number;
  /** Garbage collections meanwhile, which could hide growth. */
  readonly collections: number;
}

/** Runs ticks 0 to `warmUpTicks`, then measures `ticks` more and prints a {@link Growth} as JSON. */
export async function measureGrowth(
  tick: (number: number) => void,
  { warmUpTicks, ticks, sent }: { warmUpTicks: number; ticks: number; sent: () => number },
): Promise<void> {
  const { gc: collectGarbage } = globalThis;
  if (collectGarbage === undefined) throw new Error('Needs --expose-gc.');
  for (let number = 0; number < warmUpTicks; number++) tick(number);
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  collectGarbage();
  await setTimeout(10);
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  for (let number = warmUpTicks; number < warmUpTicks + ticks; number++) tick(number);
  const grown = process.memoryUsage().heapUsed - before;
  await setTimeout(10);
  observer.disconnect();
  console.log(JSON.stringify({ sent: sent(), grown, collections } satisfies Growth));
}
