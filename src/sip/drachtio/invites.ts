/**
 * An INVITE that waits for a decision.
 *
 *     waiting ──accept──► answered ──ACK──► a dialog
 *        │                    └── no ACK, BYE, connection lost ──► accept rejects
 *        ├── reject ──► over
 *        └── CANCEL, connection lost, nobody decides ──► cancelled: the server has answered 487, or we answer 480
 */
import { CodedError } from '../../errors.js';
import type { DialogHandlers, InboundInvite, SipDialog, SipHeaders, SipParty, SipSource } from '../gateway.js';
import { guard } from '../guard.js';
import { sessionDescription } from '../message/body.js';
import { contactUri } from '../message/contact.js';
import { offererHeaders } from '../rules/capabilities.js';
import { extraHeaders } from '../rules/extra-headers.js';
import { partyOf, partyOfUri } from '../rules/party.js';
import { refusalStatus } from '../rules/refusal.js';
import { sessionTimerHeaders, type SessionTimerAnswer } from '../rules/session-timer.js';
import { DrachtioDialog, type DialogContext } from './dialog.js';
import type { Link } from './link.js';
import { sourceOf, type Arrival } from './message.js';
import type { Responded } from './requests.js';

/** What an invite is made of. */
export interface InviteOrigin {
  readonly arrival: Arrival;
  /** The connection it came in on. */
  readonly link: Link;
  readonly trunk: string;
  readonly session: SessionTimerAnswer;
}

/** What an invite needs of the gateway. */
export interface InviteContext extends DialogContext {
  /** A 200 is out: requests in this dialog go to it from now on. */
  established(dialog: DrachtioDialog): void;
  /** The invite no longer waits for a decision. */
  decided(invite: DrachtioInvite): void;
}

/** The server forgets an INVITE that is undecided for 64 s, and a response to it would go nowhere. */
const decisionTimeoutMs = 60_000;

/** The invite. */
export class DrachtioInvite implements InboundInvite {
  readonly sipCallId: string;
  readonly source: SipSource;
  readonly requestUri: SipParty;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly trunk: string;
  readonly offer: string | undefined;
  readonly #origin: InviteOrigin;
  readonly #context: InviteContext;
  readonly #cancelListeners: (() => void)[] = [];
  readonly #release: () => void;
  readonly #limit: NodeJS.Timeout;
  #state: 'waiting' | 'over' | 'cancelled' | 'disconnected' = 'waiting';

  constructor(origin: InviteOrigin, context: InviteContext) {
    const { arrival, link, trunk } = origin;
    const { message, request, response } = arrival;
    this.#origin = origin;
    this.#context = context;
    this.trunk = trunk;
    this.sipCallId = message.headers.get('Call-ID') ?? '';
    this.source = sourceOf(request);
    this.requestUri = partyOfUri(message.uri);
    this.from = partyOf(message.headers.get('From') ?? '');
    this.to = partyOf(message.headers.get('To') ?? '');
    this.offer = sessionDescription(message);
    request.on('cancel', () => this.#giveUp('cancelled'));
    this.#release = link.whenDown(() => this.#giveUp('disconnected'));
    this.#limit = setTimeout(() => {
      link.respond(response, 480, {});
      this.#giveUp('cancelled');
    }, decisionTimeoutMs);
  }

  header(name: string): string | undefined {
    return this.#origin.arrival.message.headers.get(name);
  }

  progress(status: number): void {
    const { arrival, link } = this.#origin;
    if (this.#state === 'waiting' && status > 100 && status < 200) link.respond(arrival.response, status, {});
  }

  async accept(sdp: string, handlers: DialogHandlers, headers?: SipHeaders): Promise<SipDialog> {
    if (this.#state === 'disconnected') throw new CodedError('signallingDown');
    if (this.#state !== 'waiting') throw new CodedError('legEnded', 'The caller gave up.');
    this.#decided();
    return new Promise((resolve, reject) => {
      const settle = (dialog: DrachtioDialog, error?: CodedError): void => {
        if (error) reject(error);
        else resolve(dialog);
      };
      const { arrival, link, session } = this.#origin;
      const own = { ...offererHeaders, ...sessionTimerHeaders(session) };
      link.respond(arrival.response, 200, { headers: { ...extraHeaders(headers), ...own }, body: sdp }, (outcome) => {
        if (!outcome.ok) {
          // a CANCEL was there first, or the connection is gone: srf tells it as a bare string
          reject(new CodedError('legEnded', outcome.text));
          return;
        }
        const dialog = this.#dialog(outcome, handlers);
        dialog.awaitAck(this.offer === undefined, (error) => settle(dialog, error));
        this.#context.established(dialog);
      });
    });
  }

  reject(status: number, options: { reason?: string; headers?: SipHeaders } = {}): void {
    if (this.#state !== 'waiting') return;
    this.#decided();
    const { arrival, link } = this.#origin;
    link.respond(arrival.response, refusalStatus(status), { ...options, headers: extraHeaders(options.headers) });
  }

  onCancel(listener: () => void): void {
    if (this.#state === 'cancelled' || this.#state === 'disconnected') listener();
    else this.#cancelListeners.push(listener);
  }

  #dialog(outcome: Extract<Responded, { ok: true }>, handlers: DialogHandlers): DrachtioDialog {
    const { message } = this.#origin.arrival;
    const identity = {
      stackId: outcome.dialogId,
      sipCallId: this.sipCallId,
      remote: this.from,
      ownsCallId: false,
      localHeader: outcome.toHeader,
      remoteHeader: message.headers.get('From') ?? '',
      remoteTarget: contactUri(message) ?? '',
      account: undefined,
    };
    return new DrachtioDialog(identity, handlers, this.#context);
  }

  #decided(): void {
    this.#state = 'over';
    clearTimeout(this.#limit);
    this.#release();
    this.#context.decided(this);
  }

  #giveUp(how: 'cancelled' | 'disconnected'): void {
    if (this.#state !== 'waiting') return;
    this.#decided();
    this.#state = how;
    for (const listener of this.#cancelListeners) {
      guard(listener, (error) => this.#context.log('error', 'a cancel listener failed', { error: String(error) }));
    }
  }
}
