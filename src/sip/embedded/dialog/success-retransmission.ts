/**
 * Retransmission of a 2xx to INVITE by the UAS core until its ACK comes (RFC 3261 §13.3.1.4), over any transport.
 *
 *     2xx sent ──► waiting ──T1, 2·T1, … ≤ T2: send again──► waiting
 *                     │ ACK                   │ 64·T1 since the first
 *                     ▼                       ▼
 *                 confirmed               abandoned: BYE
 */
import type { TimerSettings } from '../transaction/machine.js';

/** A 2xx that waits for its ACK; times on the clock of `nowMs`. */
export interface SuccessRetransmission {
  readonly nextAtMs: number;
  readonly intervalMs: number;
  readonly giveUpAtMs: number;
}

/** The 2xx has just gone out. */
export function startRetransmission(nowMs: number, timers: TimerSettings): SuccessRetransmission {
  return { nextAtMs: nowMs + timers.t1Ms, intervalMs: timers.t1Ms, giveUpAtMs: nowMs + 64 * timers.t1Ms };
}

/** When something is to be done next. */
export function retransmissionDeadline(state: SuccessRetransmission): number {
  return Math.min(state.nextAtMs, state.giveUpAtMs);
}

/** What to do at `nowMs`: send again (with the state after it), give up, or go on waiting. */
export function stepRetransmission(
  state: SuccessRetransmission,
  nowMs: number,
  timers: TimerSettings,
): { readonly act: 'send' | 'wait' | 'giveUp'; readonly state: SuccessRetransmission } {
  if (nowMs >= state.giveUpAtMs) return { act: 'giveUp', state };
  if (nowMs < state.nextAtMs) return { act: 'wait', state };
  const intervalMs = Math.min(state.intervalMs * 2, timers.t2Ms);
  return { act: 'send', state: { ...state, intervalMs, nextAtMs: nowMs + intervalMs } };
}
