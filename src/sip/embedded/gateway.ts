/**
 * The embedded SIP front end: an in-process user agent over UDP and TCP behind the gateway port.
 *
 *     sockets ─ transport/ ─ transaction/ ─ user-agent/intake ─┬─ out of dialog: checks, admission, digest ─ onInvite
 *                                                              └─ in dialog: dialog/
 */
import type { Admission } from '../admission/admission.js';
import type {
  DialogHandlers,
  GatewayCounters,
  GatewayHandlers,
  OutboundCall,
  OutboundCallRequest,
  SipGateway,
} from '../gateway.js';
import { DialogTable } from './dialog/dialog-table.js';
import type { DialogEnvironment } from './dialog/environment.js';
import { defaultSessionTimer, type SessionTimerSettings } from '../rules/session-timer.js';
import { formatHostPort } from '../message/host.js';
import type { SipMessage } from '../message/message.js';
import { rfcTimers, type TimerSettings } from './transaction/machine.js';
import { systemHost, TimerQueue, type TimerHost } from './transaction/scheduler.js';
import { TransactionLayer } from './transaction/transaction-layer.js';
import { isFlow, type ListenPoint, type Target } from './transport/flow.js';
import type { TransportLimits } from './transport/limits.js';
import { TransportLayer } from './transport/transport-layer.js';
import { advertisedHost } from './user-agent/advertised-address.js';
import { Intake } from './user-agent/intake.js';
import { nextHop } from './user-agent/next-hop.js';
import { OutgoingCall } from './user-agent/outbound-call.js';

/** What the gateway needs of a transport; tests bring one without sockets. */
export type GatewayTransport = Pick<
  TransportLayer,
  'start' | 'close' | 'send' | 'onMessage' | 'onMalformed' | 'counters' | 'listenPoints' | 'listenPointFor'
>;

/** What to build the gateway from. */
export interface EmbeddedGatewayOptions {
  readonly listen: readonly ListenPoint[];
  /** Host that Via and Contact name instead of the bound address. */
  readonly externalHost?: string;
  /** Judges every request outside of a dialog. */
  readonly admission: Admission;
  readonly timers?: Partial<TimerSettings>;
  readonly sessionTimer?: Partial<SessionTimerSettings>;
  readonly transportLimits?: Partial<TransportLimits>;
  /** Server transactions at once (SAFETY S4). */
  readonly maxTransactions?: number;
  /** An INVITE nobody decides about gets 480 after this. */
  readonly decisionTimeoutMs?: number;
  /** Told of what the owner's handlers throw; the request in question has got its 500 by then. */
  readonly onThrow?: (thrown: unknown) => void;
  /** Clock and timers of the process unless given. */
  readonly host?: TimerHost;
  readonly transport?: GatewayTransport;
  /** In [0, 1); spreads retries. */
  readonly random?: () => number;
}

/** How long `stop` waits for the answers to its BYEs, in T1. */
const farewellT1 = 4;

export class EmbeddedGateway implements SipGateway {
  readonly #options: EmbeddedGatewayOptions;
  readonly #timers: TimerSettings;
  readonly #scheduler: TimerQueue;
  readonly #transport: GatewayTransport;
  readonly #transactions: TransactionLayer;
  readonly #dialogs = new DialogTable();
  readonly #calls = new Set<OutgoingCall>();
  readonly #environment: DialogEnvironment;
  readonly #intake: Intake;
  readonly #refused: Record<string, number> = {};
  #ready = false;
  #handlers: GatewayHandlers | undefined;

