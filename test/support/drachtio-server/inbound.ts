/** What peers send, and what applications respond. */
import { randomUUID } from 'node:crypto';
import { refreshTarget, uasDialog } from '../../../src/sip/embedded/dialog/dialog-state.js';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.js';
import { responseTo } from '../../../src/sip/message/response.js';
import { cseqNumber, tagOf } from '../../../src/sip/embedded/transaction/matching.js';
import type { ServerTransaction } from '../../../src/sip/embedded/transaction/server-transaction.js';
import type { Flow } from '../../../src/sip/embedded/transport/flow.js';
import type { AdminClient } from './admin-client.js';
import type { ServerDialog, ServerDialogs } from './dialogs.js';
import type { Draft } from './frames.js';
import { acceptTimer, addDraftHeaders, describe, newTag, stackId, text } from './messages.js';
import type { SipStack } from './stack.js';

/** A request of a peer that an application is to answer. */
interface Incoming {
  readonly transaction: ServerTransaction;
  readonly client: AdminClient;
  readonly dialog: ServerDialog | undefined;
  readonly localTag: string;
}

/** The inbound half. */
export class Inbound {
  readonly #incoming = new Map<string, Incoming>();

  constructor(
    private readonly stack: () => SipStack,
    private readonly dialogs: () => ServerDialogs,
    private readonly selectClient: (method: string) => AdminClient | undefined,
    /** The application whose unanswered INVITE a request belongs to. */
    private readonly clientOfEarly: (request: SipRequest) => AdminClient | undefined,
  ) {}

  onRequest(request: SipRequest, flow: Flow): void {
    const { layer } = this.stack();
    const hasToTag = tagOf(request.headers.get('To')) !== undefined;
    const dialog = hasToTag ? this.dialogs().find(request) : undefined;
    if (request.method === 'CANCEL') this.#onCancel(request, flow);
    else if (dialog) this.#onInDialog(dialog, request, flow);
    else if (request.method === 'UPDATE' && this.clientOfEarly(request)) {
      this.#onNew(request, flow, this.clientOfEarly(request));
    } else if (['BYE', 'UPDATE'].includes(request.method) || (hasToTag && request.method === 'INVITE')) {
      layer.replyStateless(request, flow, 481);
    } else this.#onNew(request, flow, this.selectClient(request.method));
  }

  onAck(ack: SipRequest, flow: Flow): void {
    const dialog = this.dialogs().find(ack);
    if (dialog === undefined) return;
    this.dialogs().acknowledged(dialog);
    dialog.client.sendSip([...describe('network', ack, flow), randomUUID(), dialog.id, ''], text(ack));
  }

  /** A response of an application. */
  respond(client: AdminClient, frameId: string, transactionId: string, draft: Draft): void {
    const incoming = this.#incoming.get(transactionId);
    const [, digits, ...words] = draft.startLine.split(' ');
    const status = Number(digits);
    if (incoming === undefined) {
      client.answer(frameId, ['NOK', 'Response not sent due to unknown transaction']);
      return;
    }
    const { request, flow } = incoming.transaction;
    const body = Buffer.from(draft.body);
    const response = responseTo(request, status, words.join(' '), { toTag: incoming.localTag, body });
    addDraftHeaders(response.headers, draft);
    const dialog = this.#send(incoming, client, response);
    if (status >= 200) this.#incoming.delete(transactionId);
    const dialogId = dialog?.id ?? (request.method === 'INVITE' ? stackId(request) : '');
    const meta = describe('application', response, flow);
    client.answer(frameId, ['OK', ...meta, transactionId, dialogId, '', 'Msg sent:', ''], text(response));
  }

  #send(incoming: Incoming, client: AdminClient, response: SipResponse): ServerDialog | undefined {
    const { transaction, localTag } = incoming;
    const { request, flow } = transaction;
    const { status, headers } = response;
    let { dialog } = incoming;
    if (request.method === 'INVITE' && status > 100 && status < 300) {
      for (const value of request.headers.getAll('Record-Route')) headers.add('Record-Route', value);
      if (!headers.has('Contact')) headers.add('Contact', this.stack().contact(flow));
      if (status >= 200) {
        if (dialog === undefined) acceptTimer(request, response);
        dialog ??= this.dialogs().establish(stackId(request), client, uasDialog(request, localTag));
        this.dialogs().retransmit(dialog, transaction, response);
      }
    }
    transaction.respond(response);
    return dialog;
  }

  #onNew(request: SipRequest, flow: Flow, client: AdminClient | undefined): void {
    if (client === undefined) {
      this.stack().layer.replyStateless(request, flow, 503);
      return;
    }
    const transaction = this.stack().layer.open(request, flow);
    if (transaction === undefined) return;
    if (request.method === 'INVITE') transaction.respond(responseTo(request, 100));
    const transactionId = randomUUID();
    this.#incoming.set(transactionId, { transaction, client, dialog: undefined, localTag: newTag() });
    const receivedOn = [flow.localAddress, `${flow.localPort}`, ''];
    client.sendSip([...describe('network', request, flow), transactionId, '', ...receivedOn], text(request));
  }

  #onInDialog(dialog: ServerDialog, request: SipRequest, flow: Flow): void {
    const { remoteCseq, localTag } = dialog.state;
    const transaction = this.stack().layer.open(request, flow);
    if (transaction === undefined) return;
    if (remoteCseq !== undefined && cseqNumber(request) <= remoteCseq) {
      transaction.respond(responseTo(request, 500));
      return;
    }
    dialog.state = { ...dialog.state, remoteCseq: cseqNumber(request) };
    if (request.method === 'INVITE') {
      dialog.state = refreshTarget(dialog.state, request);
      transaction.respond(responseTo(request, 100));
    }
    if (request.method === 'BYE') this.dialogs().forget(dialog);
    if (!dialog.client.isOpen) {
      transaction.respond(responseTo(request, 481));
      return;
    }
    const transactionId = randomUUID();
    this.#incoming.set(transactionId, { transaction, client: dialog.client, dialog, localTag });
    dialog.client.sendSip([...describe('network', request, flow), transactionId, dialog.id, ''], text(request));
  }

  #onCancel(cancel: SipRequest, flow: Flow): void {
    const { layer } = this.stack();
    const invite = layer.findCancelled(cancel, flow);
    const [transactionId, incoming] = [...this.#incoming].find(([, one]) => one.transaction === invite) ?? [];
    const own = layer.open(cancel, flow);
    if (incoming === undefined || transactionId === undefined || invite === undefined) {
      // after a final response a CANCEL is answered and changes nothing (RFC 3261 §9.2)
      own?.respond(responseTo(cancel, invite === undefined ? 481 : 200));
      return;
    }
    const { localTag: toTag, client, dialog } = incoming;
    own?.respond(responseTo(cancel, 200, 'OK', { toTag }));
    this.#incoming.delete(transactionId);
    invite.respond(responseTo(invite.request, 487, 'Request Terminated', { toTag }));
    client.sendSip([...describe('network', cancel, flow), transactionId, dialog?.id ?? '', ''], text(cancel));
  }
}
