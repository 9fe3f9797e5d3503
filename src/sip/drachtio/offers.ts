/**
 * Offers and answers within a dialog, both ways; when they may meet is the table of `rules/offer-exchange.ts`. Ours wait until
 * the peer's are over.
 *
 * srf's `Dialog#modify` is not used: a refused re-INVITE leaves its counter up, and the next one waits for ever.
 */
import type { DialogHandlers, OfferOutcome, SipDialog } from '../gateway.js';
import { sessionDescription } from '../message/body.js';
import { offererHeaders } from '../rules/capabilities.js';
import { judgeOffer, type OfferVerdict } from '../rules/incoming-offer.js';
import { glareDelayMs } from '../rules/offer-exchange.js';
import { OfferTurn } from '../rules/offer-turn.js';
import { refusalStatus } from '../rules/refusal.js';
import { sessionTimerHeaders } from '../rules/session-timer.js';
import type { Link } from './link.js';
import { readResponse, type Arrival } from './message.js';
import { failedStatus, type Final, type RequestSpec, type ResponseContent } from './requests.js';
import { serverTimer } from './server-timer.js';
import type { SrfResponse } from './srf-types.js';

/** What the offers need of their dialog. */
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

/** The offers of one dialog. */
export class Offers {
  readonly #port: OfferPort;
  readonly #turn = new OfferTurn({ local: 'none', remote: 'none' });
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();
  #ackTimer: NodeJS.Timeout | undefined;
  #glareTimer: NodeJS.Timeout | undefined;
  #endGlare: () => void = () => undefined;
  /** The request of the peer that waits for its owner's decision. */
  #undecided: SrfResponse | undefined;

  constructor(port: OfferPort) {
    this.#port = port;
  }

  /** A re-INVITE or UPDATE from the peer that has passed the checks of a UAS. */
  receive(arrival: Arrival): void {
    const verdict = judgeOffer(arrival.message, this.#turn.exchange, serverTimer, Math.random());
    if (verdict.kind === 'refused') this.#respond(arrival.response, verdict.refusal.status, verdict.refusal);
    else if (verdict.kind === 'offer') void this.#decide(arrival, verdict);
    else
      this.#respond(arrival.response, 200, { headers: { ...offererHeaders, ...sessionTimerHeaders(verdict.session) } });
  }

  /** The ACK of a 200 of ours to a re-INVITE. */
  acknowledge(body: string | undefined): void {
    const { remote } = this.#turn.exchange;
    if (remote !== 'unconfirmed' && remote !== 'offered') return;
    clearTimeout(this.#ackTimer);
    this.#turn.theirs('none');
    // without the answer it owed the session stays as it was
    if (remote === 'offered' && body !== undefined) this.#port.handlers.onAnswer(body);
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
    this.#turn.end();
    this.#endGlare();
    if (this.#undecided) this.#respond(this.#undecided, 487, {});
    this.#undecided = undefined;
  }

  async #attempt(offer: string): Promise<Reinvited> {
    await this.#turn.whenFree();
    if (this.#closed) return { ok: false, status: 481 };
    this.#turn.ours('invite');
    try {
      const final = await this.#port.ask({ method: 'INVITE', headers: offererHeaders, body: offer });
      if (final.kind !== 'response') return { ok: false, status: failedStatus(final) };
      if (final.response.status >= 300) return { ok: false, status: final.response.status };
      final.ack();
      const answer = sessionDescription(readResponse(final.response));
      return answer === undefined ? { ok: false, status: 488 } : { ok: true, answer };
    } catch {
      return { ok: false, status: 503 };
    } finally {
      this.#turn.ours('none');
    }
  }

  async #decide(
    { message, request, response }: Arrival,
    { offer, session }: Extract<OfferVerdict, { kind: 'offer' }>,
  ): Promise<void> {
    const isInvite = message.method === 'INVITE';
    this.#turn.theirs(isInvite ? 'deciding' : 'updating');
    // an ACK that an earlier 200 still waits for cannot be told from that of this one, and need not come any more
    clearTimeout(this.#ackTimer);
    this.#undecided = response;
    // the server answers a cancelled request itself
    request.on('cancel', () => (this.#undecided = undefined));
    const outcome = await decision(this.#port.handlers, offer);
    const isOpen = this.#undecided === response;
    this.#undecided = undefined;
    if (!isOpen) this.#turn.theirs('none');
    else if (!outcome.ok) {
      this.#turn.theirs('none');
      const { status, reason } = outcome;
      this.#respond(response, refusalStatus(status), reason === undefined ? {} : { reason });
    } else {
      this.#turn.theirs(!isInvite ? 'none' : offer === undefined ? 'offered' : 'unconfirmed');
      if (isInvite) this.#ackTimer = setTimeout(() => this.#port.broken('No ACK'), 64 * this.#port.t1Ms);
      this.#respond(response, 200, {
        body: outcome.sdp,
        headers: { ...offererHeaders, ...sessionTimerHeaders(session) },
      });
    }
  }

  #respond(response: SrfResponse, status: number, options: ResponseContent): void {
    this.#port.link()?.respond(response, status, options, (outcome) => {
      if (outcome.ok || status >= 300) return;
      clearTimeout(this.#ackTimer);
      this.#turn.theirs('none');
    });
  }

  async #waitAfterGlare(): Promise<void> {
    if (this.#closed) return;
    const delayMs = glareDelayMs(this.#port.ownsCallId, Math.random(), this.#port.t1Ms);
    await new Promise<void>((wake) => {
      this.#glareTimer = setTimeout(wake, delayMs);
      this.#endGlare = wake;
    });
  }
}

async function decision(handlers: DialogHandlers, offer: string | undefined): Promise<OfferOutcome> {
  try {
    return await handlers.onOffer(offer);
  } catch {
    return { ok: false, status: 500 };
  }
}
