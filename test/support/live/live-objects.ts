/** Counts what this process holds, so that a test can say that everything was given back. */
import { createHook } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Kinds of handles that are told of by hooks, which see those that do not keep the process alive as well. */
const kinds = new Set(['Timeout', 'Immediate', 'UDPWRAP', 'TCPWRAP', 'TCPSERVERWRAP', 'MESSAGEPORT']);

/** Watches timers and handles made from now on, until it is stopped. */
export class HandleWatch {
  readonly #live = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, kind) => {
      if (kinds.has(kind)) this.#live.set(id, kind);
    },
    destroy: (id) => void this.#live.delete(id),
  });

  constructor() {
    this.#hook.enable();
  }

  /** Live ones by kind. */
  counts(): Record<string, number> {
    const counts = Object.fromEntries([...kinds].map((kind) => [kind, 0]));
    for (const kind of this.#live.values()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  stop(): void {
    this.#hook.disable();
  }
}

/** Open file descriptors of this process, all its threads included. */
export function openFiles(): number {
  // Looking takes one itself.
  return readdirSync('/proc/self/fd').length - 1;
}

/** Bytes of JavaScript objects on the main thread that are still reachable. */
export function reachableBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
