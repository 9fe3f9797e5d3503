/**
 * A confirmed or nearly confirmed dialog. It is kept here and not in srf, because srf's dialogs hold on to the connection
 * they came in on: after a reconnection every request in them would fail, though the server still knows them.
 *
 *     unconfirmed ──ACK──► live ──bye(), BYE, 481, 408, lost──► over
 *          └────── no ACK, BYE, CANCEL, connection lost ──────────►┘
 */
import { randomUUID } from 'node:crypto';
import { CodedError } from '../../errors.js';
import { Credentials, type Account } from '../auth/credentials.js';
import type { DialogEnd, DialogHandlers, SipDialog, SipParty } from '../gateway.js';
import { guard } from '../guard.js';
import { sessionDescription } from '../message/body.js';
import type { SipRequest } from '../message/message.js';
import { capabilityHeaders } from '../rules/capabilities.js';
import { formatReason } from '../rules/reason-header.js';
import { refusalOf } from '../rules/uas-checks.js';
import { endOfBye } from './end-of-bye.js';
import type { Link } from './link.js';
import { readResponse, type Arrival } from './message.js';
import { Offers } from './offers.js';
import type { LogSink } from './options.js';
import { failedStatus, type Final, type RequestSpec, type ResponseContent } from './requests.js';
import type { SrfResponse } from './srf-types.js';

/** What names a dialog, to the server and to the peer. */
export interface DialogIdentity {
  /** The server's name for it, `Call-ID;from-tag=…`. */
  readonly stackId: string;
  readonly sipCallId: string;
  readonly remote: SipParty;
  readonly ownsCallId: boolean;
  /** From and To as our requests carry them, with tags, and the peer's contact: to reach it past a server that forgot. */
  readonly localHeader: string;
  readonly remoteHeader: string;
  readonly remoteTarget: string;
  /** Answers challenges; only in calls that we made, never for who called us (SAFETY S7). */
  readonly account: Account | undefined;
}

/** What a dialog needs of the gateway. */
export interface DialogContext {
  readonly log: LogSink;
  readonly t1Ms: number;
  link(): Link | undefined;
  /** The dialog is over and can be forgotten. */
  over(dialog: DrachtioDialog): void;
  /** A BYE could not be sent for want of a connection; call `say` once there is one. */
  owe(say: () => Promise<void>): void;
}

/** Greater than any CSeq the forgotten dialog can have reached, and still below 2³¹ (RFC 3261 §8.1.1.5). */
const lastCSeq = 2_147_483_000;

/** The dialog. */
export class DrachtioDialog implements SipDialog {
  readonly id = randomUUID();
  readonly identity: DialogIdentity;
  readonly #handlers: DialogHandlers;
  readonly #context: DialogContext;
  readonly #offers: Offers;
  #state: 'unconfirmed' | 'live' | 'over' = 'live';
  #confirmation: { settle: (error?: CodedError) => void; owesAnswer: boolean; timer: NodeJS.Timeout } | undefined;
  #byeAnswered: Promise<void> = Promise.resolve();
  #markOver: () => void = () => undefined;
  readonly #whenOver = new Promise<void>((resolve) => (this.#markOver = resolve));

