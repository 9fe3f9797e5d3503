/**
 * How many tracks the recorder keeps up with: `npx tsx bench/recorder.ts [directory]`, default a temporary one.
 *
 * Every leg of every call says something all the time. The rings are filled a tenth of a second at a time and the recorder
 * looks at them as often as it does in the server; what it takes of its thread is measured, and what that makes per track.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTapRing } from '../src/media/tap/ring.js';
import { TapWriter } from '../src/media/tap/writer.js';
import { fsDisk } from '../src/tools/recorder/fs-disk.js';
import { RecorderTool } from '../src/tools/recorder/recorder-tool.js';

const TICKS_PER_LOOK = 5;
const TICK_MS = 20;
const LOOKS = 200;
const WARM_LOOKS = 20;

const parent = process.argv[2] ?? tmpdir();
const noise = Float32Array.from({ length: 960 }, () => Math.random() - 0.5);

console.log(`${(LOOKS * TICKS_PER_LOOK * TICK_MS) / 1000} s of calls in which everybody speaks`);
console.log('calls × legs │ tracks │ µs per track and tick │ of one thread │ longest look, ms');
for (const [calls, legs] of [
  [1, 10],
  [1, 100],
  [10, 10],
  [33, 3],
  [30, 10],
] as const) {
  const { busyMs, longestMs } = measure(calls, legs);
  const ticks = LOOKS * TICKS_PER_LOOK;
  const perTrackUs = (busyMs * 1000) / (ticks * calls * legs);
  console.log(
    [
      `${calls} × ${legs}`.padStart(12),
      String(calls * legs).padStart(6),
      perTrackUs.toFixed(1).padStart(21),
      `${((100 * busyMs) / (ticks * TICK_MS)).toFixed(1)} %`.padStart(13),
      longestMs.toFixed(0).padStart(16),
    ].join(' │ '),
  );
}

/** @returns time the recorder took while the calls went on, in all and for one look */
function measure(calls: number, legs: number): { busyMs: number; longestMs: number } {
  const root = mkdtempSync(join(parent, 'mixminus-bench-'));
  let nowMs = 0;
  const tool = new RecorderTool({
    disk: fsDisk,
    owner: 'bench',
    nowMs: () => nowMs,
    emit: (event) => {
      const failed = event.type === 'fault' || (event.type === 'recordingEnded' && event.status === 'failed');
      if (failed) console.log(event);
    },
  });
  tool.command({ type: 'openRecordings', requestId: -1, settings: { root, minFreeBytes: 0 } });
  const writers = Array.from({ length: calls }, (_, call) => {
    const ring = createTapRing(legs, 1);
    const order = { recordingId: `recording_${call}`, callId: `call_${call}`, callName: '', ring };
    tool.command({ type: 'beginRecording', requestId: call, order, startedAtMs: 0 });
    return new TapWriter(ring, 0);
  });
  let busyMs = 0;
  let longestMs = 0;
  for (let look = 0; look < WARM_LOOKS + LOOKS; look++) {
    for (const writer of writers) {
      for (let tick = look * TICKS_PER_LOOK; tick < (look + 1) * TICKS_PER_LOOK; tick++) {
        writer.begin(tick);
        for (let leg = 0; leg < legs; leg++) writer.frame(leg, `leg_${leg}`, 'audio', noise);
        writer.commit();
      }
    }
    nowMs += TICKS_PER_LOOK * TICK_MS;
    const beforeMs = performance.now();
    while (tool.poll(nowMs));
    const tookMs = performance.now() - beforeMs;
    if (look < WARM_LOOKS) continue;
    busyMs += tookMs;
    longestMs = Math.max(longestMs, tookMs);
  }
  for (const writer of writers) writer.end((WARM_LOOKS + LOOKS) * TICKS_PER_LOOK);
  tool.command({ type: 'finishRecordings', requestId: -1 });
  rmSync(root, { recursive: true });
  return { busyMs, longestMs };
}
