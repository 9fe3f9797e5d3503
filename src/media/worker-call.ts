/** One call on its media worker: legs at a mixer, a tick count, and what waits for the next tick. */
import { asCodedError } from '../errors.js';
import { CallIsolation } from './call-isolation.js';
import { CallPlaybacks } from './call-playbacks.js';
import { CallTaps } from './call-taps.js';
import type { Kernels } from './dsp/kernels.js';
import type { LevelMeter } from './dsp/level.js';
import { ProgrammeRegistry } from './isolation/programme-track.js';
import { Mixer } from './mixer/mixer.js';
import type { CancelCause, MediaEvent } from './protocol.js';
import type { WorkerLeg } from './worker-leg.js';

/** Something another participant pressed or let go of, to be relayed in phase 8. */
export interface RelayedPress {
  readonly leg: WorkerLeg;
  /** Telephone-event 0…15. */
  readonly event: number;
  readonly volume: number;
  /** Undefined while the key is held. */
  readonly durationMs: number | undefined;
}

/** What a call's tick works on. */
export interface CallRoom {
  readonly kernels: Kernels;
  readonly meter: LevelMeter;
  readonly emit: (event: MediaEvent) => void;
  /** Sends what waits at the sockets. */
  readonly flush: () => void;
  readonly nowMs: () => number;
}

/** One call. `tick.ts` is the only code that moves it in time. */
export class WorkerCall {
  readonly mixer: Mixer;
  readonly taps: CallTaps;
  /** What the server plays in this call, by programme id. */
  readonly programmes = new ProgrammeRegistry();
  readonly isolation = new CallIsolation(this);
  readonly playbacks = new CallPlaybacks(this);
  readonly legs: WorkerLeg[] = [];
  /** Commands that take effect at the next tick, in order. */
  readonly pending: (() => void)[] = [];
  /** Presses since the last tick. */
  readonly presses: RelayedPress[] = [];
  /** Number of the tick that runs, or ran last. */
  tick = 0;
  /** Tick for which it has been settled who is in the mix and what is played. */
  settledTick = -1;
  /** Levels are reported every so many ticks; 0 = not. */
  reportLevelsEvery = 0;
  /** Legs that speak or spoke lately, loudest first. */
  speakers: readonly string[] = [];
  #lastLegNumber = 0;

  /** @throws CodedError `capacityReached` */
  constructor(
    readonly callId: string,
    readonly room: CallRoom,
  ) {
    this.mixer = new Mixer(room.kernels);
    this.taps = new CallTaps(callId, room.emit);
  }

  /** A number no other leg of this call has or had. */
  nextLegNumber(): number {
    return this.#lastLegNumber++;
  }

  /** The first tick that what is decided now can change. */
  get edgeTick(): number {
    return this.settledTick === this.tick ? this.tick + 1 : this.tick;
  }

  leg(legId: string): WorkerLeg | undefined {
    return this.legs.find((leg) => leg.legId === legId);
  }

  /** Takes a leg out of the mix and closes it; its statistics stay readable. @param cause what its interaction is told */
  removeLeg(leg: WorkerLeg, cause: CancelCause): void {
    const index = this.legs.indexOf(leg);
    if (index < 0) return;
    this.isolation.release(leg, cause);
    this.playbacks.release(leg);
    this.legs.splice(index, 1);
    const { place } = leg;
    leg.close(this.room.nowMs());
    if (place) this.mixer.removeLeg(place);
  }

  /** Ends a leg because of its own fault; the others never notice. */
  failLeg(leg: WorkerLeg, thrown: unknown): void {
    const { code, detail, cause } = asCodedError(thrown);
    this.removeLeg(leg, 'mediaFailed');
    const reason = cause instanceof Error ? `${detail} ${cause.message}` : detail;
    const { callId, tick } = this;
    this.room.emit({ type: 'legFailed', callId, legId: leg.legId, tick, code, detail: reason });
  }

  /** Ends all legs, playbacks and taps and gives all memory back. @param cause what interactions are told */
  close(cause: CancelCause): void {
    this.taps.closeAll();
    this.playbacks.close();
    for (const leg of this.legs) {
      this.isolation.release(leg, cause);
      leg.close(this.room.nowMs());
    }
    this.legs.length = 0;
    this.pending.length = 0;
    this.mixer.close();
  }
}
