import type { PromptItem } from '../../speech/port.js';

/** What becomes of a leg that did not consent. */
export type ConsentConsequence =
  /** It takes part in the talk, and no tool leg gets a sample of it. */
  | 'joinUnrecorded'
  /** It stays out of the mix until it consents. */
  | 'stayIsolated'
  | 'hangUp';

/**
 * How a call asks whether its legs agree to be recorded, transcribed and the like. A call without such a policy asks
 * nobody, and everybody counts as having consented; with one, nobody does before it said yes.
 */
export interface ConsentPolicy {
  /**
   * `onJoin`: everybody who comes. `onDemand`: everybody who is in when the API says so, and whoever comes after that.
   * `beforeRecording`: the same when a recording begins, and whoever comes while there is one.
   */
  readonly ask: 'onJoin' | 'onDemand' | 'beforeRecording';
  readonly prompt: readonly PromptItem[];
  /** Said before the prompt is repeated because nothing was pressed. */
  readonly noInputPrompt?: readonly PromptItem[] | undefined;
  /** Said before the prompt is repeated because what was pressed was neither yes nor no. */
  readonly invalidPrompt?: readonly PromptItem[] | undefined;
  /** Digits that say yes, and no. */
  readonly yes: string;
  readonly no: string;
  /** How often it is asked again after silence or an invalid answer. */
  readonly retries: number;
  /** From the end of the prompt to the answer. */
  readonly timeoutMs: number;
  readonly onRefusal: ConsentConsequence;
  /** Also when it was asked in vain: the prompt could not be played, the answers were none, the asking was cut short. */
  readonly onSilence: ConsentConsequence;
  /** Digits by which a leg takes its consent back at any time; absent = by the API only. */
  readonly withdrawKey?: string | undefined;
  /** Whether a withdrawal also makes silence of what recordings of the call hold of the leg already. */
  readonly purgeOnWithdrawal: boolean;
}

/** A policy as it is asked for; what is absent takes its default. */
export type ConsentPolicyRequest = Pick<ConsentPolicy, 'ask' | 'prompt'> & {
  readonly [Key in keyof ConsentPolicy]?: ConsentPolicy[Key] | undefined;
};

const defaults = {
  yes: '1',
  no: '2',
  retries: 1,
  timeoutMs: 8_000,
  onRefusal: 'joinUnrecorded',
  onSilence: 'joinUnrecorded',
  purgeOnWithdrawal: false,
} as const;

/** The policy a request stands for, defaults filled in. */
export function consentPolicyOf(request: ConsentPolicyRequest): ConsentPolicy {
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as ConsentPolicy;
}

/** What contradicts itself in a policy, and where. */
export function consentProblems(request: ConsentPolicyRequest): { path: readonly string[]; problem: string }[] {
  const { yes, no, withdrawKey } = consentPolicyOf(request);
  const problems: { path: readonly string[]; problem: string }[] = [];
  if (yes.startsWith(no) || no.startsWith(yes)) {
    problems.push({ path: ['consent', 'no'], problem: 'must not begin like yes, nor yes like no' });
  }
  if (withdrawKey !== undefined && [yes, no].some((digits) => digits.includes(withdrawKey))) {
    problems.push({ path: ['consent', 'withdrawKey'], problem: 'must not be part of yes or no' });
  }
  return problems;
}
