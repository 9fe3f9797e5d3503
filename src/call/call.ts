import { CodedError } from '../errors.js';
import type { CallMediaEvent, MediaCall } from '../media/plane.js';
import type { CallSnapshot } from '../media/protocol.js';
import { type CallEffect, type CallEndReason, type CallInput, newCallState, stepCall } from './call-state.js';
import { type Clock, within } from './clock.js';
import type { CallEvent, CallEventData, CallEventType, LevelsReported } from './event.js';
import { LastTasks } from './last-tasks.js';
import { Leg, type LegBeginning, type LegHost } from './leg.js';
import { legEnd, legEndOf } from './leg-end.js';
import { type CallPolicy, type CallPolicyChange, changedPolicy } from './policy.js';
import { Timeline } from './timeline.js';

const closeLimitMs = 5_000;
/** How long a call waits, once its legs are gone, for what has to be finished before it ends. */
const finishLimitMs = 8_000;
const snapshotLimitMs = 2_000;
/** Legs that are over stay readable until this many newer ones are over too. */
const maxEndedLegs = 64;

/** What a call needs of the server around it. */
export interface CallHost {
  readonly clock: Clock;
  publish(event: CallEvent): void;
  publishLevels(report: LevelsReported): void;
  /** The call takes no more legs; its name is free again. */
  releaseName(call: Call): void;
  /** The call holds nothing any more. */
  callEnded(call: Call): void;
}

/** What is known of a call when it begins. */
export interface CallBeginning {
  readonly id: string;
  readonly name: string;
  readonly origin: 'api' | 'invite';
  readonly policy: CallPolicy;
}

/** One conference: its legs, its timeline, its media. Ends once, after all its legs have given back what they held. */
export class Call {
  readonly id: string;
  readonly name: string;
  readonly origin: 'api' | 'invite';
  readonly createdAtMs: number;
  readonly media: MediaCall;
  /** For what must be told of it before its end is: nothing of a call comes after `call.ended`. */
  readonly beforeEnded = new LastTasks();
  readonly #host: CallHost;
  readonly #timeline: Timeline;
  #speakers: readonly string[] = [];
  readonly #legs = new Map<string, Leg>();
  readonly #endedLegs = new Map<string, Leg>();
  readonly #finishFirst = new Set<() => Promise<unknown>>();
  #policy: CallPolicy;
  #state = newCallState;
  #sequence = 0;
  #programmes = 0;
  #doorsOpen = false;
  #endTick: number | undefined;
  #disarmIdle: (() => void) | undefined;

  constructor(host: CallHost, beginning: CallBeginning, media: MediaCall) {
    this.id = beginning.id;
    this.name = beginning.name;
    this.origin = beginning.origin;
    this.createdAtMs = host.clock.nowMs();
    this.media = media;
    this.#host = host;
    this.#policy = beginning.policy;
    this.#timeline = new Timeline(this.createdAtMs);
  }

