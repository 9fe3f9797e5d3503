/**
 * Whether anything is ever inserted, dropped or repeated: `npx tsx bench/tone.ts [seconds] [law]`, default 600 s.
 *
 * A phone says a steady tone, another listens through the server. The tone is 1004 Hz, the telephone industry's "1 kHz": a 20 ms
 * frame holds 20.08 periods, so one frame too many or too few turns the phase by 29°, and one sample by 45°.
 */
import { openExchange } from '../demo/phone/telephone-exchange.js';
import { Phone, type PhoneLaw } from '../demo/phone/phone.js';
import { PhoneClock } from '../demo/phone/phone-clock.js';
import { phaseSlips } from '../demo/phone/phase.js';
import { startServer } from '../test/support/server-process.js';

const TONE_HZ = 1004;
const seconds = Number(process.argv[2] ?? 600);
const law = (process.argv[3] ?? 'PCMU') as PhoneLaw;
/** The jitter buffer may settle its delay in the first second. */
const SETTLE_SAMPLES = 8000;

const server = await startServer({}, { core: 0 });
const exchange = await openExchange();
const clock = new PhoneClock();
const talker = new Phone({ voice: { name: 'tone', frequenciesHz: [TONE_HZ], peakDbfs: -10 }, law });
const listener = new Phone({
  voice: { name: 'quiet', frequenciesHz: [400], peakDbfs: -10 },
  law,
  silentFrames: 2 ** 31,
});
for (const phone of [talker, listener]) {
  await phone.dial(exchange, `sip:tone@${server.sip}`);
  clock.add(phone);
}
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const judgedUntil = listener.ear.samples.length - 2 * 160;
clock.stop();

const call = ((await (await fetch(`${server.http}/v1/calls`)).json()) as { items: { id: string }[] }).items[0];
const legs = (await (await fetch(`${server.http}/v1/calls/${call?.id ?? ''}/legs`)).json()) as {
  items: { statistics?: { playout: Record<string, number> } }[];
};
const metrics = await (await fetch(`${server.http}/metrics`)).text();
const heard = listener.ear.samples.subarray(SETTLE_SAMPLES, judgedUntil);
const slips = phaseSlips(heard, TONE_HZ);
const { packets, lost, repeated, timestampErrors, gapMs } = listener.ear.verdict();
console.log(`${seconds} s of ${TONE_HZ} Hz, ${law}: ${heard.length} samples judged`);
console.log(
  `phase slips: ${slips.length}${slips.map(({ atSample, degrees }) => `\n  at ${(atSample / 8000).toFixed(2)} s by ${degrees.toFixed(0)}°`).join('')}`,
);
console.log(
  `packets ${packets}, lost ${lost}, repeated ${repeated}, wrong timestamps ${timestampErrors}, gap p99 ${gapMs.p99.toFixed(1)} max ${gapMs.max.toFixed(1)} ms`,
);
console.log(`playout of the talker: ${JSON.stringify(legs.items[0]?.statistics?.playout)}`);
console.log(
  metrics
    .split('\n')
    .filter((line) => /^mixminus_media_(ticks|late|skipped)/.test(line))
    .join('\n'),
);
for (const phone of [talker, listener]) await phone.hangUp();
await exchange.stop();
await server.stop();
process.exit(slips.length === 0 ? 0 : 1);
