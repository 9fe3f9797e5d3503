import { describe, expect, it } from 'vitest';
import { type Demand, type Load, refusalOf } from '../../../src/call/capacity.js';
import { LoadWatch } from '../../../src/call/load-watch.js';
import type { WorkerMetrics } from '../../../src/media/protocol.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('capacity', () => {
  const limits = { maxCalls: 10, maxLegs: 20, maxLegsPerCall: 5 };
  const quiet: Load = { calls: 1, legs: 2, freePorts: 100, draining: false, overloaded: false };
  const join: Demand = { newCalls: 0, newLegs: 1, call: { legs: 2, maxLegs: 5, locked: false } };
  const found: Demand = { newCalls: 1, newLegs: 1, call: undefined };

  const cases: [string, Load, Demand, string | undefined][] = [
    ['takes a leg while there is room', quiet, join, undefined],
    ['takes the last call', { ...quiet, calls: 9 }, found, undefined],
    ['refuses one call more', { ...quiet, calls: 10 }, found, 'capacityReached'],
    ['lets people into calls that are there when calls are used up', { ...quiet, calls: 10 }, join, undefined],
    ['refuses one leg more', { ...quiet, legs: 20 }, join, 'capacityReached'],
    ['needs two ports for a leg', { ...quiet, freePorts: 1 }, join, 'portsExhausted'],
    ['needs no port for a call without a leg', { ...quiet, freePorts: 0 }, { ...found, newLegs: 0 }, undefined],
    ['refuses while draining', { ...quiet, draining: true }, join, 'draining'],
    ['refuses while ticks are late', { ...quiet, overloaded: true }, join, 'capacityReached'],
    ['refuses a full call', quiet, { ...join, call: { legs: 5, maxLegs: 5, locked: false } }, 'callFull'],
    ['refuses a locked call', quiet, { ...join, call: { legs: 1, maxLegs: 5, locked: true } }, 'callLocked'],
  ];
  it.each(cases)('%s', (_name, load, demand, refusal) => {
    expect(refusalOf(limits, load, demand)).toBe(refusal);
  });
});

describe('load watch', () => {
  const worker = (ticks: number, lateTicks: number, skippedTicks = 0) =>
    ({ ticks, lateTicks, skippedTicks }) as WorkerMetrics;

  const watchOf = (readings: WorkerMetrics[]) => {
    const clock = new FakeClock();
    const watch = new LoadWatch(clock, () => [readings.shift() ?? worker(0, 0)]);
    return { clock, watch };
  };

  it('is calm before it has seen anything', () => {
    expect(watchOf([]).watch.overloaded).toBe(false);
  });

  it('notices when more than one tick in a hundred of ten seconds is late or left out', async () => {
    const { clock, watch } = watchOf([worker(0, 0), worker(50, 0), worker(100, 4, 2)]);
    watch.start();
    await clock.advance(2_000);
    expect(watch.overloaded).toBe(false);
    await clock.advance(1_000);
    expect(watch.overloaded).toBe(true);
    watch.stop();
    expect(clock.pending).toBe(0);
  });

  it('does not mind a few late ticks, not even in the first second', async () => {
    for (const last of [worker(500, 5), worker(50, 3)]) {
      const { clock, watch } = watchOf([worker(0, 0), last]);
      watch.start();
      await clock.advance(2_000);
      expect(watch.overloaded).toBe(false);
    }
  });

  it('forgets after ten seconds', async () => {
    const bad = [worker(0, 0), worker(50, 40)];
    const good = Array.from({ length: 11 }, (_, n) => worker(100 + n * 50, 40));
    const { clock, watch } = watchOf([...bad, ...good]);
    watch.start();
    await clock.advance(2_000);
    expect(watch.overloaded).toBe(true);
    await clock.advance(11_000);
    expect(watch.overloaded).toBe(false);
  });
});
