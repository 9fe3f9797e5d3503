/** Whose turn it is to offer in one dialog: the table of `offer-exchange.ts` over time, and who waits for ours. */
import { mayOffer, type LocalExchange, type OfferExchange, type RemoteExchange } from './offer-exchange.js';

/** The turn. */
export class OfferTurn {
  #exchange: OfferExchange;
  #isOver = false;
  #waiting: (() => void)[] = [];

  /** @param exchange what the INVITE that makes the dialog has under way */
  constructor(exchange: OfferExchange) {
    this.#exchange = exchange;
  }

  /** What is under way now. */
  get exchange(): OfferExchange {
    return this.#exchange;
  }

  /** What we have under way from now on. */
  ours(local: LocalExchange): void {
    this.#change({ ...this.#exchange, local });
  }

  /** What the peer has under way from now on. */
  theirs(remote: RemoteExchange): void {
    this.#change({ ...this.#exchange, remote });
  }

  /** Resolves when no offer is under way in either direction, or the dialog has ended. */
  async whenFree(): Promise<void> {
    // once more after every wait: what came together with the end of one offer may have begun another
    while (!mayOffer(this.#exchange) && !this.#isOver) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  /** The dialog has ended: nobody waits any more. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #change(exchange: OfferExchange): void {
    this.#exchange = exchange;
    if (mayOffer(exchange)) this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
