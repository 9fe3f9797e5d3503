import { FsRecorder } from '../../../src/tools/fs-recorder.js';
import { startToolThread } from '../../../src/tools/tool-link.js';
import { ToolPlane } from '../../../src/tools/tool-plane.js';

/** The compiled worker: threads run compiled code. */
const entry = new URL('../../../dist/tools/tool-worker.js', import.meta.url);

/** A recorder, not started, and its worker, which is. */
export interface LiveRecorder {
  readonly recorder: FsRecorder;
  readonly close: () => Promise<void>;
}

/** A recorder over a directory with a tool worker of its own, as the server has it. */
export async function liveRecorder(
  directory: string,
  onFault: (detail: string) => void = () => undefined,
  minFreeBytes = 0,
): Promise<LiveRecorder> {
  const tools = new ToolPlane({ spawn: () => startToolThread(entry), onFault });
  await tools.start();
  const recorder = new FsRecorder({
    tools,
    directory,
    minFreeBytes,
    bufferS: 10,
    bufferBytes: 64_000_000,
    wallMs: () => Date.now(),
    onFault,
  });
  return {
    recorder,
    async close() {
      await recorder.close();
      await tools.close();
    },
  };
}
