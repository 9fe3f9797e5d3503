/** A 2xx of ours that is sent again and again until its ACK comes; the timer around `success-retransmission.ts`. */
import type { SipRequest, SipResponse } from '../../message/message.js';
import type { Timer } from '../transaction/scheduler.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { DialogEnvironment } from './environment.js';
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
  type SuccessRetransmission,
} from './success-retransmission.js';

/** Who waits for the ACK; exactly one of these is called, unless it is stopped before. */
export interface AckListener {
  onAck(ack: SipRequest): void;
  /** 64·T1 have passed. */
  onGiveUp(): void;
}

/** Sends `response` at once, and goes on with it. */
export class UnacknowledgedSuccess {
  #state: SuccessRetransmission;
  #timer: Timer | undefined;

  constructor(
    private readonly environment: DialogEnvironment,
    private readonly transaction: ServerTransaction,
    private readonly response: SipResponse,
    private readonly listener: AckListener,
  ) {
    this.#state = startRetransmission(environment.scheduler.nowMs(), environment.timers);
    this.transaction.respond(response);
    this.#arm();
  }

  acknowledge(ack: SipRequest): void {
    this.stop();
    this.listener.onAck(ack);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer = this.environment.scheduler.at(retransmissionDeadline(this.#state), () => this.#wake());
  }

  #wake(): void {
    const { scheduler, timers } = this.environment;
    const { act, state } = stepRetransmission(this.#state, scheduler.nowMs(), timers);
    this.#state = state;
    if (act === 'giveUp') return this.listener.onGiveUp();
    if (act === 'send') this.transaction.respond(this.response);
    this.#arm();
  }
}
