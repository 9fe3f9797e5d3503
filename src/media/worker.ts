/** Entry of a media worker thread: its clock, its sockets, its calls, and the line to the control plane. */
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { OpusLibrary } from './codec/opus-library.js';
import { Kernels } from './dsp/kernels.js';
import { LevelMeter } from './dsp/level.js';
import { resamplerTaps } from './dsp/resampler-taps.js';
import { Rnnoise } from './dsp/rnnoise.js';
import type { MediaCommand, MediaEvent } from './protocol.js';
import { ownThread, preferThisThread } from './thread.js';
import { Ticker } from './ticker.js';
import { openUdp } from './udp.js';
import { WorkerCalls } from './worker-calls.js';
import type { WorkerStart } from './worker-link.js';

if (!parentPort) throw new Error('This is the entry of a worker thread.');
const port = parentPort;
const emit = (event: MediaEvent): void => port.postMessage(event);

preferThisThread();
const { dsp, opus, opusPreferences, rnnoise, udp } = workerData as WorkerStart;
const kernels = new Kernels(dsp, new OpusLibrary(opus, opusPreferences));
// Their design takes as long as a tick: the first call's first tick must not wait for it.
for (const rateHz of [8000, 16_000] as const) resamplerTaps(kernels, rateHz);
const ports = openUdp(udp, () => performance.now());
const calls = new WorkerCalls({
  kernels,
  meter: new LevelMeter(kernels),
  rnnoise: new Rnnoise(rnnoise),
  ports,
  emit,
  nowMs: () => performance.now(),
  wallOffsetMs: performance.timeOrigin,
  heapUsedBytes: () => getHeapStatistics().used_heap_size,
});
port.on('message', (command: MediaCommand) => calls.command(command));
new Ticker(ownThread, (turn) => calls.tick(turn)).start();
emit({ type: 'ready' });
