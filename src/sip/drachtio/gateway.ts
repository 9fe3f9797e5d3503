/** The drachtio adapter: what comes in over the connection is handed to dialogs and invites, everything else is answered here. */
import type {
  DialogHandlers,
  GatewayCounters,
  GatewayHandlers,
  OutboundCall,
  OutboundCallRequest,
  SipGateway,
} from '../gateway.js';
import { guard } from '../guard.js';
import { sessionDescription } from '../message/body.js';
import type { SipRequest } from '../message/message.js';
import { FrontDesk } from '../rules/front-desk.js';
import type { SessionTimerAnswer } from '../rules/session-timer.js';
import { refusalOf } from '../rules/uas-checks.js';
import { Connection } from './connection.js';
import type { DrachtioDialog } from './dialog.js';
import { DrachtioInvite } from './invites.js';
import { arrivalOf, type Arrival } from './message.js';
import type { DrachtioOptions } from './options.js';
import { OutboundAttempt } from './outbound.js';
import { serverTimer } from './server-timer.js';
import type { SrfRequest, SrfResponse } from './srf-types.js';
import { Survivors } from './survivors.js';

/** BYEs of `stop` are waited for this long, in T1. */
const farewellT1 = 4;

/** Signalling through a drachtio-server. */
export class DrachtioGateway implements SipGateway {
  readonly #options: DrachtioOptions;
  readonly #connection: Connection;
  readonly #survivors: Survivors;
  /** By the server's dialog id. */
  readonly #dialogs = new Map<string, DrachtioDialog>();
  readonly #invites = new Set<DrachtioInvite>();
  readonly #attempts = new Set<OutboundAttempt>();
  readonly #refused = new Map<string, number>();
  readonly #desk: FrontDesk;
  readonly #context;
  #handlers: GatewayHandlers | undefined;

