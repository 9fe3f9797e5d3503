import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { Resolve } from '../../../src/speech/url/https-fetch.js';

/** A DNS server of an attacker: each question gets the next answer, with a life of 0 s. */
export class DnsServer {
  /** Questions it was asked. */
  questions = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly answers: readonly string[],
  ) {
    socket.on('message', (query, from) => socket.send(this.#answer(query), from.port, from.address));
  }

  /** @param answers IPv4 addresses, one per question; the last one is repeated */
  static async open(answers: readonly string[]): Promise<DnsServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new DnsServer(socket, answers);
  }

  /** Asks this server, each time anew. */
  get resolve(): Resolve {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${this.socket.address().port}`]);
    return (host) => resolver.resolve4(host);
  }

  close(): void {
    this.socket.close();
  }

  /** Header with one answer, the question, and the answer: a pointer to its name, A, IN, TTL 0 (RFC 1035 §4.1). */
  #answer(query: Buffer): Buffer {
    const address = this.answers[Math.min(this.questions++, this.answers.length - 1)]!;
    const endOfQuestion = query.indexOf(0, 12) + 5;
    const head = Buffer.from(query.subarray(0, 12));
    head.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
    return Buffer.concat([head, query.subarray(12, endOfQuestion), record]);
  }
}
