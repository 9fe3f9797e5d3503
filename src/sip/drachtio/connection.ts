/**
 * Keeps a {@link Link} to drachtio-server: one at a time, a new one after each that ends.
 *
 *     start ─► connecting ──up──► up ──down──┐
 *                 ▲   └──down────────────────┤
 *                 └── delay over ── waiting ◄┘   delay: 250 ms × 1.7ⁿ up to 2 s; 30 s after a refused secret
 */
import { Link, type LinkEvents, type LinkFailure } from './link.js';
import { defaultReconnect, defaultWatch, type DrachtioOptions, type ReconnectSettings } from './options.js';

/** What the owner of a connection is told. */
export interface ConnectionEvents {
  up(): void;
  /** Only after `up`. */
  down(): void;
  readonly request: LinkEvents['request'];
}

/** The connection. */
export class Connection {
  readonly #options: DrachtioOptions;
  readonly #reconnect: ReconnectSettings;
  readonly #events: ConnectionEvents;
  #link: Link | undefined;
  #hostports: readonly string[] = [];
  #delayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #complained = false;
  #firstAttemptOver: () => void = () => undefined;

  constructor(options: DrachtioOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#reconnect = { ...defaultReconnect, ...options.reconnect };
    this.#events = events;
    this.#delayMs = this.#reconnect.minDelayMs;
  }

  /** The link, while it is up. */
  get link(): Link | undefined {
    return this.#link?.isUp === true ? this.#link : undefined;
  }

  /** Endpoints of the server as told at the last connection, `udp/192.0.2.1:5060`. */
  get hostports(): readonly string[] {
    return this.#hostports;
  }

  /** Resolves when the first attempt is over, whatever came of it; further ones follow by themselves. */
  async start(): Promise<void> {
    const over = new Promise<void>((resolve) => (this.#firstAttemptOver = resolve));
    this.#open();
    await over;
  }

  /** Ends the link, and all attempts. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#link?.close();
  }

  #open(): void {
    const { host, port, secret, log, watch } = this.#options;
    let wasUp = false;
    const link: Link = new Link(
      {
        up: (hostports, serverVersion) => {
          wasUp = true;
          this.#up(hostports, serverVersion);
        },
        down: (why) => {
          this.#link = undefined;
          this.#down(why, wasUp);
        },
        request: (request, response) => this.#events.request(request, response),
      },
      log,
      { ...defaultWatch, ...watch },
    );
    this.#link = link;
    link.open({ host, port, secret }, this.#reconnect.connectTimeoutMs);
  }

  #up(hostports: readonly string[], serverVersion: string): void {
    this.#hostports = hostports;
    this.#delayMs = this.#reconnect.minDelayMs;
    this.#complained = false;
    this.#options.log('info', 'connected to drachtio-server', { hostports: hostports.join(','), serverVersion });
    this.#events.up();
    this.#firstAttemptOver();
  }

  #down(why: LinkFailure, wasUp: boolean): void {
    const { log, host, port } = this.#options;
    if (wasUp) this.#events.down();
    if (!this.#stopped) {
      const delayMs = why === 'refused' ? this.#reconnect.refusedDelayMs : this.#delayMs;
      if (why === 'refused') {
        log('error', 'drachtio-server refuses our secret; check DRACHTIO_SECRET', { host, port, retryMs: delayMs });
      } else if (wasUp) log('warn', 'connection to drachtio-server lost', { host, port, why });
      else log(this.#complained ? 'debug' : 'warn', 'drachtio-server cannot be reached', { host, port, why });
      this.#complained = true;
      this.#delayMs = Math.min(this.#delayMs * 1.7, this.#reconnect.maxDelayMs);
      this.#timer = setTimeout(() => this.#open(), delayMs);
    }
    this.#firstAttemptOver();
  }
}
