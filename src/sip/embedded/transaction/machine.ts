/**
 * What the four transaction machines of RFC 3261 §17 (as amended by RFC 6026) have in common: timers by letter, kept as
 * deadlines in the state, so that a machine owns no clock and a test needs none.
 */

/** RFC 3261 §17.1.1.1 and table 4, in milliseconds. */
export interface TimerSettings {
  /** Estimate of the round-trip time; 500 by default. */
  readonly t1Ms: number;
  /** Longest interval between retransmissions of non-INVITE requests and INVITE responses; 4000. */
  readonly t2Ms: number;
  /** Longest time a message stays in the network; 5000. */
  readonly t4Ms: number;
}

/** The values of RFC 3261 table 4. */
export const rfcTimers: TimerSettings = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000 };

/** Timers A–K of RFC 3261 table 4 (C belongs to proxies), L and M of RFC 6026 §8.12. */
export type TimerLetter = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/** What a step may know of the world. */
export interface MachineContext {
  readonly nowMs: number;
  readonly timers: TimerSettings;
  /** TCP and its like: nothing is retransmitted, and nobody waits for stray retransmissions. */
  readonly reliable: boolean;
}

/** A timer of the machine has fired. */
export interface TimerEvent {
  readonly kind: 'timer';
  readonly letter: TimerLetter;
}

/**
 * What happens to a client transaction. `abandon`: the TU gives a cancelled INVITE up that stays without a final response
 * (RFC 3261 §9.1).
 */
export type ClientEvent =
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'transportError' }
  | { readonly kind: 'abandon' }
  | TimerEvent;

/** What happens to a server transaction. `request`: the request once more; `respond`: the TU sends a response. */
export type ServerEvent =
  | { readonly kind: 'request' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'respond'; readonly status: number }
  | { readonly kind: 'transportError' }
  | TimerEvent;

/** State of any of the four machines. */
export interface MachineState<Name extends string> {
  readonly name: Name | 'terminated';
  /** Running timers: letter → when it fires, on the clock of {@link MachineContext.nowMs}. */
  readonly deadlines: Readonly<Partial<Record<TimerLetter, number>>>;
  /** Present interval of the retransmission timer (A, E or G). */
  readonly intervalMs: number;
}

/**
 * What the owner of a machine does after a step, in order: `send` the current message (the request of a client, the last
 * response of a server), `ack` the non-2xx final response, `deliver` what came in to the transaction user, or tell it of a
 * `timeout` or a `transportError`.
 */
export type Effect = 'send' | 'ack' | 'deliver' | 'timeout' | 'transportError';

/** Result of one step. */
export interface Step<Name extends string> {
  readonly state: MachineState<Name>;
  readonly effects: readonly Effect[];
}

/** The timer that fires first, or undefined when none runs. */
export function nextDeadline(state: MachineState<string>): { letter: TimerLetter; atMs: number } | undefined {
  let next: { letter: TimerLetter; atMs: number } | undefined;
  for (const [letter, atMs] of Object.entries(state.deadlines) as [TimerLetter, number][]) {
    if (next === undefined || atMs < next.atMs) next = { letter, atMs };
  }
  return next;
}

/** A state with these timers only; `intervalMs` is the present one of A, E or G. */
export function enter<Name extends string>(
  name: Name,
  deadlines: MachineState<Name>['deadlines'] = {},
  intervalMs = 0,
): MachineState<Name> {
  return { name, deadlines, intervalMs };
}

/** A step to `state` with these effects. */
export function to<Name extends string>(state: MachineState<Name>, ...effects: Effect[]): Step<Name> {
  return { state, effects };
}

/** The step that ends a machine. */
export function end<Name extends string>(...effects: Effect[]): Step<Name> {
  return { state: { name: 'terminated', deadlines: {}, intervalMs: 0 }, effects };
}

/** To a state whose only purpose is to absorb stray retransmissions until `letter`; at once over when there are none. */
export function linger<Name extends string>(
  name: Name,
  letter: TimerLetter,
  afterMs: number,
  context: MachineContext,
  ...effects: Effect[]
): Step<Name> {
  if (context.reliable) return end(...effects);
  return to(enter<Name>(name, { [letter]: context.nowMs + afterMs }), ...effects);
}

/** The same state with its retransmission timer restarted after `intervalMs`. */
export function again<Name extends string>(
  state: MachineState<Name>,
  letter: TimerLetter,
  intervalMs: number,
  nowMs: number,
): MachineState<Name> {
  return { ...state, intervalMs, deadlines: { ...state.deadlines, [letter]: nowMs + intervalMs } };
}
