/**
 * What a leg costs, and whether it is served well: `npx tsx bench/legs.ts [calls] [legs per call] [seconds] [talkers]`.
 *
 * The server runs in its own process on core 0 with one media worker, the phones here on the others. Every phone's stream is
 * checked packet by packet; processor time is the server's, from the kernel, over the seconds in which all legs are there.
 */
import { openExchange } from '../demo/phone/telephone-exchange.js';
import { heardDb } from '../demo/phone/ear.js';
import { Phone } from '../demo/phone/phone.js';
import { PhoneClock } from '../demo/phone/phone-clock.js';
import { tone } from '../demo/phone/voice.js';
import { startServer } from '../test/support/server-process.js';

const [calls = 10, legsPerCall = 10, seconds = 60, talkers = legsPerCall] = process.argv.slice(2).map(Number);
const TICKS_PER_SECOND = 50;
/** Dialled at this rate, so that set-up does not disturb what is measured. */
const DIALS_AT_ONCE = 10;
const FOREVER = 2 ** 31;

const server = await startServer(
  { MEDIA_WORKERS: '1', CONFIG_FILE: new URL('bench.json', import.meta.url).pathname },
  { core: 0 },
);
const exchange = await openExchange();
const phones: Phone[] = [];
const clock = new PhoneClock();
for (let index = 0; index < calls * legsPerCall; index++) {
  // 12 legs at −22 dBFS peak together below full scale: this measures mixing, not limiting.
  const speaks = index % legsPerCall < talkers;
  const voice = tone(index, -22);
  phones.push(new Phone({ voice, law: 'PCMU', silentFrames: speaks ? 0 : FOREVER }));
}
for (let from = 0; from < phones.length; from += DIALS_AT_ONCE) {
  const group = phones.slice(from, from + DIALS_AT_ONCE);
  await Promise.all(
    group.map((phone, i) => phone.dial(exchange, `sip:bench${Math.floor((from + i) / legsPerCall)}@${server.sip}`)),
  );
  for (const phone of group) clock.add(phone);
}
await sleep(2000);
const packetsBefore = phones.map((phone) => phone.ear.verdict().packets);
const cpuBefore = server.cpuMs();
const startMs = performance.now();
await sleep(seconds * 1000);
const elapsedS = (performance.now() - startMs) / 1000;
const cpuMs = server.cpuMs() - cpuBefore;
const packets = phones.map((phone, index) => phone.ear.verdict().packets - (packetsBefore[index] ?? 0));
const metrics = await (await fetch(`${server.http}/metrics`)).text();
clock.stop();

const verdicts = phones.map((phone) => phone.ear.verdict());
const total = (count: (verdict: (typeof verdicts)[number]) => number): number =>
  verdicts.reduce((sum, verdict) => sum + count(verdict), 0);
const worst = (of: (verdict: (typeof verdicts)[number]) => number): number => Math.max(...verdicts.map(of));
const perLegTickUs = (cpuMs * 1000) / (phones.length * elapsedS * TICKS_PER_SECOND);

console.log(`${calls} calls × ${legsPerCall} legs PCMU, ${talkers} talking in each, ${elapsedS.toFixed(1)} s`);
console.log(
  `packets received per phone: ${Math.min(...packets)}…${Math.max(...packets)} (${(elapsedS * 50).toFixed(0)} due)`,
);
console.log(
  `lost ${total((v) => v.lost)}, repeated ${total((v) => v.repeated)}, wrong timestamps ${total((v) => v.timestampErrors)}`,
);
console.log(
  `gap between packets, worst phone: p50 ${worst((v) => v.gapMs.p50).toFixed(1)}, p99 ${worst((v) => v.gapMs.p99).toFixed(1)}, max ${worst((v) => v.gapMs.max).toFixed(1)} ms`,
);
console.log(`heard: ${hearing()}`);
console.log(
  `server: ${perLegTickUs.toFixed(2)} µs of CPU per leg per tick, ${(cpuMs / 10 / elapsedS).toFixed(1)} % of one core, ${(server.residentBytes() / 2 ** 20).toFixed(0)} MB resident`,
);
console.log(
  metrics
    .split('\n')
    .filter((line) => /^mixminus_media_.*(tick|late|conceal|drop)/.test(line))
    .join('\n'),
);

await Promise.all(phones.map((phone) => phone.hangUp()));
await exchange.stop();
await server.stop();
process.exit(0);

/** Checks the last second of one listener in each call against everybody. */
function hearing(): string {
  let others = 0;
  let worstError = 0;
  let loudestOwn = -Infinity;
  let loudestStranger = -Infinity;
  for (let call = 0; call < calls; call++) {
    const listener = phones[call * legsPerCall];
    if (!listener) continue;
    const last = listener.ear.samples.slice(-8000);
    phones.forEach((talker, index) => {
      if (index % legsPerCall >= talkers) return;
      const level = heardDb(last, talker.voice);
      if (talker === listener) loudestOwn = Math.max(loudestOwn, level);
      else if (Math.floor(index / legsPerCall) !== call) loudestStranger = Math.max(loudestStranger, level);
      else {
        others++;
        worstError = Math.max(worstError, Math.abs(level));
      }
    });
  }
  return `${others} pairs within ${worstError.toFixed(2)} dB, own voice at most ${loudestOwn.toFixed(1)} dB, other calls at most ${loudestStranger.toFixed(1)} dB`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
