/** A worker thread as the main thread holds it, whatever its plane is. */
import { Worker } from 'node:worker_threads';

/** The two directions of a worker thread, and its end. */
export interface ThreadLink<Command, Event> {
  post(command: Command): void;
  onEvent(listener: (event: Event) => void): void;
  /** Called once, with the reason, if the thread ends without being asked to. */
  onCrash(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

/**
 * Starts a thread of its own.
 * @param name       what to call it when it ends without a reason
 * @param workerData given to it at its start
 */
export function startThread<Command, Event>(
  entry: URL,
  name: string,
  workerData?: unknown,
): ThreadLink<Command, Event> {
  const worker = new Worker(entry, { workerData });
  let ending = false;
  let crashed: (reason: string) => void = () => undefined;
  let reason = `the ${name} exited`;
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
