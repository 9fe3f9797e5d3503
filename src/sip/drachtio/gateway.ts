/** The drachtio adapter: what comes in over the connection is handed to dialogs and invites, everything else is answered here. */
import type {
  DialogHandlers,
  GatewayCounters,
  GatewayHandlers,
  OutboundCall,
  OutboundCallRequest,
  SipGateway,
} from '../gateway.js';
import type { Trunk } from '../trunk.js';
import { capabilities, refusalOf, type Refusal } from './checks.js';
import { Connection } from './connection.js';
import type { DrachtioDialog } from './dialog.js';
import { DrachtioInvite } from './invites.js';
import { allHeaders, firstHeader, sessionDescription } from './message.js';
import type { DrachtioOptions } from './options.js';
import { OutboundAttempt } from './outbound.js';
import { tooSmall } from './session-timer.js';
import type { SrfRequest, SrfResponse } from './srf-types.js';
import { Survivors } from './survivors.js';

/** BYEs of `stop` are waited for this long, in T1. */
const farewellT1 = 4;
const retryAfterS = 30;

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
  readonly #context;
  #handlers: GatewayHandlers | undefined;
  #draining = false;

  constructor(options: DrachtioOptions) {
    this.#options = options;
    this.#survivors = new Survivors(options.graceMs ?? 30_000, options.probeIntervalMs ?? 30_000);
    this.#connection = new Connection(options, {
      up: () => this.#up(),
      down: () => this.#down(),
      request: (request, response) => this.#request(request, response),
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
    this.#draining = true;
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
    this.#draining = true;
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
    if (dialog) dialog.handle(request, response);
    else if (request.source === 'network' && request.method !== 'ACK') this.#stranger(request, response);
  }

  /** A request in no dialog of ours: the trunks decide who gets an answer at all. */
  #stranger(request: SrfRequest, response: SrfResponse): void {
    const { method } = request;
    const verdict = this.#options.admission.admit({
      address: request.source_address,
      method,
      userAgent: firstHeader(request, 'user-agent'),
      from: request.get('from') ?? '',
      to: request.get('to') ?? '',
    });
    if (verdict.kind === 'ignore') {
      this.#count('ignored');
      // srf remembers an INVITE until we answer it, which we never will; the server forgets it after a minute
      request.agent.mapServer.get(request.socket)?.pendingNetworkInvites.delete(request.get('call-id') ?? '');
      return;
    }
    if (verdict.kind === 'refuse') {
      this.#refuse(response, { status: verdict.status, headers: { 'Retry-After': `${verdict.retryAfterS}` } });
      return;
    }
    const refusal = refusalOf(request);
    if (refusal) this.#refuse(response, refusal);
    else if (method !== 'INVITE' && method !== 'OPTIONS') this.#unknownDialog(request, response);
    else if (this.#draining) this.#refuse(response, { status: 503, headers: { 'Retry-After': `${retryAfterS}` } });
    else if (method === 'INVITE') this.#authenticate(request, response, verdict.trunk);
    else this.#connection.link?.respond(response, 200, { headers: capabilities });
  }

  /** An UPDATE may belong to a call of ours that is not answered yet: our offer is still out (RFC 3311 §5.2). */
  #unknownDialog(request: SrfRequest, response: SrfResponse): void {
    const callId = request.get('call-id');
    const early = [...this.#attempts].some((attempt) => attempt.sipCallId === callId);
    if (request.method !== 'UPDATE' || !early) this.#refuse(response, { status: 481 });
    else this.#connection.link?.respond(response, sessionDescription(request) === undefined ? 200 : 491, {});
  }

  #authenticate(request: SrfRequest, response: SrfResponse, trunk: Trunk): void {
    const { inboundAuth, name } = trunk;
    const { authenticator, log } = this.#options;
    if (inboundAuth === undefined) {
      this.#invite(request, response, name);
      return;
    }
    if (authenticator === undefined) {
      log('error', 'a trunk wants digest authentication and nothing can check it', { trunk: name });
      this.#refuse(response, { status: 403 });
      return;
    }
    const { realm, users } = inboundAuth;
    const verdict = authenticator.verify(allHeaders(request, 'authorization'), 'INVITE', realm, users);
    if (verdict.ok) {
      this.#invite(request, response, name);
      return;
    }
    // srf joins several values into one field, which RFC 3261 §7.3.1 forbids for this one: the last is what all clients know
    const challenge = authenticator.challenge(realm, verdict.stale).at(-1) ?? '';
    this.#refuse(response, { status: 401, headers: { 'WWW-Authenticate': challenge } });
  }

  #invite(request: SrfRequest, response: SrfResponse, trunk: string): void {
    const link = this.#connection.link;
    if (link === undefined || this.#handlers === undefined) return;
    const short = tooSmall(request);
    if (short) this.#refuse(response, { status: 422, headers: short });
    else {
      const invite = new DrachtioInvite(request, response, link, trunk, this.#context);
      this.#invites.add(invite);
      try {
        this.#handlers.onInvite(invite);
      } catch (error) {
        this.#options.log('error', 'the invite handler failed', { error: String(error) });
        invite.reject(500);
      }
    }
  }

  #refuse(response: SrfResponse, { status, headers = {}, reason }: Refusal): void {
    this.#count(`status.${status}`);
    this.#connection.link?.respond(response, status, { headers, ...(reason === undefined ? {} : { reason }) });
  }

  #count(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }
}
