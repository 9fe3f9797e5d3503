/** A recorder whose worker lives in this thread and works when the test says so, in a directory of its own. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TapWriter } from '../../../src/media/tap/writer.js';
import { FsRecorder, type FsRecorderOptions } from '../../../src/tools/fs-recorder.js';
import type { RecordingEvent } from '../../../src/tools/port.js';
import type { ToolEvent } from '../../../src/tools/protocol.js';
import type { Disk } from '../../../src/tools/recorder/disk.js';
import { fsDisk } from '../../../src/tools/recorder/fs-disk.js';
import { RecorderTool } from '../../../src/tools/recorder/recorder-tool.js';
import type { ToolLink } from '../../../src/tools/tool-link.js';
import { ToolPlane } from '../../../src/tools/tool-plane.js';

/** What a test plays with. */
export interface RecorderRig {
  /** Directory of all recordings. */
  readonly root: string;
  readonly recorder: FsRecorder;
  readonly events: readonly RecordingEvent[];
  readonly faults: readonly string[];
  /** Lets time pass on the worker, which looks at its rings ten times a second. */
  pass(durationMs: number): void;
  /** Ends the worker as a thread that throws does. */
  crash(): void;
  /** Begins a recording and opens its ring. */
  record(recordingId: string, options?: { firstTick?: number; callId?: string; maxLegs?: number }): Promise<TapWriter>;
  /** Waits until so many recordings have ended, which is told after files were read. */
  ended(count?: number): Promise<void>;
  /** Wall clock, ms. */
  wallMs: number;
}

/** A temporary directory, with links resolved; the caller removes it. */
export function temporaryDirectory(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'mixminus-recorder-')));
}

/** Starts a recorder over a directory. */
export async function startRecorder(
  root: string,
  options: Partial<Pick<FsRecorderOptions, 'minFreeBytes' | 'bufferS' | 'bufferBytes'>> & { disk?: Disk } = {},
): Promise<RecorderRig> {
  const { disk = fsDisk, ...settings } = options;
  let nowMs = 0;
  let worker: InProcessWorker | undefined;
  const events: RecordingEvent[] = [];
  const faults: string[] = [];
  const onFault = (detail: string): void => void faults.push(detail);
  const tools = new ToolPlane({
    onFault,
    spawn: () => {
      worker = new InProcessWorker((emit) => new RecorderTool({ disk, owner: 'test', nowMs: () => nowMs, emit }));
      return worker;
    },
  });
  await tools.start();
  const recorder = new FsRecorder({
    tools,
    directory: root,
    minFreeBytes: 0,
    bufferS: 10,
    bufferBytes: 2 ** 24,
    ...settings,
    wallMs: () => rig.wallMs,
    onFault,
  });
  recorder.onEvent((event) => events.push(event));
  const rig: RecorderRig = {
    root,
    recorder,
    events,
    faults,
    wallMs: 1_700_000_000_000,
    pass(durationMs) {
      for (const endMs = nowMs + durationMs; nowMs < endMs;) {
        nowMs += 100;
        worker?.poll(nowMs);
      }
    },
    crash: () => worker?.crash(),
    async ended(count = 1) {
      const deadlineMs = performance.now() + 10_000;
      while (events.length < count) {
        if (performance.now() > deadlineMs) throw new Error(`Only ${events.length} recordings ended: ${faults.join()}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async record(recordingId, { firstTick = 100, callId = 'call_1', maxLegs = 4 } = {}) {
      const ring = recorder.createRing(maxLegs);
      await recorder.begin({ recordingId, callId, callName: `name of ${callId}`, ring });
      return new TapWriter(ring, firstTick);
    },
  };
  await recorder.start();
  return rig;
}

/** Removes a directory of recordings. */
export function removeDirectory(root: string): void {
  rmSync(root, { recursive: true, force: true });
}

/** {@link ToolLink} without a thread; messages travel as they do between threads: later, and in order. */
class InProcessWorker implements ToolLink {
  readonly #tool: RecorderTool;
  #onEvent: (event: ToolEvent) => void = () => undefined;
  #onCrash: (reason: string) => void = () => undefined;
  #alive = true;

  constructor(makeTool: (emit: (event: ToolEvent) => void) => RecorderTool) {
    this.#tool = makeTool((event) => this.#emit(event));
    this.#emit({ type: 'ready' });
  }

  post(command: Parameters<ToolLink['post']>[0]): void {
    queueMicrotask(() => {
      if (!this.#alive) return;
      this.#tool.command(command);
    });
  }

  poll(nowMs: number): void {
    while (this.#alive && this.#tool.poll(nowMs));
  }

  crash(): void {
    this.#alive = false;
    this.#onCrash('the test made it crash');
  }

  onEvent(listener: (event: ToolEvent) => void): void {
    this.#onEvent = listener;
  }

  onCrash(listener: (reason: string) => void): void {
    this.#onCrash = listener;
  }

  async terminate(): Promise<void> {
    this.#alive = false;
  }

  #emit(event: ToolEvent): void {
    queueMicrotask(() => this.#onEvent(structuredClone(event)));
  }
}
