/**
 * A call of ours.
 *
 *     calling ──2xx──► a dialog
 *        │ └─401, 407─► calling once more, with credentials
 *        ├─ 3xx to 6xx, not sent ──► failed
 *        └─ cancel(), time over ──CANCEL──► cancelled ──final, or nothing for a while──► failed
 *                                              └─2xx──► ACK, BYE
 */
import type { DialogHandlers, OutboundCall, OutboundCallRequest, OutboundOutcome } from '../gateway.js';
import { Credentials } from '../auth/credentials.js';
import { sessionDescription } from '../message/body.js';
import { contactUri } from '../message/contact.js';
import { formatNameAddr } from '../message/name-addr.js';
import { offererHeaders } from '../rules/capabilities.js';
import { extraHeaders } from '../rules/extra-headers.js';
import { partyOf } from '../rules/party.js';
import { DrachtioDialog, type DialogContext } from './dialog.js';
import type { Link } from './link.js';
import { readResponse } from './message.js';
import { failedStatus, type Final } from './requests.js';
import { askForTimer } from './server-timer.js';
import type { SrfRequest } from './srf-types.js';

/** What a call needs of the gateway. */
export interface OutboundContext extends DialogContext {
  /** The call is answered: requests in this dialog go to it from now on. */
  established(dialog: DrachtioDialog): void;
  /** No request of this call is under way any more. */
  settled(attempt: OutboundAttempt): void;
}

/** After CANCEL a final response should follow at once; nobody is kept waiting longer for it. */
const patienceT1 = 8;

/** The call. */
export class OutboundAttempt implements OutboundCall {
  readonly outcome: Promise<OutboundOutcome>;
  readonly #request: OutboundCallRequest;
  readonly #handlers: DialogHandlers;
  readonly #onProgress: ((status: number) => void) | undefined;
  readonly #context: OutboundContext;
  readonly #credentials: Credentials;
  #tell: (outcome: OutboundOutcome) => void = () => undefined;
  #sent: SrfRequest | undefined;
  #cancelled: { status: number; reason: string } | undefined;
  #done = false;
  #timer: NodeJS.Timeout;

  constructor(
    request: OutboundCallRequest,
    handlers: DialogHandlers,
    onProgress: ((status: number) => void) | undefined,
    context: OutboundContext,
  ) {
    this.#request = request;
    this.#handlers = handlers;
    this.#onProgress = onProgress;
    this.#context = context;
    this.#credentials = new Credentials(request.credentials);
    this.outcome = new Promise((resolve) => (this.#tell = resolve));
    this.#timer = setTimeout(() => this.#giveUp(408, 'No answer'), request.timeoutMs);
  }

  /** Call-ID of the INVITE, once it is sent. */
  get sipCallId(): string | undefined {
    return this.#sent?.get('call-id');
  }

  /** Sends the INVITE. */
  start(): void {
    const { from, headers } = this.#request;
    this.#invite(this.#context.link(), {
      ...extraHeaders(headers),
      ...askForTimer,
      ...offererHeaders,
      From: formatNameAddr(from.displayName, printable(from.uri)),
    });
  }

  cancel(): void {
    this.#giveUp(487, 'Request Terminated');
  }

  #invite(link: Link | undefined, headers: Record<string, string>): void {
    if (link === undefined) {
      this.#fail(503, 'no connection to drachtio-server');
      return;
    }
    const { uri, proxy, sdp } = this.#request;
    const spec = { method: 'INVITE', uri: printable(uri), headers, body: sdp, ...(proxy ? { proxy } : {}) };
    link.transact(spec, {
      sent: (request) => {
        this.#sent = request;
        if (this.#cancelled) this.#sendCancel();
      },
      provisional: (response) => {
        if (!this.#cancelled && response.status > 100) this.#onProgress?.(response.status);
      },
      final: (final) => this.#final(final, link, headers),
    });
  }

  #final(final: Final, link: Link, headers: Record<string, string>): void {
    if (final.kind !== 'response') {
      // what the server would not send is not a response of anybody's
      this.#fail(final.kind === 'unsent' ? 503 : failedStatus(final), final.text);
      return;
    }
    const { status, reason } = final.response;
    if (status < 300) {
      this.#answered(final);
      return;
    }
    const retry = this.#authorized(final, headers);
    if (retry) this.#invite(link, retry);
    else this.#fail(status, reason);
  }

  #answered({ response, request, ack }: Extract<Final, { kind: 'response' }>): void {
    ack();
    this.#settled();
    const message = readResponse(response);
    const answer = sessionDescription(message);
    const silent: DialogHandlers = {
      onOffer: () => ({ ok: false, status: 488 }),
      onAnswer: () => undefined,
      onInfo: () => undefined,
      onEnd: () => undefined,
    };
    const wanted = this.#cancelled === undefined && answer !== undefined;
    const dialog = new DrachtioDialog(
      {
        stackId: response.stackDialogId ?? '',
        sipCallId: message.headers.get('Call-ID') ?? '',
        remote: partyOf(message.headers.get('To') ?? ''),
        ownsCallId: true,
        localHeader: request.get('from') ?? '',
        remoteHeader: message.headers.get('To') ?? '',
        remoteTarget: contactUri(message) ?? '',
        account: this.#request.credentials,
      },
      wanted ? this.#handlers : silent,
      this.#context,
    );
    this.#context.established(dialog);
    if (wanted) {
      this.#tell({ ok: true, dialog, answer });
      return;
    }
    void dialog.bye();
    this.#tell({ ok: false, ...(this.#cancelled ?? { status: 488, reason: 'The answer has no session description' }) });
  }

  /** Headers of the INVITE once more, with credentials for the challenge. */
  #authorized(
    { response, request }: Extract<Final, { kind: 'response' }>,
    headers: Record<string, string>,
  ): Record<string, string> | undefined {
    const invite = { method: 'INVITE', uri: printable(this.#request.uri) };
    if (this.#cancelled || !this.#credentials.take(readResponse(response), invite)) return undefined;
    const sequence = Number.parseInt(request.get('cseq') ?? '1', 10) + 1;
    return {
      ...headers,
      ...this.#credentials.headers,
      // the same call: From with its tag, Call-ID, and the next number (RFC 3261 §8.1.3.5)
      From: request.get('from') ?? headers.From ?? '',
      'Call-ID': request.get('call-id') ?? '',
      CSeq: `${sequence} INVITE`,
    };
  }

  #giveUp(status: number, reason: string): void {
    if (this.#cancelled || this.#done) return;
    this.#cancelled = { status, reason };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell({ ok: false, status, reason }), patienceT1 * this.#context.t1Ms);
    this.#sendCancel();
  }

  /** The server holds a CANCEL back until there was a provisional response (RFC 3261 §9.1). */
  #sendCancel(): void {
    try {
      this.#sent?.cancel({}, () => undefined);
    } catch {
      // the connection is gone, and the call with it
    }
  }

  #fail(status: number, reason: string): void {
    this.#settled();
    this.#tell({ ok: false, ...(this.#cancelled ?? { status, reason }) });
  }

  #settled(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#context.settled(this);
  }
}

/** Text that can stand in a header line. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, '');
}
