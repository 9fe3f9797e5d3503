/**
 * Offers and answers within a dialog, both ways, and what happens when they meet (RFC 3261 §14, RFC 3311 §5.2).
 *
 *     peer    none ──INVITE──► deciding ──200 with answer──► answered ──ACK──► none
 *                                 │ └─────200 with offer───► offered ──ACK with answer──► none
 *                                 └──── refused, cancelled ──► none
 *             none ──UPDATE with offer──► updating ──final response──► none
 *
 *     us      none ──re-INVITE──► sent ──final response, ACK──► none
 *
 * | arrives     | peer has one undecided | ours is out, or peer owes an answer |
 * |-------------|------------------------|-------------------------------------|
 * | an offer    | 500 with Retry-After   | 491                                 |
 * | our turn    | wait until it is over  | wait until it is over               |
 *
 * srf's `Dialog#modify` is not used: a refused re-INVITE leaves its counter up, and the next one waits for ever.
 */
import type { DialogHandlers, OfferOutcome, SipDialog } from '../gateway.js';
import { allow, capabilities } from './checks.js';
import type { Final, Link, RequestSpec } from './link.js';
import { sessionDescription } from './message.js';
import { answerTimer, tooSmall } from './session-timer.js';
import type { SrfRequest, SrfResponse } from './srf-types.js';

/** What the exchange needs of its dialog. */
export interface OfferPort {
  readonly handlers: DialogHandlers;
  /** We made the call, so we own its Call-ID and wait longer after glare. */
  readonly ownsCallId: boolean;
  readonly t1Ms: number;
  link(): Link | undefined;
  ask(spec: RequestSpec): Promise<Final>;
  /** The peer left a 200 unacknowledged. */
  broken(text: string): void;
}

type Reinvited = Awaited<ReturnType<SipDialog['reinvite']>>;

/** The exchange of one dialog. */
export class OfferExchange {
  readonly #port: OfferPort;
  #peer: 'none' | 'deciding' | 'answered' | 'offered' | 'updating' = 'none';
  #ours: 'none' | 'sent' = 'none';
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();
  #ackTimer: NodeJS.Timeout | undefined;
  #glareTimer: NodeJS.Timeout | undefined;
  /** The request of the peer that waits for its owner's decision. */
  #undecided: SrfResponse | undefined;
  /** What waits for the peer's exchange to end. */
  readonly #waiting: (() => void)[] = [];

  constructor(port: OfferPort) {
    this.#port = port;
  }

