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
 *
 * srf's `Dialog#modify` is not used: a refused re-INVITE leaves its counter up, and the next one waits for ever.
 */
import type { DialogHandlers, OfferOutcome, SipDialog } from '../gateway.js';
import type { Final, Link, RequestSpec } from './link.js';
import { sessionDescription } from './message.js';
import { answerRefresh, tooSmall } from './session-timer.js';
import type { SrfRequest, SrfResponse } from './srf-types.js';

/** What the exchange needs of its dialog. */
export interface OfferPort {
  readonly handlers: DialogHandlers;
  /** We made the call, so we own its Call-ID and wait longer after glare. */
  readonly ownsCallId: boolean;
  readonly t1Ms: number;
  link(): Link | undefined;
  ask(spec: RequestSpec): Promise<Final>;
  /** The peer left a 200 unacknowledged, or its ACK without the answer it owed. */
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
  #glareTimer: { handle: NodeJS.Timeout; wake: () => void } | undefined;

  constructor(port: OfferPort) {
    this.#port = port;
  }

  /** A re-INVITE or UPDATE from the peer. */
  receive(request: SrfRequest, response: SrfResponse): void {
    const offer = sessionDescription(request);
    const hasBody = (request.body ?? '').trim() !== '';
    const short = tooSmall(request);
    if (short) this.#respond(response, 422, { headers: short });
    else if (hasBody && offer === undefined) this.#respond(response, 415, { headers: { Accept: 'application/sdp' } });
    else if (request.method === 'UPDATE' && offer === undefined) {
      this.#respond(response, 200, { headers: answerRefresh(request) });
    } else if (this.#peer === 'deciding' || this.#peer === 'updating') {
      this.#respond(response, 500, { headers: { 'Retry-After': `${Math.floor(Math.random() * 10)}` } });
    } else if (this.#ours === 'sent' || this.#peer === 'offered') this.#respond(response, 491, {});
    else void this.#decide(request, response, offer);
  }

  /** The ACK of a 200 of ours to a re-INVITE. */
  acknowledge(body: string | undefined): void {
    if (this.#peer !== 'answered' && this.#peer !== 'offered') return;
    const owedAnswer = this.#peer === 'offered';
    this.#peer = 'none';
    clearTimeout(this.#ackTimer);
    if (!owedAnswer) return;
    if (body === undefined) this.#port.broken('the ACK carried no answer');
    else this.#port.handlers.onAnswer(body);
  }

  /** Sends a re-INVITE; several wait for each other, and one that meets the peer's is tried once more. Never rejects. */
  async send(offer: string): Promise<Reinvited> {
    const turn = this.#queue.then(async () => {
      const first = await this.#attempt(offer);
      if (first.ok || first.status !== 491 || this.#closed) return first;
      await this.#waitAfterGlare();
      return this.#attempt(offer);
    });
    this.#queue = turn;
    return turn;
  }

  /** The dialog is over. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#ackTimer);
    clearTimeout(this.#glareTimer?.handle);
    this.#glareTimer?.wake();
  }

  async #attempt(offer: string): Promise<Reinvited> {
    if (this.#closed) return { ok: false, status: 481 };
    if (this.#peer !== 'none' || this.#ours !== 'none') return { ok: false, status: 491 };
    this.#ours = 'sent';
    try {
      const final = await this.#port.ask({ method: 'INVITE', headers: {}, body: offer });
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
    let cancelled = false;
    request.on('cancel', () => (cancelled = true));
    const outcome = await decision(this.#port.handlers, offer);
    if (this.#closed || cancelled) {
      this.#peer = 'none';
      // the server has answered a cancelled request itself
      if (!cancelled) this.#respond(response, 487, {});
      return;
    }
    if (!outcome.ok) {
      this.#peer = 'none';
      this.#respond(response, outcome.status, outcome.reason === undefined ? {} : { reason: outcome.reason });
      return;
    }
    const awaitsAck = request.method === 'INVITE';
    this.#peer = !awaitsAck ? 'none' : offer === undefined ? 'offered' : 'answered';
    if (awaitsAck) this.#ackTimer = setTimeout(() => this.#port.broken('no ACK'), 64 * this.#port.t1Ms);
    this.#respond(response, 200, { body: outcome.sdp, headers: answerRefresh(request) });
  }

  #respond(response: SrfResponse, status: number, options: Parameters<Link['respond']>[2]): void {
    this.#port.link()?.respond(response, status, options, (outcome) => {
      if (outcome.ok || status >= 300) return;
      this.#peer = 'none';
      clearTimeout(this.#ackTimer);
    });
  }

  /** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other, in steps of 10 ms, at T1 = 500 ms. */
  async #waitAfterGlare(): Promise<void> {
    const [fromMs, steps] = this.#port.ownsCallId ? [2100, 191] : [0, 201];
    const delayMs = ((fromMs + 10 * Math.floor(Math.random() * steps)) * this.#port.t1Ms) / 500;
    await new Promise<void>((wake) => {
      this.#glareTimer = { handle: setTimeout(wake, delayMs), wake };
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
