/** A telephone under test control: raw SIP, and RTP that says a tone and keeps what it hears. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { PhoneSrtp } from './phone-srtp.js';
import { PATIENCE_MS, soon } from './soon.js';
import { alaw, mulaw } from '../../../demo/phone/g711.js';
import type { PhoneLaw } from '../../../demo/phone/phone.js';
import { RtpEar } from '../../../demo/phone/rtp-ear.js';
import { speak, type Voice } from '../../../demo/phone/voice.js';
import { phoneSdp, type PhoneSdp } from '../sdp-text.js';
import { PeerDialog, type PeerMessage, SipPeer, type SipAddress } from '../sip-peer.js';

/** Samples per 20 ms at 8 kHz. */
const FRAME = 160;
const EVENT_PAYLOAD_TYPE = 101;

/** How it is. */
export interface LivePhoneOptions {
  readonly voice: Voice;
  /** Default PCMU. */
  readonly law?: PhoneLaw;
  /** Where it takes SIP; default any free port. */
  readonly sipPort?: number;
}

/** One telephone-event packet as it came. */
export interface EventPacket {
  readonly event: number;
  readonly isEnd: boolean;
  readonly durationRtp: number;
  readonly timestampRtp: number;
  readonly marker: boolean;
}

/** A telephone, for one call: its ear knows one stream. */
export class LivePhone {
  readonly ear = new RtpEar();
  readonly voice: Voice;
  /** What it speaks. */
  law: PhoneLaw;
  /** Payload types of the audio that came, without repetition of one after the other. */
  readonly payloadTypes: number[] = [];
  readonly events: EventPacket[] = [];
  /** Moment within each 20 ms at which it speaks, 0…1, so that telephones do not move in step. */
  readonly phase = Math.random();
  /** Whether it is in a call as far as it knows. */
  inCall = false;
  /** Protects what it sends and opens what comes; undefined = plain RTP. */
  srtp: PhoneSrtp | undefined;
  /** Where its media goes to. */
  remote: { readonly address: string; readonly port: number } | undefined;
  sentFrames = 0;
  dialog: PeerDialog;
  readonly #frame = new Int16Array(FRAME);
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #sequence = Math.floor(Math.random() * 2 ** 16);
  #timestamp = Math.floor(Math.random() * 2 ** 32);

  private constructor(
    readonly sip: SipPeer,
    readonly socket: Socket,
    options: LivePhoneOptions,
  ) {
    this.voice = options.voice;
    this.law = options.law ?? 'PCMU';
    this.dialog = new PeerDialog(sip);
    socket.on('message', (bytes) => this.#hear(bytes));
  }

  static async open(server: SipAddress, options: LivePhoneOptions): Promise<LivePhone> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    const [sip] = await Promise.all([SipPeer.open(server, options.sipPort), once(socket, 'listening')]);
    return new LivePhone(sip, socket, options);
  }

  /** Its description with only the codec it speaks, unless said otherwise. */
  sdp(phone: PhoneSdp = {}): string {
    return phoneSdp({ port: this.socket.address().port, payloadTypes: [this.law === 'PCMU' ? 0 : 8], ...phone });
  }

  /** Dials, and confirms the answer. @throws Error when the call is not answered */
  async call(room: string, offer = this.sdp()): Promise<PeerMessage> {
    this.invite(room, offer);
    const answer = await this.sip.receive('200 INVITE', PATIENCE_MS);
    this.confirm(answer);
    return answer;
  }

  /** Sends an INVITE for a new call. */
  invite(room: string, offer = this.sdp(), branch?: string): void {
    this.dialog = new PeerDialog(this.sip, { user: room });
    this.dialog.send('INVITE', { body: offer, ...(branch === undefined ? {} : { branch }) });
  }

  /** The final answer to an INVITE, the last one by default, whatever it is; a refusal is acknowledged. */
  async final(cseq = this.dialog.cseq): Promise<PeerMessage> {
    const { callId } = this.dialog;
    const isIt = (message: PeerMessage): boolean =>
      message.status >= 200 &&
      message.method === 'INVITE' &&
      message.header('Call-ID') === callId &&
      message.cseq === cseq;
    const answer = await soon(() => {
      const found = this.sip.received.find(isIt);
      if (!found) throw new Error('The INVITE is not answered.');
      return found;
    });
    if (answer.status >= 300) {
      const branch = /;branch=([^;\s]+)/.exec(answer.header('Via'))?.[1] ?? '';
      this.dialog.send('ACK', { cseq, branch, toTag: answer.tag('To') });
    }
    return answer;
  }

