import { describe, expect, it } from 'vitest';
import { DelayEstimator } from '../../../src/media/jitter/delay-estimator.js';
import { SeededRandom } from '../../../src/media/rtp/seeded-random.js';

/** Packets of 20 ms whose transit is a function of their number; an offset stands for the unrelated clocks. */
function feed(estimator: DelayEstimator, from: number, count: number, transitMs: (index: number) => number): void {
  for (let index = from; index < from + count; index++) {
    estimator.observe(index * 20 + 7_000_000 + transitMs(index), index * 20);
  }
}

describe('DelayEstimator', () => {
  it('knows nothing before the first packet, and no spread with one', () => {
    const estimator = new DelayEstimator(200);
    expect(estimator.ready).toBe(false);
    feed(estimator, 0, 1, () => 5);
    expect(estimator.ready).toBe(true);
    expect(estimator.spreadMs).toBe(0);
    expect(estimator.fastestTransitMs).toBe(7_000_005);
  });

  it('covers every packet of an even jitter within 2 s', () => {
    const random = new SeededRandom(1);
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, () => random.nextRatio() * 30);
    expect(estimator.spreadMs).toBeGreaterThan(27);
    expect(estimator.spreadMs).toBeLessThanOrEqual(30);
  });

  it('grows with the second late packet and is back 2 s later', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, () => 0);
    feed(estimator, 100, 20, (index) => (index === 100 || index === 110 ? 80 : 0));
    expect(estimator.spreadMs).toBe(80);
    feed(estimator, 120, 60, () => 0);
    expect(estimator.spreadMs).toBe(80);
    feed(estimator, 180, 50, () => 0);
    expect(estimator.spreadMs).toBe(0);
  });

  it('does not pay for one far event, but counts a near one', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, () => 0);
    feed(estimator, 100, 1, () => 35);
    expect(estimator.spreadMs).toBe(35);
    expect(estimator.usualSlowTransitMs).toBe(estimator.fastestTransitMs);
    feed(estimator, 101, 120, (index) => (index === 210 ? 90 : 0));
    expect(estimator.spreadMs).toBe(0);
  });

  it('takes a stall with all that was held up behind it for one event', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, (index) => index % 3);
    feed(estimator, 100, 20, (index) => 400 - (index - 100) * 20);
    feed(estimator, 120, 5, (index) => index % 3);
    expect(estimator.spreadMs).toBe(2);
  });

  it('never asks for more than its ceiling', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 200, (index) => (index % 5) * 90);
    expect(estimator.spreadMs).toBe(200);
  });

  it.each([200, -200])('follows a clock that drifts by %i ppm for an hour', (ppm) => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 180_000, (index) => index * 20 * ppm * 1e-6 + (index % 7) * 0.5);
    expect(estimator.spreadMs).toBeGreaterThan(2.5);
    expect(estimator.spreadMs).toBeLessThan(4);
  });

  it('remembers the network through a pause', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, (index) => (index % 4) * 10);
    feed(estimator, 1000, 3, () => 0);
    expect(estimator.spreadMs).toBe(30);
  });

  it('begins anew when timestamps jump', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, (index) => (index % 4) * 10);
    feed(estimator, 100, 10, () => 90_000);
    expect(estimator.spreadMs).toBe(0);
    expect(estimator.fastestTransitMs).toBe(7_090_000);
  });

  it('moves with a route that became slower', () => {
    const estimator = new DelayEstimator(200);
    feed(estimator, 0, 100, () => 0);
    feed(estimator, 100, 40, () => 60);
    expect(estimator.fastestTransitMs).toBe(7_000_060);
    expect(estimator.spreadMs).toBe(0);
  });
});
