/** The clips of one programme, which may become more while it plays, and the programmes of one call by their ids. */
import type { Programme, PromptClip } from '../protocol.js';

/** The clips of a programme as samples; any number of players may be on one track. */
export class ProgrammeTrack {
  readonly clips: Int16Array[] = [];
  /** False while clips may still come. */
  complete = false;

  constructor(readonly programme: Programme) {
    this.extend(programme.clips, programme.complete);
  }

  /** Adds clips at the end; what comes after the last is ignored. Not in a tick: it makes views. */
  extend(clips: readonly PromptClip[], complete: boolean): void {
    if (this.complete) return;
    for (const { samples, length } of clips) {
      const count = Math.min(length, Math.floor(samples.byteLength / Int16Array.BYTES_PER_ELEMENT));
      if (count > 0) this.clips.push(new Int16Array(samples, 0, count));
    }
    this.complete = complete;
  }
}

/** The programmes of a call that something may still play. */
export class ProgrammeRegistry {
  readonly #tracks = new Map<number, ProgrammeTrack>();

  /** Programmes open now. */
  get size(): number {
    return this.#tracks.size;
  }

  /** A track for a programme, to be {@link close}d by whoever opened it. */
  open(programme: Programme): ProgrammeTrack {
    const track = new ProgrammeTrack(programme);
    this.#tracks.set(programme.programmeId, track);
    return track;
  }

  /** Nothing plays this track any more. */
  close(track: ProgrammeTrack): void {
    const { programmeId } = track.programme;
    if (this.#tracks.get(programmeId) === track) this.#tracks.delete(programmeId);
  }

  /** More clips for a programme; for one that is over they come too late and are dropped. */
  extend(programmeId: number, clips: readonly PromptClip[], complete: boolean): void {
    this.#tracks.get(programmeId)?.extend(clips, complete);
  }
}
