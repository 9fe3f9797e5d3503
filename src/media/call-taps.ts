/** The taps of one call: rings through which tools get every source unmerged, with consent and mute applied. */
import { CodedError } from '../errors.js';
import type { MediaEvent } from './protocol.js';
import type { TapState } from './tap/ring.js';
import { TapWriter } from './tap/writer.js';
import type { WorkerLeg } from './worker-leg.js';

/** A tool that does not keep up is told of no more often than this. */
const TELL_DROPPED_EVERY_TICKS = 50;

interface Tap {
  readonly tapId: string;
  readonly writer: TapWriter;
  toldDropped: number;
  toldTick: number;
}

/** Feeds the tools of one call. */
export class CallTaps {
  readonly #callId: string;
  readonly #emit: (event: MediaEvent) => void;
  readonly #taps: Tap[] = [];

  constructor(callId: string, emit: (event: MediaEvent) => void) {
    this.#callId = callId;
    this.#emit = emit;
  }

  /**
   * Begins to fill a ring.
   * @param tick the first that will be in it
   * @throws CodedError `invalidRequest` when the ring is none or used, or the call has a tap of this id
   */
  open(tapId: string, ring: SharedArrayBuffer, tick: number): void {
    if (this.#taps.some((tap) => tap.tapId === tapId)) {
      throw new CodedError('invalidRequest', 'The call has a tap of this id.');
    }
    const writer = new TapWriter(ring, tick);
    this.#taps.push({ tapId, writer, toldDropped: 0, toldTick: tick - TELL_DROPPED_EVERY_TICKS });
  }

  /** Ends a ring. @param tick the first that is not to be in it @returns that, also when there is no such tap */
  close(tapId: string, tick: number): number {
    const index = this.#taps.findIndex((tap) => tap.tapId === tapId);
    const [tap] = index < 0 ? [] : this.#taps.splice(index, 1);
    return tap ? this.#end(tap, tick) : tick;
  }

  /** Phase 7: every source of this tick goes into every ring. */
  feed(legs: readonly WorkerLeg[], tick: number): void {
    for (const tap of this.#taps) {
      const { writer } = tap;
      writer.begin(tick);
      for (const leg of legs) {
        const { place } = leg;
        if (place && leg.connected) writer.frame(leg.number, leg.legId, stateOf(leg, place), place.sourceFrame);
      }
      if (!writer.commit() && tick - tap.toldTick >= TELL_DROPPED_EVERY_TICKS) this.#tellDropped(tap, tick);
    }
  }

  /** Ends all rings after the last tick that was fed. */
  closeAll(): void {
    for (const tap of this.#taps.splice(0)) this.#end(tap, 0);
  }

  #end(tap: Tap, tick: number): number {
    const end = tap.writer.end(tick);
    if (tap.writer.droppedTicks > tap.toldDropped) this.#tellDropped(tap, end);
    return end;
  }

  #tellDropped(tap: Tap, tick: number): void {
    const { tapId, writer } = tap;
    const { droppedTicks } = writer;
    tap.toldDropped = droppedTicks;
    tap.toldTick = tick;
    this.#emit({ type: 'tapDropped', callId: this.#callId, tick, tapId, droppedTicks });
  }
}

function stateOf(leg: WorkerLeg, place: NonNullable<WorkerLeg['place']>): TapState {
  if (!place.inMix) return 'isolated';
  if (place.muted) return 'muted';
  if (!leg.consented) return 'noConsent';
  return place.audible ? 'audio' : 'silent';
}
