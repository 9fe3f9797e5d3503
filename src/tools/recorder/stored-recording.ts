import { readText, replaceFile } from './disk.js';
import type { Disk } from './disk.js';
import { isScratchName, isTrackName, legOfTrack, sidecarName, trackName } from './names.js';
import type { ByteRange, Purgeable } from './purges.js';
import { Purges } from './purges.js';
import { SegmentList } from './segments.js';
import type { SegmentState } from './segments.js';
import { parseSidecar, sidecarText } from './sidecar.js';
import type { Sidecar, SidecarLeg } from './sidecar.js';
import { tickBytes, ticksIn, wavHeader, wavHeaderBytes } from './wav.js';

/** Ticks looked through at a time. */
const chunkTicks = 256;

/** A recording nobody is making any more, as it is on disk. */
export class StoredRecording implements Purgeable {
  readonly sidecar: Sidecar;
  readonly purges: Purges;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segments = new Map<string, SegmentList>();

  private constructor(disk: Disk, directory: string, sidecar: Sidecar) {
    this.#disk = disk;
    this.#directory = directory;
    this.sidecar = sidecar;
    for (const leg of sidecar.legs) this.#segments.set(leg.legId, this.#listOf(leg));
    this.purges = new Purges(disk, this, sidecar.purges);
  }

  /**
   * Reads a recording; throws what the disk does, `ENOENT` also where a directory holds no recording.
   * @param root directory of all recordings, links resolved
   */
  static open(disk: Disk, root: string, recordingId: string): StoredRecording {
    const directory = `${root}/${recordingId}`;
    if (disk.realPath(directory) !== directory) throw Object.assign(new Error('This is a link.'), { code: 'ELOOP' });
    const sidecar = parseSidecar(readText(disk, `${directory}/${sidecarName}`));
    if (sidecar?.recordingId !== recordingId) {
      throw Object.assign(new Error('This is no recording.'), { code: 'ENOENT' });
    }
    return new StoredRecording(disk, directory, sidecar);
  }

  /**
   * Finishes what was being recorded when its writer died: what the files hold is kept and nothing else is believed. All
   * tracks become as long as the longest, in whole ticks; what the JSON does not tell of the last moments is read from the
   * audio. A recording that had ended keeps every octet.
   */
  recover(status: 'recovered' | 'failed', failure: string | null): void {
    const { sidecar } = this;
    if (sidecar.status === 'recording') {
      const firstTick = (sidecar.firstTick ??= 0);
      this.#adoptTracks();
      const ticks = this.#endTracks(firstTick);
      sidecar.endTick = firstTick + ticks;
      sidecar.status = status;
      sidecar.failure = failure;
      this.save();
    }
    while (this.purges.open) this.purges.step();
  }

  audioBefore(legId: string, beforeTick: number): { path: string; ranges: ByteRange[] } | undefined {
    const segments = this.#segments.get(legId);
    const { firstTick } = this.sidecar;
    if (!segments || firstTick === null) return undefined;
    const position = (tick: number) => wavHeaderBytes + (tick - firstTick) * tickBytes;
    const ranges = segments
      .within(0, beforeTick, 'audio')
      .map(({ fromTick, toTick }): ByteRange => [position(fromTick), position(toTick)]);
    return { path: `${this.#directory}/${trackName(legId)}`, ranges };
  }

  markPurged(legId: string, beforeTick: number): void {
    this.#segments.get(legId)?.replace(0, beforeTick, 'audio', 'purged');
  }

  save(): void {
    for (const leg of this.sidecar.legs) leg.segments = this.#segments.get(leg.legId)?.toJSON() ?? [];
    replaceFile(this.#disk, this.#directory, sidecarName, sidecarText(this.sidecar));
  }

  /** Takes up tracks the JSON does not know yet, makes those that it knows and that are not there. */
  #adoptTracks(): void {
    const { legs } = this.sidecar;
    const names = this.#disk.names(this.#directory);
    for (const name of names) {
      if (isTrackName(name)) {
        if (legs.some(({ file }) => file === name)) continue;
        const leg = newLeg(legOfTrack(name), this.sidecar.firstTick ?? 0);
        legs.push(leg);
        this.#segments.set(leg.legId, this.#listOf(leg));
      } else if (isScratchName(name)) {
        this.#disk.removeFile(`${this.#directory}/${name}`);
      }
    }
    for (const { file } of legs) {
      if (!names.includes(file)) this.#disk.close(this.#disk.createFile(`${this.#directory}/${file}`));
    }
  }

  /** @returns ticks of every track */
  #endTracks(firstTick: number): number {
    const { legs } = this.sidecar;
    const told = legs.map((leg) => this.#withFile(leg, (handle) => ticksIn(this.#disk.length(handle))));
    const ticks = Math.max(0, ...told);
    for (const leg of legs) {
      this.#withFile(leg, (handle) => {
        this.#disk.setLength(handle, wavHeaderBytes + ticks * tickBytes);
        this.#disk.write(handle, wavHeader(ticks * tickBytes), 0);
        this.#tellSegments(leg, handle, firstTick, firstTick + ticks);
        this.#disk.sync(handle);
      });
      leg.leftTick ??= firstTick + ticks;
    }
    return ticks;
  }

  /** Brings the list of a leg to the end of its file: what is not zeros is audio. */
  #tellSegments(leg: SidecarLeg, handle: number, firstTick: number, endTick: number): void {
    const segments = this.#segments.get(leg.legId);
    if (!segments) return;
    segments.truncate(endTick);
    const chunk = Buffer.alloc(chunkTicks * tickBytes);
    while (segments.endTick < endTick) {
      const from = segments.endTick;
      const count = Math.min(chunkTicks, endTick - from);
      this.#disk.read(handle, chunk.subarray(0, count * tickBytes), wavHeaderBytes + (from - firstTick) * tickBytes);
      for (let i = 0; i < count; i++) {
        const hasLeft = leg.leftTick !== null && from + i >= leg.leftTick;
        const isZero = chunk.subarray(i * tickBytes, (i + 1) * tickBytes).every((octet) => octet === 0);
        segments.extend(from + i + 1, isZero ? zerosAfter(segments.lastState, hasLeft) : 'audio');
      }
    }
  }

  #withFile<Result>(leg: SidecarLeg, use: (handle: number) => Result): Result {
    const handle = this.#disk.openFile(`${this.#directory}/${leg.file}`);
    try {
      return use(handle);
    } finally {
      this.#disk.close(handle);
    }
  }

  #listOf(leg: SidecarLeg): SegmentList {
    return new SegmentList(this.sidecar.firstTick ?? 0, leg.segments);
  }
}

function newLeg(legId: string, joinedTick: number): SidecarLeg {
  return { legId, file: trackName(legId), joinedTick, leftTick: null, segments: [] };
}

function zerosAfter(state: SegmentState | undefined, hasLeft: boolean): SegmentState {
  if (state === undefined || hasLeft) return 'absent';
  return state === 'audio' ? 'silent' : state;
}
