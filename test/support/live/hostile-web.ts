/** A web server that means harm, or nothing at all, and one inside that nobody may reach. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An address of this machine that a test allows, so that loopback at large stays forbidden. */
export const WEB_HOST = '127.0.0.2';
const CHUNK = Buffer.alloc(65_536);
const DRIP_MS = 300;

/** Both servers. */
export class HostileWeb {
  /** Connections to the one inside. */
  insideConnections = 0;
  /** Octets the endless body had when its reader went away. */
  endlessSent: number | undefined;
  readonly #web: Server;
  readonly #inside: Server;
  /** @param audio what `/tone.wav` is */
  private constructor(audio: Buffer) {
    this.#web = createServer((request, response) => this.#answer(request, response, audio));
    this.#inside = createServer((_request, response) => response.end('secrets'));
    this.#inside.on('connection', () => this.insideConnections++);
  }

  static async open(audio: Buffer): Promise<HostileWeb> {
    const web = new HostileWeb(audio);
    web.#web.listen(0, WEB_HOST);
    web.#inside.listen(0, '127.0.0.1');
    await Promise.all([once(web.#web, 'listening'), once(web.#inside, 'listening')]);
    return web;
  }

  /** A URL of the one that may be reached. */
  url(path: string): string {
    return `http://${WEB_HOST}:${portOf(this.#web)}${path}`;
  }

  /** A URL of the one inside. @param host however its address may be written */
  inside(host: string): string {
    return `http://${host}:${portOf(this.#inside)}/tone.wav`;
  }

  async close(): Promise<void> {
    for (const server of [this.#web, this.#inside]) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.all([once(this.#web, 'close'), once(this.#inside, 'close')]);
  }

  #answer(request: IncomingMessage, response: ServerResponse, audio: Buffer): void {
    const audioHead = { 'content-type': 'audio/wav' };
    switch (request.url?.split('?')[0]) {
      case '/tone.wav':
        response.writeHead(200, audioHead).end(audio);
        return;
      case '/to-the-inside':
        response.writeHead(302, { location: this.inside('127.0.0.1') }).end();
        return;
      case '/in-circles':
        response.writeHead(302, { location: '/in-circles' }).end();
        return;
      case '/a-gigabyte':
        response.writeHead(200, { ...audioHead, 'content-length': 1_000_000_000 }).write(CHUNK);
        return;
      case '/endless':
        response.writeHead(200, audioHead);
        this.#pour(response, 0);
        return;
      case '/in-drops':
        response.writeHead(200, audioHead);
        this.#drip(response, audio);
        return;
      case '/never':
        return;
      case '/page':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
        return;
      case '/noise.wav':
        response.writeHead(200, audioHead).end(CHUNK.fill(0x5a));
        return;
      default:
        response.writeHead(404).end();
    }
  }

  #pour(response: ServerResponse, sent: number): void {
    if (response.destroyed || response.socket?.destroyed !== false) {
      this.endlessSent = sent;
      return;
    }
    response.write(CHUNK, () => setImmediate(() => this.#pour(response, sent + CHUNK.length)));
  }

  #drip(response: ServerResponse, audio: Buffer): void {
    let at = 0;
    const timer = setInterval(() => response.write(audio.subarray(at, ++at)), DRIP_MS);
    response.once('close', () => clearInterval(timer));
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
