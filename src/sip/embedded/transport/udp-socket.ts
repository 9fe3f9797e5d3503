/** One bound UDP socket. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress, type Flow, type ListenPoint } from './flow.js';

/** What a socket brings. Neither may throw. */
export interface UdpHandlers {
  onDatagram(bytes: Buffer, flow: Flow): void;
  onError(): void;
}

const receiveBufferBytes = 1 << 20;

export class UdpSocket {
  readonly #socket: Socket;
  readonly #point: ListenPoint;
  #bound: ListenPoint | undefined;

  constructor(point: ListenPoint, handlers: UdpHandlers) {
    this.#point = point;
    this.#socket = createSocket(isIPv6(point.host) ? 'udp6' : 'udp4');
    this.#socket.on('message', (bytes, remote) => {
      const bound = this.listenPoint;
      handlers.onDatagram(bytes, {
        transport: 'udp',
        localAddress: bound.host,
        localPort: bound.port,
        remoteAddress: plainAddress(remote.address),
        remotePort: remote.port,
      });
    });
    this.#socket.on('error', () => handlers.onError());
  }

  /** The point with the port that was really bound. */
  get listenPoint(): ListenPoint {
    return this.#bound ?? this.#point;
  }

  /** Binds; rejects when that is refused. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ address: this.#point.host, port: this.#point.port }, () => {
        this.#socket.off('error', reject);
        resolve();
      });
    });
    this.#bound = { ...this.#point, port: this.#socket.address().port };
    try {
      this.#socket.setRecvBufferSize(receiveBufferBytes);
    } catch {
      // The system's default serves too; it only loses more in a flood.
    }
  }

  /** True when this socket can reach such an address: IPv6 sockets bound to `::` reach both families. */
  reaches(address: string): boolean {
    if (isIPv6(this.#point.host)) return !isIPv4(address) || this.#point.host === '::';
    return !isIPv6(address);
  }

  /** Hands one datagram to the system. */
  send(bytes: Buffer, address: string, port: number): Promise<void> {
    const mapped = isIPv6(this.#point.host) && isIPv4(address) ? `::ffff:${address}` : address;
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, port, mapped, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes the socket; resolves when it is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.#socket.close(() => resolve());
      } catch {
        resolve();
      }
    });
  }
}
