/** A media worker thread as the main thread holds it. */
import { Worker } from 'node:worker_threads';
import type { OpusPreferences } from './codec/opus-settings.js';
import type { UdpKind } from './datagram-ports.js';
import type { MediaCommand, MediaEvent } from './protocol.js';

/** The two directions of one worker, and its end. */
export interface WorkerLink {
  post(command: MediaCommand): void;
  onEvent(listener: (event: MediaEvent) => void): void;
  /** Called once, with the reason, if the worker ends without being asked to. */
  onCrash(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

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
  const worker = new Worker(entry, { workerData: start });
  let ending = false;
  let crashed: (reason: string) => void = () => undefined;
  let reason = 'the media worker exited';
  worker.on('error', (error) => {
    reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  worker.on('exit', () => {
    if (!ending) crashed(reason);
  });
  return {
    post: (command) => worker.postMessage(command),
    onEvent: (listener) => void worker.on('message', listener),
    onCrash: (listener) => void (crashed = listener),
    terminate: async () => {
      ending = true;
      await worker.terminate();
    },
  };
}
