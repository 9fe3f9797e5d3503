/** What a dialog answers to the peer's requests; INVITE and UPDATE are in `incoming-offer.ts`. */
import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { allow, capabilityHeaders, unknownRequirements, unsupportedMethodStatus } from './capabilities.js';
import type { Dialog } from './dialog.js';
import { answerOffer } from './incoming-offer.js';
import { parseReason } from './reason-header.js';

/** Answers a request whose CSeq is in order. Every method gets an answer the RFC allows. */
export function answerInDialog(dialog: Dialog, transaction: ServerTransaction): void {
  const { request } = transaction;
  if (request.method === 'BYE') return answerBye(dialog, transaction);
  const unknown = unknownRequirements(request);
  if (unknown.length > 0) return dialog.respond(transaction, 420, { headers: { Unsupported: unknown.join(', ') } });
  switch (request.method) {
    case 'INVITE':
    case 'UPDATE':
      return answerOffer(dialog, transaction);
    case 'INFO':
      return answerInfo(dialog, transaction);
    case 'OPTIONS':
      return dialog.respond(transaction, 200, { headers: capabilityHeaders() });
    default:
      return dialog.respond(transaction, unsupportedMethodStatus(request.method), { headers: { Allow: allow } });
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
  dialog.guard(() => dialog.handlers?.onInfo(contentType({ headers }), body.toString('utf8')));
}

function contentType({ headers }: Pick<SipRequest, 'headers'>): string {
  return headers.get('Content-Type') ?? '';
}
