/** Sockets and transactions of the scripted server: the embedded stack's, with a switch to freeze them. */
import type { SipMessage } from '../../../src/sip/message/message.js';
import { rfcTimers, type TimerSettings } from '../../../src/sip/embedded/transaction/machine.js';
import { TimerQueue } from '../../../src/sip/embedded/transaction/scheduler.js';
import { TransactionLayer, type TransactionUser } from '../../../src/sip/embedded/transaction/transaction-layer.js';
import type { ListenPoint, Target } from '../../../src/sip/embedded/transport/flow.js';
import { TransportLayer } from '../../../src/sip/embedded/transport/transport-layer.js';

/** The stack; one per life of the server. */
export class SipStack {
  readonly scheduler = new TimerQueue();
  readonly timers: TimerSettings;
  readonly layer: TransactionLayer;
  readonly #transport: TransportLayer;
  /** While true nothing comes in or goes out. */
  frozen = false;

  constructor(listen: readonly ListenPoint[], t1Ms: number, user: TransactionUser) {
    this.timers = { ...rfcTimers, t1Ms, t2Ms: 8 * t1Ms, t4Ms: 10 * t1Ms };
    this.#transport = new TransportLayer({ listen, now: () => performance.now() });
    const wire = {
      send: (message: SipMessage, target: Target, onError: () => void) => this.send(message, target, onError),
      sentBy: (target: Target) => this.#hostPort(target),
    };
    const { scheduler, timers } = this;
    this.layer = new TransactionLayer(
      { scheduler, timers, wire, maxTransactions: 10_000, count: () => undefined },
      user,
    );
    this.#transport.onMessage((message, flow) => {
      if (!this.frozen) this.layer.receive(message, flow);
    });
    this.#transport.onMalformed(({ answer }, flow) => {
      if (answer && !this.frozen) this.layer.replyStateless(answer.request, flow, answer.status);
    });
  }

  get listenPoints(): readonly ListenPoint[] {
    return this.#transport.listenPoints;
  }

  async start(): Promise<void> {
    await this.#transport.start();
  }

  async stop(): Promise<void> {
    this.layer.stop();
    this.scheduler.clear();
    await this.#transport.close();
  }

  send(message: SipMessage, target: Target, onError: () => void = () => undefined): void {
    if (!this.frozen) this.#transport.send(message, target).catch(onError);
  }

  contact(target: Target): string {
    return `<sip:${this.#hostPort(target)};transport=${target.transport}>`;
  }

  #hostPort(target: Target): string {
    const { host, port } = this.#transport.listenPointFor(target) ?? { host: '127.0.0.1', port: 5060 };
    return `${host}:${port}`;
  }
}
