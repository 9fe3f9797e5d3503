/**
 * A SIP peer made of plain text: it sends what a scenario writes, shows what comes back, and does nothing by itself. It shares
 * no code with the server, so that both would have to be wrong in the same way.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** An address of the gateway under test. */
export interface SipAddress {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
}

/** A message that came. */
export class PeerMessage {
  readonly startLine: string;
  readonly body: string;
  /** 0 for a request. */
  readonly status: number;
  /** Of the request, or of the CSeq of a response. */
  readonly method: string;
  readonly #headers: readonly (readonly [string, string])[];

  constructor(readonly text: string) {
    const split = text.indexOf('\r\n\r\n');
    const [startLine = '', ...lines] = text.slice(0, split).split('\r\n');
    this.startLine = startLine;
    this.body = text.slice(split + 4);
    this.#headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    this.status = startLine.startsWith('SIP/2.0 ') ? Number(startLine.slice(8, 11)) : 0;
    this.method = this.status === 0 ? (startLine.split(' ')[0] ?? '') : (this.header('CSeq').split(' ')[1] ?? '');
  }

  /** `INVITE` or `200 INVITE`: what scenarios wait for. */
  get kind(): string {
    return this.status === 0 ? this.method : `${this.status} ${this.method}`;
  }

  /** First value, or an empty text. */
  header(name: string): string {
    return this.headers(name)[0] ?? '';
  }

  headers(name: string): string[] {
    return this.#headers.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
  }

  /** The tag of From or To. */
  tag(name: 'From' | 'To'): string {
    return /;tag=([^;>\s]+)/.exec(this.header(name))?.[1] ?? '';
  }

  get cseq(): number {
    return Number(this.header('CSeq').split(' ')[0]);
  }

  /** URI of the Contact. */
  get contact(): string {
    return /<([^>]+)>/.exec(this.header('Contact'))?.[1] ?? '';
  }
}

interface Waiting {
  readonly matches: (message: PeerMessage) => boolean;
  readonly take: (message: PeerMessage) => void;
}

/** What a {@link PeerDialog} needs of the peer it belongs to. */
export interface PeerSide {
  readonly gateway: SipAddress;
  /** Host and port it listens on. */
  readonly address: string;
  /** Its Contact value. */
  readonly contact: string;
  /** A new Via for a request of it. */
  via(branch?: string): string;
  send(text: string): void;
}

/** A peer with one socket (UDP) or one connection to the gateway and a listener of its own (TCP). */
export class SipPeer implements PeerSide {
  /** Everything that came, in order, taken or not. */
  readonly received: PeerMessage[] = [];
  readonly #untaken: PeerMessage[] = [];
  readonly #waiting: Waiting[] = [];
  #udp: UdpSocket | undefined;
  #tcp: TcpSocket | undefined;
  #server: Server | undefined;
  #port = 0;

  private constructor(readonly gateway: SipAddress) {}

  /** @param port to listen on with UDP; default any free one */
  static async open(gateway: SipAddress, port = 0): Promise<SipPeer> {
    const peer = new SipPeer(gateway);
    await (gateway.transport === 'udp' ? peer.#openUdp(port) : peer.#openTcp());
    return peer;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  via(branch = `z9hG4bK${randomId()}`): string {
    return `SIP/2.0/${this.gateway.transport.toUpperCase()} ${this.address};branch=${branch};rport`;
  }

  get contact(): string {
    return `<sip:peer@${this.address};transport=${this.gateway.transport}>`;
  }

  /** Sends text, or bytes that are none. */
  send(text: string | Buffer): void {
    if (this.#udp) this.#udp.send(Buffer.from(text), this.gateway.port, this.gateway.host);
    else this.#tcp?.write(text);
  }

  /** The next message of a kind (`200 INVITE`, `BYE`) that nobody has taken yet, repetitions aside; fails after `timeoutMs`. */
  receive(kind: string, timeoutMs = 3000): Promise<PeerMessage> {
    const matches = (message: PeerMessage): boolean => message.kind === kind;
    const index = this.#untaken.findIndex(matches);
    const [message] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (message) return Promise.resolve(message);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        matches,
        take: (taken) => {
          clearTimeout(timeout);
          resolve(taken);
        },
      };
      const timeout = setTimeout(() => {
        // Who gave up waiting must not take what comes later.
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        const came = this.received.map((one) => one.kind).join(', ');
        reject(new Error(`no ${kind} within ${timeoutMs} ms; came: ${came || 'nothing'}`));
      }, timeoutMs);
      this.#waiting.push(waiting);
    });
  }

  /** How many messages of a kind have come so far, repeated ones included. */
  count(kind: string): number {
    return this.received.filter((message) => message.kind === kind).length;
  }

  /** How many different messages of a kind have come so far. */
  distinct(kind: string): number {
    return new Set(this.received.filter((message) => message.kind === kind).map(({ text }) => text)).size;
  }

