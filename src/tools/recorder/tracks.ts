import type { TapListener, TapSource } from '../../media/tap/reader.js';
import type { TapState } from '../../media/tap/ring.js';
import { isId } from './names.js';
import { Track } from './track.js';
import type { TrackSink } from './track.js';

/**
 * How urgently a recording's JSON is to be written anew: `now` when something is to be found by name in it, `soon` when
 * the state of a leg changed, `later` when only time went on or speech turned to a pause.
 */
export type Urgency = 'none' | 'later' | 'soon' | 'now';

/** In ascending order. */
export const urgencies: readonly Urgency[] = ['none', 'later', 'soon', 'now'];

/** All tracks of one recording, made from what the ring tells. */
export class Tracks implements TapListener {
  /** First tick of every track. */
  readonly firstTick: number;
  /** First tick not told yet; the end of every track once {@link ended} was told. */
  nextTick: number;
  droppedTicks = 0;
  readonly #openSink: (legId: string) => TrackSink;
  readonly #tracks = new Map<string, Track>();
  readonly #ofSource = new Map<TapSource, Track>();
  /** Purges by leg, also of legs still to come out of the ring. */
  readonly #purgedBefore: ReadonlyMap<string, number>;
  #urgency: Urgency = 'now';

  /**
   * @param purgedBefore by leg: whatever comes for ticks before that one is not kept; may change at any time
   * @param openSink     makes the file of a leg
   */
  constructor(firstTick: number, purgedBefore: ReadonlyMap<string, number>, openSink: (legId: string) => TrackSink) {
    this.firstTick = firstTick;
    this.nextTick = firstTick;
    this.#purgedBefore = purgedBefore;
    this.#openSink = openSink;
  }

  /** Tracks in the order in which their legs came. */
  [Symbol.iterator](): IterableIterator<Track> {
    return this.#tracks.values();
  }

  of(legId: string): Track | undefined {
    return this.#tracks.get(legId);
  }

  /** How urgent it has become since it was asked last. */
  takeUrgency(): Urgency {
    const urgency = this.#urgency;
    this.#urgency = 'none';
    return urgency;
  }

  sourceJoined(source: TapSource): void {
    const { legId, firstTick } = source;
    let track = this.#tracks.get(legId);
    if (track) {
      track.rejoin(firstTick);
    } else {
      if (!isId(legId)) throw new Error('A leg has an id that is no file name.');
      track = new Track(legId, this.firstTick, firstTick, this.#openSink(legId));
      this.#tracks.set(legId, track);
    }
    this.#ofSource.set(source, track);
    this.#note('now');
  }

  frame(source: TapSource, tick: number, state: TapState, samples: Float32Array | undefined): void {
    const track = this.#ofSource.get(source);
    if (!track) throw new Error('A frame came from nowhere.');
    const before = track.segments.lastState;
    const purged = tick < (this.#purgedBefore.get(track.legId) ?? 0) && state === 'audio';
    const told = purged ? 'purged' : state;
    if (!track.frame(tick, told, samples)) return;
    const isSpeech = (told === 'audio' || told === 'silent') && (before === 'audio' || before === 'silent');
    this.#note(isSpeech ? 'later' : 'soon');
  }

  sourceLeft(source: TapSource, tick: number): void {
    this.#ofSource.get(source)?.leave(tick);
    this.#ofSource.delete(source);
    this.#note('soon');
  }

  tickEnded(tick: number): void {
    this.nextTick = tick + 1;
    this.#note('later');
  }

  ticksMissing(tick: number, count: number): void {
    this.droppedTicks += count;
    this.nextTick = tick + count;
    this.#note('soon');
  }

  ended(tick: number): void {
    this.nextTick = Math.max(this.nextTick, tick);
  }

  /** Brings every track to its end; sources that were not told to leave do. */
  end(): void {
    for (const source of [...this.#ofSource.keys()]) this.sourceLeft(source, this.nextTick);
    for (const track of this.#tracks.values()) {
      track.missing(this.nextTick);
      // Of a tick that was told in part only nothing is kept.
      track.segments.truncate(this.nextTick);
    }
  }

  #note(urgency: Urgency): void {
    if (urgencies.indexOf(urgency) > urgencies.indexOf(this.#urgency)) this.#urgency = urgency;
  }
}
