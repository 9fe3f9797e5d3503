/** Which legs of one call are out of the mix and why: carries out what is asked, gives each tick's sound, tells the edges. */
import type { CancelCause, InteractionOutcome, MediaCommand, MediaEvent, Programme } from './protocol.js';
import { TICK_MS } from './ticker.js';
import type { WorkerCall } from './worker-call.js';
import type { WorkerLeg } from './worker-leg.js';

/** Commands this file carries out. */
export type IsolationCommand = Extract<MediaCommand, { type: 'isolateLeg' | 'startInteraction' | 'cancelInteraction' }>;

/** The isolation of one call's legs. */
export class CallIsolation {
  readonly #call: WorkerCall;

  constructor(call: WorkerCall) {
    this.#call = call;
  }

  /** Phase 1. */
  apply(command: IsolationCommand): void {
    switch (command.type) {
      case 'isolateLeg':
        this.#keep(command.legId, command.isolated, command.music);
        return;
      case 'startInteraction':
        this.#start(command);
        return;
      case 'cancelInteraction': {
        const leg = this.#call.leg(command.legId);
        if (leg?.isolation.interaction?.interactionId === command.interactionId) this.#cancel(leg, 'api');
      }
    }
  }

  /** After all commands of a tick: legs leave the mix, or come back, and that is told once however often it changed. */
  settle(): void {
    const { callId, legs, tick, room } = this.#call;
    for (const leg of legs) {
      const { isolated } = leg.isolation;
      const { place } = leg;
      if (place && isolated && !place.isolated) leg.isolation.leaveMix(place.heard.lastSample);
      if (place) place.isolated = isolated;
      if (!leg.connected || leg.toldIsolated === isolated) continue;
      leg.toldIsolated = isolated;
      room.emit({ type: 'isolation', callId, legId: leg.legId, tick, isolated });
    }
  }

  /** Phase 5: what the server plays to one leg because of its isolation. */
  play(leg: WorkerLeg): void {
    const { isolation, place } = leg;
    if (!place || !isolation.isBusy) return;
    const { tick, room } = this.#call;
    const { frame, pointer } = place.programme;
    room.kernels.run.zero(pointer, frame.length);
    const outcome = isolation.step(tick, frame);
    if (room.kernels.run.isZero(pointer, frame.length) === 0) place.programme.submit();
    if (outcome) this.#tellEnd(leg, outcome);
  }

  /** A leg is about to leave the call. */
  release(leg: WorkerLeg, cause: CancelCause): void {
    this.#cancel(leg, cause);
    leg.isolation.close();
  }

  #keep(legId: string, isolated: boolean, music: Programme | undefined): void {
    const leg = this.#call.leg(legId);
    if (!leg) return;
    if (isolated) leg.isolation.keepOut(music);
    else leg.isolation.letIn();
  }

  #start(command: Extract<MediaCommand, { type: 'startInteraction' }>): void {
    const { callId, edgeTick: tick, room } = this.#call;
    const { legId, order } = command;
    const leg = this.#call.leg(legId);
    if (!leg) {
      room.emit(refusedInteraction(command, tick, 'legEnded'));
      return;
    }
    this.#cancel(leg, 'replaced');
    leg.isolation.start(order, tick);
    leg.divertDigits(this.#edgeMs());
    const { interactionId } = order;
    room.emit({ type: 'interactionStarted', callId, legId, tick, interactionId });
  }

  #cancel(leg: WorkerLeg, cause: CancelCause): void {
    const outcome = leg.isolation.cancel(this.#call.edgeTick, cause);
    if (outcome) this.#tellEnd(leg, outcome);
  }

  /** When what is played out in the edge tick begins: a tick plays what was spoken before it. */
  #edgeMs(): number {
    const { edgeTick, tick, room } = this.#call;
    return room.nowMs() - (edgeTick > tick ? 0 : TICK_MS);
  }

  #tellEnd(leg: WorkerLeg, outcome: InteractionOutcome): void {
    const { callId, room } = this.#call;
    leg.divertDigits(this.#edgeMs());
    room.emit({ type: 'interactionEnded', callId, legId: leg.legId, tick: outcome.endedTick, outcome });
  }
}

/** What is told of an interaction that never began, because its leg or its call is gone. */
export function refusedInteraction(
  { callId, legId, order }: Extract<MediaCommand, { type: 'startInteraction' }>,
  tick: number,
  cancelledBy: CancelCause,
): MediaEvent {
  const outcome: InteractionOutcome = {
    interactionId: order.interactionId,
    result: 'cancelled',
    digits: '',
    cancelledBy,
    attempts: 1,
    playedMs: 0,
    promptCompleted: false,
    startedTick: tick,
    promptEndedTick: undefined,
    endedTick: tick,
  };
  return { type: 'interactionEnded', callId, legId, tick, outcome };
}
