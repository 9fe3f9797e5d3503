import { FsRecorder } from '../../../src/tools/fs-recorder.js';
import { startToolThread } from '../../../src/tools/tool-link.js';

/** The compiled worker: threads run compiled code. */
const entry = new URL('../../../dist/tools/tool-worker.js', import.meta.url);

/** A recorder over a directory with a tool worker of its own, as the server has it. */
export function liveRecorder(
  directory: string,
  onFault: (detail: string) => void = () => undefined,
  minFreeBytes = 0,
): FsRecorder {
  return new FsRecorder({
    directory,
    minFreeBytes,
    bufferS: 10,
    bufferBytes: 64_000_000,
    wallMs: () => Date.now(),
    onFault,
    spawn: (recordings) => startToolThread(entry, { recordings }),
  });
}
