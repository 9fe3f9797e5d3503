import { type CodedError, errorEntry, type ErrorCode } from '../errors.js';
import type { LegInput } from './leg-state.js';

/** Why a leg is over, as events and the API say it. */
export type LegEndReason =
  | 'remoteHangup'
  | 'localHangup'
  | 'callEnded'
  | 'drained'
  | 'canceled'
  | 'busy'
  | 'noAnswer'
  | 'refused'
  | 'negotiationFailed'
  | 'mediaFailed'
  | 'rtpTimeout'
  | 'sessionExpired'
  | 'signallingLost'
  | 'notAdmitted'
  | 'failed';

/** The end of a leg: one value that tells events, API, SIP and status what happened. */
export interface LegEnd {
  readonly reason: LegEndReason;
  /** ITU-T Q.850 cause: what the peer gave, or what we tell it in `Reason` (RFC 3326). */
  readonly q850Cause: number;
  /** Final status for an INVITE not answered yet. */
  readonly sipStatus: number;
  /** Final SIP status a dialled destination answered with. */
  readonly receivedSipStatus?: number;
  /** Coded failure, when it was one. */
  readonly code?: ErrorCode;
  /** A sentence for people, without personal data. */
  readonly detail: string;
}

interface Row {
  readonly input: LegInput;
  readonly q850Cause: number;
  readonly sipStatus: number;
  readonly detail: string;
}

const rows: Readonly<Record<LegEndReason, Row>> = {
  remoteHangup: { input: 'hangUp', q850Cause: 16, sipStatus: 487, detail: 'The peer hung up.' },
  localHangup: { input: 'hangUp', q850Cause: 16, sipStatus: 603, detail: 'The leg was hung up by the API.' },
  callEnded: { input: 'hangUp', q850Cause: 16, sipStatus: 480, detail: 'The call was ended.' },
  drained: { input: 'hangUp', q850Cause: 41, sipStatus: 503, detail: 'The server is shutting down.' },
  canceled: { input: 'hangUp', q850Cause: 16, sipStatus: 487, detail: 'The caller gave up before the answer.' },
  busy: { input: 'busy', q850Cause: 17, sipStatus: 486, detail: 'The destination is busy.' },
  noAnswer: { input: 'noAnswer', q850Cause: 19, sipStatus: 408, detail: 'The destination did not answer.' },
  refused: { input: 'fail', q850Cause: 21, sipStatus: 403, detail: 'The destination refused.' },
  negotiationFailed: { input: 'fail', q850Cause: 88, sipStatus: 488, detail: 'No session could be agreed on.' },
  mediaFailed: { input: 'fail', q850Cause: 41, sipStatus: 500, detail: 'The media of this leg failed.' },
  rtpTimeout: { input: 'fail', q850Cause: 102, sipStatus: 408, detail: 'No media arrived for too long.' },
  sessionExpired: { input: 'fail', q850Cause: 102, sipStatus: 408, detail: 'The peer stopped answering.' },
  signallingLost: { input: 'fail', q850Cause: 38, sipStatus: 503, detail: 'The way to the peer was lost.' },
  notAdmitted: { input: 'hangUp', q850Cause: 21, sipStatus: 403, detail: 'The leg was not let into the call.' },
  failed: { input: 'fail', q850Cause: 41, sipStatus: 500, detail: 'The leg failed.' },
};

/** The end for a reason, with what this occurrence knows better. */
export function legEnd(reason: LegEndReason, known: Partial<Omit<LegEnd, 'reason'>> = {}): LegEnd {
  const { q850Cause, sipStatus, detail } = rows[reason];
  return { reason, q850Cause, sipStatus, detail, ...known };
}

/** The end that a coded error brings; causes and statuses come from the table of errors. */
export function legEndOf(reason: LegEndReason, error: CodedError): LegEnd {
  const { q850Cause, sipStatus } = errorEntry(error.code);
  return { reason, q850Cause, sipStatus, code: error.code, detail: error.detail };
}

/** How an end moves the leg's status. */
export function legInputOf(end: LegEnd): LegInput {
  return rows[end.reason].input;
}

/**
 * The end of an attempt to dial that came to nothing.
 * Statuses as RFC 3261 §21 has them; causes as RFC 3398 §7.2.6 maps them. 3xx is a refusal: it is never followed (S6).
 */
export function dialEnd(status: number): LegEnd {
  const known = { receivedSipStatus: status };
  if (status === 486 || status === 600) return legEnd('busy', known);
  if (status === 408 || status === 480) return legEnd('noAnswer', known);
  if (status === 487) return legEnd('canceled', { ...known, detail: 'Dialling was given up before the answer.' });
  if (status === 488 || status === 606) return legEnd('negotiationFailed', { ...known, code: 'noCommonCodec' });
  if (status >= 300 && status < 400) {
    return legEnd('refused', {
      ...known,
      code: 'dialFailed',
      detail: 'The destination redirects; it is not followed.',
    });
  }
  if (status === 404 || status === 604) {
    return legEnd('failed', { ...known, code: 'dialFailed', q850Cause: 1, detail: 'The number is not assigned.' });
  }
  if (status >= 400 && status < 500) return legEnd('refused', { ...known, code: 'dialFailed' });
  if (status === 603) return legEnd('refused', { ...known, code: 'dialFailed' });
  return legEnd('failed', { ...known, code: 'dialFailed', q850Cause: 38, detail: 'The destination was not reached.' });
}
