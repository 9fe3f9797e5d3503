/**
 * A process that records until it is killed: one recording that has ended, one that goes on in real time. It prints a line
 * for each tick in the ring. Run with the directory of recordings as its only argument.
 */
import { once } from 'node:events';
import { TapWriter } from '../../../src/media/tap/writer.js';
import { liveRecorder } from './live-recorder.js';
import { play } from './script.js';
import { mortalScript, purgedBefore } from './mortal-script.js';

const [, , directory = ''] = process.argv;
const { recorder } = await liveRecorder(directory, (detail) => process.stderr.write(`${detail}\n`));
await recorder.start();

async function record(recordingId: string): Promise<TapWriter> {
  const ring = recorder.createRing(4);
  await recorder.begin({ recordingId, callId: 'call_1', callName: 'a call', ring });
  return new TapWriter(ring, 0);
}

const done = new Promise<void>((resolve) => recorder.onEvent(() => resolve()));
const first = await record('recording_done');
play(first, mortalScript, 0, 100);
first.end(100);
await done;

const writer = await record('recording_live');
process.stdout.write('live\n');
const startedMs = performance.now();
let tick = 0;
let purged = false;
for (;;) {
  const now = Math.floor((performance.now() - startedMs) / 20);
  if (now > tick) {
    play(writer, mortalScript, tick, now);
    tick = now;
    if (!process.stdout.write(`tick ${tick}\n`)) await once(process.stdout, 'drain');
  }
  if (tick > purgedBefore + 20 && !purged) {
    purged = true;
    void recorder.purge('recording_live', 'leg_b', purgedBefore).then(() => process.stdout.write('purged\n'));
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}
