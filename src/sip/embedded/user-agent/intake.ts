/**
 * What happens to a request that belongs to no transaction. Cheap refusals first, and without keeping anything of it: only an
 * INVITE that may become a call, and requests of live dialogs, get a transaction.
 *
 *     ACK ─────────► its dialog, or nothing
 *     CANCEL ──────► source known? ─► the INVITE it names, or 481
 *     in a dialog ─► from its peer or an admitted source? ─► the dialog, or 481
 *     the rest ────► admission ─► the front desk ─► an answer, or onInvite
 */
import type { Admission, AdmissionDecision } from '../../admission/admission.js';
import type { InboundInvite } from '../../gateway.js';
import type { Trunk } from '../../trunk.js';
import { Dialog } from '../dialog/dialog.js';
import { uasDialog } from '../dialog/dialog-state.js';
import type { DialogEnvironment } from '../dialog/environment.js';
import { guard } from '../../guard.js';
import { FrontDesk } from '../../rules/front-desk.js';
import type { SessionTimerAnswer } from '../../rules/session-timer.js';
import type { SipRequest } from '../../message/message.js';
import { responseTo, type ResponseOptions } from '../../message/response.js';
import { tagOf } from '../transaction/matching.js';
import type { Flow } from '../transport/flow.js';
import type { Malformed } from '../transport/transport-layer.js';
import { WaitingInvite } from './inbound-invite.js';
import { newTag } from './outbound-call.js';

/** What the intake decides with. */
export interface IntakeSettings {
  readonly admission: Admission;
  readonly decisionTimeoutMs: number;
  onInvite(invite: InboundInvite): void;
}

/** The way in. */
export class Intake {
  readonly #desk: FrontDesk;

  constructor(
    private readonly environment: DialogEnvironment,
    private readonly settings: IntakeSettings,
  ) {
    this.#desk = new FrontDesk({
      sessionTimer: environment.sessionTimer,
      now: () => environment.scheduler.nowMs(),
      count: (reason) => environment.count(reason),
    });
  }

  /** From now on new INVITEs get 503. */
  drain(): void {
    this.#desk.drain();
  }

  onRequest(request: SipRequest, flow: Flow): void {
    if (request.method === 'CANCEL') return this.#onCancel(request, flow);
    if (tagOf(request.headers.get('To')) !== undefined) return this.#onInDialog(request, flow);
    const trunk = this.#admit(request, flow);
    if (trunk === undefined) return;
    const reception = this.#desk.receive(request, trunk);
    if (reception.kind === 'call') return this.#onInvite(request, flow, trunk, reception.session);
    if (reception.kind === 'capabilities') return this.#reply(request, flow, 200, reception);
    this.#reply(request, flow, reception.refusal.status, reception.refusal);
  }

  /** An ACK that is no transaction's: of a 2xx. */
  onAck(ack: SipRequest, flow: Flow): void {
    const dialog = this.environment.dialogs.find(ack);
    if (dialog === undefined || !this.#isKnownSource(dialog, flow)) return this.environment.count('strayAck');
    dialog.receiveAck(ack);
  }

  /** A message that could not be parsed: an answer for admitted sources, if one can be built; silence for all others. */
  onMalformed({ answer }: Malformed, flow: Flow): void {
    if (answer === undefined || this.#admit(answer.request, flow) === undefined) return;
    this.#reply(answer.request, flow, answer.status, { reason: answer.reason });
  }

  /** RFC 3261 §9.2. */
  #onCancel(cancel: SipRequest, flow: Flow): void {
    const invite = this.environment.transactions.findCancelled(cancel, flow);
    if (invite === undefined) {
      if (this.#admit(cancel, flow) !== undefined) this.#reply(cancel, flow, 481);
      return;
    }
    this.#reply(cancel, flow, 200, invite.localTag === undefined ? {} : { toTag: invite.localTag });
    if (!invite.isFinal) invite.onCancel?.(cancel);
  }

  /** A request with a To tag belongs to a dialog we know, or to none (§12.2.2). */
  #onInDialog(request: SipRequest, flow: Flow): void {
    const dialog = this.environment.dialogs.find(request);
    if (dialog !== undefined && this.#isKnownSource(dialog, flow)) {
      if (!dialog.admitRequest()) {
        this.environment.count('dialogRate');
        return this.#reply(request, flow, 503, { headers: { 'Retry-After': '1' } });
      }
      const transaction = this.environment.transactions.open(request, flow);
      if (transaction !== undefined) dialog.receive(transaction);
      return;
    }
    if (this.#admit(request, flow) === undefined) return;
    this.environment.count('noDialog');
    this.#reply(request, flow, 481);
  }

  #isKnownSource(dialog: Dialog, { remoteAddress }: Flow): boolean {
    return dialog.isPeerAddress(remoteAddress) || this.settings.admission.trunkOf(remoteAddress) !== undefined;
  }

  /** The trunk of a request's source; undefined when it was refused or ignored. */
  #admit(request: SipRequest, flow: Flow): Trunk | undefined {
    const { headers, method } = request;
    const decision: AdmissionDecision = this.settings.admission.admit({
      address: flow.remoteAddress,
      method,
      userAgent: headers.get('User-Agent'),
      from: headers.get('From'),
      to: headers.get('To'),
    });
    if (decision.kind === 'trunk') return decision.trunk;
    if (decision.kind === 'refuse') {
      this.#reply(request, flow, decision.status, { headers: { 'Retry-After': `${decision.retryAfterS}` } });
    }
    return undefined;
  }

  #onInvite(request: SipRequest, flow: Flow, trunk: Trunk, session: SessionTimerAnswer): void {
    const transaction = this.environment.transactions.open(request, flow);
    if (transaction === undefined) return;
    transaction.respond(responseTo(request, 100));
    transaction.localTag = newTag();
    const dialog = new Dialog(this.environment, {
      state: uasDialog(request, transaction.localTag),
      role: 'uas',
      flow,
      exchange: { local: 'none', remote: 'deciding' },
    });
    dialog.refreshTarget(request);
    const { decisionTimeoutMs } = this.settings;
    const invite = new WaitingInvite({ transaction, dialog, trunk: trunk.name, session, decisionTimeoutMs });
    guard(
      () => this.settings.onInvite(invite) as unknown,
      (thrown) => {
        this.environment.onThrow(thrown);
        invite.reject(500);
      },
    );
  }

  #reply(request: SipRequest, flow: Flow, status: number, options: ResponseOptions & { reason?: string } = {}): void {
    this.environment.transactions.replyStateless(request, flow, status, options);
  }
}
