/** What applications send, and what peers respond. */
import { randomInt, randomUUID } from 'node:crypto';
import { nextHopUri, nextRequest, refreshTarget, uacDialog } from '../../../src/sip/embedded/dialog/dialog-state.js';
import { HeaderFields } from '../../../src/sip/message/header-fields.js';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.js';
import { responseTo } from '../../../src/sip/message/response.js';
import type { ClientTransaction } from '../../../src/sip/embedded/transaction/client-transaction.js';
import { cseqNumber, tagOf } from '../../../src/sip/embedded/transaction/matching.js';
import type { AdminClient } from './admin-client.js';
import type { ServerDialog, ServerDialogs } from './dialogs.js';
import type { Draft } from './frames.js';
import { addDraftHeaders, describe, newTag, resolve, stackId, text, type Destination } from './messages.js';
import type { SipStack } from './stack.js';

/** An INVITE of an application. */
interface Outgoing {
  readonly client: AdminClient;
  readonly transaction: ClientTransaction;
  cancelled: boolean;
}

/** A request of an application on its way. */
interface Sending {
  readonly client: AdminClient;
  readonly request: SipRequest;
  readonly target: Destination;
  readonly transactionId: string;
  /** Set by the 2xx when the request makes one. */
  dialog: ServerDialog | undefined;
}

/** The outbound half. */
export class Outbound {
  readonly #invites = new Map<string, Outgoing>();

  constructor(
    private readonly stack: SipStack,
    private readonly dialogs: ServerDialogs,
  ) {}

  inside(client: AdminClient, frameId: string, dialogId: string, draft: Draft): void {
    const dialog = this.dialogs.get(dialogId);
    const [method = ''] = draft.startLine.split(' ', 1);
    if (dialog === undefined) {
      client.answer(frameId, ['NOK', 'Server error: unable to find dialog for dialog id provided']);
      return;
    }
    const next = nextRequest(dialog.state, method, method === 'ACK' ? dialog.ackedCseq : undefined);
    dialog.state = next.state;
    const request = { ...next.request, body: Buffer.from(draft.body) };
    addDraftHeaders(request.headers, draft);
    const target = resolve(nextHopUri(dialog.state));
    if (method === 'INVITE') request.headers.set('Contact', this.stack.contact(target));
    const sending = { client, request, target, transactionId: randomUUID(), dialog };
    echo(sending, frameId);
    if (method === 'ACK') this.#acknowledge(dialog, request, target);
    else this.#start(sending);
  }

  outside(client: AdminClient, frameId: string, route: string, draft: Draft): void {
    const [method = '', uri = ''] = draft.startLine.split(' ');
    const target = resolve(route === '' ? uri : route);
    if (this.stack.listenPoints.some(({ host, port }) => host === target.address && port === target.port)) {
      client.answer(frameId, ['NOK', 'can not send request to myself']);
      return;
    }
    const given = HeaderFields.of(draft.headers);
    const from = given.get('From') ?? this.stack.contact(target);
    const headers = HeaderFields.of({
      'Max-Forwards': '70',
      From: tagOf(from) === undefined ? `${from};tag=${newTag()}` : from,
      To: given.get('To') ?? `<${uri}>`,
      'Call-ID': given.get('Call-ID') ?? randomUUID(),
      CSeq: given.get('CSeq') ?? `${randomInt(1000, 60_000)} ${method}`,
    });
    addDraftHeaders(headers, draft);
    if (method === 'INVITE' && !headers.has('Contact')) headers.add('Contact', this.stack.contact(target));
    const request: SipRequest = { kind: 'request', method, uri, headers, body: Buffer.from(draft.body) };
    const sending = { client, request, target, transactionId: randomUUID(), dialog: undefined };
    echo(sending, frameId);
    this.#start(sending);
  }

  cancel(client: AdminClient, frameId: string, transactionId: string): void {
    const outgoing = this.#invites.get(transactionId);
    if (outgoing === undefined) {
      client.answer(frameId, ['NOK', `unable to cancel unknown transaction id: ${transactionId}`]);
      return;
    }
    // without a provisional response yet it waits for one (RFC 3261 §9.1)
    if (!outgoing.cancelled && outgoing.transaction.isProceeding) this.stack.layer.cancel(outgoing.transaction);
    outgoing.cancelled = true;
    const { request } = outgoing.transaction;
    const sent = { ...request, method: 'CANCEL', headers: request.headers.clone() };
    sent.headers.set('CSeq', `${cseqNumber(request)} CANCEL`);
    const target = resolve(request.uri);
    echo({ client, request: sent, target, transactionId: randomUUID(), dialog: undefined }, frameId);
  }

  /** The application whose INVITE, not answered yet, a request of the callee belongs to. */
  clientOfEarly(request: SipRequest): AdminClient | undefined {
    const callId = request.headers.get('Call-ID');
    return [...this.#invites.values()].find(({ transaction }) => transaction.request.headers.get('Call-ID') === callId)
      ?.client;
  }

  #start(sending: Sending): void {
    const { client, request, target, transactionId } = sending;
    const transaction = this.stack.layer.request(request, target, {
      onResponse: (response) => this.#onResponse(sending, response),
      // as the stack below makes them up for an application
      onFailure: (kind) => this.#onResponse(sending, responseTo(request, kind === 'timeout' ? 408 : 503)),
    });
    if (request.method === 'INVITE') this.#invites.set(transactionId, { client, transaction, cancelled: false });
  }

  #onResponse(sending: Sending, response: SipResponse): void {
    const { client, request, target, transactionId } = sending;
    const { status } = response;
    const outgoing = this.#invites.get(transactionId);
    const { method } = request;
    if (status < 200 && outgoing?.cancelled) this.stack.layer.cancel(outgoing.transaction);
    if (method === 'INVITE' && status >= 200 && status < 300) {
      if (sending.dialog?.ackedCseq === cseqNumber(request)) {
        // the peer did not get our ACK, or the application has not given it yet
        if (sending.dialog.ack) this.stack.send(sending.dialog.ack, target);
        return;
      }
      this.#answered(sending, response, outgoing?.cancelled ?? false);
    }
    if (status >= 200) this.#invites.delete(transactionId);
    const { dialog } = sending;
    if (method === 'BYE' && dialog && status >= 200 && status !== 401 && status !== 407) this.dialogs.forget(dialog);
    const dialogId = dialog?.id ?? (method === 'INVITE' ? stackId(request) : '');
    client.sendSip([...describe('network', response, target), transactionId, dialogId, ''], text(response));
  }

  #answered(sending: Sending, response: SipResponse, cancelled: boolean): void {
    const { client, request } = sending;
    const dialog = sending.dialog ?? this.dialogs.establish(stackId(request), client, uacDialog(request, response));
    sending.dialog = dialog;
    dialog.state = refreshTarget(dialog.state, response);
    dialog.ackedCseq = cseqNumber(request);
    dialog.ack = undefined;
    dialog.byeAfterAck = cancelled;
  }

  #acknowledge(dialog: ServerDialog, ack: SipRequest, target: Destination): void {
    ack.headers.prepend('Via', this.stack.layer.via(target));
    dialog.ack = ack;
    this.stack.send(ack, target);
    if (dialog.byeAfterAck) this.dialogs.hangUp(dialog, 'ACK-BYE due to cancel race condition');
  }
}

/** Tells the application what was sent for it. */
function echo({ client, request, target, transactionId }: Sending, frameId: string): void {
  client.answer(
    frameId,
    ['OK', ...describe('application', request, target), transactionId, 'Msg sent:', ''],
    text(request),
  );
}
