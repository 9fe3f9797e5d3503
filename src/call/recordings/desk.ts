import { asCodedError, CodedError } from '../../errors.js';
import type { Recorder, RecordingEvent, RecordingInfo } from '../../tools/port.js';
import type { Call } from '../call.js';
import { within } from '../clock.js';
import type { Purger } from '../consent/desk.js';
import type { ConsentPurge } from '../consent/facts.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import { isNoteworthy, noteOf, presenceOf } from './notes.js';
import { Recording } from './recording.js';
import { type RecordingView, viewRecording } from './view.js';

/** Recordings of one call at a time. Each has a ring, a thread's attention and a file per leg of its own. */
const maxPerCall = 4;
/** How long the media plane may take to close a tap before the recording is ended without it. */
const tapLimitMs = 2_000;
/** How long a call that ends waits for its files to be finished; after that they are finished all the same. */
const finishLimitMs = 5_000;
/** Recordings of one call that a purge looks through. */
const maxPurged = 1_000;

/**
 * Recordings of calls: has the media plane fill a ring, the recorder write it, and the record told. What reaches the ring is
 * decided in the tick: of a leg that has not consented, silence.
 */
export class RecordingDesk implements Purger {
  readonly #context: CallContext;
  readonly #recorder: Recorder;
  readonly #open = new Map<string, Recording>();
  /** Calls that were told to be recorded from the first leg on, and are. */
  readonly #recordedByPolicy = new Set<string>();
  readonly #totals = new Map<string, number>();

  constructor(context: CallContext, recorder: Recorder) {
    this.#context = context;
    this.#recorder = recorder;
    recorder.onEvent((event) => {
      this.#onRecorder(event);
    });
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
    context.mediaEvents.subscribe((event) => {
      if (event.type === 'callFailed') this.#mediaFailed(event.callId);
    });
  }

