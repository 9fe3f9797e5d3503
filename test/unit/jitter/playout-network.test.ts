/** The cases WebRTC's NetEQ is tested by (SAFETY.md, last section), and what issue 2 asks of delay, on an emulated network. */
import { describe, expect, it } from 'vitest';
import type { PlayoutStatistics } from '../../../src/media/protocol.js';
import { PlayoutRig, tone, vowel, type RigOptions, type TickRecord } from '../../support/playout-rig.js';

/** Full lengths (10 minutes, an hour) when set; otherwise a tenth, so that the suite stays quick. */
const SCALE = process.env.MIXMINUS_LONG_TESTS === undefined ? 0.1 : 1;
const MINUTE_MS = 60_000;

/** 8 kHz audio of one second, looked up: hours of it have to be cheap. */
function recorded(signal: (seconds: number) => number): (seconds: number) => number {
  const table = Float64Array.from({ length: 8000 }, (_, index) => signal(index / 8000));
  return (seconds) => table[Math.round(seconds * 8000) % 8000] ?? 0;
}

const TONE = recorded(tone(1000));
const VOICE = recorded(vowel(120));

interface Run {
  readonly rig: PlayoutRig;
  readonly ticks: TickRecord[];
  /** Statistics when the part that counts began. */
  readonly before: PlayoutStatistics;
  readonly after: PlayoutStatistics;
}

/** Runs `settleMs` that do not count, then `durationMs` that do. */
function run(options: RigOptions, settleMs: number, durationMs: number, keepsAudio = false): Run {
  const rig = new PlayoutRig({ signal: VOICE, ...options });
  rig.run(settleMs, () => undefined);
  const before = rig.playout.statistics();
  const ticks: TickRecord[] = [];
  rig.run(durationMs, (tick) => ticks.push(tick), keepsAudio);
  return { rig, ticks, before, after: rig.playout.statistics() };
}

function grown({ before, after }: Run, key: keyof PlayoutStatistics): number {
  return after[key] - before[key];
}

function percentile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? NaN;
}

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

describe('jitter', () => {
  it.each([
    [30, 'even', false],
    [30, 'even', true],
    [30, 'bell', false],
    [60, 'even', false],
    [60, 'bell', true],
  ] as const)('of %i ms (%s, order kept: %s) conceals less than 0.5 %%', (jitterMs, jitterShape, keepsOrder) => {
    let [concealed, ticks] = [0, 0];
    for (const seed of [31, 32, 33]) {
      const result = run({ network: { seed, jitterMs, jitterShape, keepsOrder }, phaseMs: seed - 25 }, 2000, 40_000);
      concealed += grown(result, 'concealed');
      ticks += result.ticks.length;
    }
    expect(concealed / ticks).toBeLessThan(0.005);
  });

  it('costs delay only while it lasts', () => {
    const rig = new PlayoutRig({ network: { seed: 34, stalls: wobble(2000, 8000) }, signal: VOICE });
    const depths: TickRecord[] = [];
    rig.run(14_000, (tick) => depths.push(tick));
    const between = (fromMs: number, toMs: number) =>
      depths.filter(({ nowMs }) => nowMs >= fromMs && nowMs < toMs).map(({ depthMs }) => depthMs);
    expect(Math.max(...between(0, 2000))).toBeLessThan(25);
    expect(percentile(between(4000, 8000), 0.5)).toBeGreaterThan(50);
    expect(Math.max(...between(11_000, 14_000))).toBeLessThan(35);
  });
});

/** Stalls of 20…80 ms every 200 ms. */
function wobble(fromMs: number, toMs: number): { atMs: number; durationMs: number }[] {
  const stalls = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 200) stalls.push({ atMs, durationMs: 20 + ((atMs / 200) % 4) * 20 });
  return stalls;
}

describe('after a stall', () => {
  it.each([
    [100, 0],
    [400, 0],
    [400, 30],
    [1500, 5],
  ])('of %i ms under %i ms of jitter the delay is back within 3 s', (durationMs, jitterMs) => {
    const stallMs = 5000;
    const network = { seed: 40, jitterMs, keepsOrder: true, stalls: [{ atMs: stallMs, durationMs }] };
    const result = run({ network }, stallMs, 12_000);
    const recovered = result.ticks.filter(({ nowMs }) => nowMs >= stallMs + durationMs + 3000);
    const target = percentile(
      result.ticks.map(({ targetMs }) => targetMs),
      0.5,
    );
    for (const { depthMs } of recovered) expect(Math.abs(depthMs - target)).toBeLessThan(22);
    expect(recovered.map(({ outcome }) => outcome)).not.toContain('concealed');
    expect(result.after.resets).toBe(0);
    expect(grown(result, 'concealed')).toBeLessThanOrEqual(6);
  });

  it.each([1, 5, 25])('of the worker, %i ticks skipped, no delay stays', (skipped) => {
    const ticksAt = (tick: number) => tick < 250 || tick >= 250 + skipped;
    const result = run({ network: { seed: 41, jitterMs: 2 }, ticksAt }, 5000, 10_000);
    const late = result.ticks.filter(({ nowMs }) => nowMs > 8500 + skipped * 20);
    for (const { depthMs, targetMs } of late) expect(Math.abs(depthMs - targetMs)).toBeLessThan(20);
    expect(grown(result, 'concealed')).toBe(0);
  });

  it('a tick that runs late and the next one at its heels change nothing', () => {
    const rig = new PlayoutRig({
      network: { seed: 42, jitterMs: 1 },
      signal: TONE,
      lateTicks: { every: 100, byMs: 19 },
    });
    rig.run(2000, () => undefined);
    const before = rig.playout.statistics();
    rig.run(60_000, () => undefined);
    const after = rig.playout.statistics();
    expect(after.played - before.played).toBe(3000);
    expect(after.accelerated + after.decelerated).toBe(before.accelerated + before.decelerated);
  });
});

describe('a clock that drifts', () => {
  it.each([
    [200, 0],
    [-200, 0],
    [200, 2],
    [-200, 2],
    [200, 20],
    [-200, 20],
  ])('by %i ppm under %i ms of jitter costs few corrections and no reset', (driftPpm, jitterMs) => {
    const corrections: number[] = [];
    let count = 0;
    let worst = 0;
    const rig = new PlayoutRig({ network: { seed: 50, jitterMs }, driftPpm, signal: VOICE });
    rig.run(60 * MINUTE_MS * SCALE, ({ nowMs, depthMs, targetMs }) => {
      const { accelerated, decelerated } = rig.playout.statistics();
      if (nowMs > 2000) {
        worst = Math.max(worst, Math.abs(depthMs - targetMs));
        if (accelerated + decelerated > count) corrections.push(nowMs);
      }
      count = accelerated + decelerated;
    });
    const { resets, dropped, concealed } = rig.playout.statistics();
    expect({ resets, dropped }).toEqual({ resets: 0, dropped: 0 });
    expect(worst).toBeLessThanOrEqual(20);
    expect(corrections.length).toBeGreaterThan(0);
    expect(corrections.length).toBeLessThan((60 * MINUTE_MS * SCALE) / 20_000);
    // A correction of less than a tick may leave the rest to one short concealment.
    expect(concealed).toBeLessThanOrEqual(2 + corrections.length);
    for (let index = 1; index < corrections.length; index++) {
      expect((corrections[index] ?? 0) - (corrections[index - 1] ?? 0)).toBeGreaterThanOrEqual(4999);
    }
  });
});