  /** Acknowledges a 2xx, and sends media where it says. */
  confirm(success: PeerMessage, answer = ''): void {
    this.dialog.ack(success, answer);
    this.connect(success.body);
  }

  /** Sends media to the address of a description. */
  connect(sdp: string): void {
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    this.remote = { address: /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? '', port };
    this.inCall = true;
  }

  /** Takes an INVITE of the server: rings, answers as `describe` says to its offer, is confirmed. */
  async answer(describe: (offer: string) => string = () => this.sdp()): Promise<PeerMessage> {
    const invite = await this.sip.receive('INVITE', PATIENCE_MS);
    this.dialog = new PeerDialog(this.sip, { invite });
    this.dialog.respond(invite, 180);
    this.dialog.respond(invite, 200, { body: describe(invite.body) });
    await this.sip.receive('ACK', PATIENCE_MS);
    this.connect(invite.body);
    return invite;
  }

  /** Offers a change, and confirms the answer. */
  async change(sdp: PhoneSdp): Promise<PeerMessage> {
    this.dialog.send('INVITE', { body: this.sdp(sdp) });
    const answer = await this.sip.receive('200 INVITE', PATIENCE_MS);
    this.confirm(answer);
    return answer;
  }

  /** Hangs up, and waits for the answer. */
  async hangUp(): Promise<void> {
    this.dialog.send('BYE');
    await this.sip.receive('200 BYE', PATIENCE_MS);
    this.inCall = false;
  }

  /** Waits for the server to hang up, and answers. */
  async hungUp(): Promise<PeerMessage> {
    const bye = await this.sip.receive('BYE', PATIENCE_MS);
    this.dialog.respond(bye, 200);
    this.inCall = false;
    return bye;
  }

  /** Says the next 20 ms; the owner of the clock calls this. */
  sendFrame(): void {
    if (!this.inCall) return;
    speak(this.voice, this.sentFrames * FRAME, this.#frame);
    const isUlaw = this.law === 'PCMU';
    const packet = this.packet(isUlaw ? 0 : 8, isUlaw ? mulaw.encode(this.#frame) : alaw.encode(this.#frame));
    this.send(this.srtp ? this.srtp.seal(packet) : packet);
    this.sentFrames++;
    this.#timestamp = (this.#timestamp + FRAME) >>> 0;
  }

  /** The next packet of its stream. */
  packet(payloadType: number, payload: Uint8Array): Buffer {
    const bytes = Buffer.alloc(12 + payload.length);
    bytes[0] = 0x80;
    bytes[1] = payloadType;
    bytes.writeUInt16BE(this.#sequence, 2);
    bytes.writeUInt32BE(this.#timestamp, 4);
    bytes.writeUInt32BE(this.#ssrc, 8);
    bytes.set(payload, 12);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return bytes;
  }

  /** Sends any bytes the way its media goes. */
  send(bytes: Uint8Array): void {
    if (this.remote) this.socket.send(bytes, this.remote.port, this.remote.address);
  }

  async close(): Promise<void> {
    this.inCall = false;
    await Promise.all([this.sip.close(), new Promise<void>((resolve) => this.socket.close(() => resolve()))]);
  }

  #hear(datagram: Buffer): void {
    const second = datagram[1] ?? 0;
    // RTCP shares the port (RFC 5761 §4).
    if (second >= 192 && second <= 223) return;
    const bytes = this.srtp ? this.srtp.open(datagram) : datagram;
    if (!bytes) return;
    const payloadType = second & 0x7f;
    this.ear.hear(bytes, performance.now());
    if (payloadType === EVENT_PAYLOAD_TYPE) this.#hearEvent(bytes);
    else if (this.payloadTypes.at(-1) !== payloadType) this.payloadTypes.push(payloadType);
  }

  #hearEvent(bytes: Buffer): void {
    this.events.push({
      event: bytes[12] ?? 0,
      isEnd: (bytes[13] ?? 0) >= 0x80,
      durationRtp: bytes.readUInt16BE(14),
      timestampRtp: bytes.readUInt32BE(4),
      marker: (bytes[1] ?? 0) >= 0x80,
    });
  }
}
