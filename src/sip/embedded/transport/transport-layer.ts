/**
 * The transport layer (RFC 3261 §18): sockets below, parsed messages and flows above. Untrusted input ends in a listener or in a
 * counter; an error of a socket never leaves this file except as the rejection of the `send` it belongs to.
 */
import { CodedError } from '../../../errors.js';
import { parseMessage } from '../../message/parse.js';
import type { ParseOutcome, SipMessage, SipRequest } from '../../message/message.js';
import { serialize } from '../../message/serialize.js';
import { formatVia, parseVia } from '../../message/via.js';
import { isFlow, type Destination, type Flow, type ListenPoint, type Target } from './flow.js';
import { defaultTransportLimits, type TransportLimits } from './limits.js';
import { TcpConnections } from './tcp-connections.js';
import { TcpListener } from './tcp-listener.js';
import { UdpSocket } from './udp-socket.js';
import { responseDestination, stampSource } from './via-routing.js';

/** What to build a transport layer from. */
export interface TransportOptions {
  readonly listen: readonly ListenPoint[];
  readonly limits?: Partial<TransportLimits>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Told of what a listener throws; the message it was told of is lost by then. */
  readonly onThrow?: (thrown: unknown) => void;
}

/** A message that could not be parsed; `answer` tells what to answer, if anything. */
export type Malformed = Extract<ParseOutcome, { ok: false }>;

/** Live objects and totals since the start. */
export interface TransportCounters {
  readonly connections: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly keepAlives: number;
  /** What was dropped or refused, by reason; those of the parser among them. */
  readonly refused: Readonly<Record<string, number>>;
}

type MessageListener = (message: SipMessage, flow: Flow) => void;
type MalformedListener = (malformed: Malformed, flow: Flow) => void;

const sweepMs = 1_000;

export class TransportLayer {
  readonly #limits: TransportLimits;
  readonly #now: () => number;
  readonly #udp: readonly UdpSocket[];
  readonly #listeners: readonly TcpListener[];
  readonly #connections: TcpConnections;
  readonly #refused: Record<string, number> = {};
  #messagesIn = 0;
  #messagesOut = 0;
  #keepAlives = 0;
  readonly #onThrow: (thrown: unknown) => void;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;
  #onMessage: MessageListener = () => this.#refuse('noListener');
  #onMalformed: MalformedListener = () => undefined;

