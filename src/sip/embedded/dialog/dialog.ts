/**
 * One dialog (RFC 3261 §12): its state, what is sent in it and what comes in it.
 *
 *     early ──2xx sent or received──► confirmed ──BYE either way, no ACK, session expired──► ended
 *       └───────refused, cancelled, BYE──────────────────────────────────────────────────────►┘
 *
 * Its parts each do one thing: `incoming-requests.ts` and `incoming-offer.ts` answer the peer, `offerer.ts` sends our offers
 * and refreshes, `session-keeper.ts` watches the session timer.
 */
import { randomUUID } from 'node:crypto';
import type { DialogEnd, DialogHandlers, SipDialog, SipParty } from '../../gateway.js';
import { TokenBucket } from '../../admission/token-bucket.js';
import { Credentials, type Account } from '../../auth/credentials.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import { responseTo, type ResponseOptions } from '../../message/response.js';
import { cseqNumber } from '../transaction/matching.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow, Target } from '../transport/flow.js';
import { sendRequest, withContent, type RequestContent, type RequestOutcome } from './dialog-requests.js';
import { acceptCseq, nextHopUri, nextRequest, refreshTarget, type DialogState } from './dialog-state.js';
import type { DialogEnvironment } from './environment.js';
import { guard } from '../../guard.js';
import { answerInDialog } from './incoming-requests.js';
import type { OfferExchange } from '../../rules/offer-exchange.js';
import { OfferTurn } from '../../rules/offer-turn.js';
import { Lifetime } from './lifetime.js';
import { Offerer } from './offerer.js';
import { partyOf } from '../../rules/party.js';
import { formatReason } from '../../rules/reason-header.js';
import { SessionKeeper } from './session-keeper.js';
import { UnacknowledgedSuccess, type AckListener } from './unacknowledged-success.js';

/** How a dialog comes into being. */
export interface DialogOrigin {
  readonly state: DialogState;
  /** `uac` = we sent the INVITE, so the Call-ID is ours. */
  readonly role: 'uac' | 'uas';
  /** The way the peer's last message came; undefined before any has. */
  readonly flow: Flow | undefined;
  readonly exchange: OfferExchange;
  /** Answers challenges; only for dialogs of calls we made (SAFETY S7). */
  readonly account?: Account | undefined;
}

/** Reason of a BYE. */
export interface ByeReason {
  readonly q850Cause: number;
  readonly text: string;
}

/** What one dialog may bring, well above what digits by INFO need: one peer must not use up everybody's transactions. */
const requestsPerS = 50;
const requestsBurst = 100;

export class Dialog implements SipDialog {
  readonly id = randomUUID();
  readonly remote: SipParty;
  readonly sipCallId: string;
  readonly role: 'uac' | 'uas';
  readonly lifetime: Lifetime;
  readonly turn: OfferTurn;
  readonly session: SessionKeeper;
  /** What the owner does with what arrives; undefined until the call is accepted. */
  handlers: DialogHandlers | undefined;
  /** Our and the peer's last SDP that both sides agreed to. */
  localSdp = '';
  remoteSdp = '';
  /** True when the peer's `Allow` had UPDATE. */
  peerTakesUpdate = false;

  #state: DialogState;
  #phase: 'early' | 'confirmed' | 'ended' = 'early';
  /** The owner has the dialog in hands, and is to be told of its end. */
  #handedOver = false;
  #flow: Flow | undefined;
  #byeAnswered: Promise<void> = Promise.resolve();
  readonly #account: Account | undefined;
  readonly #offerer: Offerer;
  readonly #rate: TokenBucket;
  readonly #unacknowledged = new Map<number, UnacknowledgedSuccess>();
  readonly #undecided = new Set<ServerTransaction>();

  constructor(
    readonly environment: DialogEnvironment,
    origin: DialogOrigin,
  ) {
    this.#state = origin.state;
    this.turn = new OfferTurn(origin.exchange);
    this.lifetime = new Lifetime(environment.scheduler);
    this.#flow = origin.flow;
    this.#account = origin.account;
    this.role = origin.role;
    this.sipCallId = origin.state.callId;
    this.remote = partyOf(origin.state.remote);
    this.session = new SessionKeeper(this);
    this.#offerer = new Offerer(this);
    this.#rate = new TokenBucket(requestsPerS, requestsBurst, environment.scheduler.nowMs());
    environment.dialogs.add(this);
  }

  get state(): DialogState {
    return this.#state;
  }

  get isEnded(): boolean {
    return this.#phase === 'ended';
  }

  get isConfirmed(): boolean {
    return this.#phase === 'confirmed';
  }

  /** True when `address` is where the peer of this dialog sends from. */
  isPeerAddress(address: string): boolean {
    return this.#flow?.remoteAddress === address;
  }

  /** True when the peer may send another request now. */
  admitRequest(): boolean {
    return this.#rate.take(this.environment.scheduler.nowMs()) === 0;
  }

