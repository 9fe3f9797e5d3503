/** One listening TCP socket. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenPoint } from './flow.js';

export class TcpListener {
  readonly #server: Server;
  readonly #point: ListenPoint;
  #bound: ListenPoint | undefined;

  constructor(point: ListenPoint, onConnection: (socket: Socket) => void, onError: () => void) {
    this.#point = point;
    this.#server = createServer(onConnection);
    this.#server.on('error', onError);
  }

  /** The point with the port that was really bound. */
  get listenPoint(): ListenPoint {
    return this.#bound ?? this.#point;
  }

  /** Listens; rejects when that is refused. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#point.host, port: this.#point.port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#bound = { ...this.#point, port: (this.#server.address() as AddressInfo).port };
  }

  /** Stops listening; resolves when the last connection is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
