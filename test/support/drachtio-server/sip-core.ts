/**
 * The SIP half of the scripted server: transactions and dialogs as drachtio-server keeps them, and the frames it exchanges
 * with applications about them. Transport and transactions are those of the embedded stack; what drachtio adds is here:
 *
 * - it answers 100, CANCEL (200, 487) and strays itself, and 503 when no application asked for the method (methods the
 *   real one drops, REFER and unknown ones, go to the application here, so that its answers can be seen);
 * - a dialog belongs to the connection it was made on: when that is gone the server answers in-dialog requests 481 itself
 *   and forgets the dialog after a BYE, without telling anybody;
 * - 200s are retransmitted until the ACK, and after 64·T1 without one the server sends BYE and reports that `unsolicited`.
 */
import type { ListenPoint } from '../../../src/sip/embedded/transport/flow.js';
import type { AdminClient } from './admin-client.js';
import { ServerDialogs } from './dialogs.js';
import { parseDraft, type Frame } from './frames.js';
import { Inbound } from './inbound.js';
import { Outbound } from './outbound.js';
import { SipStack } from './stack.js';

/** The core; one per life of the server. */
export class SipCore {
  readonly stack: SipStack;
  readonly dialogs: ServerDialogs;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;

  constructor(listen: readonly ListenPoint[], t1Ms: number, selectClient: (method: string) => AdminClient | undefined) {
    this.#inbound = new Inbound(
      () => this.stack,
      () => this.dialogs,
      selectClient,
      (request) => this.#outbound.clientOfEarly(request),
    );
    this.stack = new SipStack(listen, t1Ms, this.#inbound);
    this.dialogs = new ServerDialogs(this.stack);
    this.#outbound = new Outbound(this.stack, this.dialogs);
  }

  /** A `sip` frame of an application: `sip|<transaction>|<dialog>[|<route>]`. */
  command(client: AdminClient, frame: Frame): void {
    const [transactionId = '', dialogId = '', route = ''] = frame.tokens;
    const draft = parseDraft(frame.content);
    if (draft.startLine.startsWith('SIP/')) this.#inbound.respond(client, frame.id, transactionId, draft);
    else if (dialogId !== '') this.#outbound.inside(client, frame.id, dialogId, draft);
    else if (transactionId !== '') this.#outbound.cancel(client, frame.id, transactionId);
    else this.#outbound.outside(client, frame.id, route, draft);
  }
}
