/**
 * INVITE client transaction, RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §8.4.
 *
 *               INVITE from TU: send, start A (UDP), B
 *                     │
 *       A: send  ┌────▼────┐  B or transport error: tell TU
 *       A ×2   ┌─┤ calling ├──────────────────────────────────┐
 *              └►└──┬──┬─┬─┘                                  │
 *            1xx to │  │ └────────── 2xx to TU ──────┐        │
 *                TU │  │ 300–699: ACK, to TU         │        │
 *     1xx      ┌────▼──┼────┐                        │        │
 *     to TU  ┌─┤ proceeding ├─── 2xx to TU ──┐       │        │
 *            └►└────┬──┼────┘ abandon ────────┼───────┼───────►│
 *          300–699: │  │                      │       │        │
 *       ACK, to TU  │  │                      │       │        │
 *     300–    ┌─────▼──▼──┐              ┌────▼───────▼┐       │
 *     699:  ┌─┤ completed │              │  accepted   ├─┐     │
 *     ACK   └►└─────┬─────┘              └──────┬────▲─┘ │     │
 *        D or       │                           │    └───┘     │
 *        transport  │                           │ M  2xx to TU │
 *        error      │       ┌────────────┐      │              │
 *                   └──────►│ terminated │◄─────┴──────────────┘
 *                           └────────────┘
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

export type InviteClientName = 'calling' | 'proceeding' | 'completed' | 'accepted';
export type InviteClientState = MachineState<InviteClientName>;

/** The first step: the INVITE goes out. */
export function startInviteClient(context: MachineContext): Step<InviteClientName> {
  const { nowMs, timers, reliable } = context;
  const giveUp = { B: nowMs + 64 * timers.t1Ms };
  const deadlines = reliable ? giveUp : { A: nowMs + timers.t1Ms, ...giveUp };
  return to(enter<InviteClientName>('calling', deadlines, timers.t1Ms), 'send');
}

/** One step of the drawing above; what a state does not list changes nothing. */
export function stepInviteClient(
  state: InviteClientState,
  event: ClientEvent,
  context: MachineContext,
): Step<InviteClientName> {
  switch (state.name) {
    case 'calling':
    case 'proceeding':
      return pending(state, event, context);
    case 'completed':
      if (event.kind === 'response' && event.status >= 300) return to(state, 'ack');
      if (event.kind === 'timer' && event.letter === 'D') return end();
      if (event.kind === 'transportError') return end('transportError');
      return to(state);
    case 'accepted':
      if (event.kind === 'response' && isSuccess(event.status)) return to(state, 'deliver');
      if (event.kind === 'timer' && event.letter === 'M') return end();
      return to(state);
    case 'terminated':
      return to(state);
  }
}

function pending(state: InviteClientState, event: ClientEvent, context: MachineContext): Step<InviteClientName> {
  const { nowMs, timers } = context;
  switch (event.kind) {
    case 'response':
      if (event.status < 200) return to(enter('proceeding'), 'deliver');
      if (isSuccess(event.status)) return to(enter('accepted', { M: nowMs + 64 * timers.t1Ms }), 'deliver');
      return linger('completed', 'D', 64 * timers.t1Ms, context, 'ack', 'deliver');
    case 'timer':
      if (state.name !== 'calling') return to(state);
      if (event.letter === 'B') return end('timeout');
      if (event.letter === 'A') return to(again(state, 'A', state.intervalMs * 2, nowMs), 'send');
      return to(state);
    case 'transportError':
      return end('transportError');
    case 'abandon':
      return state.name === 'proceeding' ? end() : to(state);
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
