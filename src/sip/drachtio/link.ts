/**
 * One connection to drachtio-server, from the attempt to its end; never reconnects, and is never used again.
 *
 *     open ──TCP──► authenticate ──OK──► up ──closed, silent, broken frame──► down
 *       └───────────────┴──── closed, refused, too late ────────────────────►
 *
 * Everything that waits for an answer registers in {@link Link.whenDown}, because srf forgets its callbacks silently when
 * the connection goes. What srf itself would do is not used where it is wrong for a server that must stay up:
 * - reconnecting: a refused secret would be tried four times a second for ever, and an attempt under way cannot be stopped;
 * - `enablePing`: it sends pings and never looks for the answers;
 * - its reader throws out of the socket's `data` event on a frame it does not know, which would end the process.
 */
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import type { DrachtioOptions, LinkWatchSettings, LogSink } from './options.js';
import { guard } from '../guard.js';
import { refusalStatus } from '../rules/refusal.js';
import {
  oneFieldEach,
  type Final,
  type RequestSpec,
  type RequestWatcher,
  type Responded,
  type ResponseContent,
} from './requests.js';
import type { SrfAck, SrfConstructor, SrfInstance, SrfRequest, SrfRequestOptions, SrfResponse } from './srf-types.js';

/** What the owner of a link is told. `down` comes exactly once and last. */
export interface LinkEvents {
  /** @param hostports the server's SIP endpoints, `udp/192.0.2.1:5060` */
  up(hostports: readonly string[], serverVersion: string): void;
  down(why: LinkFailure): void;
  request(request: SrfRequest, response: SrfResponse): void;
}

/** Why a link ended or never came up. */
export type LinkFailure = 'refused' | 'closed' | 'silent' | 'broken' | 'late' | 'stopped';

/** Every method a server may hand to an application; in-dialog requests come without asking. */
const routedMethods = ['invite', 'options', 'register', 'message', 'subscribe', 'notify', 'publish', 'info'];

/** Timer F of RFC 3261 is 32 s; the server answers 408 by then, so this only catches a server that does not. */
const nonInviteLimitMs = 35_000;

const SrfClass = Srf as unknown as SrfConstructor;

/** A single connection. */
export class Link {
  readonly #events: LinkEvents;
  readonly #log: LogSink;
  readonly #watch: LinkWatchSettings;
  readonly #waiting = new Set<() => void>();
  #srf: SrfInstance | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Pings since something was heard last. */
  #unanswered = 0;
  #state: 'opening' | 'up' | 'down' = 'opening';

