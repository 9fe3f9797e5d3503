import { CodedError, errorEntry } from '../errors.js';
import type { DialogEnd, DialogHandlers, OfferOutcome, SipDialog } from '../sip/gateway.js';
import type { Clock } from './clock.js';
import { type InfoDigit, parseInfoDigit } from './info-digits.js';
import type { Leg } from './leg.js';
import { type LegEnd, legEnd, legEndOf } from './leg-end.js';
import type { Negotiation } from './negotiation.js';

/** The answer to an offer of ours is in the ACK, which is given up after 64·T1 (RFC 3261 §13.3.1.4). */
const answerLimitMs = 32_000;

/** What a dialog of a leg needs besides the leg. */
export interface LegDialogParts {
  readonly leg: Leg;
  readonly negotiation: Negotiation;
  readonly clock: Clock;
  readonly onDigit: (digit: InfoDigit) => void;
}

/**
 * The leg as its SIP dialog sees it: answers re-INVITE and UPDATE, applies answers, reads digits from INFO, notes the end.
 * A description that is refused changes nothing: the leg goes on with the media it has.
 */
export class LegDialog implements DialogHandlers {
  readonly #parts: LegDialogParts;
  #over = false;
  #stopWaiting: (() => void) | undefined;

  constructor(parts: LegDialogParts) {
    this.#parts = parts;
  }

  /** An offer of ours for an INVITE that had none; the answer has to follow. */
  offer(): string {
    const sdp = this.#parts.negotiation.offer();
    this.#stopWaiting?.();
    this.#stopWaiting = this.#parts.clock.schedule(answerLimitMs, () => {
      this.#answerMissing('No answer followed our offer.');
    });
    return sdp;
  }

  /** The dialog is there: from now on the leg ends it. Ends it at once when the leg is over. */
  established(dialog: SipDialog): void {
    if (this.#over) return;
    const release = (end: LegEnd) => {
      this.#close();
      dialog.bye(byeReason(end)).catch(() => undefined);
    };
    this.#parts.leg.holdSignalling(release, (contentType, body) => dialog.info(contentType, body));
  }

  /** There will be no dialog, and nothing is left to release. */
  abandoned(): void {
    this.#over = true;
    this.#close();
    this.#parts.leg.holdSignalling(() => undefined);
  }

  onOffer(offer: string | undefined): OfferOutcome {
    const { leg, negotiation } = this.#parts;
    if (leg.end !== undefined || this.#over) return { ok: false, status: 481 };
    if (negotiation.awaitsAnswer) return { ok: false, status: 491 };
    if (offer === undefined) return { ok: true, sdp: this.offer() };
    const outcome = negotiation.answer(offer);
    if (!outcome.ok) return { ok: false, status: errorEntry(outcome.code).sipStatus };
    leg.connect(outcome.media);
    return { ok: true, sdp: outcome.answer };
  }

  onAnswer(sdp: string): void {
    const { leg, negotiation } = this.#parts;
    if (leg.end !== undefined || !negotiation.awaitsAnswer) return;
    const outcome = negotiation.applyAnswer(sdp);
    if (outcome.ok) {
      this.#close();
      leg.connect(outcome.media);
    } else {
      this.#answerMissing(outcome.detail);
    }
  }

  onInfo(contentType: string, body: string): void {
    if (this.#parts.leg.end !== undefined) return;
    const digit = parseInfoDigit(contentType, body);
    if (digit !== undefined) this.#parts.onDigit(digit);
  }

  onEnd(end: DialogEnd): void {
    this.abandoned();
    this.#parts.leg.terminate(legEndOfDialog(end));
  }

  /** No usable answer: a leg that has media keeps it, one that never got any is over. */
  #answerMissing(detail: string): void {
    this.#close();
    this.#parts.negotiation.giveUpOffer();
    const { leg } = this.#parts;
    if (leg.media === undefined) leg.terminate(legEndOf('negotiationFailed', new CodedError('badSdp', detail)));
  }

  #close(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }
}

function byeReason(end: LegEnd): { q850Cause: number; text: string } {
  return { q850Cause: end.q850Cause, text: end.detail };
}

function legEndOfDialog(end: DialogEnd): LegEnd {
  const known = end.q850Cause === undefined ? {} : { q850Cause: end.q850Cause };
  switch (end.by) {
    case 'remote':
      return legEnd('remoteHangup', known);
    case 'local':
      return legEnd('localHangup', known);
    case 'timeout':
      return legEnd('sessionExpired', known);
    case 'transport':
      return legEnd('signallingLost', known);
  }
}
