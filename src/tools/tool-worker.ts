/**
 * Entry of the tool worker: a thread that may wait for disks and sockets, because rings stand between it and the calls.
 * It looks at the rings ten times a second; they hold seconds.
 */
import { parentPort } from 'node:worker_threads';
import type { ToolCommand, ToolEvent } from './protocol.js';
import { fsDisk } from './recorder/fs-disk.js';
import { ownerOf } from './recorder/owner.js';
import { RecorderTool } from './recorder/recorder-tool.js';
import type { Tool } from './tool.js';

if (!parentPort) throw new Error('This is the entry of a worker thread.');
const port = parentPort;
const emit = (event: ToolEvent): void => port.postMessage(event);
const pollEveryMs = 100;

const nowMs = () => performance.now();
const tools: readonly Tool[] = [new RecorderTool({ disk: fsDisk, owner: ownerOf(process.pid), nowMs, emit })];

port.on('message', (command: ToolCommand) => {
  for (const tool of tools) if (tool.command(command)) return;
});

function look(): void {
  let more = false;
  for (const tool of tools) more = tool.poll(nowMs()) || more;
  if (more) setImmediate(look);
  else setTimeout(look, pollEveryMs);
}
look();
emit({ type: 'ready' });
