/**
 * What SRTP costs a leg: µs per packet to seal and to open 20 ms of G.711 (172 bytes of RTP), beside other ways to do the
 * same with `node:crypto`; ratios count, not the machine's speed.
 *
 *     npx tsx bench/srtp.ts
 */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { nodeAes } from '../src/media/aes-node-crypto.js';
import type { SrtpKeys } from '../src/media/protocol.js';
import { writeRtpHeader } from '../src/media/rtp/packet.js';
import { CounterMode } from '../src/media/srtp/counter-mode.js';
import { HmacSha1 } from '../src/media/srtp/hmac-sha1.js';
import { SrtpReceiver, SrtpSender } from '../src/media/srtp/srtp.js';

const packetBytes = 172;
const keys: SrtpKeys = { suite: 'AES_CM_128_HMAC_SHA1_80', masterKey: new Uint8Array(randomBytes(30)) };

/** Best of many short rounds, µs per call: some of them are not interrupted on a busy machine. */
function microseconds(work: () => void): number {
  for (let i = 0; i < 20_000; i++) work();
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 500; i++) work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 500 / 1000);
  }
  return best;
}

const packet = new Uint8Array(packetBytes + 10);
let sequence = 0;

function seal(sender: SrtpSender): number {
  writeRtpHeader(packet, 0, 0, false, sequence++ & 0xffff, 0, 1);
  return sender.protect(packet, packetBytes);
}

const sender = new SrtpSender(keys, nodeAes);
const both = { sender: new SrtpSender(keys, nodeAes), receiver: new SrtpReceiver(keys, nodeAes) };
const key = randomBytes(16);
const hmacKey = randomBytes(20);
const iv = randomBytes(16);
const payload = randomBytes(160);
const authenticated = randomBytes(packetBytes + 4);
const counterMode = new CounterMode(nodeAes(key), iv.subarray(0, 14));
const hmac = new HmacSha1(hmacKey);
const keyed = createHash('sha1').update(randomBytes(64));

const rows: readonly (readonly [string, () => void])[] = [
  ['seal', () => void seal(sender)],
  ['seal and open', () => void both.receiver.unprotect(packet, seal(both.sender))],
  ['  encrypt: one ECB cipher per key (ours)', () => counterMode.apply(payload, 0, 160, 1, 1)],
  ['  encrypt: one CTR cipher per packet', () => void createCipheriv('aes-128-ctr', key, iv).update(payload)],
  ['  authenticate: SHA-1 in JavaScript (ours)', () => void hmac.digest(authenticated, authenticated.length)],
  ['  authenticate: createHmac per packet', () => void createHmac('sha1', hmacKey).update(authenticated).digest()],
  [
    '  authenticate: copies of two keyed hashes',
    () => void keyed.copy().update(keyed.copy().update(authenticated).digest()).digest(),
  ],
];

console.log('µs per packet of 20 ms of G.711');
for (const [name, work] of rows) {
  console.log(`${name.padEnd(46)} ${microseconds(work).toFixed(2).padStart(6)}`);
}