  constructor(identity: DialogIdentity, handlers: DialogHandlers, context: DialogContext) {
    this.identity = identity;
    this.#handlers = handlers;
    this.#context = context;
    this.#offers = new Offers({
      handlers,
      ownsCallId: identity.ownsCallId,
      t1Ms: context.t1Ms,
      link: () => context.link(),
      ask: (spec) => this.#ask(spec),
      broken: (text) => this.#hangUp({ by: 'timeout', q850Cause: 102, text }),
    });
  }

  get sipCallId(): string {
    return this.identity.sipCallId;
  }

  get remote(): SipParty {
    return this.identity.remote;
  }

  /** Waits for the ACK of our 200; `settle` gets nothing, or why there is no dialog. The server sends the BYE then. */
  awaitAck(owesAnswer: boolean, settle: (error?: CodedError) => void): void {
    this.#state = 'unconfirmed';
    // the server gives up after 64·T1 itself and tells us; this is for a server that does not
    const timer = setTimeout(
      () => this.#hangUp({ by: 'timeout', q850Cause: 102, text: 'No ACK' }),
      80 * this.#context.t1Ms,
    );
    this.#confirmation = { settle, owesAnswer, timer };
  }

  /** A request the server received in this dialog. Every one gets an answer the RFC allows. */
  handle(arrival: Arrival): void {
    const { message, request, response } = arrival;
    if (message.method === 'ACK') this.#acknowledged(message);
    else if (message.method === 'BYE') {
      this.#respond(response, 200);
      this.#finish(endOfBye(request.source, message.headers.getAll('Reason')));
    } else {
      const refusal = refusalOf(message);
      if (refusal) this.#respond(response, refusal.status, refusal);
      else this.#answer(arrival);
    }
  }

  async reinvite(offer: string): ReturnType<SipDialog['reinvite']> {
    return this.#offers.send(offer);
  }

  async info(contentType: string, body: string): Promise<number> {
    const final = await this.#ask({ method: 'INFO', headers: { 'Content-Type': contentType }, body });
    return final.kind === 'response' ? final.response.status : failedStatus(final);
  }

  async bye(reason?: { q850Cause: number; text: string }): Promise<void> {
    if (this.#state !== 'over') {
      this.#byeAnswered = this.#sayBye(reason);
      this.#finish({ by: 'local', q850Cause: reason?.q850Cause, text: reason?.text });
    }
    await this.#byeAnswered;
  }

  /** Asks the peer whether it is still in this dialog; undefined = the question did not get out. */
  async probe(): Promise<boolean | undefined> {
    const final = await this.#context.link()?.ask({ method: 'OPTIONS', headers: {}, dialogId: this.identity.stackId });
    if (final === undefined || final.kind === 'linkDown' || final.kind === 'unsent') return undefined;
    return final.kind === 'response' && final.response.status !== 481 && final.response.status !== 408;
  }

  /** The server has forgotten this dialog, or never came back: tells the peer if there is a way, and ends. */
  lose(text: string): void {
    if (this.#state === 'over') return;
    void this.#farewell({ q850Cause: 41, text });
    this.#finish({ by: 'transport', q850Cause: undefined, text });
  }

  /** The connection is gone: who still waits for the ACK will not learn of it. */
  linkDown(): void {
    if (this.#state !== 'unconfirmed') return;
    this.#context.owe(() => this.#farewell({ q850Cause: 41, text: 'signalling lost' }));
    this.#finish({ by: 'transport', q850Cause: undefined, text: 'connection to drachtio-server lost before the ACK' });
  }

  #answer(arrival: Arrival): void {
    const { message, response } = arrival;
    if (message.method === 'INVITE' || message.method === 'UPDATE') this.#offers.receive(arrival);
    else if (message.method === 'INFO') {
      this.#respond(response, 200);
      const contentType = message.headers.get('Content-Type') ?? '';
      this.#call(() => this.#handlers.onInfo(contentType, message.body.toString('utf8')));
    } else this.#respond(response, 200, { headers: capabilityHeaders });
  }

  #acknowledged(ack: SipRequest): void {
    const body = sessionDescription(ack);
    const confirmation = this.#confirmation;
    if (confirmation === undefined) {
      this.#call(() => this.#offers.acknowledge(body));
      return;
    }
    if (confirmation.owesAnswer && body === undefined) {
      this.#hangUp({ by: 'remote', q850Cause: 79, text: 'The ACK held no answer' });
      return;
    }
    this.#confirmation = undefined;
    clearTimeout(confirmation.timer);
    this.#state = 'live';
    if (confirmation.owesAnswer && body !== undefined) this.#call(() => this.#handlers.onAnswer(body));
    confirmation.settle();
  }

  /** A request in this dialog; 481 and 408 end it (RFC 3261 §12.2.1.2), the end of the dialog ends the wait. */
  async #ask(spec: RequestSpec): Promise<Final> {
    const over: Final = { kind: 'unknownDialog', text: 'the dialog is over' };
    if (this.#state === 'over') return over;
    const final = await Promise.race([this.#try(spec), this.#whenOver.then(() => over)]);
    const status = final.kind === 'response' ? final.response.status : 0;
    if (status === 481 || status === 408) {
      this.#hangUp({ by: status === 408 ? 'timeout' : 'remote', q850Cause: undefined, text: `${status} in dialog` });
    }
    return final;
  }

  /** A request with the dialog's id, and again with credentials when they are asked for. */
  async #try(spec: RequestSpec): Promise<Final> {
    const credentials = new Credentials(this.identity.account);
    for (;;) {
      const link = this.#context.link();
      if (link === undefined) return { kind: 'linkDown', text: 'no connection to drachtio-server' };
      const headers = { ...spec.headers, ...credentials.headers };
      const final = await link.ask({ ...spec, headers, dialogId: this.identity.stackId });
      if (final.kind !== 'response' || !credentials.take(readResponse(final.response), final.request)) return final;
    }
  }

  async #sayBye(reason: { q850Cause: number; text: string } | undefined): Promise<void> {
    const headers: Record<string, string> = reason ? { Reason: formatReason(reason) } : {};
    const final = await this.#try({ method: 'BYE', headers });
    // nobody waits for what can only be said past a server that forgot, or later
    if (final.kind === 'unknownDialog') void this.#farewell(reason);
    if (final.kind === 'linkDown') this.#context.owe(() => this.#farewell(reason));
  }

  /** Ends for a fault of the peer, with a BYE that nobody waits for. */
  #hangUp(end: DialogEnd): void {
    if (this.#state === 'over') return;
    void this.#sayBye(end.q850Cause === undefined ? undefined : { q850Cause: end.q850Cause, text: end.text ?? '' });
    this.#finish(end);
  }

  /**
   * Says BYE after a loss of the connection: in the dialog when the server still knows it, and otherwise by a BYE that
   * carries the dialog's identifiers by itself, so that the peer does not sit in a call that is over. Nobody waits for it.
   */
  async #farewell(reason: { q850Cause: number; text: string } | undefined): Promise<void> {
    const link = this.#context.link();
    if (link === undefined) return;
    const { stackId, localHeader, remoteHeader, remoteTarget, sipCallId } = this.identity;
    const headers: Record<string, string> = reason ? { Reason: formatReason(reason) } : {};
    const known = await link.ask({ method: 'BYE', headers, dialogId: stackId });
    if (known.kind !== 'unknownDialog' || remoteTarget === '') return;
    await link.ask({
      method: 'BYE',
      uri: remoteTarget,
      headers: { ...headers, From: localHeader, To: remoteHeader, 'Call-ID': sipCallId, CSeq: `${lastCSeq} BYE` },
    });
  }

  #finish(end: DialogEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#offers.close();
    this.#markOver();
    this.#context.over(this);
    const confirmation = this.#confirmation;
    this.#confirmation = undefined;
    clearTimeout(confirmation?.timer);
    // who never got the dialog is told by the rejection alone
    if (confirmation) confirmation.settle(new CodedError('legEnded', end.text ?? 'The caller gave up.'));
    else this.#call(() => this.#handlers.onEnd(end));
  }

  #respond(response: SrfResponse, status: number, content: ResponseContent = {}): void {
    this.#context.link()?.respond(response, status, content);
  }

  #call(run: () => void): void {
    guard(run, (error) => this.#context.log('error', 'a dialog handler failed', { error: String(error) }));
  }
}
