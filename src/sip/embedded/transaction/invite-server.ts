/**
 * INVITE server transaction, RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §8.5–8.7.
 *
 *                            INVITE: to TU
 *     INVITE: send last   ┌───────▼────────┐
 *     1xx from TU: send ┌─┤   proceeding   │
 *                       └►└──┬──────────┬──┘
 *      300–699 from TU: send │          │ 2xx from TU: send
 *     INVITE: send   ┌───────▼───┐   ┌──▼───────┐ INVITE: absorbed
 *     G: send      ┌─┤ completed │   │ accepted ├─┐ ACK: to TU
 *                  └►└───┬────┬──┘   └──┬───────┘◄┘ 2xx from TU: send
 *                   ACK  │    │ H:      │
 *                 ┌──────▼──┐ │ tell TU │ L
 *            ACK  │confirmed│ │         │
 *        absorbed └──────┬──┘ │         │
 *                      I │    │         │
 *                     ┌──▼────▼───┐     │
 *                     │terminated │◄────┘
 *                     └───────────┘
 *
 * In Accepted it is the TU that retransmits the 2xx (RFC 3261 §13.3.1.4). A transport error is told to the TU and ends
 * nothing: the peer's retransmissions may still bring the response through (RFC 6026 §7.1).
 */
import {
  again,
  end,
  enter,
  linger,
  to,
  type MachineContext,
  type MachineState,
  type Step,
  type ServerEvent,
} from './machine.js';

export type InviteServerName = 'proceeding' | 'completed' | 'confirmed' | 'accepted';
export type InviteServerState = MachineState<InviteServerName>;

/** The state an INVITE that was just received is in. */
export function startInviteServer(): InviteServerState {
  return enter('proceeding');
}

/** One step of the drawing above; what a state does not list changes nothing. */
export function stepInviteServer(
  state: InviteServerState,
  event: ServerEvent,
  context: MachineContext,
): Step<InviteServerName> {
  if (event.kind === 'transportError') return state.name === 'terminated' ? to(state) : to(state, 'transportError');
  switch (state.name) {
    case 'proceeding':
      if (event.kind === 'request') return to(state, 'send');
      return event.kind === 'respond' ? responded(state, event.status, context) : to(state);
    case 'completed':
      return completed(state, event, context);
    case 'confirmed':
      return event.kind === 'timer' && event.letter === 'I' ? end() : to(state);
    case 'accepted':
      if (event.kind === 'ack') return to(state, 'deliver');
      if (event.kind === 'respond' && event.status < 300 && event.status >= 200) return to(state, 'send');
      return event.kind === 'timer' && event.letter === 'L' ? end() : to(state);
    case 'terminated':
      return to(state);
  }
}

function responded(state: InviteServerState, status: number, context: MachineContext): Step<InviteServerName> {
  const { nowMs, timers, reliable } = context;
  const giveUpMs = nowMs + 64 * timers.t1Ms;
  if (status < 200) return to(state, 'send');
  if (status < 300) return to(enter('accepted', { L: giveUpMs }), 'send');
  const deadlines = reliable ? { H: giveUpMs } : { G: nowMs + timers.t1Ms, H: giveUpMs };
  return to(enter('completed', deadlines, timers.t1Ms), 'send');
}

function completed(state: InviteServerState, event: ServerEvent, context: MachineContext): Step<InviteServerName> {
  const { nowMs, timers } = context;
  switch (event.kind) {
    case 'request':
      return to(state, 'send');
    case 'ack':
      return linger('confirmed', 'I', timers.t4Ms, context);
    case 'timer':
      if (event.letter === 'H') return end('timeout');
      if (event.letter !== 'G') return to(state);
      return to(again(state, 'G', Math.min(state.intervalMs * 2, timers.t2Ms), nowMs), 'send');
    default:
      return to(state);
  }
}