  constructor(options: TransportOptions) {
    this.#limits = { ...defaultTransportLimits, ...options.limits };
    this.#now = options.now;
    this.#onThrow = options.onThrow ?? (() => undefined);
    const onError = () => this.#refuse('socket');
    this.#connections = new TcpConnections(this.#limits, this.#now, {
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
      onUnframeable: (reason, head, flow) => this.#receiveUnframeable(reason, head, flow),
      onKeepAlive: () => this.#keepAlives++,
      onClosed: () => undefined,
    });
    this.#udp = options.listen
      .filter((point) => point.transport === 'udp')
      .map((point) => new UdpSocket(point, { onDatagram: (bytes, flow) => this.#receive(bytes, flow), onError }));
    this.#listeners = options.listen
      .filter((point) => point.transport === 'tcp')
      .map((point) => new TcpListener(point, (socket) => this.#refuse(this.#connections.accept(socket)), onError));
  }

  /** Binds everything. Rejects when one point cannot be bound; nothing stays open then. */
  async start(): Promise<void> {
    const points = [...this.#udp, ...this.#listeners];
    const outcomes = await Promise.allSettled(points.map((point) => point.start()));
    const failed = outcomes.findIndex((outcome) => outcome.status === 'rejected');
    const failure = outcomes[failed];
    if (failure?.status === 'rejected') {
      await this.close();
      const point = points[failed]?.listenPoint;
      const detail = `Cannot listen on ${point?.transport}:${point?.host}:${point?.port}.`;
      throw new CodedError('signallingDown', detail, { cause: failure.reason });
    }
    this.#sweeper = setInterval(() => this.sweep(), sweepMs).unref();
  }

  /** Where it listens, with real ports once started. */
  get listenPoints(): readonly ListenPoint[] {
    return [...this.#udp, ...this.#listeners].map((point) => point.listenPoint);
  }

  /** The point that what is sent to `target` leaves by, and that a Via or Contact should therefore name. */
  listenPointFor(target: Target): ListenPoint | undefined {
    if (target.transport === 'udp') return this.#udpFor(target)?.listenPoint;
    if (isFlow(target))
      return { transport: 'tcp', host: target.localAddress, port: this.#tcpPortFor(target.localPort) };
    return this.#listeners[0]?.listenPoint;
  }

  /** Takes well-formed messages; the top Via of requests has `received` and `rport` already. Replaces the listener before. */
  onMessage(listener: MessageListener): void {
    this.#onMessage = listener;
  }

  /** Takes what could not be parsed. Answering is the listener's decision (admission comes first). */
  onMalformed(listener: MalformedListener): void {
    this.#onMalformed = listener;
  }

  /**
   * Sends a message, or the bytes of one. A response sent to the flow of its request goes where §18.2.2 says: on the same
   * connection while that is open, else to the address it came from and the port its Via names. Bytes go to the flow's remote
   * end. Rejects with CodedError `signallingDown` when the system refuses; resolving means handed over, not arrived.
   */
  async send(message: SipMessage | Buffer, target: Target): Promise<void> {
    const bytes = Buffer.isBuffer(message) ? message : serialize(message);
    try {
      await this.#sendBytes(bytes, message, target);
    } catch (error) {
      this.#refuse('send');
      throw new CodedError('signallingDown', `Sending over ${target.transport} failed.`, { cause: error });
    }
    this.#messagesOut++;
  }

  /** Closes connections that are past their deadline; runs by itself once a second. */
  sweep(): void {
    this.#connections.sweep(this.#now());
  }

  counters(): TransportCounters {
    return {
      connections: this.#connections.size,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
      keepAlives: this.#keepAlives,
      refused: { ...this.#refused },
    };
  }

  /** Closes all sockets and timers; nothing is told to listeners afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    const closing = [...this.#udp, ...this.#listeners].map((point) => point.close());
    this.#connections.destroyAll();
    await Promise.all(closing);
  }

  async #sendBytes(bytes: Buffer, message: SipMessage | Buffer, target: Target): Promise<void> {
    if (this.#closed) throw new Error('transport layer is closed');
    const connection = isFlow(target) ? this.#connections.byId(target.connectionId) : undefined;
    if (connection) return connection.send(bytes);

    const destination = destinationOf(message, target);
    if (destination.transport === 'tcp') return this.#sendByTcp(bytes, destination);
    if (this.#tooLongForUdp(bytes, message)) return this.#sendByTcp(serialize(overTcp(message)), destination);
    const socket = this.#udpFor(target);
    if (!socket) throw new Error('no UDP socket reaches this address');
    return socket.send(bytes, destination.address, destination.port);
  }

  #sendByTcp(bytes: Buffer, destination: Destination): Promise<void> {
    return this.#connections.to(destination.address, destination.port, undefined).send(bytes);
  }

  #tooLongForUdp(bytes: Buffer, message: SipMessage | Buffer): message is SipRequest {
    const limit = this.#limits.tcpAboveBytes;
    return limit > 0 && bytes.length > limit && !Buffer.isBuffer(message) && message.kind === 'request';
  }

  #udpFor(target: Target): UdpSocket | undefined {
    if (!isFlow(target)) return this.#udp.find((socket) => socket.reaches(target.address));
    return this.#udp.find(
      ({ listenPoint }) => listenPoint.port === target.localPort && listenPoint.host === target.localAddress,
    );
  }

  /** A connection we opened has a port of its own; a Contact must name one we listen on. */
  #tcpPortFor(localPort: number): number {
    const ports = this.#listeners.map((listener) => listener.listenPoint.port);
    return ports.includes(localPort) ? localPort : (ports[0] ?? localPort);
  }

  #receive(bytes: Buffer, flow: Flow): void {
    if (this.#closed) return;
    if (isKeepAlive(bytes)) {
      this.#keepAlives++;
      return;
    }
    const outcome = parseMessage(bytes);
    if (!outcome.ok) {
      this.#reportMalformed(outcome, flow);
      return;
    }
    this.#messagesIn++;
    if (outcome.message.kind === 'request') stampSource(outcome.message, flow);
    this.#tell(() => this.#onMessage(outcome.message, flow));
  }

  #receiveUnframeable(reason: string, head: Buffer | undefined, flow: Flow): void {
    const outcome = head ? parseMessage(head) : undefined;
    if (outcome?.ok === false) this.#reportMalformed(outcome, flow);
    else this.#reportMalformed(unframeable(reason, outcome?.message), flow);
  }

  #reportMalformed(malformed: Malformed, flow: Flow): void {
    if (this.#closed) return;
    this.#refuse(malformed.reason);
    if (malformed.answer) stampSource(malformed.answer.request, flow);
    this.#tell(() => this.#onMalformed(malformed, flow));
  }

  /** A listener that throws has a bug; it costs this one message, not the process. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (thrown) {
      this.#refuse('listener');
      this.#onThrow(thrown);
    }
  }

  #refuse(reason: string | undefined): void {
    if (reason !== undefined) this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }
}

function destinationOf(message: SipMessage | Buffer, target: Target): Destination {
  if (!isFlow(target)) return target;
  if (!Buffer.isBuffer(message) && message.kind === 'response') return responseDestination(message, target);
  return { transport: target.transport, address: target.remoteAddress, port: target.remotePort };
}

/** A request with the transport of its top Via changed (§18.1.1). */
function overTcp(request: SipRequest): SipRequest {
  const headers = request.headers.clone();
  const via = parseVia(headers.removeFirst('Via') ?? '');
  if (!via) throw new Error('request has no Via');
  headers.prepend('Via', formatVia({ ...via, transport: 'TCP' }));
  return { ...request, headers };
}

function unframeable(reason: string, message: SipMessage | undefined): Malformed {
  const request = message?.kind === 'request' && message.method !== 'ACK' ? message : undefined;
  const status = reason === 'bounds' ? 513 : 400;
  const phrase = reason === 'bounds' ? 'Message Too Large' : 'Content-Length Needed';
  return { ok: false, reason, answer: request && { status, reason: phrase, request } };
}

/** What keeps a NAT binding alive: line ends, or up to four NULs as some phones send. */
function isKeepAlive(bytes: Buffer): boolean {
  return bytes.length <= 4 && bytes.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0);
}
