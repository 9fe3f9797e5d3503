import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP server of a test, which counts whoever connects. */
export class Listener {
  connections = 0;
  readonly requests: string[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly host: string,
  ) {
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request: { url?: string }) => this.requests.push(request.url ?? ''));
  }

  /** @param tls certificate and key, PEM, for HTTPS */
  static async open(
    handler: RequestListener,
    { host = '127.0.0.1', port = 0, tls }: { host?: string; port?: number; tls?: { cert: string; key: string } } = {},
  ): Promise<Listener> {
    const server = tls === undefined ? createServer(handler) : createSecureServer(tls, handler);
    const listener = new Listener(server, host);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
