import { CodedError } from '../../src/errors.js';
import type {
  DialogEnd,
  DialogHandlers,
  GatewayCounters,
  GatewayHandlers,
  InboundInvite,
  OutboundCall,
  OutboundCallRequest,
  OutboundOutcome,
  SipDialog,
  SipGateway,
  SipParty,
} from '../../src/sip/gateway.js';

/** A SIP front end in memory: the test plays the peers. Counts what is alive in it. */
export class FakeGateway implements SipGateway {
  readonly contacts = ['sip:127.0.0.1:5060;transport=udp'];
  ready = true;
  draining = false;
  readonly dialogs = new Set<FakeDialog>();
  readonly invites = new Set<FakeInvite>();
  readonly attempts = new Set<FakeAttempt>();
  #handlers: GatewayHandlers | undefined;
  #made = 0;

  start(handlers: GatewayHandlers): Promise<void> {
    this.#handlers = handlers;
    return Promise.resolve();
  }

  /** A peer calls. */
  invite(shape: InviteShape = {}): FakeInvite {
    const invite = new FakeInvite(this, shape, this.nextId());
    this.invites.add(invite);
    this.#handlers?.onInvite(invite);
    return invite;
  }

  call(request: OutboundCallRequest, handlers: DialogHandlers, onProgress?: (status: number) => void): OutboundCall {
    const attempt = new FakeAttempt(this, request, handlers, onProgress ?? (() => undefined));
    this.attempts.add(attempt);
    return attempt;
  }

  /** The only attempt to dial there is. */
  get attempt(): FakeAttempt {
    const [attempt] = this.attempts;
    if (attempt === undefined || this.attempts.size > 1) throw new Error(`${this.attempts.size} attempts`);
    return attempt;
  }

  drain(): void {
    this.draining = true;
  }

