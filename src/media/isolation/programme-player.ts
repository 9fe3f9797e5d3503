/**
 * Plays a programme sample by sample.
 *
 *     clip 0 ──────────────╲                    the overlap of two clips is the programme's crossfade, but never
 *                          ╱╲───────────── clip 1   more than half of either, and what is left of the first when
 *                         ◄─► overlap               the second comes late; gains are linear and add up to 1
 *
 * The overlap is there between the last clip and the first of the next time round too. An incomplete programme that runs
 * dry gives silence until it is extended, and counts it. Where playing does not begin or end where the audio does (start
 * offset, pause, cut), 3 ms are faded so that nothing clicks.
 */
import { busRateHz } from '../dsp/frame.js';
import { EDGE_SAMPLES, type FadeTail, fadeIn } from './fades.js';
import type { ProgrammeTrack } from './programme-track.js';

const SAMPLES_PER_MS = busRateHz / 1000;
const INT16_SCALE = 32_768;
/** Nowhere: what {@link ProgrammePlayer} skips is heard by nobody. */
const nowhere = new Float32Array(0);
const edge = new Float32Array(EDGE_SAMPLES);
/** Gain of the first sample that {@link add} adds, and what it grows by per sample: numbers in calls would be boxed. */
const ramp = new Float64Array(2);

/** One run through a programme. Nothing here allocates but the constructor. */
export class ProgrammePlayer {
  /** Samples heard since the player was made, in all runs. */
  playedSamples = 0;
  /** Samples of silence heard because clips were not there yet, in all runs. */
  waitedSamples = 0;
  readonly #gain: number;
  readonly #crossfadeSamples: number;
  /** The clip that plays, of which the samples before {@link #at} have been heard. */
  #clip = 0;
  #at = 0;
  /** How much it overlaps with the next one; −1 while that is not known. */
  #overlap = -1;
  /** Times the list has been played to its end. */
  #rounds = 0;
  /** Samples of the start offset that are still to be left out. */
  #skip = 0;
  /** Samples of the edge that have been faded in. */
  #fadedIn = 0;
  /** Whether it was heard up to the end of the last frame. */
  #sounding = false;
  #ended = false;

  constructor(readonly track: ProgrammeTrack) {
    const { gainDb, crossfadeMs } = track.programme;
    this.#gain = 10 ** (gainDb / 20) / INT16_SCALE;
    this.#crossfadeSamples = Math.round(crossfadeMs * SAMPLES_PER_MS);
    this.restart();
  }

  /** Whether the last sample has been heard. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Begins again, at the start offset. */
  restart(): void {
    this.#clip = 0;
    this.#at = 0;
    this.#overlap = -1;
    this.#rounds = 0;
    this.#ended = false;
    this.#sounding = false;
    this.#skip = Math.round(this.track.programme.startOffsetMs * SAMPLES_PER_MS);
    // What begins at its beginning begins as it was made.
    this.#fadedIn = this.#skip > 0 ? 0 : EDGE_SAMPLES;
  }

