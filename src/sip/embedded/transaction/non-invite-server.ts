/**
 * Non-INVITE server transaction, RFC 3261 §17.2.2.
 *
 *                 request: to TU
 *                  ┌────▼───┐
 *                  │ trying │ request once more: absorbed
 *                  └──┬───┬─┘
 *     1xx from TU:    │   │ 200–699 from TU: send
 *     send     ┌──────▼───┼─┐
 *              │ proceeding │ request once more, or 1xx from TU: send
 *              └──────┬───┼─┘
 *     200–699 from TU:│   │
 *     send        ┌───▼───▼───┐   J   ┌────────────┐
 *                 │ completed ├──────►│ terminated │
 *                 └───────────┘       └────────────┘
 *                 request once more: send
 *
 * A transport error is told to the TU and ends nothing that J would not end.
 */
import {
  end,
  enter,
  linger,
  to,
  type MachineContext,
  type MachineState,
  type Step,
  type ServerEvent,
} from './machine.js';

export type NonInviteServerName = 'trying' | 'proceeding' | 'completed';
export type NonInviteServerState = MachineState<NonInviteServerName>;

/** The state a request that was just received is in. */
export function startNonInviteServer(): NonInviteServerState {
  return enter('trying');
}

/** One step of the drawing above; what a state does not list changes nothing. */
export function stepNonInviteServer(
  state: NonInviteServerState,
  event: ServerEvent,
  context: MachineContext,
): Step<NonInviteServerName> {
  if (state.name === 'terminated') return to(state);
  switch (event.kind) {
    case 'request':
      return state.name === 'trying' ? to(state) : to(state, 'send');
    case 'respond':
      if (state.name === 'completed') return to(state);
      if (event.status < 200) return to(enter('proceeding'), 'send');
      return linger('completed', 'J', 64 * context.timers.t1Ms, context, 'send');
    case 'timer':
      return event.letter === 'J' ? end() : to(state);
    case 'transportError':
      return to(state, 'transportError');
    case 'ack':
      return to(state);
  }
}