  constructor(options: EmbeddedGatewayOptions) {
    this.#options = options;
    this.#timers = { ...rfcTimers, ...options.timers };
    const host = options.host ?? systemHost;
    this.#scheduler = new TimerQueue(host, (thrown) => this.#onThrow(thrown));
    this.#transport =
      options.transport ??
      new TransportLayer({
        listen: options.listen,
        now: () => host.nowMs(),
        ...(options.transportLimits && { limits: options.transportLimits }),
      });
    const count = (reason: string): void => this.#count(reason);
    this.#transactions = new TransactionLayer(
      {
        wire: {
          send: (message, target, onError) => this.#send(message, target, onError),
          sentBy: (target) => this.#hostPort(target),
        },
        scheduler: this.#scheduler,
        timers: this.#timers,
        maxTransactions: options.maxTransactions ?? 5000,
        count,
      },
      {
        onRequest: (request, flow) => this.#intake.onRequest(request, flow),
        onAck: (ack, flow) => this.#intake.onAck(ack, flow),
      },
    );
    this.#environment = {
      transactions: this.#transactions,
      dialogs: this.#dialogs,
      scheduler: this.#scheduler,
      timers: this.#timers,
      sessionTimer: { ...defaultSessionTimer, ...options.sessionTimer },
      random: options.random ?? Math.random,
      contact: (target) => this.#contact(target),
      resolve: (uri) =>
        nextHop(
          uri,
          this.#transport.listenPoints.map(({ transport }) => transport),
        ),
      send: (message, target, onError) => this.#send(message, target, onError),
      count,
      onThrow: (thrown) => this.#onThrow(thrown),
    };
    this.#intake = new Intake(this.#environment, {
      admission: options.admission,
      decisionTimeoutMs: options.decisionTimeoutMs ?? 180_000,
      onInvite: (invite) => this.#handlers?.onInvite(invite),
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get contacts(): readonly string[] {
    return this.#transport.listenPoints.map(({ transport, host, port }) => {
      const shown = advertisedHost(host, '127.0.0.1', this.#options.externalHost);
      return `sip:${formatHostPort(shown, port)};transport=${transport}`;
    });
  }

  async start(handlers: GatewayHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#transport.onMessage((message, flow) => this.#transactions.receive(message, flow));
    this.#transport.onMalformed((malformed, flow) => this.#intake.onMalformed(malformed, flow));
    await this.#transport.start();
    this.#setReady(true);
  }

  call(request: OutboundCallRequest, handlers: DialogHandlers, onProgress?: (status: number) => void): OutboundCall {
    const call: OutgoingCall = new OutgoingCall(this.#environment, request, handlers, onProgress);
    this.#calls.add(call);
    void call.outcome.then(() => this.#calls.delete(call));
    return call;
  }

  drain(): void {
    this.#intake.drain();
  }

  counters(): GatewayCounters {
    const { connections, refused } = this.#transport.counters();
    return {
      dialogs: this.#dialogs.size,
      transactions: this.#transactions.size,
      connections,
      refused: sum(refused, this.#options.admission.counters(), this.#refused),
    };
  }

  async stop(): Promise<void> {
    this.#intake.drain();
    const calls = [...this.#calls];
    for (const call of calls) call.cancel();
    const byes: Promise<void>[] = [];
    for (const dialog of this.#dialogs.all()) {
      if (dialog.isConfirmed) byes.push(dialog.bye({ q850Cause: 31, text: 'Shutting down' }));
      else dialog.end({ by: 'local', q850Cause: 31, text: 'Shutting down' });
    }
    const { scheduler, timers } = this.#environment;
    const patience = new Promise<void>((resolve) =>
      scheduler.at(scheduler.nowMs() + farewellT1 * timers.t1Ms, resolve),
    );
    // CANCELs have no promise; they get the same time.
    if (calls.length > 0) await patience;
    else if (byes.length > 0) await Promise.race([Promise.all(byes), patience]);
    this.#transactions.stop();
    this.#scheduler.clear();
    await this.#transport.close();
    this.#setReady(false);
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    try {
      this.#handlers?.onReadiness(ready);
    } catch (thrown) {
      this.#onThrow(thrown);
    }
  }

  #send(message: SipMessage, target: Target, onError: () => void): void {
    this.#transport.send(message, target).catch(() => onError());
  }

  #hostPort(target: Target): string {
    const point = this.#transport.listenPointFor(target);
    const peer = isFlow(target) ? target.remoteAddress : target.address;
    const host = advertisedHost(point?.host ?? '127.0.0.1', peer, this.#options.externalHost);
    return formatHostPort(host, point?.port);
  }

  #contact(target: Target): string {
    return `<sip:mixminus@${this.#hostPort(target)};transport=${target.transport}>`;
  }

  #count(reason: string): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  #onThrow(thrown: unknown): void {
    this.#count('handlerThrew');
    this.#options.onThrow?.(thrown);
  }
}

function sum(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of counts) {
    for (const [reason, count] of Object.entries(one)) total[reason] = (total[reason] ?? 0) + count;
  }
  return total;
}
