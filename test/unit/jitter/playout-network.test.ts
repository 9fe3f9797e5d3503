/** The cases WebRTC's NetEQ is tested by (SAFETY.md, last section), on an emulated network. */
import { describe, expect, it } from 'vitest';
import { PlayoutRig, type RigOptions } from '../../support/playout-rig.js';
import { TONE, VOICE, grown, percentile, run } from '../../support/playout-run.js';

describe('sequence and timestamp', () => {
  it.each<[string, Partial<RigOptions>]>([
    ['sequence numbers wrap', { firstSequence: 65_535 - 60 }],
    ['timestamps wrap', { firstTimestamp: 2 ** 32 - 61 * 160 }],
    ['both wrap in the same packet', { firstSequence: 65_535 - 60, firstTimestamp: 2 ** 32 - 61 * 160 }],
    ['a timestamp wraps inside a packet', { firstTimestamp: 2 ** 32 - 61 * 160 - 77 }],
  ])('plays on when %s', (_name, options) => {
    const result = run({ network: { seed: 1, jitterMs: 15 }, signal: TONE, ...options }, 1000, 2000);
    expect(result.ticks.map(({ outcome }) => outcome)).not.toContain('concealed');
    expect(result.after).toMatchObject({ resets: 0, late: 0 });
  });

  it.each([65_534, 65_535, 0, 1])('conceals exactly the packet lost at the edge of a wrap (%i)', (lost) => {
    const options: RigOptions = {
      network: { seed: 1 },
      firstSequence: 65_535 - 60,
      firstTimestamp: 2 ** 32 - 61 * 160,
      alter: (packet) => (packet.sequence === lost ? undefined : packet),
    };
    const result = run(options, 1000, 2000);
    expect(grown(result, 'concealed')).toBe(1);
    expect(grown(result, 'played')).toBe(99);
    expect(result.after).toMatchObject({ resets: 0, late: 0 });
  });
});

describe('what the network does to packets', () => {
  it('plays every packet once when half of them come twice', () => {
    const result = run({ network: { seed: 2, jitterMs: 5, duplicateRatio: 0.5 } }, 1000, 10_000);
    expect(grown(result, 'played')).toBe(500);
    expect(result.after).toMatchObject({ resets: 0, dropped: 0, accelerated: 0 });
  });

  it('puts packets back in order within the delay it keeps', () => {
    const result = run({ network: { seed: 3, jitterMs: 60 } }, 3000, 20_000);
    expect(grown(result, 'concealed')).toBeLessThan(5);
    expect(result.after.resets).toBe(0);
  });

  it('conceals and counts packets that come long after their place', () => {
    const result = run({ network: { seed: 4, reorderRatio: 0.01, reorderMs: 700 } }, 2000, 20_000);
    expect(grown(result, 'late')).toBeGreaterThan(3);
    expect(Math.abs(grown(result, 'concealed') - grown(result, 'late'))).toBeLessThanOrEqual(2);
    expect(result.after).toMatchObject({ resets: 0 });
    expect(
      percentile(
        result.ticks.map(({ depthMs }) => depthMs),
        0.95,
      ),
    ).toBeLessThan(40);
  });

  it('counts as many concealed ticks as packets were lost, in bursts too', () => {
    const rig = new PlayoutRig({ network: { seed: 5, lossRatio: 0.05, meanLossBurst: 3 }, signal: VOICE });
    rig.run(60_000, () => undefined);
    const { concealed, silent, played, late } = rig.playout.statistics();
    expect(rig.network.lost).toBeGreaterThan(80);
    // Ticks of silence: bursts of more than 100 ms, and those before the first packet.
    expect(Math.abs(concealed + silent - rig.network.lost)).toBeLessThanOrEqual(2);
    expect(played + concealed + silent).toBe(3000);
    expect(late).toBe(0);
  });

  it('does not crash on an unknown payload type in mid-stream, and plays on', () => {
    const options: RigOptions = {
      network: { seed: 6 },
      alter: (packet) => (packet.sequence % 10 === 0 ? { ...packet, payloadType: 77 } : packet),
    };
    const result = run(options, 1000, 5000);
    expect(grown(result, 'concealed')).toBe(25);
    expect(grown(result, 'played')).toBe(225);
  });

  it('conceals and counts what the decoder refuses, and plays the next good packet', () => {
    const options: RigOptions = {
      network: { seed: 7 },
      alter: (packet) => (packet.sequence % 10 < 3 ? { ...packet, payload: packet.payload.subarray(0, 319) } : packet),
    };
    const result = run(options, 1000, 5000);
    expect(grown(result, 'decodeErrors')).toBe(75);
    expect(grown(result, 'concealed')).toBe(75);
    expect(grown(result, 'played')).toBe(175);
  });

  it('recovers from packets far ahead and far behind', () => {
    const options: RigOptions = {
      network: { seed: 8 },
      alter: (packet) =>
        packet.sequence % 50 === 7 ? { ...packet, sequence: (packet.sequence + 2000) & 0xffff } : packet,
    };
    const result = run(options, 1000, 10_000);
    expect(grown(result, 'concealed')).toBeLessThanOrEqual(10);
    expect(grown(result, 'played')).toBeGreaterThanOrEqual(490);
    expect(result.after.resets).toBe(0);
  });

  it('begins again after a long silence without added delay', () => {
    const speaksAt = (mediaMs: number) => mediaMs < 3000 || mediaMs > 33_000;
    const result = run({ network: { seed: 9, jitterMs: 10 }, speaksAt }, 3000, 33_000);
    const resumed = result.ticks.slice(-100);
    expect(resumed.map(({ outcome }) => outcome)).not.toContain('concealed');
    expect(grown(result, 'concealed')).toBe(0);
    for (const { depthMs } of resumed) expect(depthMs).toBeLessThan(34);
    expect(result.after.resets).toBe(0);
  });

  it('keeps the delay through speech with pauses between words, under jitter', () => {
    const speaksAt = (mediaMs: number) => mediaMs % 1300 < 900;
    const result = run({ network: { seed: 10, jitterMs: 40, keepsOrder: true }, speaksAt }, 4000, 30_000);
    expect(grown(result, 'concealed') / result.ticks.length).toBeLessThan(0.005);
    expect(
      percentile(
        result.ticks.map(({ depthMs }) => depthMs),
        0.95,
      ),
    ).toBeLessThan(75);
  });

  it('recovers from a reset as from a start', () => {
    const rig = new PlayoutRig({ network: { seed: 11, jitterMs: 20 }, signal: VOICE });
    rig.run(5000, () => undefined);
    rig.playout.reset();
    const outcomes: string[] = [];
    rig.run(1000, ({ outcome }) => outcomes.push(outcome));
    expect(outcomes.slice(0, 3)).toContain('played');
    expect(outcomes.slice(25)).not.toContain('concealed');
    expect(rig.playout.statistics().resets).toBe(1);
  });

  it.each([100_000, -100_000])('stays bounded with 10 %% loss and %i ppm of drift', (driftPpm) => {
    const network = { seed: 12, lossRatio: 0.1, jitterMs: 10 };
    const result = run({ network, driftPpm }, 2000, 60_000);
    expect(grown(result, 'concealed') / result.ticks.length).toBeLessThan(0.3);
    expect(Math.max(...result.ticks.map(({ depthMs }) => depthMs))).toBeLessThan(500);
    expect(grown(result, 'played')).toBeGreaterThan(2000);
  });
});
