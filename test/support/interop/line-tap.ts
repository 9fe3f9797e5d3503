/**
 * A tapped telephone line: stands between one SIP peer and the server, passes everything on, and listens to both sides.
 *
 *     peer ── SIP ──► tap ── SIP, media address replaced ──► server
 *     peer ── RTP ──► tap ── the same octets ─────────────► server       `said`
 *     peer ◄───────── tap ◄───────────────────────────────── server      `heard`
 *
 * So every peer's audio is taken down alike, on the wire, whatever the peer can record by itself, and without the privilege
 * to capture. Only requests the peer makes outside a dialog pass here; Contacts are left alone and the rest goes direct.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RtpEar } from '../../../demo/phone/rtp-ear.js';
import { detourSdp, type MediaPlace } from './sdp-detour.js';

const HOST = '127.0.0.1';
const ATTEMPTS = 50;
/** Second octets of RTCP packets on the port of RTP begin here, less the marker bit (RFC 5761 §4). */
const FIRST_RTCP_TYPE = 64;
/** And end before the dynamic payload types. */
const FIRST_DYNAMIC_TYPE = 96;

/** Sees an RTP packet pass; false loses it on the way. */
export type Passage = (rtp: Buffer, isFromServer: boolean) => boolean;

/** One tapped line, for one call of one peer. */
export class LineTap {
  /** What the peer said since it last offered, as it went to the server. */
  said = new RtpEar();
  /** What the server let it hear. */
  heard = new RtpEar();
  /** Payload types of `heard` in the order in which each took over, over all offers. */
  readonly typesHeard: number[] = [];
  /** Asked about every RTP packet; all pass where it is not given. */
  passage: Passage | undefined;
  /** Resolves with the final status of the peer's INVITE. */
  readonly answered: Promise<number>;
  #settle: (status: number) => void = () => undefined;
  #peerSip: RemoteInfo | undefined;
  #peer: MediaPlace | undefined;
  #server: MediaPlace | undefined;

  private constructor(
    private readonly serverSip: { readonly host: string; readonly port: number },
    private readonly sip: Socket,
    private readonly rtp: Socket,
    private readonly rtcp: Socket,
  ) {
    this.answered = new Promise((resolve) => {
      this.#settle = resolve;
    });
    sip.on('message', (bytes, from) => this.#passSip(bytes.toString('latin1'), from));
    rtp.on('message', (bytes, from) => this.#passRtp(bytes, from));
    rtcp.on('message', (bytes, from) => this.#passRtcp(bytes, from));
  }

  /** @param server `host:port` of its SIP front end */
  static async open(server: string): Promise<LineTap> {
    const [host = HOST, port] = server.split(':');
    const sip = await bind(0);
    const [rtp, rtcp] = await bindPair();
    return new LineTap({ host, port: Number(port) }, sip, rtp, rtcp);
  }

  /** `host:port` the peer takes for the server. */
  get address(): string {
    return `${HOST}:${this.sip.address().port}`;
  }

  close(): void {
    for (const socket of [this.sip, this.rtp, this.rtcp]) socket.close();
  }

  #passSip(text: string, from: RemoteInfo): void {
    const isFromServer = from.port === this.serverSip.port;
    if (!isFromServer) this.#peerSip = from;
    const { text: passed, media } = detourSdp(text, { address: HOST, port: this.rtp.address().port });
    if (media !== undefined) {
      if (isFromServer) this.#server = media;
      else this.#learnPeer(media);
    }
    const to = isFromServer ? this.#peerSip : this.serverSip;
    if (to === undefined) return;
    this.sip.send(Buffer.from(passed, 'latin1'), to.port, HOST);
    if (!isFromServer) return;
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
    if (status >= 200 && /^CSeq:\s*\d+ INVITE/im.test(text)) this.#settle(status);
  }

  #learnPeer(media: MediaPlace): void {
    this.#peer = media;
    this.said = new RtpEar(media.telephoneEvent);
    this.heard = new RtpEar(media.telephoneEvent);
  }

  #passRtp(bytes: Buffer, from: RemoteInfo): void {
    const isFromServer = from.port === this.#server?.port;
    const type = (bytes[1] ?? 0) & 0x7f;
    if (isFromServer && type < FIRST_RTCP_TYPE && this.typesHeard.at(-1) !== type) this.typesHeard.push(type);
    const isRtcp = type >= FIRST_RTCP_TYPE && type < FIRST_DYNAMIC_TYPE;
    if (!isRtcp && this.passage?.(bytes, isFromServer) === false) return;
    (isFromServer ? this.heard : this.said).hear(bytes, performance.now());
    const to = isFromServer ? this.#peer : this.#server;
    if (to !== undefined) this.rtp.send(bytes, to.port, to.address);
  }

  #passRtcp(bytes: Buffer, from: RemoteInfo): void {
    const isFromServer = from.port === (this.#server?.port ?? 0) + 1;
    const to = isFromServer ? this.#peer : this.#server;
    if (to !== undefined) this.rtcp.send(bytes, to.port + 1, to.address);
  }
}

async function bind(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, HOST);
  await once(socket, 'listening');
  return socket;
}

/** An even port and the next one (RFC 3550 §11). */
async function bindPair(): Promise<[Socket, Socket]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rtp = await bind(0);
    const { port } = rtp.address();
    try {
      if (port % 2 === 0) return [rtp, await bind(port + 1)];
    } catch {
      // Somebody has the odd one.
    }
    rtp.close();
  }
  throw new Error('No two neighbouring ports are free.');
}
