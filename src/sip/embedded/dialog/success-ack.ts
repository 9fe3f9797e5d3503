/** The ACK of a 2xx (RFC 3261 §13.2.2.4): a request of the dialog, outside of transactions, repeated for every repeated 2xx. */
import type { SipRequest } from '../../message/message.js';
import type { Target } from '../transport/flow.js';
import { nextRequest } from './dialog-state.js';
import { copyCredentials } from './dialog-requests.js';
import type { Dialog } from './dialog.js';
import { cseqNumber } from '../transaction/matching.js';

/** One ACK; {@link SuccessAck.send} as often as its 2xx comes, always the same message. */
export class SuccessAck {
  readonly #ways: readonly { readonly request: SipRequest; readonly target: Target }[];

  /** @param dialog with its remote target as the 2xx set it */
  constructor(
    private readonly dialog: Dialog,
    invite: SipRequest,
  ) {
    const { request } = nextRequest(dialog.state, 'ACK', cseqNumber(invite));
    copyCredentials(invite.headers, request.headers);
    this.#ways = dialog.targets().map((target) => {
      const headers = request.headers.clone();
      headers.prepend('Via', dialog.environment.transactions.via(target));
      return { request: { ...request, headers }, target };
    });
  }

  send(): void {
    this.#try(0);
  }

  #try(index: number): void {
    const way = this.#ways[index];
    if (way) this.dialog.environment.send(way.request, way.target, () => this.#try(index + 1));
  }
}
