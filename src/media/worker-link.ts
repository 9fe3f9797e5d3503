/** A media worker thread as the main thread holds it. */
import { startThread, type ThreadLink } from '../worker-thread.js';
import type { OpusPreferences } from './codec/opus-settings.js';
import type { UdpKind } from './datagram-ports.js';
import type { MediaCommand, MediaEvent } from './protocol.js';

/** The two directions of one worker, and its end. */
export type WorkerLink = ThreadLink<MediaCommand, MediaEvent>;

/** What a worker is given at its start. */
export interface WorkerStart {
  /** The compiled `wasm/build/dsp.wasm`. */
  readonly dsp: WebAssembly.Module;
  /** libopus, from `compileOpus`. */
  readonly opus: WebAssembly.Module;
  readonly opusPreferences: OpusPreferences;
  /** RNNoise, from `compileRnnoise`. */
  readonly rnnoise: WebAssembly.Module;
  /** How datagrams are to travel; `native` only where its addon loads. */
  readonly udp: UdpKind;
}

/** Starts `media/worker.js` in a thread of its own. */
export function startWorkerThread(entry: URL, start: WorkerStart): WorkerLink {
  return startThread(entry, 'media worker', start);
}
