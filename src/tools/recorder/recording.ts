import type { CodedError } from '../../errors.js';
import type { TapReader } from '../../media/tap/reader.js';
import type { RecordingNote, RecordingOrder } from '../port.js';
import { diskErrorCode, diskFailure, replaceFile } from './disk.js';
import type { Disk } from './disk.js';
import { reserveName, sidecarName, trackName } from './names.js';
import { Purges } from './purges.js';
import type { ByteRange, Purgeable } from './purges.js';
import { sidecarNote, sidecarText } from './sidecar.js';
import type { Sidecar } from './sidecar.js';
import { TrackFile } from './track-file.js';
import { Tracks, urgencies } from './tracks.js';
import type { Urgency } from './tracks.js';
import { tickBytes } from './wav.js';

/** What a recording is made from. */
export interface RecordingOptions {
  readonly disk: Disk;
  /** Directory of all recordings. */
  readonly root: string;
  readonly order: Omit<RecordingOrder, 'ring'>;
  readonly startedAtMs: number;
  readonly owner: string;
  readonly reader: Pick<TapReader, 'firstTick' | 'ended' | 'read'>;
  /** Told once, when no more audio will come into it. */
  readonly onEnd: (status: 'completed' | 'failed', failure: string | null) => void;
}

/** Ticks read before another recording gets its turn. */
const turnTicks = 100;
/** Headers say what was there at most this long ago, ms. */
const headerEveryMs = 400;
/** The JSON is written at most this often, and at least this often, ms. */
const sidecarEveryMs = { now: 0, soon: 500, later: 5000 } as const;
/** A ring that nobody wrote to for so long has lost its writer, ms. */
const silenceMs = 60_000;
/** Between two looks at the ring not more than this counts as silence: the process may have been stopped, ms. */
const longestLookMs = 1000;
/** A JSON that cannot be written at the end is tried again this often, ms, and so many times. */
const retry = { everyMs: 5000, times: 120 } as const;
/** Set aside at the beginning, so that the JSON can be written when the disk is full. */
const reserveBytes = 2 ** 17;
/** Notes beyond that are not kept. */
const mostNotes = 10_000;

/**
 * One recording being made.
 *
 *                poll: ring → tracks → files → headers → JSON
 *     recording ──────────────────────────────────────────────┬─ the ring's end ───────────────► completed ─ purges done ─┐
 *                                                             └─ the disk or the ring failed ─► failed ─ JSON written, ───┴─► closed
 *                                                                                                        purges done
 */
export class Recording implements Purgeable {
  readonly #options: RecordingOptions;
  readonly #directory: string;
  readonly #files = new Map<string, TrackFile>();
  readonly #purgedBefore = new Map<string, number>();
  readonly #notes: unknown[] = [];
  readonly #purges: Purges;
  #tracks: Tracks | undefined;
  #status: 'recording' | 'completed' | 'failed' = 'recording';
  #failure: string | null = null;
  #urgency: Urgency = 'none';
  #headersAtMs = 0;
  #sidecarAtMs = 0;
  #polledAtMs: number | undefined;
  #silentForMs = 0;
  #saved = false;
  #retriesLeft: number = retry.times;

