/**
 * What the bridge adds between mouth and ear beyond packetisation, jitter buffer on, clean network:
 * `npx tsx bench/latency.ts [legs] [rounds]`.
 *
 * The server runs in its own process, the phones here. In each round all phones call anew, at phases of their own; every
 * beginning of a voice is timed at every other phone.
 */
import { holdConference } from '../demo/conference.js';
import { openExchange } from '../demo/phone/telephone-exchange.js';
import { tone } from '../demo/phone/voice.js';
import { startServer } from '../test/support/server-process.js';

const [legs = 20, rounds = 4] = process.argv.slice(2).map(Number);
/** Far enough apart to be told from each other while all talk. */
const VOICE_STEP = 7;

const server = await startServer({ MEDIA_WORKERS: '1', CONFIG_FILE: new URL('bench.json', import.meta.url).pathname });
const delays: number[] = [];
for (let round = 0; round < rounds; round++) {
  const gateway = await openExchange();
  const room = `latency${round}`;
  const guests = Array.from({ length: legs }, (_, index) => ({
    voice: tone(index * VOICE_STEP, -34),
    law: index % 2 === 0 ? ('PCMU' as const) : ('PCMA' as const),
    room,
  }));
  const { delaysMs } = await holdConference({ guests, gateway, server: server.sip, talkMs: 200 });
  delays.push(...delaysMs);
  await gateway.stop();
}
await server.stop();

delays.sort((a, b) => a - b);
const at = (ratio: number): string => (delays[Math.floor(ratio * (delays.length - 1))] ?? NaN).toFixed(1);
console.log(
  `${legs} legs in one call, ${rounds} rounds: ${delays.length} of ${legs * (legs - 1) * rounds} beginnings timed`,
);
console.log(`added delay, ms: p5 ${at(0.05)}, median ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)}`);