  constructor(events: LinkEvents, log: LogSink, watch: LinkWatchSettings) {
    this.#events = events;
    this.#log = log;
    this.#watch = watch;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Requests and responses of ours that wait for the server. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Starts the attempt. */
  open(options: Pick<DrachtioOptions, 'host' | 'port' | 'secret'>, timeoutMs: number): void {
    this.#timer = setTimeout(() => this.#end('late'), timeoutMs);
    const srf = new SrfClass();
    this.#srf = srf;
    srf.on('error', (error) => this.#log('debug', 'drachtio connection error', { error: textOf(error) }));
    srf.on('close', () => this.#end('closed'));
    srf.on('connect', (error, hostports, version) => this.#authenticated(error, hostports, version));
    srf.use((request, response) => this.#guard(() => this.#events.request(request, response)));
    for (const method of routedMethods) srf.use(method, () => undefined);
    srf.connect({ ...options, reconnect: { maxAttempts: 1 } });
    srf.app.client.wp.on('connect', (socket) => this.#connected(socket));
  }

  /** Ends the link; pending requests end with `linkDown`. */
  close(): void {
    this.#end('stopped');
  }

  /** Calls `listener` once if the link ends before the returned function is called. */
  whenDown(listener: () => void): () => void {
    if (this.#state === 'down') {
      listener();
      return () => undefined;
    }
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** Sends a request and reports to `watcher`. Never throws. */
  transact(spec: RequestSpec, watcher: RequestWatcher): void {
    let over = false;
    let limit: NodeJS.Timeout | undefined;
    const finish = (final: Final): void => {
      if (over) return;
      over = true;
      release();
      clearTimeout(limit);
      this.#guard(() => watcher.final(final));
    };
    const release = this.whenDown(() => finish({ kind: 'linkDown', text: 'no connection to drachtio-server' }));
    if (spec.method !== 'INVITE') {
      limit = setTimeout(() => finish({ kind: 'timeout', text: 'no response' }), nonInviteLimitMs);
    }
    const onResponse = (request: SrfRequest, response: SrfResponse, ack: SrfAck): void => {
      if (response.status >= 200) {
        // a refusal is acknowledged hop by hop, by the server; ours only makes it forget an early dialog. In a dialog it
        // would be sent on to the peer as the ACK of some other INVITE
        if (spec.method === 'INVITE' && spec.dialogId === undefined && response.status >= 300) this.#guard(() => ack());
        finish({ kind: 'response', response, request, ack });
      } else if (!over) {
        if (response.get('rseq') !== undefined) this.#guard(() => ack());
        this.#guard(() => watcher.provisional?.(response));
      }
    };
    this.#send(spec, finish, (request) => {
      request.on('response', (response, ack) => onResponse(request, response, ack));
      // srf hands every UPDATE of this Call-ID to the pending request, and nobody answers it if that does not listen
      request.on('update', (update, response) => this.#guard(() => this.#events.request(update, response)));
      if (!over) this.#guard(() => watcher.sent?.(request));
    });
  }

  /** {@link transact} for requests whose answer nothing else depends on. */
  async ask(spec: RequestSpec): Promise<Final> {
    return new Promise((resolve) => this.transact(spec, { final: resolve }));
  }

  /** Sends a response; `done` comes exactly once and synchronously with the server's confirmation. Never throws. */
  respond(response: SrfResponse, status: number, options: ResponseContent, done?: (outcome: Responded) => void): void {
    let over = false;
    const finish = (outcome: Responded): void => {
      if (over) return;
      over = true;
      release();
      if (done) this.#guard(() => done(outcome));
    };
    const release = this.whenDown(() => finish({ ok: false, text: 'no connection to drachtio-server' }));
    const content = {
      headers: oneFieldEach(options.headers),
      ...(options.body === undefined ? {} : { body: options.body }),
    };
    const sent = (error: unknown, message: { get(name: string): string | undefined } | undefined): void => {
      if (error !== null && error !== undefined) finish({ ok: false, text: textOf(error) });
      else finish({ ok: true, dialogId: response.stackDialogId ?? '', toHeader: message?.get('to') ?? '' });
    };
    try {
      response.send(status, options.reason, content, sent);
    } catch {
      // not a registered status: the class of it says as much (RFC 3261 §8.1.3.2)
      const known = refusalStatus(status);
      const classStatus = known - (known % 100);
      this.#guard(() => response.send(classStatus, options.reason, content, sent));
    }
  }

  #send(spec: RequestSpec, finish: (final: Final) => void, sent: (request: SrfRequest) => void): void {
    const options: SrfRequestOptions = {
      method: spec.method,
      headers: { ...spec.headers },
      ...(spec.body === undefined ? {} : { body: spec.body }),
      ...(spec.proxy === undefined ? {} : { proxy: spec.proxy }),
      ...(spec.dialogId === undefined ? {} : { stackDialogId: spec.dialogId }),
    };
    if (this.#state !== 'up' || this.#srf === undefined) {
      finish({ kind: 'linkDown', text: 'no connection to drachtio-server' });
      return;
    }
    try {
      // the server puts the remote target in for this word
      this.#srf.request(spec.uri ?? 'sip:placeholder', options, (error, request) => {
        if (request !== undefined) this.#guard(() => sent(request));
        else finish({ kind: isUnknownDialog(error) ? 'unknownDialog' : 'unsent', text: textOf(error) });
      });
    } catch (error) {
      finish({ kind: 'linkDown', text: textOf(error) });
    }
  }

  #connected(socket: Socket): void {
    if (this.#state === 'down') {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const readers = socket.listeners('data') as ((chunk: Buffer) => void)[];
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      this.#unanswered = 0;
      try {
        for (const read of readers) read(chunk);
      } catch (error) {
        this.#log('error', 'drachtio sent what could not be read', { error: textOf(error) });
        this.#end('broken');
      }
    });
  }

  #authenticated(error: unknown, hostports: string, version: string): void {
    if (this.#state !== 'opening') return;
    if (error !== null && error !== undefined) {
      this.#end('refused');
      return;
    }
    clearTimeout(this.#timer);
    this.#state = 'up';
    this.#timer = setInterval(() => this.#ping(), this.#watch.pingIntervalMs);
    this.#guard(() => this.#events.up(hostports.split(',').filter(Boolean), version));
  }

  /**
   * The process behind a half-open connection may be stopped while its kernel still acknowledges: only answers count. And
   * only pings are counted: after a pause of this process answers may wait that it could not read, however late it is.
   */
  #ping(): void {
    const { pingIntervalMs, silenceMs } = this.#watch;
    if ((this.#unanswered + 1) * pingIntervalMs > silenceMs) {
      this.#end('silent');
    } else if (this.#socket !== undefined) {
      this.#unanswered++;
      this.#srf?.app.client.wp.send(this.#socket, 'ping');
    }
  }

  #end(why: LinkFailure): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    clearTimeout(this.#timer);
    if (this.#srf !== undefined) this.#srf.app.client.wp.closing = true;
    this.#socket?.destroy();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) this.#guard(listener);
    this.#guard(() => this.#events.down(why));
  }

  /** Runs code of ours inside srf's callbacks, where a throw would surface as an answer nobody meant, or kill the process. */
  #guard(run: () => void): void {
    guard(run, (error) => this.#log('error', 'drachtio adapter failed in a callback', { error: textOf(error) }));
  }
}

/** Errors of srf are Errors, or the bare reason as a string. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isUnknownDialog(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENODIALOG';
}
