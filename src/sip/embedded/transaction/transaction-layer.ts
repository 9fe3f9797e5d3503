/** Sorts messages into transactions (RFC 3261 §17), opens new ones within bounds, and counts what belongs to none. */
import { randomBytes } from 'node:crypto';
import type { SipMessage, SipRequest, SipResponse } from '../../message/message.js';
import { responseTo, type ResponseOptions } from '../../message/response.js';
import { branchCookie } from '../../message/via.js';
import type { Flow, Target } from '../transport/flow.js';
import { ClientTransaction, cancelOf, type ClientListener } from './client-transaction.js';
import { clientKey, mergeKey, serverKey, statelessTag, tagOf } from './matching.js';
import { ServerTransaction, type TransactionEnvironment } from './server-transaction.js';

/** Who decides on what is new. */
export interface TransactionUser {
  /**
   * A request that belongs to no transaction, CANCEL included. Nothing is kept of it unless the user calls
   * {@link TransactionLayer.open}.
   */
  onRequest(request: SipRequest, flow: Flow): void;
  /** An ACK that belongs to no transaction: that of a 2xx (RFC 3261 §13.2.2.4), or a stray. */
  onAck(ack: SipRequest, flow: Flow): void;
}

/** Bounds and settings of a layer. */
export interface TransactionLayerSettings extends TransactionEnvironment {
  /** Server transactions at once; more requests get a stateless 503. */
  readonly maxTransactions: number;
  /** Counts what was refused or dropped, by reason. */
  count(reason: string): void;
}

/** All transactions of one gateway. */
export class TransactionLayer {
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  /** merge key → server key, of requests outside of dialogs. */
  readonly #merged = new Map<string, string>();
  readonly #secret = randomBytes(16).toString('hex');

  constructor(
    private readonly settings: TransactionLayerSettings,
    private readonly user: TransactionUser,
  ) {}

  /** Transactions that live, of both kinds. */
  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** A message from the transport. */
  receive(message: SipMessage, flow: Flow): void {
    if (message.kind === 'response') this.#receiveResponse(message, flow);
    else this.#receiveRequest(message, flow);
  }

  /**
   * Opens the transaction of a request that {@link TransactionUser.onRequest} brought. Undefined when it was refused: too many
   * transactions (503), or the same request by another way (482).
   */
  open(request: SipRequest, flow: Flow): ServerTransaction | undefined {
    const key = serverKey(request);
    if (key === undefined) return undefined;
    if (this.#servers.size >= this.settings.maxTransactions) {
      this.settings.count('transactionsFull');
      this.replyStateless(request, flow, 503, { headers: { 'Retry-After': '5' } });
      return undefined;
    }
    const merge = tagOf(request.headers.get('To')) === undefined ? mergeKey(request) : undefined;
    if (merge !== undefined && this.#isMerged(merge)) {
      this.settings.count('merged');
      this.replyStateless(request, flow, 482);
      return undefined;
    }
    const transaction = new ServerTransaction(request, flow, this.settings, {
      onAck: (ack) => this.user.onAck(ack, flow),
      onEnd: () => {
        this.#servers.delete(key);
        if (merge !== undefined && this.#merged.get(merge) === key) this.#merged.delete(merge);
      },
    });
    this.#servers.set(key, transaction);
    if (merge !== undefined) this.#merged.set(merge, key);
    return transaction;
  }

  /** The INVITE transaction a CANCEL is for, if there is one and the CANCEL came the same way (RFC 3261 §9.2). */
  findCancelled(cancel: SipRequest, flow: Flow): ServerTransaction | undefined {
    const key = serverKey(cancel, 'INVITE');
    const transaction = key === undefined ? undefined : this.#servers.get(key);
    const invited = transaction?.flow;
    const sameWay = invited?.transport === flow.transport && invited.remoteAddress === flow.remoteAddress;
    return sameWay ? transaction : undefined;
  }

  /** Answers without keeping anything; the tag is the same for every retransmission of the request. */
  replyStateless(
    request: SipRequest,
    flow: Flow,
    status: number,
    options: ResponseOptions & { reason?: string } = {},
  ): void {
    const { reason, ...rest } = options;
    const toTag = statelessTag(request, this.#secret);
    this.settings.wire.send(responseTo(request, status, reason, { toTag, ...rest }), flow, () => undefined);
  }

  /** Sends a request that has no Via yet, in a transaction of its own. */
  request(request: SipRequest, target: Target, listener: ClientListener): ClientTransaction {
    const sent = { ...request, headers: request.headers.clone() };
    sent.headers.prepend('Via', this.via(target));
    return this.#start(sent, target, listener);
  }

  /** Cancels an INVITE of ours; allowed once a provisional response has come. */
  cancel(invite: ClientTransaction): void {
    const quiet: ClientListener = { onResponse: () => undefined, onFailure: () => undefined };
    this.#start(cancelOf(invite.request), invite.target, quiet);
  }

  /** A Via value with a new branch, for requests that have no transaction: the ACK of a 2xx. */
  via(target: Target): string {
    const branch = `${branchCookie}${randomBytes(12).toString('hex')}`;
    return `SIP/2.0/${target.transport.toUpperCase()} ${this.settings.wire.sentBy(target)};branch=${branch};rport`;
  }

  /** Ends everything without a word. */
  stop(): void {
    for (const transaction of [...this.#servers.values(), ...this.#clients.values()]) transaction.stop();
    this.#servers.clear();
    this.#clients.clear();
    this.#merged.clear();
  }

  #start(request: SipRequest, target: Target, listener: ClientListener): ClientTransaction {
    const key = clientKey(request) ?? '';
    const transaction = new ClientTransaction(request, target, this.settings, listener, () =>
      this.#clients.delete(key),
    );
    this.#clients.set(key, transaction);
    return transaction;
  }

  #receiveResponse(response: SipResponse, flow: Flow): void {
    const key = clientKey(response);
    const transaction = key === undefined ? undefined : this.#clients.get(key);
    // A response with more than one Via was meant for somebody behind us, and there is nobody (RFC 3261 §8.1.3.3).
    if (transaction === undefined || response.headers.getAll('Via').length !== 1) this.settings.count('strayResponse');
    else transaction.receive(response, flow);
  }

  #receiveRequest(request: SipRequest, flow: Flow): void {
    const key = serverKey(request);
    if (key === undefined) return this.settings.count('noVia');
    const transaction = this.#servers.get(key);
    if (request.method === 'ACK') {
      if (transaction === undefined) this.user.onAck(request, flow);
      else transaction.receiveAck(request);
      return;
    }
    if (transaction === undefined) this.user.onRequest(request, flow);
    else transaction.receiveAgain();
  }

  /**
   * Whether a request like this is being handled. One that was refused, or was no INVITE and is answered, may come again with
   * a new branch: some monitors repeat the same OPTIONS for ever.
   */
  #isMerged(merge: string): boolean {
    const other = this.#servers.get(this.#merged.get(merge) ?? '');
    if (other === undefined) return false;
    return !other.isFinal || (other.request.method === 'INVITE' && (other.lastResponse?.status ?? 0) < 300);
  }
}