  constructor(options: DrachtioOptions) {
    this.#options = options;
    this.#survivors = new Survivors(options.graceMs ?? 30_000, options.probeIntervalMs ?? 30_000);
    this.#connection = new Connection(options, {
      up: () => this.#up(),
      down: () => this.#down(),
      request: (request, response) => this.#request(request, response),
    });
    this.#desk = new FrontDesk({
      sessionTimer: serverTimer,
      now: () => performance.now(),
      count: (reason) => this.#count(reason),
    });
    this.#context = {
      log: options.log,
      t1Ms: options.t1Ms ?? 500,
      link: () => this.#connection.link,
      established: (dialog: DrachtioDialog) => void this.#dialogs.set(dialog.identity.stackId, dialog),
      over: (dialog: DrachtioDialog) => this.#over(dialog),
      owe: (say: () => Promise<void>) => this.#survivors.owe(say),
      decided: (invite: DrachtioInvite) => void this.#invites.delete(invite),
      settled: (attempt: OutboundAttempt) => void this.#attempts.delete(attempt),
    };
  }

  get ready(): boolean {
    return this.#connection.link !== undefined;
  }

  get contacts(): readonly string[] {
    return this.#connection.hostports.flatMap((hostport) => {
      const [, transport = '', address = ''] = /^(\w+)\/(.+)$/.exec(hostport) ?? [];
      return address === '' ? [] : [`sip:${address};transport=${transport.toLowerCase()}`];
    });
  }

  async start(handlers: GatewayHandlers): Promise<void> {
    this.#handlers = handlers;
    await this.#connection.start();
  }

  call(request: OutboundCallRequest, handlers: DialogHandlers, onProgress?: (status: number) => void): OutboundCall {
    const attempt = new OutboundAttempt(request, handlers, onProgress, this.#context);
    this.#attempts.add(attempt);
    attempt.start();
    return attempt;
  }

  drain(): void {
    this.#desk.drain();
  }

  counters(): GatewayCounters {
    const link = this.#connection.link;
    return {
      dialogs: this.#dialogs.size,
      transactions: this.#invites.size + (link?.waiting ?? 0),
      connections: link === undefined ? 0 : 1,
      refused: Object.fromEntries(this.#refused),
    };
  }

  async stop(): Promise<void> {
    this.#desk.drain();
    for (const invite of this.#invites) invite.reject(503);
    for (const attempt of this.#attempts) attempt.cancel();
    const dialogs = [...this.#dialogs.values()];
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      Promise.all([
        ...dialogs.map((dialog) => dialog.bye({ q850Cause: 31, text: 'Shutting down' })),
        ...[...this.#attempts].map((attempt) => attempt.outcome),
      ]),
      new Promise((resolve) => (limit = setTimeout(resolve, farewellT1 * this.#context.t1Ms))),
    ]);
    clearTimeout(limit);
    this.#survivors.stop();
    this.#connection.stop();
  }

  #up(): void {
    this.#survivors.linkBack();
    this.#handlers?.onReadiness(true);
  }

  #down(): void {
    for (const dialog of [...this.#dialogs.values()]) dialog.linkDown();
    this.#survivors.linkLost(this.#dialogs.values());
    this.#handlers?.onReadiness(false);
  }

  #over(dialog: DrachtioDialog): void {
    // a dialog of the same name may have taken its place
    if (this.#dialogs.get(dialog.identity.stackId) === dialog) this.#dialogs.delete(dialog.identity.stackId);
    this.#survivors.forget(dialog);
  }

  #request(request: SrfRequest, response: SrfResponse): void {
    const dialog = this.#dialogs.get(request.stackDialogId ?? '');
    if (dialog) dialog.handle(arrivalOf(request, response));
    else if (request.source === 'network' && request.method !== 'ACK') this.#stranger(arrivalOf(request, response));
  }

  /** A request in no dialog of ours: the trunks decide who gets an answer at all. */
  #stranger(arrival: Arrival): void {
    const { message, request, response } = arrival;
    const { method, headers } = message;
    const verdict = this.#options.admission.admit({
      address: request.source_address,
      method,
      userAgent: headers.get('User-Agent'),
      from: headers.get('From'),
      to: headers.get('To'),
    });
    if (verdict.kind === 'ignore') {
      this.#count('ignored');
      // srf remembers an INVITE until we answer it, which we never will; the server forgets it after a minute
      request.agent.mapServer.get(request.socket)?.pendingNetworkInvites.delete(request.get('call-id') ?? '');
      return;
    }
    const link = this.#connection.link;
    if (verdict.kind === 'refuse') {
      this.#count(`status.${verdict.status}`);
      link?.respond(response, verdict.status, { headers: { 'Retry-After': `${verdict.retryAfterS}` } });
      return;
    }
    if (method === 'UPDATE' && this.#isOfUnansweredCall(message)) {
      // our offer is still out (RFC 3311 §5.2)
      const answer = refusalOf(message) ?? { status: sessionDescription(message) === undefined ? 200 : 491 };
      link?.respond(response, answer.status, answer);
      return;
    }
    const reception = this.#desk.receive(message, verdict.trunk);
    if (reception.kind === 'call') this.#invite(arrival, verdict.trunk.name, reception.session);
    else if (reception.kind === 'capabilities') link?.respond(response, 200, reception);
    else link?.respond(response, reception.refusal.status, reception.refusal);
  }

  #isOfUnansweredCall({ headers }: SipRequest): boolean {
    const callId = headers.get('Call-ID');
    return [...this.#attempts].some((attempt) => attempt.sipCallId === callId);
  }

  #invite(arrival: Arrival, trunk: string, session: SessionTimerAnswer): void {
    const link = this.#connection.link;
    const handlers = this.#handlers;
    if (link === undefined || handlers === undefined) return;
    const invite = new DrachtioInvite({ arrival, link, trunk, session }, this.#context);
    this.#invites.add(invite);
    guard(
      () => handlers.onInvite(invite) as unknown,
      (error) => {
        this.#options.log('error', 'the invite handler failed', { error: String(error) });
        invite.reject(500);
      },
    );
  }

  #count(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }
}