  counters(): GatewayCounters {
    const transactions = this.invites.size + this.attempts.size;
    return { dialogs: this.dialogs.size, transactions, connections: 0, refused: {} };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  nextId(): string {
    this.#made += 1;
    return String(this.#made);
  }
}

/** What a test wants an INVITE to be. */
export interface InviteShape {
  readonly to?: string;
  readonly from?: string;
  readonly displayName?: string;
  readonly trunk?: string;
  readonly offer?: string;
}

/** An INVITE of a peer; `cancel`, `ack` and `loseAck` are what the peer may do next. */
export class FakeInvite implements InboundInvite {
  readonly sipCallId: string;
  readonly source = { address: '127.0.0.1', port: 5062, transport: 'udp' } as const;
  readonly requestUri: SipParty;
  readonly from: SipParty;
  readonly to: SipParty;
  readonly trunk: string;
  readonly offer: string | undefined;
  /** Final status sent, 487 when cancelled. */
  status: number | undefined;
  headers: Readonly<Record<string, string>> = {};
  /** Description of the 200. */
  sdp: string | undefined;
  dialog: FakeDialog | undefined;
  #handlers: DialogHandlers | undefined;
  #confirm: (() => void) | undefined;
  #giveUp: (() => void) | undefined;
  #onCancel: (() => void) | undefined;

  constructor(
    private readonly gateway: FakeGateway,
    shape: InviteShape,
    id: string,
  ) {
    this.sipCallId = `sip-${id}`;
    this.requestUri = party(shape.to ?? 'room');
    this.to = this.requestUri;
    this.from = { ...party(shape.from ?? 'alice'), displayName: shape.displayName };
    this.trunk = shape.trunk ?? 'default';
    this.offer = shape.offer;
  }

  /** Handlers of the dialog, for what a peer may send in it. */
  get handlers(): DialogHandlers {
    if (this.#handlers === undefined) throw new Error('not accepted');
    return this.#handlers;
  }

  /** True while the INVITE has no final answer, or the ACK is missing. */
  get open(): boolean {
    return this.gateway.invites.has(this);
  }

  header(): undefined {
    return undefined;
  }

  progress(): void {
    return undefined;
  }

  accept(sdp: string, handlers: DialogHandlers): Promise<SipDialog> {
    if (this.status === 487) return Promise.reject(new CodedError('legEnded'));
    this.#final(200);
    this.sdp = sdp;
    this.#handlers = handlers;
    return new Promise((resolve, reject) => {
      const dialog = new FakeDialog(this.gateway, this.from, handlers);
      this.dialog = dialog;
      this.#confirm = () => {
        resolve(dialog);
      };
      this.#giveUp = () => {
        reject(new CodedError('legEnded'));
      };
    });
  }

  reject(status: number, options?: { headers?: Readonly<Record<string, string>> }): void {
    if (this.status === 487) return;
    this.#final(status);
    this.headers = options?.headers ?? {};
    this.gateway.invites.delete(this);
  }

  onCancel(listener: () => void): void {
    this.#onCancel = listener;
    if (this.status === 487) listener();
  }

  /** The caller gives up before the answer. */
  cancel(): void {
    if (this.status !== undefined) return;
    this.#final(487);
    this.gateway.invites.delete(this);
    this.#onCancel?.();
  }

  /** The caller acknowledges the 200, with the answer if the INVITE had no offer. */
  ack(answer?: string): void {
    if (this.#confirm === undefined || !this.open) return;
    this.gateway.invites.delete(this);
    if (answer !== undefined) this.handlers.onAnswer(answer);
    this.#confirm();
  }

  /** The ACK never comes. */
  loseAck(): void {
    if (this.#giveUp === undefined || !this.open) return;
    this.gateway.invites.delete(this);
    if (this.dialog !== undefined) this.gateway.dialogs.delete(this.dialog);
    this.#giveUp();
  }

  #final(status: number): void {
    if (this.status !== undefined) throw new Error(`answered ${status} after ${this.status}`);
    this.status = status;
  }
}

/** A dialog the test can act on as the peer. */
class FakeDialog implements SipDialog {
  readonly id: string;
  readonly sipCallId: string;
  /** Reasons of BYEs we sent, at most one. */
  readonly byes: ({ q850Cause: number; text: string } | undefined)[] = [];

  constructor(
    private readonly gateway: FakeGateway,
    readonly remote: SipParty,
    readonly handlers: DialogHandlers,
  ) {
    this.id = gateway.nextId();
    this.sipCallId = `sip-${this.id}`;
    gateway.dialogs.add(this);
  }

  get live(): boolean {
    return this.gateway.dialogs.has(this);
  }

  reinvite(): Promise<{ ok: false; status: number }> {
    return Promise.resolve({ ok: false, status: 501 });
  }

  /** Bodies of INFOs we sent, and how they are answered. */
  readonly infos: string[] = [];
  infoStatus = 200;

  info(contentType: string, body: string): Promise<number> {
    this.infos.push(`${contentType} ${body.trim().replace('\r\n', ' ')}`);
    return Promise.resolve(this.infoStatus);
  }

  bye(reason?: { q850Cause: number; text: string }): Promise<void> {
    if (!this.live) return Promise.resolve();
    this.byes.push(reason);
    this.#end({ by: 'local', q850Cause: reason?.q850Cause, text: reason?.text });
    return Promise.resolve();
  }

  /** The peer hangs up. */
  hangUp(by: DialogEnd['by'] = 'remote', q850Cause?: number): void {
    if (this.live) this.#end({ by, q850Cause, text: undefined });
  }

  #end(end: DialogEnd): void {
    this.gateway.dialogs.delete(this);
    this.handlers.onEnd(end);
  }
}

/** An attempt of ours to dial; the test plays the destination. */
class FakeAttempt implements OutboundCall {
  readonly outcome: Promise<OutboundOutcome>;
  canceled = false;
  dialog: FakeDialog | undefined;
  #settle: (outcome: OutboundOutcome) => void = () => undefined;

  constructor(
    private readonly gateway: FakeGateway,
    readonly request: OutboundCallRequest,
    readonly handlers: DialogHandlers,
    private readonly onProgress: (status: number) => void,
  ) {
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get open(): boolean {
    return this.gateway.attempts.has(this);
  }

  ring(): void {
    if (this.open) this.onProgress(180);
  }

  answer(answer: string): void {
    if (!this.open) return;
    this.gateway.attempts.delete(this);
    this.dialog = new FakeDialog(this.gateway, party('callee'), this.handlers);
    this.#settle({ ok: true, dialog: this.dialog, answer });
  }

  fail(status: number): void {
    if (!this.open) return;
    this.gateway.attempts.delete(this);
    this.#settle({ ok: false, status, reason: 'no' });
  }

  /** CANCEL is sent; the test decides whether 487 or a 200 that crossed it comes back. */
  cancel(): void {
    this.canceled = true;
  }
}

function party(user: string): SipParty {
  return { displayName: undefined, uri: `sip:${user}@127.0.0.1`, user, host: '127.0.0.1' };
}
