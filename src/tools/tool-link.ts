/** The tool worker's thread as the main thread holds it. */
import { startThread, type ThreadLink } from '../worker-thread.js';
import type { ToolCommand, ToolEvent } from './protocol.js';

/** The two directions of a tool worker, and its end. */
export type ToolLink = ThreadLink<ToolCommand, ToolEvent>;

/** Starts `tools/tool-worker.js` in a thread of its own. */
export function startToolThread(entry: URL): ToolLink {
  return startThread(entry, 'tool worker');
}
