/**
 * The 20 ms of a call, in nine phases. Everything audible happens here, on one clock.
 *
 *   1 commands · 2 playout · 3 decode · 4 mix · 5 isolation · 6 render · 7 taps · 8 digits · 9 report
 *
 * Playout and decode are one step per leg (the jitter buffer decodes what it plays). A leg whose code throws in any phase
 * ends with an event; a throw outside any leg ends the call; neither ends anything else.
 */
import { CodedError } from '../errors.js';
import { hearSpeaker, orderSpeakers } from './dsp/speaker-order.js';
import type { TickTurn } from './ticker.js';
import type { RelayedPress, WorkerCall } from './worker-call.js';
import type { WorkerLeg } from './worker-leg.js';

/** The order of speakers is looked at five times a second. */
const SPEAKERS_EVERY_TICKS = 10;

/** What a phase does for one leg. */
type LegPhase = (leg: WorkerLeg, call: WorkerCall, turn: TickTurn, nowMs: number) => void;

/** Runs one tick of a call. @param nowMs the time it really runs at */
export function runTick(call: WorkerCall, turn: TickTurn, nowMs: number): void {
  call.tick += 1 + turn.skipped;
  applyCommands(call);
  eachLeg(call, turn, nowMs, playOut);
  call.mixer.sum();
  isolate(call, turn, nowMs);
  call.mixer.render();
  eachLeg(call, turn, nowMs, send);
  // What is heard waits for nothing that can be done later, least of all for other calls.
  call.room.flush();
  call.taps.feed(call.legs, call.tick);
  relayDigits(call);
  eachLeg(call, turn, nowMs, report);
  reportLevels(call);
  reportSpeakers(call);
}

/** 1: what the control plane asked for since the last tick; then it is settled who is in the mix in this one. */
function applyCommands(call: WorkerCall): void {
  if (call.pending.length > 0) for (const apply of call.pending.splice(0)) apply();
  call.isolation.settle();
}

/** 2 and 3: from the jitter buffer to the bus. */
function playOut(leg: WorkerLeg, { room }: WorkerCall, _turn: TickTurn, nowMs: number): void {
  leg.advanceDigits(nowMs);
  leg.playOut(nowMs, room.meter);
}

/** 5: what the server plays goes to the programmes of legs and call; digits and time move interactions on. */
function isolate(call: WorkerCall, turn: TickTurn, nowMs: number): void {
  call.settledTick = call.tick;
  eachLeg(call, turn, nowMs, playToLeg);
  call.playbacks.play();
}

function playToLeg(leg: WorkerLeg, call: WorkerCall): void {
  call.isolation.play(leg);
}

/** 6: limiter, resampler and encoder have run once for all that hear the same; each leg gets its own packet. */
function send(leg: WorkerLeg, _call: WorkerCall, turn: TickTurn, nowMs: number): void {
  leg.send(turn, nowMs);
}

/** 8: what one participant presses, the others get, as telephone-events or tones; never the one who pressed. */
function relayDigits(call: WorkerCall): void {
  if (call.presses.length === 0) return;
  for (const press of call.presses.splice(0)) {
    for (const listener of call.legs) if (mayHear(call, press, listener)) relay(press, listener);
  }
}

function mayHear(call: WorkerCall, { leg, durationMs }: RelayedPress, listener: WorkerLeg): boolean {
  if (listener === leg || !listener.place) return false;
  // The end of a press reaches whoever heard it begin, so that no key stays down.
  if (durationMs !== undefined) return true;
  if (!leg.place?.inMix || !listener.place.inMix) return false;
  if (leg.place.muted || listener.place.deaf || !listener.sender.takesDigits) return false;
  return call.mixer.routing.gain(listener.place, leg.place) !== 0;
}

function relay({ leg, event, volume, durationMs }: RelayedPress, listener: WorkerLeg): void {
  if (durationMs === undefined) listener.sender.digits.relayBegan(leg.number, event, volume);
  else listener.sender.digits.relayEnded(leg.number, durationMs);
}

/** 9: levels, speech, timeouts. */
function report(leg: WorkerLeg, call: WorkerCall, _turn: TickTurn, nowMs: number): void {
  const { room, callId, tick } = call;
  const change = leg.listen(room.meter);
  if (change) {
    const since = tick - leg.speech.changeAgeTicks;
    room.emit({ type: 'speech', callId, legId: leg.legId, tick, speaking: change === 'started', since });
  }
  hearSpeaker(leg.speaker, leg.levelDbov, leg.speech.speaking);
  const sent = leg.sender.takeSentDigits();
  if (sent !== undefined) room.emit({ type: 'digitsSent', callId, legId: leg.legId, tick, digits: sent });
  if (leg.timedOut(nowMs)) throw new CodedError('rtpTimeout');
}

function reportLevels(call: WorkerCall): void {
  const { callId, tick, reportLevelsEvery } = call;
  if (reportLevelsEvery === 0 || tick % reportLevelsEvery !== 0) return;
  const levels = call.legs
    .filter((leg) => leg.connected)
    .map(({ legId, levelDbov, peakDbov, speech }) => ({ legId, levelDbov, peakDbov, speaking: speech.speaking }));
  call.room.emit({ type: 'levels', callId, tick, levels });
}

function reportSpeakers(call: WorkerCall): void {
  const { callId, tick } = call;
  if (tick % SPEAKERS_EVERY_TICKS !== 0) return;
  const legIds = orderSpeakers(
    call.speakers,
    call.legs.map(({ speaker }) => speaker),
  );
  if (legIds === call.speakers) return;
  call.speakers = legIds;
  call.room.emit({ type: 'speakers', callId, tick, legIds });
}

/** Runs a phase for every leg; from the last to the first, because a leg that fails leaves the list. */
function eachLeg(call: WorkerCall, turn: TickTurn, nowMs: number, phase: LegPhase): void {
  for (let index = call.legs.length - 1; index >= 0; index--) {
    const leg = call.legs[index];
    if (!leg) continue;
    try {
      phase(leg, call, turn, nowMs);
    } catch (thrown) {
      call.failLeg(leg, thrown);
    }
  }
}
