/**
 * A call we make (RFC 3261 §13.2): one INVITE, again with credentials or a longer session timer when asked for, until a 2xx, a
 * refusal, or our patience ends.
 *
 *     trying ──2xx──► won: ACK, dialog handed over
 *        ├──300–699──► lost                       (3xx is never followed)
 *        ├──timeoutMs──► lost 408, CANCEL
 *        ├──cancel()──► lost 487, CANCEL
 *        └──cannot be sent──► lost 503
 *
 * After the end every further 2xx, forked or crossing our CANCEL, is acknowledged and its dialog ended with BYE (§13.2.2.4).
 */
import { randomBytes } from 'node:crypto';
import type { DialogHandlers, OutboundCall, OutboundCallRequest, OutboundOutcome } from '../../gateway.js';
import { Credentials } from '../../auth/credentials.js';
import { accept, offererHeaders } from '../../rules/capabilities.js';
import { Dialog } from '../dialog/dialog.js';
import { uacDialog } from '../dialog/dialog-state.js';
import type { DialogEnvironment } from '../dialog/environment.js';
import { extraHeaders } from '../../rules/extra-headers.js';
import { guard } from '../../guard.js';
import { InviteAttempt } from '../dialog/invite-attempt.js';
import {
  sessionTimerFields,
  agreedSessionTimer,
  raisedMinSe,
  requestedSessionExpires,
} from '../../rules/session-timer.js';
import { SuccessAck } from '../dialog/success-ack.js';
import { HeaderFields } from '../../message/header-fields.js';
import { sessionDescription } from '../../message/body.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import { formatNameAddr } from '../../message/name-addr.js';
import { parseUri } from '../../message/uri.js';
import { tagOf } from '../transaction/matching.js';
import type { Timer } from '../transaction/scheduler.js';
import type { Flow, Target } from '../transport/flow.js';

/** Forks of one call that are kept apart; more of them are not told apart from junk. */
const maxForks = 8;

/** Tags and Call-IDs have 96 random bits. */
export function newTag(): string {
  return randomBytes(12).toString('hex');
}

/** A call being made. */
export class OutgoingCall implements OutboundCall {
  readonly outcome: Promise<OutboundOutcome>;
  readonly #callId = newTag();
  readonly #localTag = newTag();
  readonly #credentials: Credentials;
  readonly #early = new Map<string, Dialog>();
  readonly #acks = new Map<string, SuccessAck>();
  readonly #limit: Timer;
  #attempt: InviteAttempt | undefined;
  #cseq = 0;
  #atLeastS = 0;
  #isOver = false;
  #resolve: (outcome: OutboundOutcome) => void = () => undefined;

