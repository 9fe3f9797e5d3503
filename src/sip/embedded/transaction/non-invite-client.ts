/**
 * Non-INVITE client transaction, RFC 3261 §17.1.2.
 *
 *               request from TU: send, start E (UDP), F
 *                      │
 *     E: send     ┌────▼───┐  F or transport error: tell TU
 *     E ×2 ≤ T2 ┌─┤ trying ├────────────────────────┐
 *               └►└──┬───┬─┘                        │
 *          1xx to TU │   │ 200–699 to TU            │
 *     E: send    ┌───▼───┼────┐ F or error: tell TU │
 *     E = T2   ┌─┤ proceeding ├────────────────────►│
 *     1xx to TU└►└───┬───┼────┘                     │
 *       200–699 to TU│   │                          │
 *                ┌───▼───▼───┐   K   ┌────────────┐ │
 *                │ completed ├──────►│ terminated │◄┘
 *                └───────────┘       └────────────┘
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
  type ClientEvent,
} from './machine.js';

export type NonInviteClientName = 'trying' | 'proceeding' | 'completed';
export type NonInviteClientState = MachineState<NonInviteClientName>;

/** The first step: the request goes out. */
export function startNonInviteClient(context: MachineContext): Step<NonInviteClientName> {
  const { nowMs, timers, reliable } = context;
  const giveUp = { F: nowMs + 64 * timers.t1Ms };
  const deadlines = reliable ? giveUp : { E: nowMs + timers.t1Ms, ...giveUp };
  return to(enter<NonInviteClientName>('trying', deadlines, timers.t1Ms), 'send');
}

/** One step of the drawing above; what a state does not list changes nothing. */
export function stepNonInviteClient(
  state: NonInviteClientState,
  event: ClientEvent,
  context: MachineContext,
): Step<NonInviteClientName> {
  if (state.name === 'terminated') return to(state);
  if (state.name === 'completed') return event.kind === 'timer' && event.letter === 'K' ? end() : to(state);
  switch (event.kind) {
    case 'response':
      if (event.status >= 200) return linger('completed', 'K', context.timers.t4Ms, context, 'deliver');
      return to(enter('proceeding', state.deadlines, context.timers.t2Ms), 'deliver');
    case 'timer':
      if (event.letter === 'F') return end('timeout');
      return event.letter === 'E' ? retransmit(state, context) : to(state);
    case 'transportError':
      return end('transportError');
    case 'abandon':
      return to(state);
  }
}

function retransmit(state: NonInviteClientState, context: MachineContext): Step<NonInviteClientName> {
  const intervalMs = Math.min(state.intervalMs * 2, context.timers.t2Ms);
  return to(again(state, 'E', intervalMs, context.nowMs), 'send');
}
