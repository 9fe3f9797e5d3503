/** What a command does in a call; it runs in phase 1 of the call's tick. */
import { CodedError } from '../errors.js';
import { refusedInteraction } from './call-isolation.js';
import { refusedPlayback } from './call-playbacks.js';
import { answer, fail } from './command-answer.js';
import type { MediaCommand, MediaEvent } from './protocol.js';
import type { WorkerCall } from './worker-call.js';
import type { WorkerLeg } from './worker-leg.js';

/** A command for a call that is there; it waits for the call's next tick. */
export type CallCommand = Exclude<MediaCommand, { type: 'openCall' | 'openLeg' | 'closeCall' | 'stop' }>;
type LegCommand = Extract<CallCommand, { type: 'connectLeg' | 'controlLeg' | 'pressDigit' | 'sendDigits' }>;

/** Carries out a command. */
export function applyToCall(call: WorkerCall, command: CallCommand): void {
  const { emit } = call.room;
  switch (command.type) {
    case 'reportLevels':
      call.reportLevelsEvery = command.everyTicks;
      return;
    case 'snapshotCall': {
      const { callId, tick, speakers } = call;
      const legs = call.legs.map((leg) => leg.snapshot());
      answer(emit, command.requestId, { type: 'snapshot', snapshot: { callId, tick, legs, speakers } });
      return;
    }
    case 'routeLeg': {
      const listener = call.leg(command.listenerLegId)?.place;
      const source = call.leg(command.sourceLegId)?.place;
      if (listener && source) call.mixer.routing.set(listener, source, command.gain);
      return;
    }
    case 'setAudience': {
      const place = call.leg(command.legId)?.place;
      if (place) place.audience = command.audience;
      return;
    }
    case 'setConsent': {
      const leg = call.leg(command.legId);
      if (leg) setConsent(call, leg, command.consented);
      return;
    }
    case 'isolateLeg':
    case 'startInteraction':
    case 'cancelInteraction':
      call.isolation.apply(command);
      return;
    case 'startPlayback':
    case 'pausePlayback':
    case 'stopPlayback':
    case 'extendProgramme':
      call.playbacks.apply(command);
      return;
    case 'openTap':
      openTap(call, command);
      return;
    case 'closeTap':
      answer(emit, command.requestId, { type: 'tapClosed', tick: call.taps.close(command.tapId, call.tick) });
      return;
    case 'closeLeg': {
      const leg = call.leg(command.legId);
      if (leg) call.removeLeg(leg, 'legEnded');
      answer(emit, command.requestId, { type: 'legClosed', tick: call.tick, statistics: leg?.statistics() });
      return;
    }
    case 'connectLeg':
    case 'controlLeg':
    case 'pressDigit':
    case 'sendDigits': {
      const leg = call.leg(command.legId);
      if (leg) applyToLeg(call, leg, command);
    }
  }
}

/** The call of a command is gone: whoever waits for an answer, or for an end, gets it. */
export function refuse(emit: (event: MediaEvent) => void, command: CallCommand): void {
  if ('requestId' in command) fail(emit, command.requestId, new CodedError('callEnded'));
  else if (command.type === 'startInteraction') emit(refusedInteraction(command, 0, 'callEnded'));
  else if (command.type === 'startPlayback') emit(refusedPlayback(command, 0, 'callEnded'));
}

function applyToLeg(call: WorkerCall, leg: WorkerLeg, command: LegCommand): void {
  const { callId, tick, room } = call;
  try {
    switch (command.type) {
      case 'connectLeg':
        if (!leg.connect(command.media, room.nowMs())) return;
        room.emit({ type: 'legJoined', callId, legId: leg.legId, tick });
        setConsent(call, leg, leg.consented);
        return;
      case 'controlLeg':
        leg.control(command.controls);
        return;
      case 'pressDigit':
        leg.pressDigit(command.digit, command.durationMs, room.nowMs());
        return;
      case 'sendDigits':
        leg.sender.sendDigits(command.digits, command.durationMs, command.gapMs);
    }
  } catch (thrown) {
    call.failLeg(leg, thrown);
  }
}

/** The tick told is the first in which tools get its audio, or do not. */
function setConsent({ callId, tick, room }: WorkerCall, leg: WorkerLeg, consented: boolean): void {
  leg.consented = consented;
  room.emit({ type: 'consent', callId, legId: leg.legId, tick, consented });
}

function openTap(call: WorkerCall, { requestId, tapId, ring }: Extract<CallCommand, { type: 'openTap' }>): void {
  const { tick, room } = call;
  try {
    call.taps.open(tapId, ring, tick);
    answer(room.emit, requestId, { type: 'tapOpened', tick });
  } catch (thrown) {
    fail(room.emit, requestId, thrown);
  }
}
