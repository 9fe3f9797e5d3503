/** One application connected to the scripted server's admin port. */
import type { Socket } from 'node:net';
import { encodeFrame, FrameReader, type Frame } from './frames.js';

/** What an application can ask for once it is authenticated. */
export interface AdminCommands {
  readonly secret: string;
  readonly version: string;
  hostports(): string;
  /** `sip|<transaction>|<dialog>|<route>` with a SIP message. */
  sip(client: AdminClient, frame: Frame): void;
  closed(client: AdminClient): void;
}

/** The connection. */
export class AdminClient {
  /** Lower-case methods asked for by `route`. */
  readonly routes = new Set<string>();
  /** Pings answered, for tests. */
  pings = 0;
  /** Frames of the application, for tests. */
  readonly received: Frame[] = [];
  #authenticated = false;
  #frozen = false;

  constructor(
    private readonly socket: Socket,
    private readonly commands: AdminCommands,
  ) {
    const reader = new FrameReader();
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => commands.closed(this));
    socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) this.#handle(frame);
    });
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** A SIP message for the application. */
  sendSip(tokens: readonly string[], message: string): void {
    this.#write(encodeFrame(['sip', ...tokens], message));
  }

  /** The answer to a frame of the application. */
  answer(frameId: string, tokens: readonly string[], message = ''): void {
    this.#write(encodeFrame(['response', frameId, ...tokens], message));
  }

  /** Anything at all, for tests of a server gone mad. */
  writeRaw(bytes: string): void {
    this.socket.write(bytes);
  }

  /** The kernel goes on, the process behind it does not: nothing is read, nothing written. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    if (frozen) this.socket.pause();
    else this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #write(bytes: Buffer): void {
    if (!this.#frozen && this.isOpen) this.socket.write(bytes);
  }

  #handle(frame: Frame): void {
    this.received.push(frame);
    if (frame.command === 'authenticate') {
      if (frame.tokens[0] !== this.commands.secret) {
        this.answer(frame.id, ['NO', 'incorrect secret']);
        this.socket.end();
        return;
      }
      this.#authenticated = true;
      const hostports = this.commands.hostports();
      this.answer(frame.id, ['OK', hostports, this.commands.version, hostports]);
    } else if (!this.#authenticated) this.socket.destroy();
    else if (frame.command === 'ping') {
      this.pings++;
      this.answer(frame.id, ['OK', 'pong']);
    } else if (frame.command === 'route') {
      this.routes.add((frame.tokens[0] ?? '').toLowerCase());
      this.answer(frame.id, ['OK']);
    } else if (frame.command === 'sip') this.commands.sip(this, frame);
    else {
      this.answer(frame.id, ['NO', 'Unknown message type']);
      this.socket.end();
    }
  }
}
