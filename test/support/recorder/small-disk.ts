/**
 * A process that records onto a disk of 5 MB of its own (a tmpfs that only it sees) until that is full, then copies what is
 * there to where others see it. Run under `unshare -Urm` with the two directories as its arguments; prints one JSON line.
 */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { TapWriter } from '../../../src/media/tap/writer.js';
import type { RecordingEvent } from '../../../src/tools/port.js';
import { liveRecorder } from './live-recorder.js';
import { play } from './script.js';

const [, , disk = '', copy = ''] = process.argv;
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'none', disk]);
const faults: string[] = [];
const { recorder, close } = await liveRecorder(disk, (detail) => faults.push(detail), 1_000_000);
await recorder.start();
let event: RecordingEvent | undefined;
recorder.onEvent((told) => (event = told));
const ring = recorder.createRing(2);
await recorder.begin({ recordingId: 'recording_1', callId: 'call_1', callName: 'a call', ring });
const writer = new TapWriter(ring, 0);
let tick = 0;
// 96 kB per second and leg: full after some 25 s of the call, which goes on for 40 s all the same.
while (tick < 2000) {
  play(writer, { leg_a: (at) => 1 + at, leg_b: (at) => 2 + at }, tick, tick + 50);
  tick += 50;
  await new Promise((resolve) => setTimeout(resolve, 120));
}
const again = await recorder
  .begin({ recordingId: 'recording_2', callId: 'call_1', callName: 'a call', ring: recorder.createRing(1) })
  .then(() => 'begun', String);
cpSync(disk, copy, { recursive: true });
process.stdout.write(`${JSON.stringify({ event, faults, again, droppedTicks: writer.droppedTicks })}\n`);
await close();
