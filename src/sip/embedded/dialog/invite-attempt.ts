/** One INVITE of ours from first to last: cancelled when wanted, given up when nothing comes, never left behind. */
import type { SipRequest, SipResponse } from '../../message/message.js';
import type { ClientTransaction } from '../transaction/client-transaction.js';
import type { Timer } from '../transaction/scheduler.js';
import type { Flow, Target } from '../transport/flow.js';
import type { DialogEnvironment } from './environment.js';

/** What becomes of an INVITE. */
export interface InviteListener {
  onProvisional?(response: SipResponse, flow: Flow): void;
  /** A 2xx: the first, a repeated or a forked one; even after {@link InviteAttempt.cancel}. Each wants an ACK. */
  onSuccess(response: SipResponse, flow: Flow): void;
  /** 300–699; acknowledged already. */
  onRefusal(response: SipResponse, flow: Flow): void;
  /** No final response in time, or it could not be sent. */
  onFailure(kind: 'timeout' | 'transportError'): void;
}

/** An INVITE under way. */
export class InviteAttempt {
  #transaction: ClientTransaction | undefined;
  #cancelWanted = false;
  #cancelSent = false;
  #giveUp: Timer | undefined;

  /**
   * @param request without Via
   * @param targets ways to try in order, for when a connection is gone
   */
  constructor(
    private readonly environment: DialogEnvironment,
    private readonly request: SipRequest,
    targets: readonly Target[],
    private readonly listener: InviteListener,
  ) {
    this.#try(targets);
  }

  /** Sends CANCEL, at once or with the first provisional response (RFC 3261 §9.1); harmless after a final one. */
  cancel(): void {
    this.#cancelWanted = true;
    if (this.#transaction?.isProceeding) this.#sendCancel();
  }

  /** Nobody waits any more: what the peer still sends is handled, but for 64·T1 at the most. */
  release(): void {
    if (this.#giveUp !== undefined || !this.#transaction?.isPending) return;
    const { scheduler, timers } = this.environment;
    this.#giveUp = scheduler.at(scheduler.nowMs() + 64 * timers.t1Ms, () => {
      this.#transaction?.abandon();
      this.listener.onFailure('timeout');
    });
  }

  #try([target, ...others]: readonly Target[]): void {
    if (target === undefined) return this.listener.onFailure('transportError');
    this.#transaction = this.environment.transactions.request(this.request, target, {
      onResponse: (response, flow) => this.#onResponse(response, flow),
      onFailure: (kind) => {
        if (kind === 'transportError' && others.length > 0) return this.#try(others);
        this.#giveUp?.cancel();
        this.listener.onFailure(kind);
      },
    });
  }

  #onResponse(response: SipResponse, flow: Flow): void {
    if (response.status < 200) {
      if (this.#cancelWanted) this.#sendCancel();
      this.listener.onProvisional?.(response, flow);
      return;
    }
    this.#giveUp?.cancel();
    if (response.status < 300) this.listener.onSuccess(response, flow);
    else this.listener.onRefusal(response, flow);
  }

  /** Whoever gets no answer to CANCEL and INVITE within 64·T1 forgets about both (§9.1). */
  #sendCancel(): void {
    if (this.#cancelSent || this.#transaction === undefined) return;
    this.#cancelSent = true;
    this.environment.transactions.cancel(this.#transaction);
    this.release();
  }
}
