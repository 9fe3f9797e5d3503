/** A simulated phone: a real SIP call and a real RTP stream over loopback that says its voice and keeps what it hears. */
import { alaw, mulaw } from './g711.js';
import type { DialogEnd, SipDialog, SipGateway } from '../../src/sip/gateway.js';
import { type OpenPhonePort, openDgramPort, type PhonePort } from './phone-port.js';
import { RtpEar } from './rtp-ear.js';
import { speak, type Voice } from './voice.js';

/** Samples per 20 ms at 8 kHz. */
const FRAME = 160;
const EVENT_PAYLOAD_TYPE = 101;
/** Keys by telephone-event (RFC 4733 §3.2). */
const KEYS = '0123456789*#ABCD';
/** Durations of the packets of a press of 100 ms, in samples; the end is sent three times (§2.5.1.4). */
const PRESS = [160, 320, 480, 640, 800, 800, 800];

export type PhoneLaw = 'PCMU' | 'PCMA';

/** How a phone behaves. */
export interface PhoneOptions {
  readonly voice: Voice;
  readonly law: PhoneLaw;
  readonly host?: string;
  /** Silence before the voice begins, in 20 ms frames. */
  readonly silentFrames?: number;
  /** Moment within each 20 ms at which it sends, 0…1; random if absent, so that phones do not move in step. */
  readonly phase?: number;
  /** How its packets travel; node:dgram if absent. */
  readonly openPort?: OpenPhonePort;
}

/** One phone. */
export class Phone {
  readonly voice: Voice;
  readonly ear = new RtpEar();
  /** When the first audible frame began to leave, ms; undefined until then. */
  spokeAtMs: number | undefined;
  ended: DialogEnd | undefined;
  /** Moment within each 20 ms at which this phone sends, 0…1. */
  readonly phase: number;
  readonly #law: PhoneLaw;
  readonly #host: string;
  readonly #silentFrames: number;
  readonly #packet = Buffer.alloc(12 + FRAME);
  readonly #frame = new Int16Array(FRAME);
  readonly #openPort: OpenPhonePort;
  #port: PhonePort | undefined;
  #remote: { port: number; address: string } | undefined;
  #dialog: SipDialog | undefined;
  #sequence: number;
  #timestamp: number;
  #sentFrames = 0;

  constructor(options: PhoneOptions, random: () => number = Math.random) {
    this.voice = options.voice;
    this.#law = options.law;
    this.#host = options.host ?? '127.0.0.1';
    this.#silentFrames = options.silentFrames ?? 0;
    this.#openPort = options.openPort ?? openDgramPort;
    this.phase = options.phase ?? random();
    this.#sequence = Math.floor(random() * 0x10000);
    this.#timestamp = Math.floor(random() * 0x100000000);
    this.#packet[0] = 0x80;
    this.#packet.writeUInt32BE(Math.floor(random() * 0x100000000), 8);
  }

  /** Calls `uri`; resolves when the call is answered. @throws Error with the status when it is not */
  async dial(gateway: SipGateway, uri: string): Promise<void> {
    const local = await this.#openPort(this.#host, (bytes, atMs) => this.ear.hear(bytes, atMs));
    this.#port = local;
    const handlers = {
      onOffer: () => ({ ok: false as const, status: 488 }),
      onAnswer: () => undefined,
      onInfo: () => undefined,
      onEnd: (end: DialogEnd) => {
        this.ended = end;
        this.#close();
      },
    };
    const from = { uri: `sip:${this.voice.name.toLowerCase()}@${this.#host}`, displayName: this.voice.name };
    const call = gateway.call({ uri, from, sdp: this.#offer(local.port), timeoutMs: 10_000 }, handlers);
    const outcome = await call.outcome;
    if (!outcome.ok) {
      this.#close();
      throw new Error(`${uri} answered ${outcome.status} ${outcome.reason}`);
    }
    this.#dialog = outcome.dialog;
    const port = Number(/^m=audio (\d+)/m.exec(outcome.answer)?.[1]);
    const address = /^c=IN IP4 (\S+)/m.exec(outcome.answer)?.[1] ?? this.#host;
    this.#remote = { port, address };
  }

  /** Sends the next 20 ms; the owner of the clock calls this. */
  sendFrame(): void {
    if (!this.#remote || !this.#port) return;
    const spoken = this.#sentFrames - this.#silentFrames;
    if (spoken < 0) this.#frame.fill(0);
    else speak(this.voice, spoken * FRAME, this.#frame);
    this.#packet[1] = (this.#law === 'PCMU' ? 0 : 8) | (this.#sentFrames === 0 ? 0x80 : 0);
    this.#packet.writeUInt16BE(this.#sequence, 2);
    this.#packet.writeUInt32BE(this.#timestamp, 4);
    this.#packet.set(this.#law === 'PCMU' ? mulaw.encode(this.#frame) : alaw.encode(this.#frame), 12);
    if (spoken === 0) this.spokeAtMs = performance.now();
    this.#port.send(this.#packet, this.#remote.port, this.#remote.address);
    this.#sentFrames++;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME) >>> 0;
  }

  /** Presses a key for 100 ms; its packets go out at once. */
  press(key: string): void {
    const event = KEYS.indexOf(key);
    if (event < 0) throw new Error(`There is no key ${key}.`);
    PRESS.forEach((duration, index) => {
      const isEnd = index >= PRESS.indexOf(800);
      const packet = Buffer.alloc(16);
      this.#packet.copy(packet, 0, 0, 12);
      packet[1] = EVENT_PAYLOAD_TYPE | (index === 0 ? 0x80 : 0);
      packet.writeUInt16BE(this.#sequence, 2);
      packet.writeUInt32BE(this.#timestamp, 4);
      packet.set([event, isEnd ? 0x8a : 0x0a, duration >> 8, duration & 0xff], 12);
      if (this.#remote) this.#port?.send(packet, this.#remote.port, this.#remote.address);
      this.#sequence = (this.#sequence + 1) & 0xffff;
    });
  }

  /** Packets sent so far. */
  get sentFrames(): number {
    return this.#sentFrames;
  }

  async hangUp(): Promise<void> {
    await this.#dialog?.bye();
    this.#close();
  }

  #close(): void {
    this.#port?.close();
    this.#port = undefined;
  }

  #offer(port: number): string {
    const payloadType = this.#law === 'PCMU' ? 0 : 8;
    return [
      'v=0',
      `o=- ${port} 1 IN IP4 ${this.#host}`,
      's=-',
      `c=IN IP4 ${this.#host}`,
      't=0 0',
      `m=audio ${port} RTP/AVP ${payloadType} 101`,
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ].join('\r\n');
  }
}