  get policy(): CallPolicy {
    return this.#policy;
  }
  /** Whether nobody has to wait for a moderator: none is needed, or one has been in. */
  get doorsOpen(): boolean {
    return this.#doorsOpen || this.#policy.startOnModerator !== true;
  }
  get open(): boolean {
    return this.#state.phase === 'open';
  }
  /** Live legs, oldest first. */
  get legs(): readonly Leg[] {
    return [...this.#legs.values()];
  }
  /** Ids of legs that speak or spoke lately, loudest first. */
  get speakers(): readonly string[] {
    return this.#speakers;
  }

  get legCount(): number {
    return this.#legs.size;
  }
  /** The tick it is about now. */
  get tick(): number {
    return this.#timeline.estimate(this.#host.clock.nowMs());
  }

  /** Tells the world of it and starts its idle timer; once, right after it was registered. */
  start(): void {
    this.tell('call.started', undefined, { name: this.name, origin: this.origin });
    this.#armIdle();
  }

  /** A live leg, or one of the newest that are over. @throws CodedError `legNotFound` */
  leg(legId: string): Leg {
    const leg = this.#legs.get(legId) ?? this.#endedLegs.get(legId);
    if (leg === undefined) throw new CodedError('legNotFound');
    return leg;
  }

  /** Begins a leg. @throws CodedError `callEnded` */
  addLeg(beginning: LegBeginning): Leg {
    if (!this.open) throw new CodedError('callEnded');
    const leg = new Leg(this.#legHost(), beginning);
    this.#legs.set(leg.id, leg);
    this.#apply({ type: 'legAdded' });
    return leg;
  }

  /** Changes the policy; legs that are in stay. @throws CodedError `callEnded`, `invalidRequest` */
  update(change: CallPolicyChange): void {
    if (!this.open) throw new CodedError('callEnded');
    this.#policy = changedPolicy(this.#policy, change);
    const { locked, maxLegs, endWhenEmpty } = this.#policy;
    this.tell('call.updated', undefined, { locked, maxLegs, endWhenEmpty });
    this.#apply({ type: 'policyChanged' });
  }

  /** A moderator is in: nobody waits any more, whoever leaves. */
  openDoors(): void {
    this.#doorsOpen = true;
  }

  /**
   * Has a task done when the last leg is gone, before the call's media is closed and its end is told.
   * @returns what takes it back
   */
  finishFirst(task: () => Promise<unknown>): () => void {
    this.#finishFirst.add(task);
    return () => {
      this.#finishFirst.delete(task);
    };
  }

  /** Ends the call and every leg in it; later ends mean nothing. */
  end(reason: CallEndReason): void {
    this.#apply({ type: 'end', reason });
  }

  /**
   * Puts a fact on the call's record and tells the world of it.
   * @param exactTick where the media plane told it; otherwise the tick it is about now
   */
  tell<Type extends CallEventType>(
    type: Type,
    legId: string | undefined,
    data: CallEventData[Type],
    exactTick?: number,
  ): void {
    const timeMs = this.#host.clock.nowMs();
    if (exactTick !== undefined) this.#timeline.observe(exactTick, timeMs);
    const tick = exactTick ?? this.#timeline.estimate(timeMs);
    this.#sequence += 1;
    const event = { type, callId: this.id, legId, sequence: this.#sequence, tick, timeMs, data };
    // A generic member of a mapped union is not narrowed by the compiler; `type` and `data` belong together by signature.
    this.#host.publish(event as CallEvent);
  }

  /** A number for a programme of this call's media, never used before. */
  nextProgrammeId(): number {
    this.#programmes += 1;
    return this.#programmes;
  }

  /** What the media plane sees, or undefined when it does not answer in time. */
  async snapshot(): Promise<CallSnapshot | undefined> {
    return within(this.#host.clock, snapshotLimitMs, this.media.snapshot(), undefined).catch(() => undefined);
  }

  /** A digit that came by signalling; the media plane knows whether media brought it already, and relays it. */
  digitReceived(leg: Leg, digit: string, durationMs: number): void {
    this.media.pressDigit(leg.id, digit, durationMs);
  }

  /** Something happened on the media plane. */
  onMedia(event: CallMediaEvent): void {
    const nowMs = this.#host.clock.nowMs();
    this.#timeline.observe(event.tick, nowMs);
    if (event.type === 'callFailed') {
      this.end('mediaFailed');
    } else if (event.type === 'levels') {
      const { tick, levels } = event;
      this.#host.publishLevels({ type: 'levels.reported', callId: this.id, tick, timeMs: nowMs, levels });
    } else if (event.type === 'speakers') {
      this.#speakers = event.legIds;
      this.tell('speakers.changed', undefined, { legIds: event.legIds }, event.tick);
    } else if ('legId' in event) {
      const leg = this.#legs.get(event.legId);
      if (leg !== undefined) this.#onLegMedia(leg, event);
    }
  }

  #onLegMedia(leg: Leg, event: Extract<CallMediaEvent, { legId: string }>): void {
    const { tick } = event;
    switch (event.type) {
      case 'legJoined':
        leg.mediaJoined(tick);
        break;
      case 'legFailed': {
        const reason = event.code === 'rtpTimeout' ? 'rtpTimeout' : 'mediaFailed';
        leg.terminate(legEndOf(reason, new CodedError(event.code, event.detail)));
        break;
      }
      case 'digit': {
        const { digit, durationMs, source } = event;
        if (leg.secretDigits.has(tick, durationMs)) break;
        this.tell('digit.received', leg.id, { digit, durationMs, source }, tick);
        break;
      }
      case 'digitsSent':
        this.tell('digits.sent', leg.id, { digits: event.digits }, tick);
        break;
      case 'speech':
        this.tell(event.speaking ? 'speech.started' : 'speech.stopped', leg.id, { since: event.since }, tick);
        break;
      case 'isolation':
        leg.mediaIsolated(event.isolated, tick);
        break;
      case 'latched':
      case 'consent':
      case 'interactionStarted':
      case 'interactionEnded':
        // Nothing of the call itself; the desks of interactions, consent and admission listen for themselves.
        break;
    }
  }

  #legHost(): LegHost {
    return {
      callId: this.id,
      media: this.media,
      clock: this.#host.clock,
      timeline: this.#timeline,
      emit: (type, legId, data, tick) => {
        this.tell(type, legId, data, tick);
      },
      legJoined: () => {
        this.#apply({ type: 'legJoined' });
      },
      legGone: (leg) => {
        this.#legGone(leg);
      },
    };
  }

  #legGone(leg: Leg): void {
    this.#legs.delete(leg.id);
    this.#endedLegs.set(leg.id, leg);
    for (const oldest of this.#endedLegs.keys()) {
      if (this.#endedLegs.size <= maxEndedLegs) break;
      this.#endedLegs.delete(oldest);
    }
    this.#apply({ type: 'legGone' });
  }

  #apply(input: CallInput): void {
    const { endWhenEmpty } = this.#policy;
    const { state, effects } = stepCall(this.#state, input, { endWhenEmpty, awaitsFirstLeg: this.origin === 'api' });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: CallEffect): void {
    switch (effect) {
      case 'armIdle':
        this.#armIdle();
        break;
      case 'disarmIdle':
        this.#disarmIdle?.();
        break;
      case 'releaseName':
        this.#host.releaseName(this);
        break;
      case 'endLegs': {
        const end = legEnd(this.#state.reason === 'drained' ? 'drained' : 'callEnded');
        for (const leg of this.legs) leg.terminate(end);
        break;
      }
      case 'closeMedia':
        this.#closeMedia();
        break;
      case 'announceEnd': {
        const reason = this.#state.reason ?? 'ended';
        this.beforeEnded.run();
        this.tell('call.ended', undefined, { name: this.name, reason }, this.#endTick);
        this.#host.callEnded(this);
        break;
      }
    }
  }

  #armIdle(): void {
    this.#disarmIdle?.();
    this.#disarmIdle = this.#host.clock.schedule(this.#policy.idleTimeoutMs, () => {
      this.#apply({ type: 'idleExpired' });
    });
  }

  #closeMedia(): void {
    const { clock } = this.#host;
    const finished = Promise.allSettled([...this.#finishFirst].map((task) => task()));
    within(clock, finishLimitMs, finished, undefined)
      .then(() => within(clock, closeLimitMs, this.media.close(), undefined))
      .catch(() => undefined)
      .then((closed) => {
        this.#endTick = closed?.tick;
        this.#apply({ type: 'mediaClosed' });
      })
      .catch(() => undefined);
  }
}
