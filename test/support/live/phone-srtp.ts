/** SRTP of a telephone under test control, by the reference of RFC 3711, with keys in SDP (RFC 4568). */
import { randomBytes } from 'node:crypto';
import { openRtp, type ReferenceKeys, sealRtp } from '../reference-srtp.js';

export type PhoneSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** Both directions of one telephone. */
export class PhoneSrtp {
  /** Packets that came and did not stem from who has the key. */
  forged = 0;
  /** Packets that came and did. */
  authentic = 0;
  readonly #own: ReferenceKeys;
  #server: ReferenceKeys | undefined;
  #rollOver = 0;
  #sequence = -1;

  constructor(readonly suite: PhoneSuite = 'AES_CM_128_HMAC_SHA1_80') {
    this.#own = { master: randomBytes(30), tagBytes: tagBytesOf(suite) };
  }

  /** Its line of a description, without `a=crypto:`. */
  line(tag = 1): string {
    return `${tag} ${this.suite} inline:${Buffer.from(this.#own.master).toString('base64')}`;
  }

  /** The tag under which a description has a line of this suite. */
  tagIn(sdp: string): number {
    return Number(new RegExp(`^a=crypto:(\\d+) ${this.suite} `, 'm').exec(sdp)?.[1]);
  }

  /** Takes the server's key out of its description. @throws Error when it has none of this suite */
  take(sdp: string): void {
    const key = new RegExp(`^a=crypto:\\d+ ${this.suite} inline:(\\S+)`, 'm').exec(sdp)?.[1];
    if (key === undefined) throw new Error(`no key of ${this.suite} in ${sdp}`);
    this.#server = { master: Buffer.from(key, 'base64'), tagBytes: tagBytesOf(this.suite) };
  }

  seal(packet: Buffer): Buffer {
    const sequence = packet.readUInt16BE(2);
    if (sequence < this.#sequence) this.#rollOver++;
    this.#sequence = sequence;
    return sealRtp(this.#own, packet, this.#rollOver);
  }

  /** The RTP packet in a datagram; undefined when it is not from the server, or came before its key. */
  open(datagram: Buffer): Buffer | undefined {
    if (!this.#server) return undefined;
    try {
      const packet = openRtp(this.#server, datagram);
      this.authentic++;
      return packet;
    } catch {
      this.forged++;
      return undefined;
    }
  }
}

function tagBytesOf(suite: PhoneSuite): 4 | 10 {
  return suite.endsWith('80') ? 10 : 4;
}
