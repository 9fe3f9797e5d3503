import type { InteractionOutcome } from '../../media/protocol.js';
import type { InteractionRequest } from '../interactions/request.js';
import type { ConsentInput } from './consent-state.js';
import type { ConsentCause } from './facts.js';
import type { ConsentConsequence, ConsentPolicy } from './policy.js';

/** The question of a policy as an interaction. */
export function requestOf(policy: ConsentPolicy): InteractionRequest {
  const { prompt, noInputPrompt, invalidPrompt, yes, no, retries, timeoutMs } = policy;
  return {
    prompt,
    noInputPrompt,
    invalidPrompt,
    gather: { patterns: [yes, no], finishOnKey: '', timeoutMs, bargeIn: true, retries },
  };
}

/** What an interaction means for consent. */
export interface Answer {
  readonly input: Extract<ConsentInput, 'yes' | 'no' | 'silence' | 'unanswered'>;
  readonly cause: ConsentCause;
}

/**
 * Reads the outcome of {@link requestOf}. Only the digits of `yes` and nothing else are a yes.
 * @param brokenOff the prompt was cut short by its synthesizer: who said yes to half a question said nothing
 */
export function answerOf(policy: ConsentPolicy, outcome: InteractionOutcome, brokenOff: boolean): Answer {
  const { result, digits, cancelledBy } = outcome;
  if (result === 'digits' && digits === policy.no) return { input: 'no', cause: 'answer' };
  if (brokenOff) return { input: 'unanswered', cause: 'failed' };
  if (result === 'digits' && digits === policy.yes) return { input: 'yes', cause: 'answer' };
  if (result === 'digits' || result === 'invalid') return { input: 'silence', cause: 'invalid' };
  if (result === 'timeout' || result === 'played') return { input: 'silence', cause: 'silence' };
  if (cancelledBy === 'legEnded' || cancelledBy === 'callEnded') return { input: 'unanswered', cause: 'hangup' };
  return { input: 'unanswered', cause: cancelledBy === 'mediaFailed' ? 'failed' : 'interrupted' };
}

/**
 * What becomes of a leg that was asked and did not say yes. An asking that somebody broke off hangs nobody up: the leg
 * stays out until it is asked again.
 */
export function consequenceOf(policy: ConsentPolicy, answer: Answer): ConsentConsequence {
  const consequence = answer.input === 'no' ? policy.onRefusal : policy.onSilence;
  return consequence === 'hangUp' && answer.cause === 'interrupted' ? 'stayIsolated' : consequence;
}

/** Whether a leg has to be out of the mix while it is asked, interaction or not, because it may not come back into it. */
export function keepsOut(policy: ConsentPolicy): boolean {
  return policy.onRefusal !== 'joinUnrecorded' || policy.onSilence !== 'joinUnrecorded';
}
