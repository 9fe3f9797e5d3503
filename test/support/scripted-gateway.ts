/** An embedded gateway on a fake clock whose wire is the test: text goes in, messages come out, nothing else happens. */
import { Admission, type AdmissionLimits } from '../../src/sip/admission/admission.js';
import { EmbeddedGateway, type EmbeddedGatewayOptions, type GatewayTransport } from '../../src/sip/embedded/gateway.js';
import { parseMessage } from '../../src/sip/message/parse.js';
import type { SipMessage } from '../../src/sip/message/message.js';
import { serialize } from '../../src/sip/message/serialize.js';
import { isFlow, type Flow, type Target } from '../../src/sip/embedded/transport/flow.js';
import type { Malformed } from '../../src/sip/embedded/transport/transport-layer.js';
import { stampSource } from '../../src/sip/embedded/transport/via-routing.js';
import type { InboundInvite } from '../../src/sip/gateway.js';
import type { Trunk } from '../../src/sip/trunk.js';
import { FakeClock } from './fake-clock.js';
import { PeerMessage, randomId, type PeerSide, type SipAddress } from './sip-peer.js';

/** A message the gateway sent, and to where. */
class SentMessage extends PeerMessage {
  constructor(
    text: string,
    /** `address:port` */
    readonly to: string,
  ) {
    super(text);
  }
}

/** What may differ from one test to the next. */
export interface ScriptedOptions {
  readonly gateway?: Partial<EmbeddedGatewayOptions>;
  readonly trunks?: readonly Trunk[];
  readonly limits?: Partial<AdmissionLimits>;
}

const gatewayAddress: SipAddress = { transport: 'udp', host: '10.0.0.1', port: 5060 };

/** The gateway and its wire. Trunk `peers` admits 10.0.0.0/8 without limits unless told otherwise. */
export class ScriptedGateway {
  readonly clock = new FakeClock(0);
  readonly gateway: EmbeddedGateway;
  readonly sent: SentMessage[] = [];
  readonly invites: InboundInvite[] = [];
  readonly thrown: unknown[] = [];
  /** Targets (`address:port`) that nothing can be sent to. */
  readonly unreachable = new Set<string>();
  #onMessage: (message: SipMessage, flow: Flow) => void = () => undefined;
  #onMalformed: (malformed: Malformed, flow: Flow) => void = () => undefined;

  private constructor(options: ScriptedOptions) {
    this.gateway = new EmbeddedGateway({
      listen: [],
      admission: new Admission({
        trunks: options.trunks ?? [{ name: 'peers', allow: ['10.0.0.0/8'], latching: 'off' }],
        limits: { perAddressPerS: 0, newCallsPerS: 0, ...options.limits },
        now: () => this.clock.nowMs(),
      }),
      host: this.clock,
      transport: this.#transport(),
      random: () => 0.5,
      onThrow: (thrown) => this.thrown.push(thrown),
      ...options.gateway,
    });
  }

  static async open(options: ScriptedOptions = {}): Promise<ScriptedGateway> {
    const scripted = new ScriptedGateway(options);
    await scripted.gateway.start({
      onInvite: (invite) => scripted.invites.push(invite),
      onReadiness: () => undefined,
    });
    return scripted;
  }

  /** A peer at `host:port`; what it sends arrives at once. */
  peer(address = '10.0.0.2:5060'): PeerSide {
    return {
      gateway: gatewayAddress,
      address,
      contact: `<sip:peer@${address}>`,
      via: (branch = `z9hG4bK${randomId()}`) => `SIP/2.0/UDP ${address};branch=${branch};rport`,
      send: (text) => this.receive(text, address),
    };
  }

  /** Text or bytes from `host:port`. */
  receive(text: string | Buffer, from: string): void {
    const [remoteAddress = '', port = ''] = from.split(':');
    const { host, port: localPort } = gatewayAddress;
    const flow: Flow = {
      transport: 'udp',
      localAddress: host,
      localPort,
      remoteAddress,
      remotePort: Number(port),
    };
    const outcome = parseMessage(Buffer.from(text as string));
    const request = outcome.ok ? outcome.message : outcome.answer?.request;
    if (request?.kind === 'request') stampSource(request, flow);
    if (outcome.ok) this.#onMessage(outcome.message, flow);
    else this.#onMalformed(outcome, flow);
  }

  /** The messages sent since the last time this was asked. */
  take(): SentMessage[] {
    return this.sent.splice(0);
  }

  /** Their kinds. */
  takeKinds(): string[] {
    return this.take().map(({ kind }) => kind);
  }

  /** The last message of a kind; fails when none was sent. */
  last(kind: string): SentMessage {
    const found = this.sent.findLast((message) => message.kind === kind);
    if (!found) throw new Error(`no ${kind} was sent; but ${this.sent.map((message) => message.kind).join(', ')}`);
    return found;
  }

  #transport(): GatewayTransport {
    return {
      start: () => Promise.resolve(),
      close: () => Promise.resolve(),
      onMessage: (listener) => (this.#onMessage = listener),
      onMalformed: (listener) => (this.#onMalformed = listener),
      send: (message, target) => this.#send(message as SipMessage, target),
      counters: () => ({ connections: 0, messagesIn: 0, messagesOut: 0, keepAlives: 0, refused: {} }),
      listenPoints: [gatewayAddress],
      listenPointFor: () => gatewayAddress,
    };
  }

  #send(message: SipMessage, target: Target): Promise<void> {
    const to = isFlow(target) ? `${target.remoteAddress}:${target.remotePort}` : `${target.address}:${target.port}`;
    if (this.unreachable.has(to)) return Promise.reject(new Error('unreachable'));
    this.sent.push(new SentMessage(serialize(message).toString('utf8'), to));
    return Promise.resolve();
  }
}
