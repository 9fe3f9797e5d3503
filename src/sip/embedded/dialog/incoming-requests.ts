/** What a dialog answers to the peer's requests; INVITE and UPDATE are in `incoming-offer.ts`. */
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { refusalOf } from '../../rules/uas-checks.js';
import { capabilityHeaders } from '../../rules/capabilities.js';
import type { Dialog } from './dialog.js';
import { answerOffer } from './incoming-offer.js';
import { parseReason } from '../../rules/reason-header.js';

/** Answers a request whose CSeq is in order. Every method gets an answer the RFC allows. */
export function answerInDialog(dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (request.method === 'BYE') return answerBye(dialog, transaction);
  const refusal = refusalOf(request);
  if (refusal !== undefined) return dialog.respond(transaction, refusal.status, refusal);
  switch (request.method) {
    case 'INVITE':
    case 'UPDATE':
      return answerOffer(dialog, transaction);
    case 'INFO':
      return answerInfo(dialog, transaction);
    default:
      // Of the methods we allow only OPTIONS is left: ACK and CANCEL never come here.
      return dialog.respond(transaction, 200, { headers: capabilityHeaders });
  }
}

/** RFC 3261 §15.1.2; what is still undecided in the dialog gets its 487 from `end`. */
function answerBye(dialog: Dialog, transaction: ServerTransaction): void {
  dialog.respond(transaction, 200);
  dialog.end({ by: 'remote', ...parseReason(transaction.request.headers.getAll('Reason')) });
}

/** Legacy INFO as RFC 6086 §4.2.2 wants it: 200 with or without a body, whatever it is about. */
function answerInfo(dialog: Dialog, transaction: ServerTransaction): void {
  dialog.respond(transaction, 200);
  const { headers, body } = transaction.request;
  dialog.guard(() => dialog.handlers?.onInfo(headers.get('Content-Type') ?? '', body.toString('utf8')));
}
