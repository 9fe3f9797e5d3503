/** What networks and clocks do to the delay of a stream: the cases of which the trace is plotted. */
import type { PlayoutStatistics } from '../../src/media/protocol.js';
import { PlayoutRig, type RigOptions, type SentPacket } from './playout-rig.js';
import { MINUTE_MS, TONE, VOICE, percentile } from './playout-run.js';

/** One stream. */
export interface DelayCase {
  readonly name: string;
  readonly options: RigOptions;
  readonly durationMs: number;
  /** When the network is calm again; undefined: it stays as it is. */
  readonly recoversMs?: number;
}

/** The calls begin with this, ms: what comes of it is not counted. */
const SETTLE_MS = 2000;
const HOUR_MS = 60 * MINUTE_MS;
const TROUBLE_MS = 10_000;
const PTIME_MS = 20;
const RATE_HZ = 8000;
const FIRST_TIMESTAMP = 5000;

/** Nothing of this length arrives at all. */
function gap(durationMs: number): (packet: SentPacket) => SentPacket | undefined {
  return (packet) => {
    const mediaMs = ((packet.timestampRtp - FIRST_TIMESTAMP) / RATE_HZ) * 1000;
    return mediaMs >= TROUBLE_MS && mediaMs < TROUBLE_MS + durationMs ? undefined : packet;
  };
}

const calmAfterJitter = { calmFromMs: 40_000 };
const delayMs = 5;

/** All cases, the longest last. */
export const delayCases: readonly DelayCase[] = [
  { name: 'no jitter', options: { network: { seed: 1 } }, durationMs: 50_000 },
  ...[30, 60].map((jitterMs) => ({
    name: `jitter of ${jitterMs} ms until 40 s`,
    options: { network: { seed: 3, delayMs, jitterMs, ...calmAfterJitter } },
    durationMs: 50_000,
    recoversMs: calmAfterJitter.calmFromMs,
  })),
  {
    name: '400 ms lost at 10 s',
    options: { network: { seed: 4, jitterMs: 5 }, alter: gap(400) },
    durationMs: 20_000,
    recoversMs: TROUBLE_MS + 400 + PTIME_MS,
  },
  {
    name: '400 ms held back at 10 s, then all at once',
    options: {
      network: { seed: 5, jitterMs: 5, keepsOrder: true, stalls: [{ atMs: TROUBLE_MS, durationMs: 400 }] },
    },
    durationMs: 20_000,
    recoversMs: TROUBLE_MS + 400,
  },
  {
    name: '5 % overtaken by 2 packets until 40 s',
    options: { network: { seed: 6, delayMs, jitterMs: 2, reorderRatio: 0.05, reorderMs: 45, ...calmAfterJitter } },
    durationMs: 50_000,
    recoversMs: calmAfterJitter.calmFromMs,
  },
  ...[200, -200].map((driftPpm) => ({
    name: `clock ${driftPpm > 0 ? '+' : ''}${driftPpm} ppm, 2 ms of jitter, 1 h`,
    options: { network: { seed: 7, jitterMs: 2 }, driftPpm, signal: VOICE },
    durationMs: HOUR_MS,
  })),
];

type Counter = 'concealed' | 'accelerated' | 'decelerated' | 'dropped' | 'resets';

/** What became of a case, ticks in order. */
export interface DelayTrace {
  readonly timesMs: number[];
  readonly depthMs: number[];
  readonly targetMs: number[];
  readonly concealedAtMs: number[];
  /** From the end of settling on. */
  readonly counted: Readonly<Record<Counter, number>>;
  readonly ticks: number;
  /** Median delay of the last three seconds. */
  readonly restMs: number;
  /** From the end of the trouble until the delay stays within a tick of the final target; undefined: no such end. */
  readonly recoveryMs: number | undefined;
}

/** Runs a case. */
export function traceDelay({ options, durationMs, recoversMs }: DelayCase): DelayTrace {
  const rig = new PlayoutRig({ signal: TONE, phaseMs: 12, ...options });
  const trace = { timesMs: [] as number[], depthMs: [] as number[], targetMs: [] as number[] };
  const concealedAtMs: number[] = [];
  let settled = rig.playout.statistics();
  rig.run(durationMs, ({ nowMs, outcome, depthMs, targetMs }) => {
    if (nowMs <= SETTLE_MS) settled = rig.playout.statistics();
    else if (outcome === 'concealed') concealedAtMs.push(nowMs);
    trace.timesMs.push(nowMs);
    trace.depthMs.push(depthMs);
    trace.targetMs.push(targetMs);
  });
  const finalMs = percentile(trace.targetMs.slice(-150), 0.5);
  const lastAway = trace.depthMs.findLastIndex((depthMs) => !(Math.abs(depthMs - finalMs) <= 20));
  const awayMs = trace.timesMs[lastAway] ?? 0;
  return {
    ...trace,
    concealedAtMs,
    counted: difference(rig.playout.statistics(), settled),
    ticks: trace.timesMs.length - SETTLE_MS / 20,
    restMs: percentile(trace.depthMs.slice(-150), 0.5),
    recoveryMs: recoversMs === undefined ? undefined : Math.max(0, awayMs - recoversMs),
  };
}

function difference(after: PlayoutStatistics, before: PlayoutStatistics): DelayTrace['counted'] {
  const grown = (key: Counter) => after[key] - before[key];
  return {
    concealed: grown('concealed'),
    accelerated: grown('accelerated'),
    decelerated: grown('decelerated'),
    dropped: grown('dropped'),
    resets: grown('resets'),
  };
}
