/**
 * Status of a leg, in the words Twilio and jambonz taught everybody.
 *
 *                    ring                 answer
 *      (dial) queued ────► ringing (INVITE) ────► in-progress ── hangUp ──► completed
 *                │            │                        │
 *                │            │                        └────── fail ─────► failed
 *                ├── answer ──┼──────────────► in-progress
 *                └────────────┴── hangUp ► canceled · busy ► busy · noAnswer ► no-answer · fail ► failed
 *
 * `queued`: dialled by the API, nothing heard from the destination yet. `ringing`: the destination says so, or an INVITE
 * waits for our answer. The words on the right are final.
 */
export type LegStatus =
  'queued' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

/** What happens to a leg. */
export type LegInput = 'ring' | 'answer' | 'hangUp' | 'busy' | 'noAnswer' | 'fail';

const beforeAnswer = {
  answer: 'in-progress',
  hangUp: 'canceled',
  busy: 'busy',
  noAnswer: 'no-answer',
  fail: 'failed',
} as const;

const transitions: Readonly<Record<LegStatus, Partial<Record<LegInput, LegStatus>>>> = {
  queued: { ...beforeAnswer, ring: 'ringing' },
  ringing: beforeAnswer,
  'in-progress': { hangUp: 'completed', busy: 'failed', noAnswer: 'failed', fail: 'failed' },
  completed: {},
  busy: {},
  'no-answer': {},
  failed: {},
  canceled: {},
};

/** The status after `input`; the same one when `input` means nothing in `status`. */
export function stepLeg(status: LegStatus, input: LegInput): LegStatus {
  return transitions[status][input] ?? status;
}

/** Whether a leg of this status is over. */
export function isFinal(status: LegStatus): boolean {
  return status !== 'queued' && status !== 'ringing' && status !== 'in-progress';
}
