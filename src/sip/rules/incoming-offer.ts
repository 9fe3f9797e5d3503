/** What becomes of the peer's re-INVITE or UPDATE before its owner is asked (RFC 3261 §14.2, RFC 3311 §5.2, RFC 4028 §9). */
import { sessionDescription } from '../message/body.js';
import type { SipRequest } from '../message/message.js';
import { judgeIncoming, type OfferExchange } from './offer-exchange.js';
import type { Refusal } from './refusal.js';
import {
  answerSessionTimer,
  sessionTimerFields,
  type SessionTimerAnswer,
  type SessionTimerSettings,
} from './session-timer.js';

/** The verdict: refused, a refresh of the timer that nobody has to decide about, or an offer (or a request for one). */
export type OfferVerdict =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'refresh'; readonly session: SessionTimerAnswer }
  | { readonly kind: 'offer'; readonly offer: string | undefined; readonly session: SessionTimerAnswer };

/**
 * Judges a re-INVITE or UPDATE that has passed the checks of a UAS.
 *
 * @param random in [0, 1): spreads Retry-After over the 0…10 s of RFC 3261 §14.2
 */
export function judgeOffer(
  request: SipRequest,
  exchange: OfferExchange,
  settings: SessionTimerSettings,
  random: number,
): OfferVerdict {
  const offer = sessionDescription(request);
  const method = request.method === 'INVITE' ? 'INVITE' : 'UPDATE';
  const verdict = judgeIncoming(exchange, method, offer !== undefined);
  if (verdict === 491) return { kind: 'refused', refusal: { status: 491 } };
  if (verdict === 500) {
    return { kind: 'refused', refusal: { status: 500, headers: { 'Retry-After': `${Math.floor(random * 11)}` } } };
  }
  const session = answerSessionTimer(sessionTimerFields(request), settings);
  if (session.kind === 'refused') return session;
  return method === 'UPDATE' && offer === undefined ? { kind: 'refresh', session } : { kind: 'offer', offer, session };
}
