import { SegmentList } from './segments.js';
import type { SegmentState } from './segments.js';
import { putSamples, tickBytes, tickSamples, wavHeaderBytes } from './wav.js';

/** Where a track's audio goes. */
export interface TrackSink {
  /** Stores octets at a position of the file; throws when it cannot. */
  write(bytes: Uint8Array, position: number): void;
}

/** Ticks held back for one write. */
const bufferTicks = 25;

/**
 * One leg's track: tick t of the call lies at `80 + (t − firstTick) · 1920` of its file, whatever happened before. Only
 * audio is written; where nothing is written the file has a hole, which reads as zeros.
 *
 *     firstTick        joined                    left            endTick
 *     │ absent (hole)  │ audio │ muted (hole) │ audio │ absent (hole) │
 */
export class Track {
  readonly segments: SegmentList;
  joinedTick: number;
  /** Undefined while the leg is in the call. */
  leftTick: number | undefined;
  readonly #firstTick: number;
  readonly #sink: TrackSink;
  #buffer: Int16Array | undefined;
  #bufferedFrom = 0;
  #bufferedTicks = 0;

  /** @param firstTick of the recording */
  constructor(
    readonly legId: string,
    firstTick: number,
    joinedTick: number,
    sink: TrackSink,
  ) {
    this.#firstTick = firstTick;
    this.#sink = sink;
    this.joinedTick = joinedTick;
    this.segments = new SegmentList(firstTick);
    this.segments.extend(joinedTick, 'absent');
  }

  /** The leg is back. */
  rejoin(tick: number): void {
    this.segments.extend(tick, 'absent');
    this.leftTick = undefined;
  }

  /**
   * One tick; ticks come in order, and what is left out between two is taken as dropped.
   * @param samples 960 floats, used only when the state is `audio`
   * @returns whether the state is another than before
   */
  frame(tick: number, state: SegmentState, samples: Float32Array | undefined): boolean {
    this.missing(tick);
    if (state === 'audio' && samples) this.#put(tick, samples);
    return this.segments.extend(tick + 1, state);
  }

  /** Of the ticks before this one that were not told nothing will come. @returns whether there were any */
  missing(beforeTick: number): boolean {
    return this.segments.extend(beforeTick, this.leftTick === undefined ? 'dropped' : 'absent');
  }

  /** The leg has gone; `tick` is the first without it. */
  leave(tick: number): void {
    this.missing(tick);
    this.leftTick = tick;
    this.flush();
    this.#buffer = undefined;
  }

  /** Writes what is held back; throws what the sink throws, and may be called again then. */
  flush(): void {
    if (!this.#buffer || this.#bufferedTicks === 0) return;
    const bytes = new Uint8Array(this.#buffer.buffer, 0, this.#bufferedTicks * tickBytes);
    this.#sink.write(bytes, this.position(this.#bufferedFrom));
    this.#bufferedTicks = 0;
  }

  /** Gives up what is held back, because it cannot be written. */
  drop(): void {
    this.segments.replace(this.#bufferedFrom, this.#bufferedFrom + this.#bufferedTicks, 'audio', 'dropped');
    this.#bufferedTicks = 0;
  }

  /** Where a tick begins in the file, octets. */
  position(tick: number): number {
    return wavHeaderBytes + (tick - this.#firstTick) * tickBytes;
  }

  #put(tick: number, samples: Float32Array): void {
    if (this.#bufferedTicks === bufferTicks || tick !== this.#bufferedFrom + this.#bufferedTicks) this.flush();
    this.#buffer ??= new Int16Array(bufferTicks * tickSamples);
    if (this.#bufferedTicks === 0) this.#bufferedFrom = tick;
    putSamples(this.#buffer, this.#bufferedTicks * tickSamples, samples);
    this.#bufferedTicks++;
  }
}
