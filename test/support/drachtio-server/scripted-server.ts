/**
 * A drachtio-server for tests: its admin protocol and SIP behaviour, and on command its ways of failing. It can be killed
 * and restarted on the same ports, refuse a secret, cut connections, freeze, and send nonsense.
 */
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { ListenPoint } from '../../../src/sip/embedded/transport/flow.js';
import { AdminClient } from './admin-client.js';
import { SipCore } from './sip-core.js';

/** Settings; every port is ephemeral at the first start and then kept. */
export interface ScriptedServerOptions {
  readonly secret?: string;
  readonly t1Ms?: number;
}

/** Methods that applications ask for by `route`. */
const routable = ['invite', 'register', 'message', 'options', 'info', 'notify', 'subscribe', 'publish'];

/** The server. */
export class ScriptedDrachtioServer {
  readonly host = '127.0.0.1';
  /** The secret it wants from now on. */
  secret: string;
  readonly #t1Ms: number;
  readonly #clients = new Set<AdminClient>();
  #admin: Server | undefined;
  #core: SipCore | undefined;
  #adminPort = 0;
  #points: readonly ListenPoint[] = [
    { transport: 'udp', host: '127.0.0.1', port: 0 },
    { transport: 'tcp', host: '127.0.0.1', port: 0 },
  ];

  constructor(options: ScriptedServerOptions = {}) {
    this.secret = options.secret ?? 'cymru';
    this.#t1Ms = options.t1Ms ?? 500;
  }

  /** Port for applications. */
  get adminPort(): number {
    return this.#adminPort;
  }

  /** Port for SIP over UDP. */
  get sipPort(): number {
    return this.sipAddress('udp').port;
  }

  /** Where peers reach it. */
  sipAddress(transport: 'udp' | 'tcp'): ListenPoint {
    return this.#points.find((point) => point.transport === transport) ?? { transport, host: this.host, port: 0 };
  }

  /** The applications connected now. */
  get clients(): readonly AdminClient[] {
    return [...this.#clients];
  }

  /** Dialogs it knows now. */
  get dialogIds(): readonly string[] {
    return this.#core?.dialogs.ids ?? [];
  }

  /** Starts, or starts again on the same ports with everything forgotten. */
  async start(): Promise<void> {
    const core = new SipCore(this.#points, this.#t1Ms, (method) => this.#clientFor(method.toLowerCase()));
    await core.stack.start();
    this.#core = core;
    this.#points = core.stack.listenPoints;
    const admin = createServer((socket) => {
      const client: AdminClient = new AdminClient(socket, {
        secret: this.secret,
        version: 'v0.9.4',
        hostports: () =>
          core.stack.listenPoints.map(({ transport, host, port }) => `${transport}/${host}:${port}`).join(','),
        sip: (from, frame) => core.command(from, frame),
        closed: (from) => this.#clients.delete(from),
      });
      this.#clients.add(client);
      if (core.stack.frozen) client.freeze(true);
    });
    this.#admin = admin;
    await new Promise<void>((resolve, reject) => {
      admin.once('error', reject);
      admin.listen(this.#adminPort, this.host, resolve);
    });
    this.#adminPort = (admin.address() as AddressInfo).port;
  }

  /** `kill -9`: all sockets are gone at once, and nobody is told goodbye. */
  async kill(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    const { admin, core } = { admin: this.#admin, core: this.#core };
    this.#admin = this.#core = undefined;
    await Promise.all([core?.stack.stop(), admin && new Promise((resolve) => admin.close(resolve))]);
  }

  /** Cuts the applications' connections; SIP goes on. */
  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  /** `kill -STOP` and `-CONT`: the kernel acknowledges everything, and nothing happens. */
  freeze(frozen: boolean): void {
    if (this.#core) this.#core.stack.frozen = frozen;
    for (const client of this.#clients) client.freeze(frozen);
  }

  /** Ends a dialog by the server's own will: `Session timer expired`, `CANCEL after 200 OK`, … */
  hangUp(dialogId: string, why: string): void {
    const dialog = this.#core?.dialogs.get(dialogId);
    if (dialog) this.#core?.dialogs.hangUp(dialog, why);
  }

  #clientFor(method: string): AdminClient | undefined {
    const wanted = routable.includes(method) ? method : 'invite';
    return [...this.#clients].find((client) => client.isOpen && client.routes.has(wanted));
  }
}
