/**
 * What jitter, gaps, bursts, reordering and clocks that drift do to the delay of a stream, and how long that stays: a table,
 * and a picture of all traces.
 *
 *     npx tsx bench/delay.ts [folder for delay.png]
 *
 * The jitter buffer gets packets of 20 ms through an emulated network on an imaginary clock; everybody gets the same table.
 * Counting begins after two seconds. "Back" is the time from the end of the trouble until the delay stays within a tick of
 * the target it has in the end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DelayCase, type DelayTrace, delayCases, traceDelay } from '../test/support/delay-cases.js';
import { percentile } from '../test/support/playout-run.js';
import { type Panel, drawPanels } from '../test/support/plot/panels.js';

const BLUE = 0x1f5fbf;
const ORANGE = 0xe08020;
const RED = 0xd01010;
/** Points of a curve; the greatest of those between is drawn. */
const POINTS = 1250;

const columns = ['delay p50', 'p95', 'max', 'end', 'concealed', 'back', 'shorter', 'longer', 'dropped', 'resets'];
const widths = [11, 6, 6, 6, 11, 9, 9, 8, 9, 8];

const [folder] = process.argv.slice(2);
console.log(row('', columns));
const panels = delayCases.map((delayCase) => {
  const trace = traceDelay(delayCase);
  console.log(row(delayCase.name, cells(trace)));
  return panelOf(delayCase, trace);
});
console.log(
  '\ndelay in ms: how long the fastest of the recent packets waits to be played; corrections counted one by one',
);
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'delay.png');
  writeFileSync(path, drawPanels(panels));
  console.log(`traces: ${path}`);
}

function cells({ depthMs, restMs, counted, ticks, recoveryMs }: DelayTrace): string[] {
  return [
    ...[0.5, 0.95, 1].map((ratio) => percentile(depthMs, ratio).toFixed(0)),
    restMs.toFixed(0),
    `${((100 * counted.concealed) / ticks).toFixed(2)} %`,
    recoveryMs === undefined ? '-' : `${(recoveryMs / 1000).toFixed(2)} s`,
    ...[counted.accelerated, counted.decelerated, counted.dropped, counted.resets].map(String),
  ];
}

function row(name: string, values: readonly string[]): string {
  return name.padEnd(44) + values.map((value, i) => value.padStart(widths[i] ?? 8)).join('');
}

function panelOf({ name, durationMs }: DelayCase, trace: DelayTrace): Panel {
  const isLong = durationMs > 600_000;
  const unitMs = isLong ? 60_000 : 1000;
  const stride = Math.max(1, Math.floor(trace.timesMs.length / POINTS));
  const thin = (values: readonly number[]) =>
    Array.from({ length: Math.floor(values.length / stride) }, (_, i) =>
      Math.max(...values.slice(i * stride, (i + 1) * stride)),
    );
  return {
    title: name,
    timeUnit: isLong ? 'minutes' : 'seconds',
    valueUnit: 'ms',
    times: thin(trace.timesMs).map((timeMs) => timeMs / unitMs),
    curves: [
      { name: 'delay', colour: BLUE, values: thin(trace.depthMs) },
      { name: 'target', colour: ORANGE, values: thin(trace.targetMs) },
    ],
    marks: { name: 'concealed', colour: RED, times: trace.concealedAtMs.map((timeMs) => timeMs / unitMs) },
  };
}
