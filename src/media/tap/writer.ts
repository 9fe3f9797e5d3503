/** The media worker's end of a ring: never waits, allocates nothing in a tick but for the first frame of a source. */
import { CodedError } from '../../errors.js';
import { audioFrameWords, frameHeadWords, headAt, recordKind, ringState, tapFrameSamples, viewRing } from './ring.js';
import { tapStates, type RingViews, type TapState } from './ring.js';

const stateNumbers: Readonly<Record<TapState, number>> = {
  isolated: tapStates.indexOf('isolated'),
  muted: tapStates.indexOf('muted'),
  noConsent: tapStates.indexOf('noConsent'),
  silent: tapStates.indexOf('silent'),
  audio: tapStates.indexOf('audio'),
};

/** Writes one ring; there must be no other writer of it. Per tick: `begin`, `frame` for every source, `commit`. */
export class TapWriter {
  readonly #ring: RingViews;
  /** Numbers of sources whose record is in the ring. */
  readonly #announced = new Set<number>();
  /** Those among them whose record is in the tick that is being written. */
  readonly #fresh: number[] = [];
  #written: number;
  /** Where the next record goes, in the same count. */
  #next = 0;
  /** Words left for this tick. */
  #free = 0;
  #overflown = false;

  /**
   * Opens a ring.
   * @param tick the first that will be written
   * @throws CodedError `invalidRequest` when it is no ring, or has had a writer
   */
  constructor(ring: SharedArrayBuffer, tick: number) {
    this.#ring = viewRing(ring);
    const { head } = this.#ring;
    if (Atomics.load(head, headAt.state) !== ringState.fresh) {
      throw new CodedError('invalidRequest', 'This tap ring has had a writer.');
    }
    this.#written = Atomics.load(head, headAt.written);
    head[headAt.firstTick] = tick;
    head[headAt.nextTick] = tick;
    Atomics.store(head, headAt.state, ringState.open);
  }

  /** Ticks that did not fit. */
  get droppedTicks(): number {
    return this.#ring.head[headAt.dropped] ?? 0;
  }

  /** Begins a tick. */
  begin(tick: number): void {
    const { head, words, capacity } = this.#ring;
    const used = (this.#written - Atomics.load(head, headAt.read) + 2 * capacity) % (2 * capacity);
    this.#free = capacity - used;
    this.#next = this.#written;
    this.#overflown = false;
    head[headAt.nextTick] = tick + 1;
    const at = this.#record(recordKind.tick, 0, 2);
    if (at >= 0) words[at] = tick;
  }

  /**
   * What one source is in this tick. A source without a frame in a tick has left, and must not come back.
   * @param number of the source, unique within the call for ever
   * @param samples 960 floats, of account only when `state` is `audio`
   */
  frame(number: number, legId: string, state: TapState, samples: Float32Array): void {
    if (!this.#announced.has(number)) this.#announce(number, legId);
    const sounds = state === 'audio';
    const at = this.#record(recordKind.frame, stateNumbers[state], sounds ? audioFrameWords : frameHeadWords);
    if (at < 0) return;
    this.#ring.words[at] = number;
    if (!sounds) return;
    if (samples.length !== tapFrameSamples) throw new Error('A frame has 960 samples.');
    this.#ring.floats.set(samples, at + 1);
  }

  /** Ends a tick. @returns false when it did not fit, and nothing of it is in the ring */
  commit(): boolean {
    const { head } = this.#ring;
    if (this.#overflown) {
      for (const number of this.#fresh) this.#announced.delete(number);
      Atomics.add(head, headAt.dropped, 1);
    } else {
      this.#written = this.#next;
      Atomics.store(head, headAt.written, this.#written);
    }
    this.#fresh.length = 0;
    return !this.#overflown;
  }

  /** Ends the ring. @param tick the first that will not be written @returns that, or a later one if it has been written */
  end(tick: number): number {
    const { head } = this.#ring;
    const end = Math.max(tick, head[headAt.nextTick] ?? 0);
    head[headAt.nextTick] = end;
    Atomics.store(head, headAt.state, ringState.ended);
    return end;
  }

  #announce(number: number, legId: string): void {
    const at = this.#record(recordKind.source, 0, 3 + Math.ceil(legId.length / 2));
    if (at < 0) return;
    const { words } = this.#ring;
    words[at] = number;
    words[at + 1] = legId.length;
    for (let i = 0; i < legId.length; i += 2) {
      // Beyond the end there is NaN, which becomes 0.
      words[at + 2 + (i >> 1)] = legId.charCodeAt(i) | (legId.charCodeAt(i + 1) << 16);
    }
    this.#announced.add(number);
    this.#fresh.push(number);
  }

  /** Makes room for a record and writes its first word. @returns index of the second, −1 when there is no room */
  #record(kind: number, state: number, length: number): number {
    const { words, capacity } = this.#ring;
    if (this.#overflown) return -1;
    const at = this.#next % capacity;
    const pad = at + length > capacity ? capacity - at : 0;
    if (pad + length > this.#free) {
      this.#overflown = true;
      return -1;
    }
    if (pad > 0) words[at] = (pad << 12) | recordKind.pad;
    const start = pad > 0 ? 0 : at;
    words[start] = (length << 12) | (state << 8) | kind;
    this.#free -= pad + length;
    this.#next = (this.#next + pad + length) % (2 * capacity);
    return start + 1;
  }
}
