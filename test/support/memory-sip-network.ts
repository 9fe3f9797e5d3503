/** A SIP network without sockets on a fake clock: messages are written and parsed as on a wire, delayed, lost and doubled. */
import { parseMessage } from '../../src/sip/message/parse.js';
import type { SipMessage } from '../../src/sip/message/message.js';
import { serialize } from '../../src/sip/message/serialize.js';
import type { GatewayTransport } from '../../src/sip/embedded/gateway.js';
import { isFlow, type Flow, type ListenPoint, type Target } from '../../src/sip/embedded/transport/flow.js';
import { stampSource } from '../../src/sip/embedded/transport/via-routing.js';
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import type { Scheduler } from '../../src/sip/embedded/transaction/scheduler.js';

/** What the network does to messages. */
export interface SipNetworkConditions {
  readonly seed: number;
  readonly lossRatio?: number;
  readonly duplicateRatio?: number;
  /** Every message takes this and up to as much again. */
  readonly delayMs?: number;
}

type Receive = (message: SipMessage, flow: Flow) => void;

/** Hosts by address `host:port`, all on one wire. */
export class MemorySipNetwork {
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, Receive>();
  /** Start lines of everything that was sent, lost or not. */
  readonly sent: string[] = [];

  constructor(
    private readonly scheduler: Scheduler,
    private readonly conditions: SipNetworkConditions,
  ) {
    this.#random = new SeededRandom(conditions.seed);
  }

  /** A number in [0, 1). */
  random(): number {
    return this.#random.nextUint32() / 2 ** 32;
  }

  /** A transport for a gateway at this address. */
  host(host: string, port = 5060): GatewayTransport {
    const here: ListenPoint = { transport: 'udp', host, port };
    let receive: Receive = () => undefined;
    return {
      start: () => {
        this.#hosts.set(`${host}:${port}`, (message, flow) => receive(message, flow));
        return Promise.resolve();
      },
      close: () => {
        this.#hosts.delete(`${host}:${port}`);
        return Promise.resolve();
      },
      onMessage: (listener) => (receive = listener),
      onMalformed: () => undefined,
      send: (message, target) => {
        this.#send(here, message as SipMessage, target);
        return Promise.resolve();
      },
      counters: () => ({ connections: 0, messagesIn: 0, messagesOut: 0, keepAlives: 0, refused: {} }),
      listenPoints: [here],
      listenPointFor: () => here,
    };
  }

  #send(from: ListenPoint, message: SipMessage, target: Target): void {
    const bytes = serialize(message);
    this.sent.push(bytes.toString('utf8').split('\r\n', 1)[0] ?? '');
    const to = isFlow(target)
      ? { host: target.remoteAddress, port: target.remotePort }
      : { host: target.address, port: target.port };
    if (this.random() < (this.conditions.lossRatio ?? 0)) return;
    this.#deliver(bytes, from, to);
    if (this.random() < (this.conditions.duplicateRatio ?? 0)) this.#deliver(bytes, from, to);
  }

  #deliver(bytes: Buffer, from: ListenPoint, to: { host: string; port: number }): void {
    const delayMs = (this.conditions.delayMs ?? 0) * (1 + this.random());
    this.scheduler.at(this.scheduler.nowMs() + delayMs, () => {
      const outcome = parseMessage(bytes);
      if (!outcome.ok) throw new Error(`the gateway sent what cannot be parsed: ${outcome.reason}`);
      const flow: Flow = {
        transport: 'udp',
        localAddress: to.host,
        localPort: to.port,
        remoteAddress: from.host,
        remotePort: from.port,
      };
      if (outcome.message.kind === 'request') stampSource(outcome.message, flow);
      this.#hosts.get(`${to.host}:${to.port}`)?.(outcome.message, flow);
    });
  }
}