  /** Makes the recording's directory; throws what the disk does. */
  constructor(options: RecordingOptions) {
    this.#options = options;
    const { disk, root, order } = options;
    this.#directory = `${root}/${order.recordingId}`;
    this.#purges = new Purges(disk, this);
    disk.makeDirectory(this.#directory);
    try {
      this.#setRoomAside();
      this.save();
      disk.syncDirectory(root);
    } catch (error) {
      attempt(() => this.#undo());
      throw error;
    }
  }

  /** Whether there is nothing left to do. */
  get closed(): boolean {
    return this.#status !== 'recording' && this.#saved && !this.#purges.open;
  }

  /** Does what is due. @returns whether there is more to do right now */
  poll(nowMs: number): boolean {
    if (this.#status !== 'recording') {
      this.#purges.step();
      this.#retrySave(nowMs);
      return this.#purges.open;
    }
    try {
      const ticks = this.#read();
      this.#watch(nowMs, ticks);
      this.#write(nowMs);
      this.#purges.step();
      if (this.#options.reader.ended) this.#complete();
      return ticks === turnTicks || this.#purges.open;
    } catch (error) {
      this.fail(diskFailure(error), nowMs);
      if (diskErrorCode(error) === undefined) throw error;
      return false;
    }
  }

  note(note: RecordingNote): void {
    if (this.#notes.length < mostNotes) this.#notes.push(sidecarNote(note));
    this.#raise('soon');
  }

  /** Wipes what a leg said; `settle` is told when it is on the medium. */
  purge(legId: string, beforeTick: number, settle: (error?: CodedError) => void): void {
    this.#purgedBefore.set(legId, Math.max(beforeTick, this.#purgedBefore.get(legId) ?? 0));
    this.#purges.add(legId, beforeTick, settle);
  }

  /** Ends it with all that is in the ring. */
  abandon(reason: string, nowMs: number): void {
    if (this.#status !== 'recording') return;
    try {
      while (this.#read() > 0);
      // Otherwise the next look at it completes it.
      if (!this.#options.reader.ended) this.fail(reason, nowMs);
    } catch (error) {
      this.fail(diskFailure(error), nowMs);
    }
  }

  /** Ends it; what has been written stays, and is made valid as far as the disk allows. */
  fail(failure: string, nowMs: number): void {
    if (this.#status !== 'recording') return;
    this.#status = 'failed';
    this.#failure = failure;
    const tracks = this.#tracks;
    if (tracks) {
      for (const track of tracks) {
        attempt(() => track.flush());
        track.drop();
      }
      tracks.end();
      const dataBytes = this.#dataBytes(tracks);
      for (const file of this.#files.values()) {
        if (!attempt(() => file.finish(dataBytes))) attempt(() => file.release());
      }
    }
    attempt(() => this.#options.disk.removeFile(`${this.#directory}/${reserveName}`));
    this.#trySave(nowMs);
    this.#options.onEnd('failed', failure);
  }

  audioBefore(legId: string, beforeTick: number): { path: string; ranges: ByteRange[] } | undefined {
    const track = this.#tracks?.of(legId);
    if (!track) return undefined;
    track.flush();
    const ranges = track.segments
      .within(0, beforeTick, 'audio')
      .map(({ fromTick, toTick }): ByteRange => [track.position(fromTick), track.position(toTick)]);
    return { path: this.#path(legId), ranges };
  }

  markPurged(legId: string, beforeTick: number): void {
    this.#tracks?.of(legId)?.segments.replace(0, beforeTick, 'audio', 'purged');
  }

  save(): void {
    replaceFile(this.#options.disk, this.#directory, sidecarName, sidecarText(this.#sidecar()));
  }

  #setRoomAside(): void {
    const { disk } = this.#options;
    const handle = disk.createFile(`${this.#directory}/${reserveName}`);
    try {
      // Not zeros, which some file systems do not store.
      disk.write(handle, new Uint8Array(reserveBytes).fill(0xa5), 0);
    } finally {
      disk.close(handle);
    }
  }

  /** Leaves no trace of a recording that could not begin. */
  #undo(): void {
    const { disk } = this.#options;
    for (const name of disk.names(this.#directory)) disk.removeFile(`${this.#directory}/${name}`);
    disk.removeDirectory(this.#directory);
  }

  #read(): number {
    const { reader } = this.#options;
    if (!this.#tracks) {
      if (reader.firstTick === undefined) return 0;
      this.#tracks = new Tracks(reader.firstTick, this.#purgedBefore, (legId) => {
        const file = new TrackFile(this.#options.disk, this.#path(legId));
        this.#files.set(legId, file);
        return file;
      });
      // From now on every file is a track that begins at a known tick.
      this.save();
    }
    return reader.read(this.#tracks, turnTicks);
  }

  #watch(nowMs: number, ticks: number): void {
    const sinceMs = Math.min(nowMs - (this.#polledAtMs ?? nowMs), longestLookMs);
    this.#polledAtMs = nowMs;
    this.#silentForMs = ticks > 0 || this.#options.reader.ended ? 0 : this.#silentForMs + sinceMs;
    if (this.#silentForMs >= silenceMs) this.fail('The media of the call stopped.', nowMs);
  }

  #write(nowMs: number): void {
    const tracks = this.#tracks;
    if (!tracks || this.#status !== 'recording') return;
    for (const track of tracks) track.flush();
    if (nowMs - this.#headersAtMs >= headerEveryMs) {
      this.#headersAtMs = nowMs;
      const dataBytes = this.#dataBytes(tracks);
      for (const track of tracks) {
        const file = this.#files.get(track.legId);
        if (track.leftTick === undefined) {
          file?.declare(dataBytes);
        } else {
          file?.declare((track.leftTick - tracks.firstTick) * tickBytes);
          file?.release();
        }
      }
    }
    this.#raise(tracks.takeUrgency());
    const urgency = this.#urgency;
    if (urgency === 'none' || nowMs - this.#sidecarAtMs < sidecarEveryMs[urgency]) return;
    this.#sidecarAtMs = nowMs;
    this.#urgency = 'none';
    this.save();
  }

  #complete(): void {
    const tracks = this.#tracks;
    tracks?.end();
    if (tracks) for (const file of this.#files.values()) file.finish(this.#dataBytes(tracks));
    this.#options.disk.removeFile(`${this.#directory}/${reserveName}`);
    this.#status = 'completed';
    try {
      this.save();
    } catch (error) {
      this.#status = 'recording';
      throw error;
    }
    this.#saved = true;
    this.#options.onEnd('completed', null);
  }

  #trySave(nowMs: number): void {
    this.#sidecarAtMs = nowMs;
    try {
      this.save();
      this.#saved = true;
    } catch (error) {
      // Whoever removed it wants no JSON of it.
      this.#saved = diskErrorCode(error) === 'ENOENT' || this.#retriesLeft-- <= 0;
    }
  }

  #retrySave(nowMs: number): void {
    if (!this.#saved && nowMs - this.#sidecarAtMs >= retry.everyMs) this.#trySave(nowMs);
  }

  #sidecar(): Sidecar {
    const { order, startedAtMs, owner } = this.#options;
    const tracks = this.#tracks;
    for (const track of tracks ?? []) track.missing(tracks?.nextTick ?? 0);
    return {
      recordingId: order.recordingId,
      callId: order.callId,
      callName: order.callName,
      status: this.#status,
      startedAtMs,
      firstTick: tracks?.firstTick ?? null,
      endTick: this.#status === 'recording' ? null : (tracks?.nextTick ?? null),
      droppedTicks: tracks?.droppedTicks ?? 0,
      failure: this.#failure,
      owner,
      legs: [...(tracks ?? [])].map((track) => ({
        legId: track.legId,
        file: trackName(track.legId),
        joinedTick: track.joinedTick,
        leftTick: track.leftTick ?? null,
        segments: track.segments.toJSON(),
      })),
      purges: this.#purges.orders,
      notes: this.#notes,
    };
  }

  #dataBytes(tracks: Tracks): number {
    return (tracks.nextTick - tracks.firstTick) * tickBytes;
  }

  #raise(urgency: Urgency): void {
    if (urgencies.indexOf(urgency) > urgencies.indexOf(this.#urgency)) this.#urgency = urgency;
  }

  #path(legId: string): string {
    return `${this.#directory}/${trackName(legId)}`;
  }
}

/** @returns whether the disk let it be done */
function attempt(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (diskErrorCode(error) === undefined) throw error;
    return false;
  }
}
