import { CodedError } from '../errors.js';
import type { EncodingName } from '../media/protocol.js';
import { type ConsentPolicy, consentPolicyOf, type ConsentPolicyRequest, consentProblems } from './consent/policy.js';
import { type ConferenceHabits, habitProblems, habitsOf } from './habits/policy.js';

/** How a call treats its legs and when it ends; set when it is created. */
export interface CallPolicy extends ConferenceHabits {
  /** Greatest number of legs at once. */
  readonly maxLegs: number;
  /** No further legs. */
  readonly locked: boolean;
  /** Legs that join are muted at first. */
  readonly muteOnEntry: boolean;
  /** End with the last leg. */
  readonly endWhenEmpty: boolean;
  /** End after having been empty for this long, whatever {@link endWhenEmpty} says; nothing stays for ever. */
  readonly idleTimeoutMs: number;
  /** Codecs for its legs in order of preference; absent = the trunk's or the server's. */
  readonly codecs: readonly EncodingName[] | undefined;
  /** How its legs are asked whether they agree to be recorded; absent = nobody is asked, everybody counts as having agreed. */
  readonly consent?: ConsentPolicy | undefined;
  /** Whether it is recorded from its first leg on. */
  readonly record?: boolean | undefined;
}

/** A change of a policy: undefined = as it was, null = no such habit any more. */
export type CallPolicyChange = Partial<
  Pick<CallPolicy, 'locked' | 'maxLegs' | 'muteOnEntry' | 'endWhenEmpty' | 'record'>
> & {
  readonly [Habit in keyof ConferenceHabits]?: ConferenceHabits[Habit] | null;
} & { readonly consent?: ConsentPolicyRequest | null | undefined };

/** What somebody asks of a new call; what is undefined takes its default. */
export type CallPolicyRequest = {
  readonly [Key in keyof Omit<CallPolicy, 'locked' | 'consent'>]?: CallPolicy[Key] | undefined;
} & {
  readonly consent?: ConsentPolicyRequest | undefined;
};

/**
 * The policy of a new call.
 * @param bounds greatest number of legs, which is its default too, and the default idle timeout
 * @throws CodedError `invalidRequest` when its habits contradict each other
 */
export function newPolicy(
  asked: CallPolicyRequest,
  bounds: { readonly maxLegs: number; readonly idleTimeoutMs: number },
): CallPolicy {
  const {
    muteOnEntry = false,
    endWhenEmpty = true,
    idleTimeoutMs = bounds.idleTimeoutMs,
    codecs,
    consent,
    record,
  } = asked;
  return assertPossible({
    ...habitsOf(asked),
    maxLegs: Math.min(asked.maxLegs ?? bounds.maxLegs, bounds.maxLegs),
    locked: false,
    muteOnEntry,
    endWhenEmpty,
    idleTimeoutMs,
    codecs,
    ...(consent && { consent: consentPolicyOf(consent) }),
    ...(record !== undefined && { record }),
  });
}

/** The policy after a change. @throws CodedError `invalidRequest` when its habits contradict each other */
export function changedPolicy(policy: CallPolicy, change: CallPolicyChange): CallPolicy {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const consent = change.consent && consentPolicyOf(change.consent);
  const next = { ...policy, ...Object.fromEntries(given), ...(consent && { consent }) };
  const kept = Object.entries(next).filter(([, value]) => value !== null);
  return assertPossible(Object.fromEntries(kept) as unknown as CallPolicy);
}

/** What contradicts itself in a policy, and where. */
export function policyProblems(policy: CallPolicyRequest): readonly { path: readonly string[]; problem: string }[] {
  return [...habitProblems(policy), ...(policy.consent ? consentProblems(policy.consent) : [])];
}

function assertPossible(policy: CallPolicy): CallPolicy {
  const [found] = policyProblems(policy);
  if (found === undefined) return policy;
  throw new CodedError('invalidRequest', `${found.path.join('.')} ${found.problem}.`);
}
