import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue, type Timer } from '../../../src/sip/embedded/transaction/scheduler.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('the timer queue', () => {
  it('runs deadlines in order, equal ones first in, first out, on one wake-up of its host', async () => {
    const clock = new FakeClock(1000);
    const queue = new TimerQueue(clock);
    const ran: string[] = [];
    queue.at(1030, () => ran.push('c'));
    queue.at(1010, () => ran.push('a'));
    queue.at(1010, () => ran.push('b'));
    expect(clock.pending).toBe(1);
    await clock.advance(9);
    expect(ran).toEqual([]);
    await clock.advance(1);
    expect(ran).toEqual(['a', 'b']);
    await clock.advance(20);
    expect(ran).toEqual(['a', 'b', 'c']);
    expect([queue.size, clock.pending]).toEqual([0, 0]);
  });

  it('goes on when one of them throws, and tells of it', async () => {
    const clock = new FakeClock(0);
    const thrown: unknown[] = [];
    const queue = new TimerQueue(clock, (error) => thrown.push(error));
    const ran: number[] = [];
    queue.at(1, () => {
      throw new Error('broken');
    });
    queue.at(1, () => ran.push(1));
    await clock.advance(1);
    expect(ran).toEqual([1]);
    expect(thrown).toHaveLength(1);
  });

  it('keeps no wake-up when the last deadline is called off', () => {
    const clock = new FakeClock(0);
    const queue = new TimerQueue(clock);
    const timer = queue.at(50, () => undefined);
    timer.cancel();
    timer.cancel();
    expect([queue.size, clock.pending]).toEqual([0, 0]);
    queue.at(60, () => undefined);
    queue.clear();
    expect([queue.size, clock.pending]).toEqual([0, 0]);
  });

  it('takes deadlines from within a deadline', async () => {
    const clock = new FakeClock(0);
    const queue = new TimerQueue(clock);
    const ranAtMs: number[] = [];
    const tick = (): void => {
      ranAtMs.push(clock.nowMs());
      if (ranAtMs.length < 4) queue.at(clock.nowMs() + 10, tick);
    };
    queue.at(10, tick);
    await clock.advance(100);
    expect(ranAtMs).toEqual([10, 20, 30, 40]);
  });

  it('runs exactly what was not called off, in order, whatever the mixture', async () => {
    const plan = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 300 }), keep: fc.boolean() }), {
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(plan, async (timers) => {
        const clock = new FakeClock(0);
        const queue = new TimerQueue(clock);
        const ran: number[] = [];
        const made: Timer[] = timers.map(({ atMs }) => queue.at(atMs, () => ran.push(atMs)));
        timers.forEach(({ keep }, index) => {
          if (!keep) made[index]?.cancel();
        });
        const kept = timers.filter(({ keep }) => keep).map(({ atMs }) => atMs);
        expect(queue.size).toBe(kept.length);
        await clock.advance(301);
        expect(ran).toEqual(kept.sort((a, b) => a - b));
        expect([queue.size, clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  });
});
