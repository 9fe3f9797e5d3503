/** A request of ours, and the responses to it (RFC 3261 §17.1). */
import { HeaderFields } from '../../message/header-fields.js';
import type { SipRequest, SipResponse } from '../../message/message.js';
import type { Flow, Target } from '../transport/flow.js';
import { startInviteClient, stepInviteClient, type InviteClientName } from './invite-client.js';
import type { ClientEvent, Effect } from './machine.js';
import { MachineRunner } from './machine-runner.js';
import { cseqNumber } from './matching.js';
import { startNonInviteClient, stepNonInviteClient, type NonInviteClientName } from './non-invite-client.js';
import type { TransactionEnvironment } from './server-transaction.js';
import { isReliable } from './wire.js';

/** Who waits for responses. Exactly one final word comes: a final response, or one of the failures. */
export interface ClientListener {
  /** Provisional and final responses; of an INVITE every 2xx there is, forked and repeated ones included. */
  onResponse(response: SipResponse, flow: Flow): void;
  /** No final response came in time (`timeout`), or the request could not be sent. */
  onFailure(kind: 'timeout' | 'transportError'): void;
}

/** One client transaction. */
export class ClientTransaction {
  readonly #runner: MachineRunner<InviteClientName, ClientEvent> | MachineRunner<NonInviteClientName, ClientEvent>;
  #incoming: { readonly response: SipResponse; readonly flow: Flow } | undefined;

  /** @param request with our Via on top */
  constructor(
    readonly request: SipRequest,
    readonly target: Target,
    private readonly environment: TransactionEnvironment,
    private readonly listener: ClientListener,
    onEnd: () => void,
  ) {
    const setting = {
      scheduler: environment.scheduler,
      timers: environment.timers,
      reliable: isReliable(target),
      perform: (effect: Effect) => this.#perform(effect),
      onEnd,
    };
    const context = { nowMs: environment.scheduler.nowMs(), timers: environment.timers, reliable: setting.reliable };
    if (request.method === 'INVITE') {
      const first = startInviteClient(context);
      const runner = new MachineRunner(first.state, { ...setting, step: stepInviteClient });
      this.#runner = runner;
      runner.enter(first);
    } else {
      const first = startNonInviteClient(context);
      const runner = new MachineRunner(first.state, { ...setting, step: stepNonInviteClient });
      this.#runner = runner;
      runner.enter(first);
    }
  }

  /** True while no final response has come: a CANCEL would make sense. */
  get isPending(): boolean {
    return ['calling', 'trying', 'proceeding'].includes(this.#runner.name);
  }

  /** True once a provisional response has come, and no final one: a CANCEL may be sent (RFC 3261 §9.1). */
  get isProceeding(): boolean {
    return this.#runner.name === 'proceeding';
  }

  receive(response: SipResponse, flow: Flow): void {
    this.#incoming = { response, flow };
    this.#runner.dispatch({ kind: 'response', status: response.status });
    this.#incoming = undefined;
  }

  /** Gives up on a cancelled INVITE that gets no final response (RFC 3261 §9.1). */
  abandon(): void {
    this.#runner.dispatch({ kind: 'abandon' });
  }

  /** Ends without a word, for shutting down. */
  stop(): void {
    this.#runner.stop();
  }

  #perform(effect: Effect): void {
    switch (effect) {
      case 'send':
        this.#send(this.request);
        return;
      case 'ack':
        if (this.#incoming) this.#send(refusalAck(this.request, this.#incoming.response));
        return;
      case 'deliver':
        if (this.#incoming) this.listener.onResponse(this.#incoming.response, this.#incoming.flow);
        return;
      case 'timeout':
      case 'transportError':
        this.listener.onFailure(effect);
        return;
    }
  }

  #send(message: SipRequest): void {
    this.environment.wire.send(message, this.target, () => this.#runner.dispatch({ kind: 'transportError' }));
  }
}

/** The ACK of a 300–699, which belongs to the INVITE's transaction (RFC 3261 §17.1.1.3). */
function refusalAck(invite: SipRequest, response: SipResponse): SipRequest {
  return hopRequest(invite, 'ACK', response.headers.get('To'));
}

/** The CANCEL of an INVITE (RFC 3261 §9.1). */
export function cancelOf(invite: SipRequest): SipRequest {
  return hopRequest(invite, 'CANCEL', invite.headers.get('To'));
}

/** A request to the next hop of `invite`, with its Via, so that it is taken as part of it. */
function hopRequest(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string | undefined): SipRequest {
  const headers = new HeaderFields();
  const copy = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers.add(name, value);
  };
  copy('Via', invite.headers.get('Via'));
  for (const route of invite.headers.getAll('Route')) headers.add('Route', route);
  headers.add('Max-Forwards', '70');
  copy('From', invite.headers.get('From'));
  copy('To', to);
  copy('Call-ID', invite.headers.get('Call-ID'));
  headers.add('CSeq', `${cseqNumber(invite)} ${method}`);
  return { kind: 'request', method, uri: invite.uri, headers, body: Buffer.alloc(0) };
}
