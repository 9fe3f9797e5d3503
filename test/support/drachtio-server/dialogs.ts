/** The scripted server's dialogs. */
import { nextHopUri, nextRequest, type DialogState } from '../../../src/sip/embedded/dialog/dialog-state.js';
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from '../../../src/sip/embedded/dialog/success-retransmission.js';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.js';
import { tagOf } from '../../../src/sip/embedded/transaction/matching.js';
import type { Timer } from '../../../src/sip/embedded/transaction/scheduler.js';
import type { ServerTransaction } from '../../../src/sip/embedded/transaction/server-transaction.js';
import type { AdminClient } from './admin-client.js';
import { describe, resolve, text } from './messages.js';
import type { SipStack } from './stack.js';

/** A dialog. */
export interface ServerDialog {
  /** `Call-ID;from-tag=<tag of the caller>`. */
  readonly id: string;
  /** The connection it was made on; when that is closed nobody hears of this dialog any more. */
  readonly client: AdminClient;
  state: DialogState;
  /** CSeq number of our INVITE that was answered last, and the ACK for it once the application gave one. */
  ackedCseq: number;
  ack: SipRequest | undefined;
  /** A cancelled INVITE was answered all the same: BYE follows the ACK. */
  byeAfterAck: boolean;
  retransmission: Timer | undefined;
}

/** All of them. */
export class ServerDialogs {
  readonly #dialogs = new Map<string, ServerDialog>();

  constructor(private readonly stack: SipStack) {}

  get ids(): readonly string[] {
    return [...this.#dialogs.keys()];
  }

  get(id: string): ServerDialog | undefined {
    return this.#dialogs.get(id);
  }

  /** The dialog a request of a peer is in: Call-ID and both tags. */
  find(request: SipRequest): ServerDialog | undefined {
    const callId = request.headers.get('Call-ID');
    const localTag = tagOf(request.headers.get('To'));
    const remoteTag = tagOf(request.headers.get('From'));
    return [...this.#dialogs.values()].find(
      ({ state }) => state.callId === callId && state.localTag === localTag && state.remoteTag === remoteTag,
    );
  }

  establish(id: string, client: AdminClient, state: DialogState): ServerDialog {
    const nothing = { ackedCseq: -1, ack: undefined, byeAfterAck: false, retransmission: undefined };
    const dialog: ServerDialog = { id, client, state, ...nothing };
    this.#dialogs.set(id, dialog);
    return dialog;
  }

  forget(dialog: ServerDialog): void {
    dialog.retransmission?.cancel();
    this.#dialogs.delete(dialog.id);
  }

  /** BYE by the server's own will, told to the application as a request with the transaction id `unsolicited`. */
  hangUp(dialog: ServerDialog, why: string): void {
    this.forget(dialog);
    const { request } = nextRequest(dialog.state, 'BYE');
    request.headers.add('Reason', `SIP ;cause=200 ;text="${why}"`);
    const target = resolve(nextHopUri(dialog.state));
    this.stack.layer.request(request, target, { onResponse: () => undefined, onFailure: () => undefined });
    dialog.client.sendSip([...describe('application', request, target), 'unsolicited', dialog.id, ''], text(request));
  }

  /** Sends a 200 again until {@link acknowledged}; BYE after 64·T1 without it. */
  retransmit(dialog: ServerDialog, transaction: ServerTransaction, response: SipResponse): void {
    const { scheduler, timers } = this.stack;
    let state = startRetransmission(scheduler.nowMs(), timers);
    const arm = (): void => {
      dialog.retransmission = scheduler.at(retransmissionDeadline(state), () => {
        const step = stepRetransmission(state, scheduler.nowMs(), timers);
        state = step.state;
        if (step.act === 'giveUp') {
          this.hangUp(dialog, 'ACK timeout');
          return;
        }
        if (step.act === 'send') transaction.respond(response);
        arm();
      });
    };
    dialog.retransmission?.cancel();
    arm();
  }

  acknowledged(dialog: ServerDialog): void {
    dialog.retransmission?.cancel();
    dialog.retransmission = undefined;
  }
}
