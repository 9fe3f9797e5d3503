/** A SIP peer that does nothing by itself: a UDP socket, a queue of what came, and requests built by hand. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { HeaderFields } from '../../../src/sip/embedded/message/header-fields.js';
import type { SipMessage, SipRequest, SipResponse } from '../../../src/sip/embedded/message/message.js';
import { parseMessage } from '../../../src/sip/embedded/message/parse.js';
import { responseTo } from '../../../src/sip/embedded/message/response.js';
import { serialize } from '../../../src/sip/embedded/message/serialize.js';
import { cseqNumber } from '../../../src/sip/embedded/transaction/matching.js';

/** A session description good enough for signalling. */
export function sdp(port: number, direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=- ${port} 1 IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** What distinguishes one request from the usual one. */
export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  /** Branch and CSeq number of an earlier request, for its ACK or CANCEL. */
  readonly of?: SipRequest;
}

/** The peer's side of one dialog. */
export class PeerDialog {
  readonly callId = randomBytes(8).toString('hex');
  readonly localTag = randomBytes(6).toString('hex');
  cseq = 1;
  /** To with the server's tag, once known. */
  remote: string;
  local: string;
  target: string;

  constructor(
    private readonly peer: RawPeer,
    readonly serverPort: number,
    user: string,
  ) {
    this.target = `sip:${user}@127.0.0.1:${serverPort}`;
    this.remote = `<${this.target}>`;
    this.local = `"Peer" <sip:peer@127.0.0.1:${peer.port}>;tag=${this.localTag}`;
  }

  /** Sends a request in this dialog and returns it. */
  request(method: string, parts: RequestParts = {}): SipRequest {
    const isHop = method === 'ACK' || method === 'CANCEL';
    const number = isHop && parts.of ? cseqNumber(parts.of) : this.cseq++;
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    const headers = HeaderFields.of({
      Via: method === 'CANCEL' && parts.of ? (parts.of.headers.get('Via') ?? '') : this.peer.via(branch),
      'Max-Forwards': '70',
      From: this.local,
      To: this.remote,
      'Call-ID': this.callId,
      CSeq: `${number} ${method}`,
      Contact: `<sip:peer@127.0.0.1:${this.peer.port}>`,
      ...parts.headers,
    });
    if (parts.body !== undefined) headers.add('Content-Type', parts.contentType ?? 'application/sdp');
    const body = Buffer.from(parts.body ?? '');
    const request: SipRequest = { kind: 'request', method, uri: this.target, headers, body };
    this.peer.send(request, this.serverPort);
    return request;
  }

  /** Waits for a final response to `request`; for a 2xx to INVITE notes the dialog and sends the ACK. */
  async final(request: SipRequest, ackBody?: string): Promise<SipResponse> {
    const response = await this.peer.response(request, (status) => status >= 200);
    if (request.method !== 'INVITE') return response;
    if (response.status < 300) this.adopt(response);
    const ack = this.request('ACK', { of: request, ...(ackBody === undefined ? {} : { body: ackBody }) });
    void ack;
    return response;
  }

  /** Takes tag and target of a 2xx. */
  adopt(response: SipResponse): void {
    this.remote = response.headers.get('To') ?? this.remote;
    this.target = /<([^>]+)>/.exec(response.headers.get('Contact') ?? '')?.[1] ?? this.target;
  }
}

/** The socket. */
export class RawPeer {
  readonly received: SipMessage[] = [];
  readonly #socket: Socket;
  readonly #queue: SipMessage[] = [];
  readonly #waiting = new Set<() => void>();
  port = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => {
      const outcome = parseMessage(bytes);
      if (!outcome.ok) return;
      this.received.push(outcome.message);
      this.#queue.push(outcome.message);
      for (const check of [...this.#waiting]) check();
    });
  }

  static async open(): Promise<RawPeer> {
    const socket = createSocket('udp4');
    const peer = new RawPeer(socket);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    peer.port = socket.address().port;
    return peer;
  }

  /** Via value with this branch. */
  via(branch: string): string {
    return `SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch};rport`;
  }

  close(): void {
    this.#socket.close();
  }

  send(message: SipMessage, port: number): void {
    this.#socket.send(serialize(message), port, '127.0.0.1');
  }

  /** Answers a request that came here. */
  respond(
    request: SipRequest,
    status: number,
    options: { body?: string; headers?: Record<string, string> } = {},
  ): void {
    const headers: Record<string, string> = { Contact: `<sip:peer@127.0.0.1:${this.port}>`, ...options.headers };
    if (options.body !== undefined) headers['Content-Type'] = 'application/sdp';
    const response = responseTo(request, status, undefined, {
      toTag: 'peer-tag',
      headers,
      body: Buffer.from(options.body ?? ''),
    });
    const port = Number(/:(\d+)/.exec(request.headers.get('Via') ?? '')?.[1]);
    this.send(response, port);
  }

  /** The next message that `wanted` takes, from now or from the queue. */
  async next<T extends SipMessage>(wanted: (message: SipMessage) => message is T, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): boolean => {
        const index = this.#queue.findIndex(wanted);
        const found = this.#queue[index];
        if (found === undefined || !wanted(found)) return false;
        this.#queue.splice(index, 1);
        this.#waiting.delete(check);
        clearTimeout(timer);
        resolve(found);
        return true;
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`the peer waited in vain for ${what}`));
      }, 5000);
      if (!check()) this.#waiting.add(check);
    });
  }

  async response(request: SipRequest, accept: (status: number) => boolean): Promise<SipResponse> {
    const cseq = request.headers.get('CSeq');
    const callId = request.headers.get('Call-ID');
    return this.next(
      (message): message is SipResponse =>
        message.kind === 'response' &&
        accept(message.status) &&
        message.headers.get('CSeq') === cseq &&
        message.headers.get('Call-ID') === callId,
      `a response to ${request.method}`,
    );
  }

  async request(method: string): Promise<SipRequest> {
    return this.next(
      (message): message is SipRequest => message.kind === 'request' && message.method === method,
      method,
    );
  }
}