  /** A 2xx was sent or received. */
  confirm(handlers: DialogHandlers): void {
    this.handlers = handlers;
    if (this.#phase === 'early') this.#phase = 'confirmed';
  }

  /** From now on the owner has the dialog, and `onEnd` tells it of its end. */
  handOver(): void {
    this.#handedOver = true;
  }

  /** Takes over Contact and, while the dialog is early, the route set and tags a 2xx of the peer brings. */
  updateState(state: DialogState): void {
    this.environment.dialogs.remove(this);
    this.#state = state;
    if (!this.isEnded) this.environment.dialogs.add(this);
  }

  /** Takes the Contact of a target refresh request or its 2xx. */
  refreshTarget(message: SipRequest | SipResponse): void {
    this.#state = refreshTarget(this.#state, message);
    const allowed = message.headers.getAll('Allow').map((method) => method.trim().toUpperCase());
    if (allowed.length > 0) this.peerTakesUpdate = allowed.includes('UPDATE');
  }

  /**
   * Where requests go, best first: the next hop, else back to where the peer sends from. A peer that called us by TCP is first
   * sought on its connection: its Contact often names a port nobody can connect to.
   */
  targets(): Target[] {
    const nextHop = this.environment.resolve(nextHopUri(this.#state));
    const flow = this.#flow;
    if (flow === undefined) return nextHop === undefined ? [] : [nextHop];
    if (nextHop === undefined) return [flow];
    return flow.transport === 'tcp' && this.role === 'uas' ? [flow, nextHop] : [nextHop, flow];
  }

  /** The next request of this dialog, with Contact where it belongs; counts CSeq on. */
  prepare(method: string, content: RequestContent, credentials?: Credentials): SipRequest {
    const { state, request } = nextRequest(this.#state, method);
    this.#state = state;
    const [target] = this.targets();
    if (target !== undefined && method !== 'BYE') request.headers.set('Contact', this.environment.contact(target));
    request.headers.setAll(credentials?.headers ?? {});
    return withContent(request, content);
  }

  newCredentials(): Credentials {
    return new Credentials(this.#account);
  }

  /** Sends a request other than INVITE, and again with credentials when the trunk asks for them. */
  async request(method: string, content: RequestContent): Promise<RequestOutcome> {
    const credentials = this.newCredentials();
    for (;;) {
      const request = this.prepare(method, content, credentials);
      const outcome = await sendRequest(this.environment, request, this.targets());
      if (outcome.response === undefined || !credentials.take(outcome.response, request)) return outcome;
    }
  }

  /** A response in this dialog: our tag in `To`. */
  respond(transaction: ServerTransaction, status: number, options: ResponseOptions & { reason?: string } = {}): void {
    const { reason, ...rest } = options;
    const toTag = this.#state.localTag;
    this.answer(transaction, responseTo(transaction.request, status, reason, { toTag, ...rest }));
  }

  /** Sends a final response that was built already. */
  answer(transaction: ServerTransaction, response: SipResponse): void {
    this.#undecided.delete(transaction);
    transaction.respond(response);
  }

  /** Keeps an INVITE or UPDATE in mind that waits for a decision, so that the end of the dialog answers it. */
  deciding(transaction: ServerTransaction): void {
    this.#undecided.add(transaction);
  }

  /** Sends a 2xx to INVITE until its ACK comes. */
  sendSuccess(transaction: ServerTransaction, response: SipResponse, listener: AckListener): void {
    this.#undecided.delete(transaction);
    const cseq = cseqNumber(transaction.request);
    const forget = (): unknown => this.#unacknowledged.delete(cseq);
    const sending = new UnacknowledgedSuccess(this.environment, transaction, response, {
      onAck: (ack) => {
        forget();
        listener.onAck(ack);
      },
      onGiveUp: () => {
        forget();
        listener.onGiveUp();
      },
    });
    this.#unacknowledged.set(cseq, sending);
  }

  /** A request of the peer in this dialog, ACK and CANCEL excepted. */
  receive(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const state = acceptCseq(this.#state, cseqNumber(request));
    if (state === undefined) {
      this.environment.count('cseqOutOfOrder');
      this.respond(transaction, 500, { headers: { 'Retry-After': '1' } });
      return;
    }
    this.#state = state;
    this.#flow = flow;
    answerInDialog(this, transaction);
  }

  receiveAck(ack: SipRequest): void {
    const sending = this.#unacknowledged.get(cseqNumber(ack));
    if (sending === undefined) this.environment.count('strayAck');
    else sending.acknowledge(ack);
  }

  reinvite(offer: string): ReturnType<SipDialog['reinvite']> {
    return this.#offerer.reinvite(offer);
  }

  /** Tells the peer that the session goes on (RFC 4028 §10). */
  refresh(): Promise<void> {
    return this.#offerer.refresh();
  }

  async info(contentType: string, body: string): Promise<number> {
    if (this.isEnded) return 481;
    return (await this.request('INFO', { contentType, body })).status;
  }

  bye(reason?: ByeReason): Promise<void> {
    this.end({ by: 'local', q850Cause: reason?.q850Cause, text: reason?.text }, { bye: reason ?? 'plain' });
    return this.#byeAnswered;
  }

  /**
   * Ends the dialog once; the owner hears of it before this returns.
   *
   * @param options.bye send a BYE, with this reason
   */
  end(end: DialogEnd, options: { bye?: ByeReason | 'plain' } = {}): void {
    if (this.isEnded) return;
    this.#phase = 'ended';
    this.environment.dialogs.remove(this);
    for (const sending of this.#unacknowledged.values()) sending.stop();
    this.#unacknowledged.clear();
    for (const transaction of [...this.#undecided]) this.respond(transaction, 487);
    this.lifetime.end();
    this.turn.end();
    if (options.bye !== undefined) this.#byeAnswered = this.#sendBye(options.bye);
    if (this.#handedOver) this.guard(() => this.handlers?.onEnd(end));
  }

  /** Runs the owner's code; what it throws is told to the gateway and costs nothing else. */
  guard(run: () => unknown): void {
    guard(run, (thrown) => this.environment.onThrow(thrown));
  }

  async #sendBye(reason: ByeReason | 'plain'): Promise<void> {
    await this.request('BYE', reason === 'plain' ? {} : { headers: { Reason: formatReason(reason) } });
  }
}
