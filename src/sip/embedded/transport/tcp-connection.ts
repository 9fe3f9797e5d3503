/** One TCP connection: framing in, bounded sending out, and the deadlines the table sweeps by. */
import type { Socket } from 'node:net';
import { StreamFramer } from '../../message/stream-framer.js';
import { plainAddress, type Flow } from './flow.js';
import type { TransportLimits } from './limits.js';

/** What a connection brings. None may throw. */
export interface TcpHandlers {
  onMessage(bytes: Buffer, flow: Flow): void;
  /** The stream cannot be followed; the connection closes after what the handler sends. */
  onUnframeable(reason: string, head: Buffer | undefined, flow: Flow): void;
  onKeepAlive(): void;
  onClosed(connection: TcpConnection): void;
}

const pong = Buffer.from('\r\n');
/** How long an orderly close may take before the connection is cut. */
const closingMs = 1_000;

export class TcpConnection {
  readonly #framer = new StreamFramer();
  #heardMessage: boolean;
  #closing = false;
  /** When the connection is closed unless something happens before. */
  #deadlineMs: number;

  constructor(
    readonly id: number,
    readonly inbound: boolean,
    readonly remoteAddress: string,
    readonly remotePort: number,
    private readonly socket: Socket,
    private readonly limits: TransportLimits,
    private readonly now: () => number,
    private readonly handlers: TcpHandlers,
  ) {
    this.#heardMessage = false;
    this.#deadlineMs = now() + limits.firstMessageMs;
    socket.setNoDelay(true);
    socket.on('connect', () => this.#active());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => handlers.onClosed(this));
  }

  /** Both ends as messages of this connection are told them. */
  get flow(): Flow {
    return {
      transport: 'tcp',
      localAddress: plainAddress(this.socket.localAddress ?? ''),
      localPort: this.socket.localPort ?? 0,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      connectionId: this.id,
    };
  }

  /** True while something can be sent. */
  get open(): boolean {
    return !this.#closing && !this.socket.destroyed && this.socket.writable;
  }

  /** Sends after what waits already; rejects, and cuts the connection, when too much waits. */
  send(bytes: Buffer): Promise<void> {
    if (this.socket.writableLength + bytes.length > this.limits.sendBufferBytes) {
      this.socket.destroy();
      return Promise.reject(new Error('send buffer full'));
    }
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Cuts the connection when its deadline has passed. */
  sweep(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.destroy();
  }

  /** Cuts the connection at once. */
  destroy(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#framer.push(chunk)) {
      if (frame.kind === 'message') {
        this.#heardMessage = true;
        this.#active();
        this.handlers.onMessage(frame.bytes, this.flow);
      } else if (frame.kind === 'ping') {
        this.#active();
        this.handlers.onKeepAlive();
        if (this.open) this.send(pong).catch(() => this.destroy());
      } else {
        this.handlers.onUnframeable(frame.reason, frame.head, this.flow);
        this.#close();
      }
    }
  }

  /** An inbound connection earns the long deadline with its first message, an outbound one by being connected. */
  #active(): void {
    if (this.#closing || (this.inbound && !this.#heardMessage)) return;
    this.#deadlineMs = this.now() + this.limits.idleMs;
  }

  #close(): void {
    this.#closing = true;
    this.#deadlineMs = this.now() + closingMs;
    this.socket.end();
  }
}
