import type { LivePhone } from './live-phone.js';

const EVENT_PAYLOAD_TYPE = 101;
/** What comes on top of 0…9 (RFC 4733 §3.2). */
const KEYS = '0123456789*#ABCD';

/** Presses a key for 100 ms, as a telephone sends it but all at once (RFC 4733 §2.5.1). */
export function press(phone: LivePhone, key: string): void {
  const event = KEYS.indexOf(key);
  if (event < 0) throw new Error(`There is no key ${key}.`);
  for (let packet = 1; packet <= 7; packet++) {
    const [durationRtp, isEnd] = [Math.min(packet, 5) * 160, packet >= 5];
    const payload = Buffer.from([event, isEnd ? 0x8a : 0x0a, durationRtp >> 8, durationRtp & 0xff]);
    phone.send(phone.packet(EVENT_PAYLOAD_TYPE, payload));
  }
}
