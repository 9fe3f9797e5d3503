import type { CallPolicy } from '../policy.js';
import type { LegRole } from '../role.js';

/** What a leg has to go through, in this order, before it is let in. */
export type AdmissionStep = 'pin' | 'consent' | 'waiting';

/**
 * How far a leg has come on its way in: not connected yet, at a step, in, or turned away.
 * A call that asks nothing admits everybody from the first.
 */
export type AdmissionStatus = 'pending' | AdmissionStep | 'admitted' | 'refused';

/** Who wants to come in. */
export interface Entrant {
  readonly direction: 'inbound' | 'outbound';
  /** As route, trunk or dial request have it. */
  readonly role: LegRole;
}

/** How a leg begins. */
export interface Entry {
  /** Out of the mix from its first tick. */
  readonly isolated: boolean;
  /** Whether tool legs may get its audio from its first tick. */
  readonly consented: boolean;
  readonly steps: readonly AdmissionStep[];
}

type EntryPolicy = Pick<CallPolicy, 'pin' | 'moderatorPin' | 'startOnModerator' | 'consent'>;

/**
 * How a leg begins in a call of this policy.
 *
 * Only who calls in is asked for a PIN, and only when its route or trunk does not make it a moderator already: who is dialled
 * was chosen by somebody who may. Whether everybody consents, nobody, or who says so, is the policy's `consent`.
 *
 * @param open whether the call has been opened by a moderator, or needs none
 */
export function entryOf(policy: EntryPolicy, { direction, role }: Entrant, open: boolean): Entry {
  const { pin, moderatorPin, startOnModerator, consent } = policy;
  const steps: AdmissionStep[] = [];
  const hasPin = pin !== undefined || moderatorPin !== undefined;
  if (hasPin && direction === 'inbound' && role !== 'moderator') steps.push('pin');
  if (consent?.ask === 'onJoin') steps.push('consent');
  if (startOnModerator && !open && role !== 'moderator') steps.push('waiting');
  return { isolated: steps.length > 0, consented: consent === undefined, steps };
}
