/** The ACK of a 2xx (RFC 3261 §13.2.2.4): a request of the dialog, outside of transactions, repeated for every repeated 2xx. */
import type { SipRequest } from '../message/message.js';
import type { Target } from '../transport/flow.js';
import { nextRequest } from './dialog-state.js';
import { copyCredentials } from './dialog-requests.js';
import type { Dialog } from './dialog.js';
import { cseqNumber } from '../transaction/matching.js';

/** One ACK; {@link SuccessAck.send} as often as its 2xx comes. */
export class SuccessAck {
  readonly #request: SipRequest;
  readonly #targets: readonly Target[];

  /** @param dialog with its remote target as the 2xx set it */
  constructor(
    private readonly dialog: Dialog,
    invite: SipRequest,
  ) {
    this.#request = nextRequest(dialog.state, 'ACK', cseqNumber(invite)).request;
    copyCredentials(invite.headers, this.#request.headers);
    this.#targets = dialog.targets();
  }

  send(): void {
    this.#try(this.#targets);
  }

  #try([target, ...others]: readonly Target[]): void {
    if (target === undefined) return;
    const { environment } = this.dialog;
    const headers = this.#request.headers.clone();
    headers.prepend('Via', environment.transactions.via(target));
    environment.send({ ...this.#request, headers }, target, () => this.#try(others));
  }
}
