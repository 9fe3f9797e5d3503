import type { LegMedia } from '../media/protocol.js';
import type { DigitSending } from '../sip/trunk.js';
import type { Clock } from './clock.js';

/** Sends an INFO in the dialog of a leg; resolves with the final status. */
export type SendInfo = (contentType: string, body: string) => Promise<number>;

/** What {@link sendDigits} of the media plane takes as the usual. */
const usualDurationMs = 100;
const usualGapMs = 80;

/** A leg's media as its digits want it: whoever shall get tones is taken for one who takes no telephone-events. */
export function mediaForDigits(media: LegMedia, sending: DigitSending): LegMedia {
  return sending === 'in-band' ? { ...media, sendTelephoneEvent: undefined } : media;
}

/**
 * Digits to a peer by SIP INFO, one request each (`application/dtmf-relay`), at the pace they would be pressed. What is asked for
 * meanwhile waits; what the peer refuses ends its batch.
 */
export class InfoDigitSender {
  readonly #clock: Clock;
  readonly #sent: (digits: string) => void;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param sent is told the digits of a batch that the peer has taken, when the batch is over */
  constructor(clock: Clock, sent: (digits: string) => void) {
    this.#clock = clock;
    this.#sent = sent;
  }

  send(info: SendInfo, digits: string, timing: { durationMs?: number; gapMs?: number }): void {
    const { durationMs = usualDurationMs, gapMs = usualGapMs } = timing;
    this.#last = this.#last.then(() => this.#run(info, digits, durationMs, gapMs));
  }

  /** The leg is over: nothing more is sent or told. */
  close(): void {
    this.#closed = true;
  }

  async #run(info: SendInfo, digits: string, durationMs: number, gapMs: number): Promise<void> {
    let taken = '';
    for (const digit of digits) {
      if (this.#closed) return;
      const body = `Signal=${digit}\r\nDuration=${durationMs}\r\n`;
      const status = await info('application/dtmf-relay', body).catch(() => 0);
      if (status < 200 || status > 299) break;
      taken += digit;
      await new Promise<void>((resolve) => this.#clock.schedule(durationMs + gapMs, resolve));
    }
    if (taken !== '' && !this.#closed) this.#sent(taken);
  }
}
