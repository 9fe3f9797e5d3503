/**
 * A leg's way into a call, without anything that happens on it.
 *
 *                     ┌─ wrong, tries left: asked again ─┐
 *      pending ─────► pin ◄──────────────────────────────┘
 *         │           │ └── no tries left ──► refused ── goodbye was said ──► (hung up)
 *         │           │ right
 *         ├────────► consent ── settled ──┐      (turned away by consent: stays until let in, or is hung up there)
 *         │           │                   │
 *         ├────────► waiting ◄────────────┘
 *         │           │ the call is opened, or somebody lets it in
 *         └────────► admitted ◄───────────┘
 *
 * Steps that the leg does not have are passed over. A moderator never waits: it is who opens the call. The end of the leg is
 * no input: its owner forgets the state.
 */
import type { AdmissionStatus, AdmissionStep } from './entry.js';

/** State of {@link stepAdmission}. */
export interface AdmissionState {
  readonly status: AdmissionStatus;
  /** Steps ahead, the present one not included. */
  readonly ahead: readonly AdmissionStep[];
  /** PINs that may still be entered wrongly or not at all, the present one included. */
  readonly tries: number;
  readonly moderator: boolean;
}

/** What a leg entered when it was asked for its PIN. */
export type PinVerdict = 'moderator' | 'participant' | 'wrong';

export type AdmissionInput =
  | { readonly type: 'joined' }
  | { readonly type: 'pinEntered'; readonly verdict: PinVerdict }
  /** It said yes or no, or nothing; `stays`: it has to stay out until {@link AdmissionInput} `letIn`. */
  | { readonly type: 'consentSettled'; readonly stays: boolean }
  /** The call is open, or somebody opens the door for this leg; meant for who waits or stays out. */
  | { readonly type: 'letIn' }
  /** It was made a moderator. */
  | { readonly type: 'promoted' }
  | { readonly type: 'goodbyeSaid' };

/** What the owner of the state has to do, in this order. */
export type AdmissionEffect =
  'askPin' | 'askPinAgain' | 'becomeModerator' | 'askConsent' | 'wait' | 'admit' | 'sayGoodbye' | 'hangUp';

interface Step {
  readonly state: AdmissionState;
  readonly effects: readonly AdmissionEffect[];
}

/** A leg that has these steps ahead. */
export function newAdmission(steps: readonly AdmissionStep[], tries: number, moderator: boolean): AdmissionState {
  return { status: 'pending', ahead: steps, tries, moderator };
}

/**
 * The next state and what to do on the way; an input that means nothing in a state changes nothing.
 * @param open whether the call has been opened by a moderator, or needs none
 */
export function stepAdmission(state: AdmissionState, input: AdmissionInput, open: boolean): Step {
  const { status } = state;
  if (input.type === 'promoted') return promote(state);
  switch (status) {
    case 'pending':
      return input.type === 'joined' ? advance(state, open) : stay(state);
    case 'pin':
      return input.type === 'pinEntered' ? judge(state, input.verdict, open) : stay(state);
    case 'consent':
      if (input.type === 'consentSettled') return input.stays ? stay(state) : advance(state, open);
      return input.type === 'letIn' ? advance(state, open) : stay(state);
    case 'waiting':
      return input.type === 'letIn' ? admit(state) : stay(state);
    case 'refused':
      return input.type === 'goodbyeSaid' ? { state, effects: ['hangUp'] } : stay(state);
    case 'admitted':
      return stay(state);
  }
}

function judge(state: AdmissionState, verdict: PinVerdict, open: boolean): Step {
  if (verdict !== 'wrong') {
    const moderator = state.moderator || verdict === 'moderator';
    const { state: next, effects } = advance({ ...state, moderator }, open);
    return { state: next, effects: verdict === 'moderator' ? ['becomeModerator', ...effects] : effects };
  }
  const tries = state.tries - 1;
  if (tries > 0) return { state: { ...state, tries }, effects: ['askPinAgain'] };
  return { state: { ...state, tries, status: 'refused' }, effects: ['sayGoodbye'] };
}

function promote(state: AdmissionState): Step {
  const promoted = { ...state, moderator: true };
  return promoted.status === 'waiting' ? admit(promoted) : stay(promoted);
}

/** On to the next step that concerns it. */
function advance(state: AdmissionState, open: boolean): Step {
  const [status, ...ahead] = state.ahead;
  if (status === undefined) return admit(state);
  const next: AdmissionState = { ...state, status, ahead };
  switch (status) {
    case 'pin':
      return { state: next, effects: ['askPin'] };
    case 'consent':
      return { state: next, effects: ['askConsent'] };
    case 'waiting':
      return open || state.moderator ? advance(next, open) : { state: next, effects: ['wait'] };
  }
}

function admit(state: AdmissionState): Step {
  return { state: { ...state, status: 'admitted', ahead: [] }, effects: ['admit'] };
}

function stay(state: AdmissionState): Step {
  return { state, effects: [] };
}
