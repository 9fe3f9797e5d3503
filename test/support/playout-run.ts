/** Runs of the playout rig that let the beginning settle and then count: what the tests of delay and loss have in common. */
import type { PlayoutStatistics } from '../../src/media/protocol.js';
import { PlayoutRig, tone, vowel, type RigOptions, type Signal, type TickRecord } from './playout-rig.js';

/** Full lengths (10 minutes, an hour) with MIXMINUS_LONG_TESTS=1; otherwise a tenth, so that the suite stays quick. */
export const SCALE = process.env.MIXMINUS_LONG_TESTS === undefined ? 0.1 : 1;
export const MINUTE_MS = 60_000;

/** 1 kHz at half of full scale. */
export const TONE = recorded(tone(1000));
/** Voiced sound of 120 Hz with the rhythm of syllables. */
export const VOICE = recorded(vowel(120));

/** What happened, split where counting began. */
export interface Run {
  readonly rig: PlayoutRig;
  /** The ticks that count. */
  readonly ticks: TickRecord[];
  readonly before: PlayoutStatistics;
  readonly after: PlayoutStatistics;
}

/** Runs `settleMs` that do not count, then `durationMs` that do. */
export function run(options: RigOptions, settleMs: number, durationMs: number, keepsAudio = false): Run {
  const rig = new PlayoutRig({ signal: VOICE, ...options });
  rig.run(settleMs, () => undefined);
  const before = rig.playout.statistics();
  const ticks: TickRecord[] = [];
  rig.run(durationMs, (tick) => ticks.push(tick), keepsAudio);
  return { rig, ticks, before, after: rig.playout.statistics() };
}

/** By how much a counter grew while it counted. */
export function grown({ before, after }: Run, key: keyof PlayoutStatistics): number {
  return after[key] - before[key];
}

/** The value below which `ratio` of all values lie. */
export function percentile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? NaN;
}

/** 8 kHz audio of one second, looked up: hours of it have to be cheap. */
function recorded(signal: Signal): Signal {
  const table = Float64Array.from({ length: 8000 }, (_, index) => signal(index / 8000));
  return (seconds) => table[Math.round(seconds * 8000) % 8000] ?? 0;
}
