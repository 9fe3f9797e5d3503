/**
 * What the bridge adds between mouth and ear beyond packetisation, jitter buffer on, clean network:
 * `npx tsx bench/latency.ts [legs] [rounds] [ahead]`.
 *
 * The server runs in its own process, the phones here. In each round all phones call anew; every beginning of a voice is timed
 * at every other phone. `ahead` lets server and phones go before other programs (SCHED_RR), for machines that have other
 * work; on a quiet one it is not needed.
 */
import { addedDelayMs } from '../demo/phone/latency.js';
import { Phone } from '../demo/phone/phone.js';
import { openExchange } from '../demo/phone/telephone-exchange.js';
import { tone } from '../demo/phone/voice.js';
import { PunctualPhones } from '../test/support/punctual-phones.js';
import { aheadOfOthers, mediaThreadsAhead } from '../test/support/real-time.js';
import { type ServerProcess, startServer } from '../test/support/server-process.js';

const [legs = 20, rounds = 4] = process.argv.slice(2, 4).map(Number);
const ahead = process.argv[4] === 'ahead';
/** Far enough apart to be told from each other while all talk. */
const VOICE_STEP = 7;
const FRAME_MS = 20;
/** Each voice begins alone, after those before it are steady. */
const SETTLE_FRAMES = 50;
const STAGGER_FRAMES = 15;

const env = { MEDIA_WORKERS: '1', CONFIG_FILE: new URL('bench.json', import.meta.url).pathname };
const server = await startServer(env, { realTime: ahead });
if (ahead) mediaThreadsAhead(server.pid);
const delaysMs: number[] = [];
const latenessMs: number[] = [];
const measure = async (): Promise<void> => {
  for (let round = 0; round < rounds; round++) await holdRound(server, round);
};
await (ahead ? aheadOfOthers(measure) : measure());
await server.stop();

console.log(`${legs} legs in one call, ${rounds} rounds, phases evenly spread over the 20 ms of a packet`);
console.log(
  'added delay: from the call that sends the packet with a sound’s first sample, to the time at which the kernel got the',
);
console.log(
  `packet with that sample for the listener, plus its place in it; ${delaysMs.length} of ${legs * (legs - 1) * rounds} beginnings timed`,
);
console.log(`ms: ${ranks(delaysMs, [0.05, 0.5, 0.95, 0.99, 1])}`);
console.log(`how late the phones sent, ms: ${ranks(latenessMs, [0.5, 0.95, 0.99, 0.999, 1])}`);
process.exit(0);

async function holdRound({ sip }: ServerProcess, round: number): Promise<void> {
  const exchange = await openExchange();
  const network = new PunctualPhones();
  const phones = Array.from(
    { length: legs },
    (_, index) =>
      new Phone({
        voice: tone(index * VOICE_STEP, -34),
        law: index % 2 === 0 ? 'PCMU' : 'PCMA',
        silentFrames: SETTLE_FRAMES + index * STAGGER_FRAMES,
        // All rounds together have a phase every 20 / (legs · rounds) ms.
        phase: (index + round / rounds) / legs,
        openPort: network.openPort,
      }),
  );
  await Promise.all(phones.map((phone) => phone.dial(exchange, `sip:latency${round}@${sip}`)));
  network.start(phones);
  const talkMs = (SETTLE_FRAMES + (legs + 1) * STAGGER_FRAMES) * FRAME_MS;
  await new Promise((resolve) => setTimeout(resolve, talkMs));
  network.stop();
  await Promise.all(phones.map((phone) => phone.hangUp()));
  await exchange.stop();
  latenessMs.push(...network.latenessMs);
  for (const listener of phones) {
    for (const talker of phones) {
      const delayMs = talker === listener ? undefined : addedDelayMs(talker, listener);
      if (delayMs !== undefined) delaysMs.push(delayMs);
    }
  }
}

function ranks(values: readonly number[], ratios: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return ratios
    .map((ratio) => {
      const name = ratio === 0.5 ? 'median' : ratio === 1 ? 'max' : `p${100 * ratio}`;
      return `${name} ${(sorted[Math.floor(ratio * (sorted.length - 1))] ?? NaN).toFixed(2)}`;
    })
    .join(', ');
}
