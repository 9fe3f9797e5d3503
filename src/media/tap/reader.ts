/** The tool's end of a ring. */
import { headAt, recordKind, ringState, tapFrameSamples, tapStates, viewRing } from './ring.js';
import type { RingViews, TapState } from './ring.js';

/** One source of a call, for as long as its leg is in it; the same object every time. */
export interface TapSource {
  /** Unique within the call, never used again. */
  readonly number: number;
  readonly legId: string;
  /** First tick of it in the ring. */
  readonly firstTick: number;
}

/**
 * Hears what was in the ring, in the order of ticks. Within a tick: `sourceJoined`, `frame` for every source that is in
 * the call, `sourceLeft`, `tickEnded`.
 */
export interface TapListener {
  sourceJoined(source: TapSource): void;
  /**
   * What a source was in a tick.
   * @param samples present exactly when `state` is `audio`: 960 floats at 48 kHz, bit for bit what others were offered
   *   (after denoising, gain and digit squelch). They lie in the ring: valid until this returns, and not to be written.
   */
  frame(source: TapSource, tick: number, state: TapState, samples: Float32Array | undefined): void;
  /** @param tick the first without it */
  sourceLeft(source: TapSource, tick: number): void;
  /** Everything there is of a tick has been told. */
  tickEnded(tick: number): void;
  /**
   * Of `count` ticks, the first being `tick`, there is nothing: the ring was full, or the media worker had to leave them
   * out. Every source is to be taken as silent in them.
   */
  ticksMissing(tick: number, count: number): void;
  /** Told once, at last. @param tick the first that is not in the ring */
  ended(tick: number): void;
}

/** Reads one ring; there must be no other reader of it. */
export class TapReader {
  readonly #ring: RingViews;
  readonly #sources = new Map<number, TapSource>();
  /** Sources in the call, with the tick of their last frame. */
  readonly #present = new Map<TapSource, number>();
  #read: number;
  /** Tick that is being told, −1 = none. */
  #tick = -1;
  /** First tick not told of yet, −1 = unknown. */
  #nextTick = -1;
  #ended = false;

  /** @throws CodedError `invalidRequest` when it is no ring */
  constructor(ring: SharedArrayBuffer) {
    this.#ring = viewRing(ring);
    this.#read = Atomics.load(this.#ring.head, headAt.read);
  }

  /** First tick of the ring, whether or not it was dropped; undefined = there is no writer yet. */
  get firstTick(): number | undefined {
    const { head } = this.#ring;
    return Atomics.load(head, headAt.state) === ringState.fresh ? undefined : Atomics.load(head, headAt.firstTick);
  }

  /** Ticks that did not fit, so far. */
  get droppedTicks(): number {
    return Atomics.load(this.#ring.head, headAt.dropped);
  }

  /** Whether everything has been read, and no more will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Tells everything that is in the ring. Never waits: look again some time within the seconds the ring was made for.
   * When the listener throws, what it was being told counts as read.
   * @param mostTicks stop after so many, to give other rings a turn
   * @returns ticks told; 0 = there was nothing
   */
  read(listener: TapListener, mostTicks = Number.POSITIVE_INFINITY): number {
    const { head, capacity } = this.#ring;
    if (this.#ended) return 0;
    // In this order: what was written before the end is seen when the end is.
    const state = Atomics.load(head, headAt.state);
    if (state === ringState.fresh) return 0;
    if (this.#nextTick < 0) this.#nextTick = Atomics.load(head, headAt.firstTick);
    const written = Atomics.load(head, headAt.written);
    let ticks = 0;
    try {
      while (this.#read !== written) {
        const at = this.#read % capacity;
        const first = this.#ring.words[at] ?? 0;
        if ((first & 0xff) === recordKind.tick) {
          this.#endTick(listener);
          if (ticks === mostTicks) return ticks;
          ticks++;
        }
        this.#read = (this.#read + (first >>> 12)) % (2 * capacity);
        this.#tell(listener, at, first);
      }
      this.#endTick(listener);
    } finally {
      Atomics.store(head, headAt.read, this.#read);
    }
    if (state === ringState.ended) this.#end(listener, Atomics.load(head, headAt.nextTick));
    return ticks;
  }

  #tell(listener: TapListener, at: number, first: number): void {
    const value = this.#ring.words[at + 1] ?? 0;
    switch (first & 0xff) {
      case recordKind.tick:
        this.#miss(listener, value);
        this.#tick = value;
        return;
      case recordKind.source:
        this.#join(listener, value, at + 2);
        return;
      case recordKind.frame:
        this.#frame(listener, value, tapStates[(first >>> 8) & 0xf] ?? 'silent', at + 2);
    }
  }

  #join(listener: TapListener, number: number, at: number): void {
    const { words } = this.#ring;
    let legId = '';
    for (let i = 0; i < (words[at] ?? 0); i++) {
      const pair = words[at + 1 + (i >> 1)] ?? 0;
      legId += String.fromCharCode(i & 1 ? pair >>> 16 : pair & 0xffff);
    }
    const source = { number, legId, firstTick: this.#tick };
    this.#sources.set(number, source);
    listener.sourceJoined(source);
  }

  #frame(listener: TapListener, number: number, state: TapState, at: number): void {
    const source = this.#sources.get(number);
    if (!source) throw new Error('A frame came before its source.');
    this.#present.set(source, this.#tick);
    const samples = state === 'audio' ? this.#ring.floats.subarray(at, at + tapFrameSamples) : undefined;
    listener.frame(source, this.#tick, state, samples);
  }

  /** Tells what is missing before `tick`. */
  #miss(listener: TapListener, tick: number): void {
    const from = this.#nextTick;
    this.#nextTick = Math.max(from, tick);
    if (tick > from) listener.ticksMissing(from, tick - from);
  }

  #endTick(listener: TapListener): void {
    const tick = this.#tick;
    if (tick < 0) return;
    this.#tick = -1;
    this.#nextTick = tick + 1;
    for (const [source, lastTick] of this.#present) {
      if (lastTick === tick) continue;
      this.#present.delete(source);
      this.#sources.delete(source.number);
      listener.sourceLeft(source, tick);
    }
    listener.tickEnded(tick);
    Atomics.store(this.#ring.head, headAt.read, this.#read);
  }

  #end(listener: TapListener, tick: number): void {
    this.#ended = true;
    this.#miss(listener, tick);
    for (const source of this.#present.keys()) listener.sourceLeft(source, tick);
    this.#present.clear();
    listener.ended(tick);
  }
}
