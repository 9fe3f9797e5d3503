/** A recorder whose worker lives in this thread and works when the test says so, in a directory of its own. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { TapWriter } from '../../../src/media/tap/writer.js';
import { FsRecorder, type FsRecorderOptions } from '../../../src/tools/fs-recorder.js';
import type { RecordingEvent } from '../../../src/tools/port.js';
import type { ToolEvent } from '../../../src/tools/protocol.js';
import type { Disk } from '../../../src/tools/recorder/disk.js';
import { fsDisk } from '../../../src/tools/recorder/fs-disk.js';
import { RecorderTool } from '../../../src/tools/recorder/recorder-tool.js';
import type { ToolLink } from '../../../src/tools/tool-link.js';
import { ToolPlane } from '../../../src/tools/tool-plane.js';
import { soon } from '../live/soon.js';

/** What a recorder of a test is set to. */
export type RecorderSettings = Partial<Pick<FsRecorderOptions, 'minFreeBytes' | 'bufferS' | 'bufferBytes'>> & {
  readonly disk?: Disk;
};

/** What a test plays with. */
export class RecorderRig {
  /** Wall clock, ms. */
  wallMs = 1_700_000_000_000;
  /** Since the last start. */
  readonly events: RecordingEvent[] = [];
  readonly faults: string[] = [];
  #root = '';
  #settings: RecorderSettings = {};
  #recorder: FsRecorder | undefined;
  #worker: InProcessWorker | undefined;
  #nowMs = 0;

  /** Directory of all recordings. */
  get root(): string {
    return this.#root;
  }
  get recorder(): FsRecorder {
    if (!this.#recorder) throw new Error('No recorder was started.');
    return this.#recorder;
  }

  /** Starts a recorder, as at the start of a server, over a directory. */
  async start(root: string, settings: RecorderSettings = {}): Promise<void> {
    const { disk = fsDisk, ...options } = settings;
    this.#root = root;
    this.#settings = settings;
    this.#nowMs = 0;
    this.events.length = 0;
    this.faults.length = 0;
    const onFault = (detail: string): void => void this.faults.push(detail);
    const nowMs = () => this.#nowMs;
    const tools = new ToolPlane({
      onFault,
      spawn: () => {
        this.#worker = new InProcessWorker((emit) => new RecorderTool({ disk, owner: 'test', nowMs, emit }));
        return this.#worker;
      },
    });
    await tools.start();
    this.#recorder = new FsRecorder({
      tools,
      directory: root,
      minFreeBytes: 0,
      bufferS: 10,
      bufferBytes: 2 ** 24,
      ...options,
      wallMs: () => this.wallMs,
      onFault,
    });
    this.#recorder.onEvent((event) => this.events.push(event));
    await this.#recorder.start();
  }

  /** Another server over the same directory, with the same settings but these. */
  async restart(change: RecorderSettings = {}): Promise<void> {
    await this.recorder.close();
    await this.start(this.root, { ...this.#settings, ...change });
  }

  /** Lets time pass on the worker, which looks at its rings ten times a second. */
  pass(durationMs: number): void {
    for (const endMs = this.#nowMs + durationMs; this.#nowMs < endMs;) {
      this.#nowMs += 100;
      this.#worker?.poll(this.#nowMs);
    }
  }

  /** Ends the worker as a thread that throws does. */
  crash(): void {
    this.#worker?.crash();
  }

  /** Begins a recording and opens its ring. */
  async record(
    recordingId: string,
    { firstTick = 100, callId = 'call_1', maxLegs = 4 }: { firstTick?: number; callId?: string; maxLegs?: number } = {},
  ): Promise<TapWriter> {
    const ring = this.recorder.createRing(maxLegs);
    await this.recorder.begin({ recordingId, callId, callName: `name of ${callId}`, ring });
    return new TapWriter(ring, firstTick);
  }

  /** Ends a recording, and waits until so many have ended. */
  async finish(writer: TapWriter, endTick: number, count = 1): Promise<void> {
    writer.end(endTick);
    this.pass(100);
    await this.ended(count);
  }

  /** Waits until so many recordings have ended, which is told after files were read. */
  async ended(count = 1): Promise<void> {
    await soon(() => {
      const { events, faults } = this;
      if (events.length < count) throw new Error(`Only ${events.length} recordings ended: ${faults.join()}`);
    });
  }
}

/** A temporary directory, with links resolved; the caller removes it. */
export function temporaryDirectory(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'mixminus-recorder-')));
}

/** Starts a recorder over a directory. */
export async function startRecorder(root: string, settings: RecorderSettings = {}): Promise<RecorderRig> {
  const rig = new RecorderRig();
  await rig.start(root, settings);
  return rig;
}

/** The rig of the tests around: each of them finds a new recorder over an empty directory, which is removed after it. */
export function recorderHere(settings: RecorderSettings = {}): RecorderRig {
  const rig = new RecorderRig();
  beforeEach(() => rig.start(temporaryDirectory(), settings));
  afterEach(async () => {
    await rig.recorder.close();
    removeDirectory(rig.root);
  });
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
