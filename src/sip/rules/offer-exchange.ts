/**
 * Who may offer now: the rules against two offers at once in one dialog (RFC 3261 §14, RFC 3311 §5.2, RFC 5407 §3.1), as
 * a pure table over two facts.
 *
 *     local   none ──our INVITE──► invite ──final response──► none
 *
 *     remote  none ──INVITE──► deciding ──2xx with answer──► unconfirmed ──ACK──► none
 *                                 │  └────2xx with offer───► offered ────ACK with answer──► none
 *                                 └───────300–699──► none
 *             none ──UPDATE──► updating ──final response──► none
 *
 * A refresh of ours by UPDATE carries no offer and so is no part of it.
 */

/** What we have under way. */
export type LocalExchange = 'none' | 'invite';

/** What the peer has under way. */
export type RemoteExchange = 'none' | 'deciding' | 'unconfirmed' | 'offered' | 'updating';

/** The exchange of one dialog. */
export interface OfferExchange {
  readonly local: LocalExchange;
  readonly remote: RemoteExchange;
}

/** 491 = glare; 500 = one of the peer's own is under way, try after a while (Retry-After). */
export type Verdict = 'go' | 491 | 500;

/**
 * What to do with an INVITE or UPDATE of the peer.
 *
 * An INVITE before the ACK of an earlier one is taken when that ACK would carry nothing new (RFC 5407 §3.1.4), and
 * refused when it would carry the answer to our offer.
 */
export function judgeIncoming(exchange: OfferExchange, method: 'INVITE' | 'UPDATE', hasOffer: boolean): Verdict {
  const { local, remote } = exchange;
  if (remote === 'updating') return 500;
  if (method === 'UPDATE' && !hasOffer) return 'go';
  if (remote === 'deciding') return 500;
  if (local === 'invite' || remote === 'offered') return 491;
  return 'go';
}

/** Whether a re-INVITE of ours may go out: none under way in either direction (RFC 3261 §14.1). */
export function mayOffer(exchange: OfferExchange): boolean {
  return exchange.local === 'none' && exchange.remote === 'none';
}

/**
 * How long to wait after a 491 before the one retry (RFC 3261 §14.1), in whole steps of 10 ms: the side that chose the
 * Call-ID waits 2.1–4 s, the other 0–2 s, so that they do not meet again.
 *
 * @param random in [0, 1)
 * @param t1Ms   scales the ranges, which are meant for T1 = 500 ms
 */
export function glareDelayMs(choseCallId: boolean, random: number, t1Ms: number): number {
  const [fromMs, toMs] = choseCallId ? [2100, 4000] : [0, 2000];
  const steps = Math.floor((toMs - fromMs) / 10 + 1);
  return ((fromMs + 10 * Math.floor(random * steps)) * t1Ms) / 500;
}