  constructor(
    private readonly environment: DialogEnvironment,
    private readonly request: OutboundCallRequest,
    private readonly handlers: DialogHandlers,
    private readonly onProgress: ((status: number) => void) | undefined,
  ) {
    this.outcome = new Promise((resolve) => (this.#resolve = resolve));
    this.#credentials = new Credentials(request.credentials);
    const { scheduler } = environment;
    const deadlineMs = scheduler.nowMs() + request.timeoutMs;
    this.#limit = scheduler.at(deadlineMs, () => this.#giveUp(408, 'No answer in time'));
    this.#invite();
  }

  cancel(): void {
    this.#giveUp(487, 'Cancelled');
  }

  #invite(): void {
    const target = this.#target();
    const invite = target === undefined ? undefined : this.#build(target);
    if (target === undefined || invite === undefined) return this.#lose(503, 'No way to the destination');
    this.#attempt = new InviteAttempt(this.environment, invite, [target], {
      onProvisional: (response, flow) => this.#provisional(invite, response, flow),
      onSuccess: (response, flow) => this.#success(invite, response, flow),
      onRefusal: (response) => this.#refused(invite, response),
      onFailure: (kind) => {
        if (kind === 'timeout') this.#lose(408, 'No response');
        else this.#lose(503, 'The request could not be sent');
      },
    });
  }

  #target(): Target | undefined {
    return this.environment.resolve(this.request.proxy ?? this.request.uri);
  }

  #build(target: Target): SipRequest | undefined {
    const { uri, from, proxy, sdp } = this.request;
    const { sessionTimer } = this.environment;
    if (parseUri(uri) === undefined || parseUri(from.uri) === undefined) return undefined;
    const expires = requestedSessionExpires(sessionTimer, undefined, this.#atLeastS);
    const minS = Math.max(this.#atLeastS, sessionTimer.minS);
    const isLooseRoute = proxy !== undefined && parseUri(proxy)?.parameters.has('lr') === true;
    const headers = HeaderFields.of({
      Route: isLooseRoute ? [`<${proxy}>`] : [],
      'Max-Forwards': '70',
      From: `${formatNameAddr(from.displayName, from.uri)};tag=${this.#localTag}`,
      To: `<${uri}>`,
      'Call-ID': this.#callId,
      CSeq: `${++this.#cseq} INVITE`,
      Contact: this.environment.contact(target),
      ...offererHeaders,
      'Session-Expires': expires === undefined ? [] : [expires],
      'Min-SE': expires === undefined || minS <= 90 ? [] : [`${minS}`],
      'Content-Type': accept,
    });
    headers.setAll(this.#credentials.headers);
    headers.setAll(extraHeaders(this.request.headers));
    return { kind: 'request', method: 'INVITE', uri, headers, body: Buffer.from(sdp, 'utf8') };
  }

  #provisional(invite: SipRequest, response: SipResponse, flow: Flow): void {
    if (this.#isOver || response.status === 100) return;
    this.#dialogOf(invite, response, flow);
    guard(
      () => this.onProgress?.(response.status),
      (thrown) => this.environment.onThrow(thrown),
    );
  }

  /** The dialog of one fork, made with its first response that has a tag. */
  #dialogOf(invite: SipRequest, response: SipResponse, flow: Flow): Dialog | undefined {
    const tag = tagOf(response.headers.get('To'));
    if (tag === undefined && response.status < 200) return undefined;
    const known = this.#early.get(tag ?? '');
    if (known !== undefined) return known;
    if (this.#early.size >= maxForks) return undefined;
    const dialog = new Dialog(this.environment, {
      state: uacDialog(invite, response),
      role: 'uac',
      flow,
      exchange: { local: 'invite', remote: 'none' },
      account: this.request.credentials,
    });
    this.#early.set(tag ?? '', dialog);
    return dialog;
  }

  #success(invite: SipRequest, response: SipResponse, flow: Flow): void {
    const tag = tagOf(response.headers.get('To')) ?? '';
    const repeated = this.#acks.get(tag);
    if (repeated !== undefined) return repeated.send();
    const dialog = this.#dialogOf(invite, response, flow);
    if (dialog === undefined) return;
    // The route set of the 2xx counts, not that of the provisional before it; CSeq goes on from what the dialog has used.
    const { localCseq, remoteCseq } = dialog.state;
    const state = uacDialog(invite, response);
    dialog.updateState({ ...state, remoteCseq, localCseq: Math.max(localCseq, state.localCseq) });
    const ack = new SuccessAck(dialog, invite);
    this.#acks.set(tag, ack);
    ack.send();
    // A callee must not send BYE before its 2xx; one that did has ended this.
    if (dialog.isEnded) this.#lose(480, 'The callee was gone before the ACK');
    else if (this.#isOver) this.#dismiss(dialog, 'Another destination has answered, or the call was given up');
    else this.#win(dialog, response);
  }

  #win(dialog: Dialog, response: SipResponse): void {
    const answer = sessionDescription(response);
    if (answer === undefined) {
      this.environment.count('missingAnswer');
      this.#dismiss(dialog, 'No session description in the answer');
      return this.#lose(488, 'No answer to the offer');
    }
    this.#settle({ ok: true, dialog, answer }, dialog);
    dialog.localSdp = this.request.sdp;
    dialog.remoteSdp = answer;
    dialog.turn.ours('none');
    dialog.confirm(this.handlers);
    dialog.handOver();
    dialog.refreshTarget(response);
    dialog.session.restart(agreedSessionTimer(sessionTimerFields(response)));
  }

  #dismiss(dialog: Dialog, text: string): void {
    dialog.end({ by: 'local', q850Cause: 31, text }, { bye: { q850Cause: 31, text } });
  }

  #refused(invite: SipRequest, response: SipResponse): void {
    if (this.#isOver) return;
    if (this.#credentials.take(response, invite) || this.#raised(response)) {
      this.#endEarly(undefined);
      return this.#invite();
    }
    this.#lose(response.status, response.reason);
  }

  /** True when a 422 names a Min-SE that we have not tried yet. */
  #raised(response: SipResponse): boolean {
    const minS = raisedMinSe(response, this.#atLeastS);
    if (minS === undefined) return false;
    this.#atLeastS = minS;
    return true;
  }

  #giveUp(status: number, reason: string): void {
    if (this.#isOver) return;
    this.#attempt?.cancel();
    this.#lose(status, reason);
  }

  #lose(status: number, reason: string): void {
    this.#settle({ ok: false, status, reason }, undefined);
  }

  #settle(outcome: OutboundOutcome, winner: Dialog | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit.cancel();
    this.#endEarly(winner);
    this.#resolve(outcome);
  }

  #endEarly(except: Dialog | undefined): void {
    for (const [tag, dialog] of this.#early) {
      if (dialog === except) continue;
      dialog.end({ by: 'local', q850Cause: undefined, text: undefined });
      this.#early.delete(tag);
    }
  }
}
