/** A clean network: nothing is touched, and no delay is added but the wait for the tick. */
import { describe, expect, it } from 'vitest';
import { type RigOptions } from '../../support/playout-rig.js';
import { MINUTE_MS, SCALE, TONE, grown, percentile, run } from '../../support/playout-run.js';

describe('a clean network', () => {
  const phases = [0, 0.4, 3, 7.7, 12, 16, 17, 18, 18.6, 19, 19.5, 19.9];

  it.each(phases)('plays a 1 kHz tone for minutes without touching it (phase %d ms)', (phaseMs) => {
    const options: RigOptions = { network: { seed: 20, jitterMs: 2 }, tickJitterMs: 3, phaseMs, signal: TONE };
    const result = run(options, 1000, 10 * MINUTE_MS * SCALE);
    expect(grown(result, 'played')).toBe(result.ticks.length);
    for (const key of ['concealed', 'silent', 'dropped', 'accelerated', 'decelerated'] as const) {
      expect(grown(result, key), key).toBe(0);
    }
    const { accelerated, decelerated, concealed } = result.before;
    expect(accelerated + decelerated + concealed, 'adjustments in the first second').toBeLessThanOrEqual(1);
  });

  it('plays what was said sample by sample', () => {
    const said = (index: number) => ((Math.imul(index, 2_654_435_761) >>> 16) - 32_768) / 32_768;
    const signal = (seconds: number) => said(Math.round(seconds * 8000));
    const result = run({ network: { seed: 21, jitterMs: 2 }, signal }, 1000, 3000, true);
    const heard = result.ticks.flatMap(({ samples }) => [...samples]);
    // The first packet is complete at 7 ms and plays at 20 ms, therefore tick n plays packet n − 1.
    heard.forEach((value, index) => expect(value).toBeCloseTo(said(49 * 160 + index), 3));
  });

  it('adds no more delay than waiting for the tick does, over all phases', () => {
    const waits: number[] = [];
    for (let leg = 0; leg < 100; leg++) {
      const options: RigOptions = {
        network: { seed: 100 + leg, jitterMs: 0.5 },
        tickJitterMs: 0.3,
        phaseMs: leg * 0.2,
      };
      run(options, 1000, 500).ticks.forEach(({ depthMs }) => waits.push(depthMs));
    }
    expect(percentile(waits, 0.5)).toBeLessThanOrEqual(12);
    expect(percentile(waits, 0.95)).toBeLessThanOrEqual(22);
  });
});