  async close(): Promise<void> {
    this.#tcp?.destroy();
    if (this.#udp) await new Promise<void>((resolve) => this.#udp?.close(() => resolve()));
    if (this.#server) await new Promise<void>((resolve) => this.#server?.close(() => resolve()));
  }

  async #openUdp(port: number): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('message', (bytes) => this.#take(bytes.toString('utf8')));
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    this.#udp = socket;
    this.#port = socket.address().port;
  }

  async #openTcp(): Promise<void> {
    const server = createServer((socket) => {
      // The gateway connects when it calls; answers go back on its connection.
      this.#tcp = socket;
      this.#read(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    const socket = connect(this.gateway.port, this.gateway.host);
    await once(socket, 'connect');
    this.#tcp = socket;
    this.#read(socket);
  }

  #read(socket: TcpSocket): void {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = messageEnd(text); end > 0; end = messageEnd(text)) {
        this.#take(text.slice(0, end));
        text = text.slice(end);
      }
    });
  }

  #take(text: string): void {
    const message = new PeerMessage(text);
    const isRepeated = this.received.some((earlier) => earlier.text === text);
    this.received.push(message);
    if (isRepeated) return;
    const index = this.#waiting.findIndex(({ matches }) => matches(message));
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting) waiting.take(message);
    else this.#untaken.push(message);
  }
}

/** Parts of a request that a scenario may choose. */
export interface RequestParts {
  readonly uri?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
}

/** Parts of a response that a scenario may choose. */
export interface ResponseParts {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** To tag, when it is not that of the dialog. */
  readonly tag?: string;
}

/** One dialog as the peer sees it, from either side. */
export class PeerDialog {
  readonly callId: string;
  readonly localTag = randomId();
  remoteTag = '';
  remoteTarget: string;
  cseq = 0;
  readonly localUri: string;
  readonly remoteUri: string;

  constructor(
    readonly peer: PeerSide,
    options: { readonly user?: string; readonly invite?: PeerMessage } = {},
  ) {
    const { invite } = options;
    this.callId = invite ? invite.header('Call-ID') : `${randomId()}@peer`;
    this.localUri = `sip:peer@${peer.address}`;
    this.remoteUri = `sip:${options.user ?? 'room'}@${peer.gateway.host}:${peer.gateway.port}`;
    this.remoteTarget = invite ? invite.contact : this.remoteUri;
    if (invite) this.remoteTag = invite.tag('From');
  }

  /** Text of a request; CSeq counts on unless one is given. */
  request(method: string, parts: RequestParts = {}): string {
    const cseq = parts.cseq ?? ++this.cseq;
    const toTag = parts.toTag ?? this.remoteTag;
    const body = parts.body ?? '';
    return message([
      `${method} ${parts.uri ?? this.remoteTarget} SIP/2.0`,
      `Via: ${this.peer.via(parts.branch)}`,
      'Max-Forwards: 70',
      `From: <${this.localUri}>;tag=${parts.fromTag ?? this.localTag}`,
      `To: <${this.remoteUri}>${toTag === '' ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${parts.callId ?? this.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${this.peer.contact}`,
      ...Object.entries(parts.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
      ...(body === '' ? [] : [`Content-Type: ${parts.contentType ?? 'application/sdp'}`]),
      body,
    ]);
  }

  send(method: string, parts: RequestParts = {}): void {
    this.peer.send(this.request(method, parts));
  }

  /** Acknowledges a 2xx, whose tag and Contact become the dialog's. */
  ack(success: PeerMessage, body = ''): void {
    this.take(success);
    this.send('ACK', { cseq: success.cseq, body });
  }

  /** Tag and Contact of a response of the gateway. */
  take(response: PeerMessage): void {
    this.remoteTag = response.tag('To');
    if (response.contact !== '') this.remoteTarget = response.contact;
  }

  /** Text of a response to a request of the gateway. */
  response(request: PeerMessage, status: number, options: ResponseParts = {}): string {
    const tag = options.tag ?? this.localTag;
    const to = request.header('To');
    return message([
      `SIP/2.0 ${status} Some Reason`,
      ...request.headers('Via').map((via) => `Via: ${via}`),
      `From: ${request.header('From')}`,
      `To: ${to}${to.includes(';tag=') || status === 100 ? '' : `;tag=${tag}`}`,
      `Call-ID: ${request.header('Call-ID')}`,
      `CSeq: ${request.header('CSeq')}`,
      `Contact: ${this.peer.contact}`,
      ...Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
      ...(options.body === undefined ? [] : ['Content-Type: application/sdp']),
      options.body ?? '',
    ]);
  }

  /** Answers a request of the gateway. */
  respond(request: PeerMessage, status: number, options: ResponseParts = {}): void {
    this.peer.send(this.response(request, status, options));
  }
}

/** Text of a message: lines, the last of which is the body. */
export function message(lines: readonly string[]): string {
  const body = lines.at(-1) ?? '';
  return [...lines.slice(0, -1), `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** Unguessable and short. */
export function randomId(): string {
  return randomBytes(8).toString('hex');
}

/** A session description of the peer; `version` tells one from the next. */
export function peerSdp(version = 1, direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=peer 1 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** Where the first message of a byte stream ends, or 0. */
function messageEnd(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = Number(/\r\nContent-Length:\s*(\d+)/i.exec(text.slice(0, head + 2))?.[1] ?? 0);
  return text.length >= head + 4 + length ? head + 4 + length : 0;
}
