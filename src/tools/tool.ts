import type { ToolCommand } from './protocol.js';

/**
 * One kind of tool on the tool worker: recorder now; mixes, transcribers and streams later. It reads its rings when it is
 * polled, and shares the thread with the others, so that no turn may take long; it may wait for a disk.
 */
export interface Tool {
  /** @returns whether the command was for this tool */
  command(command: ToolCommand): boolean;
  /** Does what is due. @returns whether there is more to do right now */
  poll(nowMs: number): boolean;
}
