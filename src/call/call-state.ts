/**
 * The life of a call, without anything that happens in it.
 *
 *      (created) ─► open ── end · last leg left · idle too long ─► ending ── no leg left, media closed ─► ended
 *
 * While open and empty a call is on its idle timer. It ends with its last leg, unless it was made to stay, or was created
 * ahead of time and nobody has joined it yet.
 */

/** Why a call is over. */
export type CallEndReason =
  'lastLegLeft' | 'ended' | 'idle' | 'mediaFailed' | 'drained' | 'moderatorLeft' | 'maxDuration';

/** What decides when a call ends by itself. */
export interface CallLifePolicy {
  /** End with the last leg. */
  readonly endWhenEmpty: boolean;
  /** Created ahead of time: being empty does not count before somebody has joined. */
  readonly awaitsFirstLeg: boolean;
}

export type CallPhase = 'open' | 'ending' | 'ended';

/** State of {@link stepCall}. */
export interface CallState {
  readonly phase: CallPhase;
  /** Legs that hold anything, from the first request for them until their media is closed. */
  readonly legs: number;
  readonly joinedOnce: boolean;
  readonly reason: CallEndReason | undefined;
}

export type CallInput =
  | { readonly type: 'legAdded' | 'legJoined' | 'legGone' | 'idleExpired' | 'mediaClosed' | 'policyChanged' }
  | { readonly type: 'end'; readonly reason: CallEndReason };

/** What the owner of the state has to do, in this order. */
export type CallEffect = 'armIdle' | 'disarmIdle' | 'releaseName' | 'endLegs' | 'closeMedia' | 'announceEnd';

/** A call that was just created. */
export const newCallState: CallState = { phase: 'open', legs: 0, joinedOnce: false, reason: undefined };

/** The next state and what to do on the way; an input that means nothing in a state changes nothing. */
export function stepCall(
  state: CallState,
  input: CallInput,
  policy: CallLifePolicy,
): { state: CallState; effects: readonly CallEffect[] } {
  if (state.phase === 'open') return stepOpen(state, input, policy);
  if (state.phase === 'ending') return stepEnding(state, input);
  return { state, effects: [] };
}

function stepOpen(state: CallState, input: CallInput, policy: CallLifePolicy) {
  switch (input.type) {
    case 'legAdded':
      return { state: { ...state, legs: state.legs + 1 }, effects: ['disarmIdle'] as const };
    case 'legJoined':
      return { state: { ...state, joinedOnce: true }, effects: [] };
    case 'legGone':
      return settleEmpty({ ...state, legs: state.legs - 1 }, policy);
    case 'policyChanged':
      return settleEmpty(state, policy);
    case 'idleExpired':
      return state.legs === 0 ? beginEnding(state, 'idle') : { state, effects: [] };
    case 'end':
      return beginEnding(state, input.reason);
    case 'mediaClosed':
      return { state, effects: [] };
  }
}

function stepEnding(state: CallState, input: CallInput): { state: CallState; effects: readonly CallEffect[] } {
  if (input.type === 'legGone') {
    const legs = state.legs - 1;
    return { state: { ...state, legs }, effects: legs === 0 ? ['closeMedia'] : [] };
  }
  if (input.type === 'mediaClosed') return { state: { ...state, phase: 'ended' }, effects: ['announceEnd'] };
  return { state, effects: [] };
}

function settleEmpty(state: CallState, policy: CallLifePolicy): { state: CallState; effects: readonly CallEffect[] } {
  if (state.legs > 0) return { state, effects: [] };
  const over = policy.endWhenEmpty && (state.joinedOnce || !policy.awaitsFirstLeg);
  return over ? beginEnding(state, 'lastLegLeft') : { state, effects: ['armIdle'] };
}

function beginEnding(state: CallState, reason: CallEndReason): { state: CallState; effects: readonly CallEffect[] } {
  const effects: CallEffect[] = ['disarmIdle', 'releaseName', state.legs > 0 ? 'endLegs' : 'closeMedia'];
  return { state: { ...state, phase: 'ending', reason }, effects };
}
