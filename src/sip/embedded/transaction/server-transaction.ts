/** A request that came in, and the responses to it (RFC 3261 §17.2). */
import type { SipRequest, SipResponse } from '../../message/message.js';
import type { Flow } from '../transport/flow.js';
import { startInviteServer, stepInviteServer, type InviteServerName } from './invite-server.js';
import type { Effect, ServerEvent, TimerSettings } from './machine.js';
import { MachineRunner } from './machine-runner.js';
import { startNonInviteServer, stepNonInviteServer, type NonInviteServerName } from './non-invite-server.js';
import type { Scheduler } from './scheduler.js';
import { isReliable, type Wire } from './wire.js';

/** What the transactions of a layer share. */
export interface TransactionEnvironment {
  readonly wire: Wire;
  readonly scheduler: Scheduler;
  readonly timers: TimerSettings;
}

/** Who keeps a server transaction. */
export interface ServerTransactionOwner {
  /** An ACK came after a 2xx: it is for the dialog, even when its sender used the branch of the INVITE (RFC 6026 §7.1). */
  onAck(ack: SipRequest): void;
  onEnd(): void;
}

/** One server transaction. The listeners are set by the transaction user, and may stay unset. */
export class ServerTransaction {
  /** CANCEL came for this INVITE while no final response was sent. */
  onCancel: ((cancel: SipRequest) => void) | undefined;
  /** No ACK came for a 300–699, or the response could not be sent. */
  onFailure: (() => void) | undefined;

  /** To tag of our responses, once the transaction user has chosen one; the 200 to a CANCEL has it too (RFC 3261 §9.2). */
  localTag: string | undefined;

  readonly #runner: MachineRunner<InviteServerName, ServerEvent> | MachineRunner<NonInviteServerName, ServerEvent>;
  #last: SipResponse | undefined;
  #sending: SipResponse | undefined;
  #ack: SipRequest | undefined;
  #isFinal = false;

  constructor(
    readonly request: SipRequest,
    readonly flow: Flow,
    private readonly environment: TransactionEnvironment,
    private readonly owner: ServerTransactionOwner,
  ) {
    const setting = {
      scheduler: environment.scheduler,
      timers: environment.timers,
      reliable: isReliable(flow),
      perform: (effect: Effect) => this.#perform(effect),
      onEnd: () => owner.onEnd(),
    };
    this.#runner =
      request.method === 'INVITE'
        ? new MachineRunner(startInviteServer(), { ...setting, step: stepInviteServer })
        : new MachineRunner(startNonInviteServer(), { ...setting, step: stepNonInviteServer });
  }

  /** True once a final response was sent. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** The last response that was sent. */
  get lastResponse(): SipResponse | undefined {
    return this.#last;
  }

  /** Sends a response. After a final one only a 2xx to INVITE may be sent again; anything else is ignored. */
  respond(response: SipResponse): void {
    this.#sending = response;
    if (response.status >= 200) this.#isFinal = true;
    this.#runner.dispatch({ kind: 'respond', status: response.status });
    this.#sending = undefined;
  }

  /** The request came once more. */
  receiveAgain(): void {
    this.#runner.dispatch({ kind: 'request' });
  }

  /** The ACK of this transaction came. */
  receiveAck(ack: SipRequest): void {
    this.#ack = ack;
    this.#runner.dispatch({ kind: 'ack' });
    this.#ack = undefined;
  }

  /** Ends without a word, for shutting down. */
  stop(): void {
    this.#runner.stop();
  }

  #perform(effect: Effect): void {
    switch (effect) {
      case 'send':
        this.#last = this.#sending ?? this.#last;
        if (this.#last === undefined) return;
        this.environment.wire.send(this.#last, this.flow, () => this.#runner.dispatch({ kind: 'transportError' }));
        return;
      case 'deliver':
        if (this.#ack) this.owner.onAck(this.#ack);
        return;
      case 'timeout':
      case 'transportError':
        this.onFailure?.();
        return;
      case 'ack':
        return;
    }
  }
}
