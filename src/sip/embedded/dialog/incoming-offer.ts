/** The peer's re-INVITE and UPDATE: who may offer, what the owner says, and a refusal that changes nothing (RFC 3261 §14.2). */
import type { OfferOutcome } from '../../gateway.js';
import { sessionDescription } from '../../message/body.js';
import type { SipRequest } from '../../message/message.js';
import { responseTo } from '../../message/response.js';
import { accept, offererHeaders } from '../../rules/capabilities.js';
import { judgeOffer } from '../../rules/incoming-offer.js';
import { refusalStatus, type Refusal } from '../../rules/refusal.js';
import { sessionTimerHeaders, type SessionTimerAnswer } from '../../rules/session-timer.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Dialog } from './dialog.js';

/** Answers a re-INVITE or UPDATE that has passed the checks of a UAS. */
export function answerOffer(dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  const { environment } = dialog;
  const verdict = judgeOffer(request, dialog.turn.exchange, environment.sessionTimer, environment.random());
  if (verdict.kind === 'refused') return refuse(dialog, transaction, verdict.refusal);
  if (verdict.kind === 'offer') return void decide(dialog, transaction, verdict.offer, verdict.session);
  dialog.refreshTarget(request);
  dialog.session.agree(verdict.session);
  dialog.respond(transaction, 200, { headers: successHeaders(dialog, transaction, verdict.session) });
}

/** Headers of a 2xx to INVITE or UPDATE. */
export function successHeaders(
  dialog: Dialog,
  transaction: ServerTransaction,
  session: SessionTimerAnswer,
): Record<string, string> {
  const Contact = dialog.environment.contact(transaction.flow);
  return { Contact, ...offererHeaders, ...sessionTimerHeaders(session) };
}

function refuse(dialog: Dialog, transaction: ServerTransaction, refusal: Refusal): void {
  if (refusal.status === 491) dialog.environment.count('glare');
  if (refusal.status === 500) dialog.environment.count('offerPending');
  dialog.respond(transaction, refusal.status, refusal);
}

async function decide(
  dialog: Dialog,
  transaction: ServerTransaction,
  offer: string | undefined,
  session: SessionTimerAnswer,
): Promise<void> {
  const isInvite = transaction.request.method === 'INVITE';
  dialog.turn.theirs(isInvite ? 'deciding' : 'updating');
  dialog.deciding(transaction);
  if (isInvite) transaction.respond(responseTo(transaction.request, 100));
  const outcome = await askOwner(dialog, offer);
  // The end of the dialog has answered the request.
  if (dialog.isEnded) return;
  if (!outcome.ok) {
    dialog.turn.theirs('none');
    const reason = outcome.reason === undefined ? {} : { reason: outcome.reason };
    return dialog.respond(transaction, refusalStatus(outcome.status), reason);
  }
  dialog.localSdp = outcome.sdp;
  if (offer !== undefined) dialog.remoteSdp = offer;
  dialog.refreshTarget(transaction.request);
  dialog.session.agree(session);
  if (isInvite) succeedInvite(dialog, transaction, outcome.sdp, offer !== undefined, session);
  else succeedUpdate(dialog, transaction, outcome.sdp, session);
}

async function askOwner(dialog: Dialog, offer: string | undefined): Promise<OfferOutcome> {
  try {
    return (await dialog.handlers?.onOffer(offer)) ?? { ok: false, status: 500 };
  } catch (thrown) {
    dialog.environment.onThrow(thrown);
    return { ok: false, status: 500 };
  }
}

function succeedUpdate(dialog: Dialog, transaction: ServerTransaction, sdp: string, session: SessionTimerAnswer): void {
  const headers = { ...successHeaders(dialog, transaction, session), 'Content-Type': accept };
  dialog.respond(transaction, 200, { headers, body: Buffer.from(sdp, 'utf8') });
  dialog.turn.theirs('none');
}

function succeedInvite(
  dialog: Dialog,
  transaction: ServerTransaction,
  sdp: string,
  hadOffer: boolean,
  session: SessionTimerAnswer,
): void {
  const headers = { ...successHeaders(dialog, transaction, session), 'Content-Type': accept };
  const toTag = dialog.state.localTag;
  const response = responseTo(transaction.request, 200, undefined, { toTag, headers, body: Buffer.from(sdp, 'utf8') });
  const mine = hadOffer ? 'unconfirmed' : 'offered';
  dialog.turn.theirs(mine);
  dialog.sendSuccess(transaction, response, {
    onAck: (ack) => {
      // A later INVITE of the peer may be under way by now; the exchange is then its business.
      if (dialog.turn.exchange.remote === mine) dialog.turn.theirs('none');
      if (!hadOffer) takeAnswer(dialog, ack);
    },
    onGiveUp: () =>
      dialog.end(
        { by: 'timeout', q850Cause: undefined, text: 'No ACK' },
        { bye: { q850Cause: 102, text: 'No ACK received' } },
      ),
  });
}

/** The answer in an ACK. True when there was one; without it the session stays as it was. */
export function takeAnswer(dialog: Dialog, ack: SipRequest): boolean {
  const answer = sessionDescription(ack);
  if (answer === undefined) {
    dialog.environment.count('missingAnswer');
    return false;
  }
  dialog.remoteSdp = answer;
  dialog.guard(() => dialog.handlers?.onAnswer(answer));
  return true;
}
