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
import { allow } from './checks.js';
import { DrachtioDialog, type DialogContext } from './dialog.js';
import type { Link, Responded } from './link.js';
import { firstHeader, parseParty, partyOfUri, safeHeaders, sessionDescription, sourceOf } from './message.js';
import { answerTimer } from './session-timer.js';
import type { SrfRequest, SrfResponse } from './srf-types.js';

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
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  readonly #link: Link;
  readonly #context: InviteContext;
  readonly #cancelListeners: (() => void)[] = [];
  readonly #release: () => void;
  readonly #limit: NodeJS.Timeout;
  #state: 'waiting' | 'over' | 'cancelled' | 'disconnected' = 'waiting';

  constructor(request: SrfRequest, response: SrfResponse, link: Link, trunk: string, context: InviteContext) {
    this.#request = request;
    this.#response = response;
    this.#link = link;
    this.#context = context;
    this.trunk = trunk;
    this.sipCallId = request.get('call-id') ?? '';
    this.source = sourceOf(request);
    this.requestUri = partyOfUri(request.uri);
    this.from = parseParty(request.get('from') ?? '');
    this.to = parseParty(request.get('to') ?? '');
    this.offer = sessionDescription(request);
    request.on('cancel', () => this.#giveUp('cancelled'));
    this.#release = link.whenDown(() => this.#giveUp('disconnected'));
    this.#limit = setTimeout(() => {
      link.respond(response, 480, {});
      this.#giveUp('cancelled');
    }, decisionTimeoutMs);
  }

  header(name: string): string | undefined {
    return firstHeader(this.#request, name);
  }

  progress(status: number): void {
    if (this.#state === 'waiting' && status > 100 && status < 200) this.#link.respond(this.#response, status, {});
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
      const own = { Allow: allow, Supported: 'timer', ...answerTimer(this.#request) };
      const answer = { headers: { ...safeHeaders(headers), ...own }, body: sdp };
      this.#link.respond(this.#response, 200, answer, (outcome) => {
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
    this.#link.respond(this.#response, status >= 300 && status <= 699 ? status : 500, {
      headers: safeHeaders(options.headers),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    });
  }

  onCancel(listener: () => void): void {
    if (this.#state === 'cancelled' || this.#state === 'disconnected') listener();
    else this.#cancelListeners.push(listener);
  }

  #dialog(outcome: Extract<Responded, { ok: true }>, handlers: DialogHandlers): DrachtioDialog {
    const identity = {
      stackId: outcome.dialogId,
      sipCallId: this.sipCallId,
      remote: this.from,
      ownsCallId: false,
      localHeader: outcome.toHeader,
      remoteHeader: this.#request.get('from') ?? '',
      remoteTarget: parseParty(firstHeader(this.#request, 'contact') ?? '').uri,
      credentials: undefined,
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
      try {
        listener();
      } catch (error) {
        this.#context.log('error', 'a cancel listener failed', { error: String(error) });
      }
    }
  }
}