  /** A re-INVITE or UPDATE from the peer that has passed the checks of a UAS. */
  receive(request: SrfRequest, response: SrfResponse): void {
    const offer = sessionDescription(request);
    const short = tooSmall(request);
    if (this.#peer === 'deciding' || this.#peer === 'updating') {
      this.#respond(response, 500, { headers: { 'Retry-After': `${Math.floor(Math.random() * 11)}` } });
    } else if (offer !== undefined && (this.#ours === 'sent' || this.#peer === 'offered')) {
      this.#respond(response, 491, {});
    } else if (short) this.#respond(response, 422, { headers: short });
    else if (request.method === 'UPDATE' && offer === undefined) {
      this.#respond(response, 200, { headers: { ...capabilities, ...answerTimer(request) } });
    } else if (this.#ours === 'sent') this.#respond(response, 491, {});
    else void this.#decide(request, response, offer);
  }

  /** The ACK of a 200 of ours to a re-INVITE. */
  acknowledge(body: string | undefined): void {
    if (this.#peer !== 'answered' && this.#peer !== 'offered') return;
    const owedAnswer = this.#peer === 'offered';
    this.#peer = 'none';
    clearTimeout(this.#ackTimer);
    this.#wakeWaiting();
    // without the answer it owed the session stays as it was
    if (owedAnswer && body !== undefined) this.#port.handlers.onAnswer(body);
  }

  /** Sends a re-INVITE; several wait for each other, and one that meets the peer's is tried once more. Never rejects. */
  async send(offer: string): Promise<Reinvited> {
    const turn = this.#queue.then(async () => {
      const first = await this.#attempt(offer);
      if (first.ok || first.status !== 491) return first;
      await this.#waitAfterGlare();
      return this.#attempt(offer);
    });
    this.#queue = turn;
    return turn;
  }

  /** The dialog is over: what is undecided gets its 487 (RFC 3261 §15.1.2), what waits is let go. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#ackTimer);
    clearTimeout(this.#glareTimer);
    this.#wakeWaiting();
    if (this.#undecided) this.#respond(this.#undecided, 487, {});
    this.#undecided = undefined;
  }

  async #attempt(offer: string): Promise<Reinvited> {
    while (this.#peer !== 'none' && !this.#closed) await new Promise<void>((wake) => this.#waiting.push(wake));
    if (this.#closed) return { ok: false, status: 481 };
    this.#ours = 'sent';
    try {
      const headers = { Allow: allow, Supported: 'timer' };
      const final = await this.#port.ask({ method: 'INVITE', headers, body: offer });
      if (final.kind !== 'response') return { ok: false, status: failedStatus(final) };
      if (final.response.status >= 300) return { ok: false, status: final.response.status };
      final.ack();
      const answer = sessionDescription(final.response);
      return answer === undefined ? { ok: false, status: 488 } : { ok: true, answer };
    } catch {
      return { ok: false, status: 503 };
    } finally {
      this.#ours = 'none';
    }
  }

  async #decide(request: SrfRequest, response: SrfResponse, offer: string | undefined): Promise<void> {
    this.#peer = request.method === 'UPDATE' ? 'updating' : 'deciding';
    this.#undecided = response;
    // the server answers a cancelled request itself
    request.on('cancel', () => (this.#undecided = undefined));
    const outcome = await decision(this.#port.handlers, offer);
    const isOpen = this.#undecided === response;
    this.#undecided = undefined;
    if (!isOpen) this.#settle('none');
    else if (!outcome.ok) {
      this.#settle('none');
      const { status, reason } = outcome;
      const isRefusal = status >= 300 && status <= 699;
      this.#respond(response, isRefusal ? status : 500, reason === undefined ? {} : { reason });
    } else {
      const awaitsAck = request.method === 'INVITE';
      this.#settle(!awaitsAck ? 'none' : offer === undefined ? 'offered' : 'answered');
      if (awaitsAck) this.#ackTimer = setTimeout(() => this.#port.broken('No ACK'), 64 * this.#port.t1Ms);
      const headers = { Allow: allow, Supported: 'timer', ...answerTimer(request) };
      this.#respond(response, 200, { body: outcome.sdp, headers });
    }
  }

  #settle(peer: 'none' | 'answered' | 'offered'): void {
    this.#peer = peer;
    if (peer === 'none') this.#wakeWaiting();
  }

  #respond(response: SrfResponse, status: number, options: Parameters<Link['respond']>[2]): void {
    this.#port.link()?.respond(response, status, options, (outcome) => {
      if (outcome.ok || status >= 300) return;
      clearTimeout(this.#ackTimer);
      this.#settle('none');
    });
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other, in steps of 10 ms, at T1 = 500 ms. */
  async #waitAfterGlare(): Promise<void> {
    if (this.#closed) return;
    const [fromMs, steps] = this.#port.ownsCallId ? [2100, 191] : [0, 201];
    const delayMs = ((fromMs + 10 * Math.floor(Math.random() * steps)) * this.#port.t1Ms) / 500;
    await new Promise<void>((wake) => {
      this.#glareTimer = setTimeout(wake, delayMs);
      this.#waiting.push(wake);
    });
  }
}

/** The SIP status that a request without a response comes to. */
export function failedStatus(final: Exclude<Final, { kind: 'response' }>): number {
  return { linkDown: 503, unknownDialog: 481, unsent: 500, timeout: 408 }[final.kind];
}

async function decision(handlers: DialogHandlers, offer: string | undefined): Promise<OfferOutcome> {
  try {
    return await handlers.onOffer(offer);
  } catch {
    return { ok: false, status: 500 };
  }
}
