/** The tool worker's thread as the main thread holds it. */
import { Worker } from 'node:worker_threads';
import type { ToolCommand, ToolEvent } from './protocol.js';

/** The two directions of a tool worker, and its end. */
export interface ToolLink {
  post(command: ToolCommand): void;
  onEvent(listener: (event: ToolEvent) => void): void;
  /** Called once, with the reason, if the worker ends without being asked to. */
  onCrash(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

/** Starts `tools/tool-worker.js` in a thread of its own. */
export function startToolThread(entry: URL): ToolLink {
  const worker = new Worker(entry);
  let ending = false;
  let crashed: (reason: string) => void = () => undefined;
  let reason = 'the tool worker exited';
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
