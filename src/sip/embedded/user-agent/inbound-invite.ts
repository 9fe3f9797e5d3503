/**
 * An INVITE that waits for a decision, and what becomes of it.
 *
 *     waiting ──accept──► accepted ──ACK──► the dialog is handed over
 *        │                   └──no ACK, BYE──► accept() rejects
 *        ├──reject──► over
 *        └──CANCEL, BYE, nobody decides──► over, onCancel
 */
import { CodedError } from '../../../errors.js';
import type { DialogHandlers, InboundInvite, SipDialog, SipHeaders, SipParty, SipSource } from '../../gateway.js';
import { accept as acceptedType } from '../../rules/capabilities.js';
import type { Dialog } from '../dialog/dialog.js';
import { extraHeaders } from '../../rules/extra-headers.js';
import { successHeaders, takeAnswer } from '../dialog/incoming-offer.js';
import { partyOf, partyOfUri } from '../../rules/party.js';
import { refusalStatus } from '../../rules/refusal.js';
import type { SessionTimerAnswer } from '../../rules/session-timer.js';
import { sessionDescription } from '../../message/body.js';
import type { SipRequest } from '../../message/message.js';
import { responseTo } from '../../message/response.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timer } from '../transaction/scheduler.js';

/** What an invite is made of. */
export interface InviteOrigin {
  readonly transaction: ServerTransaction;
  /** Early, with our tag. */
  readonly dialog: Dialog;
  readonly trunk: string;
  readonly session: SessionTimerAnswer;
  /** Without a decision after this long the caller gets 480. */
  readonly decisionTimeoutMs: number;
}

/** The caller's side of the port for one INVITE. */
export class WaitingInvite implements InboundInvite {
  readonly sipCallId: string;
  readonly source: SipSource;
  readonly requestUri: SipParty;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly trunk: string;
  readonly offer: string | undefined;

  readonly #request: SipRequest;
  readonly #transaction: ServerTransaction;
  readonly #dialog: Dialog;
  readonly #onCancel: (() => void)[] = [];
  readonly #limit: Timer;
  #phase: 'waiting' | 'accepted' | 'rejected' | 'cancelled' = 'waiting';

  constructor(private readonly origin: InviteOrigin) {
    const { transaction, dialog } = origin;
    const { request, flow } = transaction;
    this.#request = request;
    this.#transaction = transaction;
    this.#dialog = dialog;
    this.sipCallId = dialog.sipCallId;
    this.source = { address: flow.remoteAddress, port: flow.remotePort, transport: flow.transport };
    this.requestUri = partyOfUri(request.uri);
    this.from = partyOf(request.headers.get('From') ?? '');
    this.to = partyOf(request.headers.get('To') ?? '');
    this.trunk = origin.trunk;
    this.offer = sessionDescription(request);
    this.#limit = dialog.lifetime.later(origin.decisionTimeoutMs, () => this.#giveUp(480));
    transaction.onCancel = () => this.#giveUp(487);
    dialog.deciding(transaction);
    // A BYE of the caller in the early dialog answers the INVITE with 487 (RFC 3261 §15.1.2).
    dialog.lifetime.onEnded(() => this.#cancelled());
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name);
  }

  progress(status: number): void {
    if (this.#phase !== 'waiting' || status <= 100 || status >= 200) return;
    const headers = { Contact: this.#dialog.environment.contact(this.#transaction.flow) };
    const toTag = this.#dialog.state.localTag;
    this.#transaction.respond(responseTo(this.#request, status, undefined, { toTag, headers }));
  }

  accept(sdp: string, handlers: DialogHandlers, headers?: SipHeaders): Promise<SipDialog> {
    if (this.#phase !== 'waiting') {
      return Promise.reject(new CodedError('legEnded', `The invitation is ${this.#phase} already.`));
    }
    this.#phase = 'accepted';
    this.#limit.cancel();
    return new Promise((resolve, reject) => this.#succeed(sdp, handlers, headers, resolve, reject));
  }

  reject(status: number, options: { reason?: string; headers?: SipHeaders } = {}): void {
    if (this.#phase !== 'waiting') return;
    this.#phase = 'rejected';
    const toTag = this.#dialog.state.localTag;
    const response = responseTo(this.#request, refusalStatus(status), options.reason, { toTag });
    response.headers.setAll(extraHeaders(options.headers));
    this.#dialog.answer(this.#transaction, response);
    this.#dialog.end({ by: 'local', q850Cause: undefined, text: undefined });
  }

  onCancel(listener: () => void): void {
    if (this.#phase === 'cancelled') this.#dialog.guard(listener);
    else this.#onCancel.push(listener);
  }

  #succeed(
    sdp: string,
    handlers: DialogHandlers,
    extra: SipHeaders | undefined,
    resolve: (dialog: SipDialog) => void,
    reject: (error: CodedError) => void,
  ): void {
    const dialog = this.#dialog;
    const { session } = this.origin;
    const hadOffer = this.offer !== undefined;
    const headers = { ...successHeaders(dialog, this.#transaction, session), 'Content-Type': acceptedType };
    const body = Buffer.from(sdp, 'utf8');
    const response = responseTo(this.#request, 200, undefined, { toTag: dialog.state.localTag, headers, body });
    response.headers.setAll(extraHeaders(extra));

    const forget = dialog.lifetime.onEnded(() =>
      reject(new CodedError('legEnded', 'The caller was gone before the ACK.')),
    );
    dialog.localSdp = sdp;
    dialog.remoteSdp = this.offer ?? '';
    const mine = hadOffer ? 'unconfirmed' : 'offered';
    dialog.turn.theirs(mine);
    dialog.confirm(handlers);
    dialog.session.agree(session);
    dialog.sendSuccess(this.#transaction, response, {
      onAck: (ack) => {
        if (dialog.turn.exchange.remote === mine) dialog.turn.theirs('none');
        if (!hadOffer && !takeAnswer(dialog, ack)) return this.#abort('The ACK held no answer.', 79);
        forget();
        dialog.handOver();
        resolve(dialog);
      },
      onGiveUp: () => this.#abort('No ACK received', 102),
    });
  }

  #abort(text: string, q850Cause: number): void {
    this.#dialog.end({ by: 'timeout', q850Cause, text }, { bye: { q850Cause, text } });
  }

  /** CANCEL (487), or nobody decided (480). */
  #giveUp(status: number): void {
    if (this.#phase !== 'waiting') return;
    this.#dialog.respond(this.#transaction, status);
    this.#dialog.end({ by: 'remote', q850Cause: undefined, text: undefined });
  }

  #cancelled(): void {
    if (this.#phase !== 'waiting') return;
    this.#phase = 'cancelled';
    for (const listener of this.#onCancel) this.#dialog.guard(listener);
  }
}
