/** Our offers in a dialog: re-INVITE with its glare, challenges and timers (RFC 3261 §14.1), and refreshes (RFC 4028 §7.4). */
import type { Credentials } from '../../auth/credentials.js';
import type { SipDialog } from '../../gateway.js';
import { sessionDescription } from '../../message/body.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import { accept, offererHeaders } from '../../rules/capabilities.js';
import type { RequestOutcome } from './dialog-requests.js';
import type { Dialog } from './dialog.js';
import { InviteAttempt } from './invite-attempt.js';
import { glareDelayMs } from '../../rules/offer-exchange.js';
import {
  sessionTimerFields,
  agreedSessionTimer,
  raisedMinSe,
  requestedSessionExpires,
} from '../../rules/session-timer.js';
import { SuccessAck } from './success-ack.js';

type ReinviteOutcome = Awaited<ReturnType<SipDialog['reinvite']>>;

/** Sends offers one after the other. */
export class Offerer {
  #queue: Promise<unknown> = Promise.resolve();
  /** Greatest Min-SE a 422 has told us. */
  #atLeastS = 0;

  constructor(private readonly dialog: Dialog) {}

  /** A re-INVITE; waits for its turn, and for offers of the peer that are under way. */
  reinvite(offer: string): Promise<ReinviteOutcome> {
    const turn = this.#queue.then(() => this.#offer(offer));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Refreshes the session: by UPDATE when the peer takes it, else by a re-INVITE with the SDP that is in force. */
  async refresh(): Promise<void> {
    const { dialog } = this;
    if (dialog.isEnded) return;
    if (dialog.peerTakesUpdate) {
      const { status, response } = await this.#update();
      if (response !== undefined && status < 300) return this.#refreshed(response);
      if (this.#endIfGone(status)) return;
      if (status === 405 || status === 501) dialog.peerTakesUpdate = false;
      else return this.#retryLater();
    }
    const known = dialog.remoteSdp;
    const outcome = await this.reinvite(dialog.localSdp);
    if (!outcome.ok) return this.#retryLater();
    if (outcome.answer !== known) dialog.guard(() => dialog.handlers?.onAnswer(outcome.answer));
  }

  async #offer(offer: string): Promise<ReinviteOutcome> {
    const { dialog } = this;
    const credentials = dialog.newCredentials();
    let glares = 0;
    for (;;) {
      await dialog.turn.whenFree();
      if (dialog.isEnded) return { ok: false, status: 481 };
      const { status, response, again } = await this.#invite(offer, credentials);
      if (again) continue;
      if (status === 491 && glares++ === 0) {
        const { environment, role } = dialog;
        await dialog.lifetime.sleep(glareDelayMs(role === 'uac', environment.random(), environment.timers.t1Ms));
        continue;
      }
      return response !== undefined && status < 300 ? this.#taken(offer, response) : this.#refused(status);
    }
  }

  #taken(offer: string, response: SipResponse): ReinviteOutcome {
    const answer = sessionDescription(response);
    if (answer === undefined) {
      this.dialog.environment.count('missingAnswer');
      return { ok: false, status: 488 };
    }
    this.dialog.localSdp = offer;
    this.dialog.remoteSdp = answer;
    return { ok: true, answer };
  }

  #refused(status: number): ReinviteOutcome {
    this.#endIfGone(status);
    return { ok: false, status };
  }

  /** 481 and 408 mean that the peer has no such dialog any more (RFC 3261 §12.2.1.2). */
  #endIfGone(status: number): boolean {
    if (status !== 481 && status !== 408) return false;
    const { dialog } = this;
    const by = status === 481 ? 'remote' : 'timeout';
    dialog.end({ by, q850Cause: undefined, text: `${status} in dialog` }, { bye: 'plain' });
    return true;
  }

  #retryLater(): void {
    if (!this.dialog.isEnded) this.dialog.session.retry(20 * this.dialog.environment.timers.t1Ms);
  }

  #update(): Promise<RequestOutcome> {
    return this.#raisingMinSe(() => this.dialog.request('UPDATE', { headers: this.#headers() }));
  }

  async #raisingMinSe(send: () => Promise<RequestOutcome>): Promise<RequestOutcome> {
    const outcome = await send();
    return this.#raise(outcome) ? send() : outcome;
  }

  /** Takes a 422's Min-SE; true when that is new, so that another try makes sense. */
  #raise({ response }: RequestOutcome): boolean {
    const minS = raisedMinSe(response, this.#atLeastS);
    if (minS === undefined) return false;
    this.#atLeastS = minS;
    return true;
  }

  #headers(): Record<string, string> {
    const { session, environment } = this.dialog;
    const expires = session.timer && requestedSessionExpires(environment.sessionTimer, session.timer, this.#atLeastS);
    return {
      ...offererHeaders,
      ...(expires === undefined ? {} : { 'Session-Expires': expires }),
      ...(this.#atLeastS > 0 ? { 'Min-SE': `${this.#atLeastS}` } : {}),
    };
  }

  #refreshed(response: SipResponse): void {
    this.dialog.refreshTarget(response);
    this.dialog.session.restart(agreedSessionTimer(sessionTimerFields(response)));
  }

  /** One INVITE transaction. `again` = refused for a reason that was dealt with (challenge, 422). */
  async #invite(offer: string, credentials: Credentials): Promise<RequestOutcome & { again: boolean }> {
    const { dialog } = this;
    dialog.turn.ours('invite');
    const request = dialog.prepare(
      'INVITE',
      { headers: this.#headers(), contentType: accept, body: offer },
      credentials,
    );
    const outcome = await this.#untilFinal(request);
    dialog.turn.ours('none');
    if (outcome.response === undefined || dialog.isEnded) return { ...outcome, again: false };
    return { ...outcome, again: credentials.take(outcome.response, request) || this.#raise(outcome) };
  }

  #untilFinal(request: SipRequest): Promise<RequestOutcome> {
    const { dialog } = this;
    return new Promise((resolve) => {
      let ack: SuccessAck | undefined;
      const done = (outcome: RequestOutcome): void => {
        limit.cancel();
        forget();
        resolve(outcome);
      };
      // A peer that answers 100 and then nothing must not block the dialog for ever.
      const limit = dialog.lifetime.later(64 * dialog.environment.timers.t1Ms, () => attempt.cancel());
      const forget = dialog.lifetime.onEnded(() => {
        attempt.release();
        done({ status: 481, response: undefined });
      });
      const attempt = new InviteAttempt(dialog.environment, request, dialog.targets(), {
        onSuccess: (response) => {
          if (ack === undefined) {
            this.#refreshed(response);
            ack = new SuccessAck(dialog, request);
          }
          ack.send();
          done({ status: response.status, response });
        },
        onRefusal: (response) => done({ status: response.status, response }),
        onFailure: (kind) => done({ status: kind === 'timeout' ? 408 : 503, response: undefined }),
      });
    });
  }
}