  /**
   * Adds what comes next to a frame.
   * @param from index of the first sample to add to
   * @returns index of the first sample after the programme: less than the frame's length only when it has ended
   */
  fill(frame: Float32Array, from: number): number {
    this.#skipOffset();
    let at = from;
    if (this.#skip === 0) {
      while (this.#fadedIn < EDGE_SAMPLES && at < frame.length) {
        const faded = this.#fadeIn(frame, at);
        if (faded === 0) break;
        at += faded;
      }
      at += this.#run(frame, at, frame.length - at);
    }
    this.playedSamples += at - from;
    this.#sounding = at === frame.length && !this.#ended;
    if (this.#ended) return at;
    this.waitedSamples += frame.length - at;
    return frame.length;
  }

  /** Leaves a faded end of what would come next in `tail` and stays where it is; the fade counts as not heard. */
  cut(tail: FadeTail): void {
    if (!this.#sounding) return;
    this.#sounding = false;
    const [clip, at, overlap, rounds, ended] = [this.#clip, this.#at, this.#overlap, this.#rounds, this.#ended];
    tail.add(edge, this.#run(edge.fill(0), 0, EDGE_SAMPLES));
    [this.#clip, this.#at, this.#overlap, this.#rounds, this.#ended] = [clip, at, overlap, rounds, ended];
    this.#fadedIn = 0;
  }

  /** The start offset is of the first time round: one beyond it leaves the second. */
  #skipOffset(): void {
    while (this.#skip > 0 && this.#rounds === 0 && !this.#ended) {
      const skipped = this.#run(nowhere, 0, this.#skip);
      if (skipped === 0) return;
      this.#skip -= skipped;
    }
    this.#skip = 0;
  }

  #fadeIn(frame: Float32Array, at: number): number {
    const count = this.#run(edge.fill(0), 0, Math.min(EDGE_SAMPLES - this.#fadedIn, frame.length - at));
    fadeIn(edge, count, this.#fadedIn);
    for (let index = 0; index < count; index++) frame[at + index]! += edge[index]!;
    this.#fadedIn += count;
    return count;
  }

  /** Moves on by up to `count` samples, adding them to `frame` if it has room for any. @returns by how many */
  #run(frame: Float32Array, from: number, count: number): number {
    const { clips } = this.track;
    const rounds = this.#rounds;
    let done = 0;
    while (done < count && !this.#ended) {
      const clip = clips[this.#clip];
      if (!clip) {
        // What is skipped is skipped in one round.
        if (!this.#endRound() || (frame === nowhere && this.#rounds > rounds)) break;
        continue;
      }
      const overlap = this.#overlapOf(clip);
      const soloEnd = clip.length - overlap;
      const end = this.#at < soloEnd ? soloEnd : clip.length;
      const step = Math.min(count - done, end - this.#at);
      if (frame !== nowhere) {
        if (end === soloEnd) this.#solo(frame, from + done, clip, step);
        else this.#crossfade(frame, from + done, clip, this.#at - soloEnd, step, overlap);
      }
      this.#at += step;
      done += step;
      if (this.#at === clip.length) this.#nextClip(overlap);
    }
    // The end is known with the last sample, not in the tick after it.
    if (this.#clip >= clips.length && !this.#ended) this.#endRound();
    return done;
  }

  #solo(frame: Float32Array, at: number, clip: Int16Array, count: number): void {
    ramp[0] = this.#gain;
    ramp[1] = 0;
    add(frame, at, clip, this.#at, count);
  }

  #crossfade(frame: Float32Array, at: number, clip: Int16Array, into: number, count: number, overlap: number): void {
    const step = this.#gain / overlap;
    const { clips } = this.track;
    const next = clips[this.#clip + 1] ?? clips[0]!;
    ramp[0] = step * (into + 0.5);
    ramp[1] = step;
    add(frame, at, next, into, count);
    ramp[0] = this.#gain - step * (into + 0.5);
    ramp[1] = -step;
    add(frame, at, clip, clip.length - overlap + into, count);
  }

  /** Samples the clip that plays shares with the next, which is settled as soon as there is a next. */
  #overlapOf(clip: Int16Array): number {
    if (this.#overlap >= 0) return this.#overlap;
    const next = this.#following();
    if (!next) return 0;
    this.#overlap = Math.min(this.#crossfadeSamples, clip.length >> 1, next.length >> 1, clip.length - this.#at);
    return this.#overlap;
  }

  /** The clip after the one that plays, if it is there. */
  #following(): Int16Array | undefined {
    const { clips, complete, programme } = this.track;
    const next = clips[this.#clip + 1];
    if (next || !complete) return next;
    return programme.plays === 0 || this.#rounds + 1 < programme.plays ? clips[0] : undefined;
  }

  #nextClip(overlap: number): void {
    this.#clip += 1;
    this.#at = overlap;
    this.#overlap = -1;
  }

  /** After the last clip there is. @returns whether it goes on from the first */
  #endRound(): boolean {
    const { clips, complete, programme } = this.track;
    if (!complete) return false;
    this.#rounds += 1;
    this.#ended = clips.length === 0 || (programme.plays !== 0 && this.#rounds >= programme.plays);
    if (!this.#ended) this.#clip = 0;
    return !this.#ended;
  }
}

/** to += gain · clip, the gain being {@link ramp}. */
function add(to: Float32Array, at: number, clip: Int16Array, from: number, count: number): void {
  const gain = ramp[0]!;
  const step = ramp[1]!;
  for (let index = 0; index < count; index++) to[at + index]! += clip[from + index]! * (gain + step * index);
}