  /** Facts about recordings so far, by kind (`started`, `completed`, …). */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }
  /** Recordings going on. */
  get active(): number {
    return this.#open.size;
  }

  /**
   * Begins a recording. Where the policy asks for consent before recordings, whoever has not answered is asked now; the
   * recording begins at once, with their silence.
   * @throws CodedError `callNotFound`, `callEnded`, `capacityReached`, `recordingFailed`
   */
  async start(callId: string): Promise<RecordingView> {
    const recording = await this.#start(this.#context.registry.get(callId));
    return this.#view(await this.#recorder.get(recording.id));
  }

  /**
   * Ends a recording; nothing when it has ended.
   * @param waitMs so long for its files to be finished
   * @throws CodedError `callNotFound`, `recordingNotFound`
   */
  async stop(callId: string, recordingId: string, waitMs = 0): Promise<RecordingView> {
    this.#context.registry.get(callId);
    const recording = this.#open.get(recordingId);
    if (recording?.call.id === callId) {
      await this.#stop(recording);
      if (waitMs > 0) await within(this.#context.clock, waitMs, recording.over, undefined);
    }
    const info = await this.#recorder.get(recordingId);
    if (info.callId !== callId) throw new CodedError('recordingNotFound');
    return this.#view(info);
  }

  /**
   * Newest first, of calls that are over, too.
   * @param query.after id of the last one of the page before
   */
  async list(query: { callId: string | undefined; after: string | undefined; limit: number }): Promise<{
    readonly items: readonly RecordingView[];
    /** Where to continue; undefined = this was the last page. */
    readonly next: string | undefined;
  }> {
    const found = await this.#recorder.list({ ...query, limit: query.limit + 1 });
    const items = found.slice(0, query.limit).map((info) => this.#view(info));
    return { items, next: found.length > query.limit ? items.at(-1)?.id : undefined };
  }

  /** @throws CodedError `recordingNotFound` */
  async get(recordingId: string): Promise<RecordingView> {
    return this.#view(await this.#recorder.get(recordingId));
  }

  /** Path of a file to read. @throws CodedError `recordingNotFound` */
  async filePath(recordingId: string, name: string): Promise<string> {
    return this.#recorder.filePath(recordingId, name);
  }

  /** @throws CodedError `recordingNotFound`, `recordingActive` */
  async remove(recordingId: string): Promise<void> {
    await this.#recorder.remove(recordingId);
  }

  async purge(callId: string, legId: string, beforeTick: number): Promise<ConsentPurge> {
    const recordingIds: string[] = [];
    const failedRecordingIds: string[] = [];
    const known = await this.#recorder.list({ callId, after: undefined, limit: maxPurged });
    const concerned = known.filter(
      ({ recordingId, files }) => this.#open.has(recordingId) || files.some((file) => file.legId === legId),
    );
    for (const { recordingId } of concerned) {
      try {
        await this.#recorder.purge(recordingId, legId, beforeTick);
        recordingIds.push(recordingId);
      } catch (thrown) {
        this.#context.log.error({ err: thrown, recordingId, legId }, 'A recording could not be purged of a leg.');
        failedRecordingIds.push(recordingId);
      }
    }
    return { beforeTick, recordingIds, failedRecordingIds };
  }

  /** The recorder does not know of a stop before it has read the ring to its end. */
  #view(info: RecordingInfo): RecordingView {
    const stops = info.status === 'recording' && this.#open.get(info.recordingId)?.phase === 'stopping';
    return viewRecording(stops ? { ...info, status: 'stopping' } : info);
  }

  async #start(call: Call): Promise<Recording> {
    if (!call.open) throw new CodedError('callEnded');
    if (this.#of(call.id).length >= maxPerCall) {
      throw new CodedError('capacityReached', `The call has ${maxPerCall} recordings going on.`);
    }
    const recording = new Recording(this.#context.ids.next('recording'), call);
    this.#open.set(recording.id, recording);
    const noMore = call.finishFirst(() => this.#finish(recording));
    void recording.over.then(noMore);
    try {
      await this.#begin(recording);
    } catch (thrown) {
      const error = asCodedError(thrown);
      this.#recorder.abandon(recording.id, error.detail);
      this.#fail(recording, undefined, error.detail);
      throw error;
    }
    return recording;
  }

  async #begin(recording: Recording): Promise<void> {
    const { id, call } = recording;
    const ring = this.#recorder.createRing(call.policy.maxLegs);
    await this.#recorder.begin({ recordingId: id, callId: call.id, callName: call.name, ring });
    if (!call.open) throw new CodedError('callEnded');
    for (const leg of call.legs) this.#recorder.note(id, presenceOf(leg, call.tick, this.#context.clock.nowMs()));
    const { tick } = await call.media.openTap(id, ring);
    if (this.#open.has(id)) {
      recording.phase = 'recording';
      call.tell('recording.started', undefined, { recordingId: id, firstTick: tick }, tick);
      // Nothing was stopped when the call began to end.
      if (!call.open) await this.#closeTap(recording);
    } else {
      // It failed while the tap was being opened.
      await call.media.closeTap(id).catch(() => undefined);
      throw new CodedError('recordingFailed');
    }
  }

  /** Resolves when the recorder will get no more; its files may still be being finished. */
  async #stop(recording: Recording): Promise<void> {
    if (recording.phase === 'recording') recording.stopping = this.#closeTap(recording);
    await recording.stopping;
  }

  async #closeTap(recording: Recording): Promise<void> {
    const { id, call } = recording;
    recording.phase = 'stopping';
    const closed = await within(this.#context.clock, tapLimitMs, call.media.closeTap(id), undefined).catch(
      () => undefined,
    );
    call.tell('recording.stopped', undefined, { recordingId: id, endTick: closed?.tick }, closed?.tick);
    if (closed === undefined) this.#recorder.abandon(id, 'The media plane did not close the tap.');
  }

  /** The call ends when this has resolved. */
  async #finish(recording: Recording): Promise<void> {
    await this.#stop(recording);
    await within(this.#context.clock, finishLimitMs, recording.over, undefined);
  }

  #onRecorder({ type, recordingId, info }: RecordingEvent): void {
    const recording = this.#open.get(recordingId);
    if (recording === undefined) return;
    if (type === 'recordingFailed') {
      this.#fail(recording, info, info.failure ?? 'The recording failed.');
    } else if (this.#close(recording)) {
      recording.call.tell('recording.completed', undefined, outcomeOf(recordingId, info));
    }
  }

  #fail(recording: Recording, info: RecordingInfo | undefined, failure: string): void {
    // The ring has no reader any more.
    if (recording.phase === 'recording') recording.call.media.closeTap(recording.id).catch(() => undefined);
    if (!this.#close(recording)) return;
    this.#context.log.error({ recordingId: recording.id, callId: recording.call.id, failure }, 'A recording failed.');
    recording.call.tell('recording.failed', undefined, { ...outcomeOf(recording.id, info), failure });
  }

  #close(recording: Recording): boolean {
    if (!this.#open.delete(recording.id)) return false;
    recording.finish();
    return true;
  }

  /** Its rings get no end, whether one was asked for or not. */
  #mediaFailed(callId: string): void {
    for (const { id } of this.#of(callId)) this.#recorder.abandon(id, 'The media of the call failed.');
  }

  #onEvent(event: CallEvent): void {
    const call = this.#context.registry.find(event.callId);
    if (event.type.startsWith('recording.')) this.#count(event.type.slice('recording.'.length));
    if (isNoteworthy(event)) {
      const note = noteOf(event);
      for (const { id, phase } of this.#of(event.callId)) if (phase !== 'over') this.#recorder.note(id, note);
    }
    if (call !== undefined && (event.type === 'call.updated' || isFirstLeg(event))) this.#recordByPolicy(call);
    if (event.type === 'call.ended') this.#recordedByPolicy.delete(event.callId);
  }

  /** Begins the recording the policy wants, once there is a leg and unless it was begun before. */
  #recordByPolicy(call: Call): void {
    if (call.policy.record !== true || call.legCount === 0 || this.#recordedByPolicy.has(call.id)) return;
    this.#recordedByPolicy.add(call.id);
    this.#start(call).catch((thrown: unknown) => {
      if (asCodedError(thrown).code === 'internal') {
        this.#context.log.error({ err: thrown }, 'A call could not be recorded.');
      }
    });
  }

  #count(kind: string): void {
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + 1);
  }

  #of(callId: string): readonly Recording[] {
    return [...this.#open.values()].filter(({ call }) => call.id === callId);
  }
}

/** A leg that rings is sure to be connected when it called us; who is dialled may never answer. */
function isFirstLeg(event: CallEvent): boolean {
  return event.type === 'leg.joined' || (event.type === 'leg.ringing' && event.data.direction === 'inbound');
}

function outcomeOf(recordingId: string, info: RecordingInfo | undefined) {
  const { firstTick, endTick, droppedTicks = 0, files = [] } = info ?? {};
  return { recordingId, firstTick, endTick, droppedTicks, files };
}
