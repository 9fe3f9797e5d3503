/**
 * Ten thousand key presses per line, through a whole media worker: RFC 4733 packets amid audio that are lost, doubled and
 * reordered, from phones that treat timestamps in five ways. How many are told exactly once, not at all, and too often.
 *
 *     npx tsx bench/digits.ts [presses, default 10000; 0 = none] [minutes of talk-off, default 30; 0 = none]
 *
 * Then speech without a digit in it goes through the detector of tones, loud and 20 dB softer: every digit found is false.
 * Everything is emulated and seeded; the speech comes from espeak-ng, and from a synthesiser of vowels, hums and whistles.
 */
import { SeededRandom } from '../src/media/rtp/seeded-random.js';
import {
  type Habit,
  type Wire,
  isSubsequence,
  phone,
  pressed,
  randomPresses,
  travel,
} from '../test/support/digit-phone.js';
import { digitsIn } from '../test/support/dtmf.js';
import { MediaRig } from '../test/support/media-rig.js';
import { espeak, formants, hasEspeak, voices } from '../test/support/talk-off-speech.js';

const presses = Number(process.argv[2] ?? 10_000);
const talkOffMinutes = Number(process.argv[3] ?? 30);
const PRESSES_PER_CALL = 100;
const TELEPHONE_EVENT = 101;
const LOSSES = [0, 0.05, 0.1, 0.3];

/** What the phones do, and the shortest presses for which that can work at all, ticks. */
const habits: readonly (readonly [Habit, string, number])[] = [
  ['right', 'as in RFC 4733', 2],
  ['endless', 'end packets missing', 2],
  ['spoiltEnds', 'new timestamp per repeated end', 2],
  ['moving', 'new timestamp per packet', 2],
  ['pegged', 'same timestamp for all presses', 6],
];

if (presses > 0) await allLines();
if (talkOffMinutes > 0) talkOff();

async function allLines(): Promise<void> {
  console.log(`${presses} presses per line; 5 % of all packets doubled, each late by up to 25 ms of its own`);
  console.log(`${'timestamps'.padEnd(34)}${'lost'.padStart(5)}  exactly once    missed  doubled`);
  for (const [habit, name, leastTicks] of habits) for (const loss of LOSSES) await line(habit, name, leastTicks, loss);
}

async function line(habit: Habit, name: string, leastTicks: number, loss: number): Promise<void> {
  let missed = 0;
  let wrong = 0;
  for (let call = 0; call * PRESSES_PER_CALL < presses; call++) {
    const random = new SeededRandom(call * 7919);
    const keys = randomPresses(PRESSES_PER_CALL, leastTicks, random);
    const network = { loss, duplication: 0.05, jitterMs: 25 };
    const told = await hear(travel(phone(keys, habit, call % 2 === 0, random), network, random));
    // Whatever is not what was pressed less some omissions has been told twice, or made up.
    if (!isSubsequence(told, pressed(keys))) wrong++;
    missed += Math.max(0, keys.length - told.length);
  }
  const ratio = (100 * (1 - missed / presses)).toFixed(2);
  console.log(
    `${name.padEnd(34)}${`${(100 * loss).toFixed(0)} %`.padStart(5)}${`${ratio} %`.padStart(14)}${String(missed).padStart(10)}${String(wrong).padStart(9)}`,
  );
}

/** What the events of a call tell of these packets. */
async function hear(wires: readonly Wire[]): Promise<string> {
  const rig = new MediaRig();
  rig.command({ type: 'openCall', callId: 'call' });
  const peer = await rig.join('call', 'leg');
  const startMs = rig.nowMs;
  let next = 0;
  const lastMs = (wires.at(-1)?.atMs ?? 0) + 1000;
  while (rig.nowMs < startMs + lastMs) {
    const tickMs = rig.nowMs;
    for (; next < wires.length && startMs + wires[next]!.atMs < tickMs + 20; next++) {
      const wire = wires[next]!;
      rig.nowMs = startMs + wire.atMs;
      peer.sequence = wire.sequence;
      const isAudio = wire.event < 0;
      peer.raw(peer.packet(isAudio ? 0 : TELEPHONE_EVENT, payloadOf(wire), wire.timestamp, wire.marker));
    }
    rig.nowMs = tickMs;
    rig.tick();
  }
  return rig
    .eventsOf('digit')
    .map(({ digit }) => digit)
    .join('');
}

/** RFC 4733 §2.3: event, E R and volume, duration; or 20 ms of silence in µ-law. */
function payloadOf({ event, end, duration }: Wire): Buffer {
  if (event < 0) return Buffer.alloc(160, 0xff);
  const payload = Buffer.from([event, (end ? 0x80 : 0) | 10, 0, 0]);
  payload.writeUInt16BE(duration, 2);
  return payload;
}

function talkOff(): void {
  console.log(`\n${'talk-off'.padEnd(34)}minutes  false digits`);
  const sung = Math.ceil(talkOffMinutes / 3);
  let found = '';
  for (let seed = 1; seed <= sung; seed++) found += digitsIn(formants(seed, 60));
  report('vowels, hums, whistles', sung, found);
  if (!hasEspeak) {
    console.log('espeak-ng is not installed: nobody to speak.');
    return;
  }
  found = '';
  let spoken = 0;
  let runs = 0;
  while (spoken < talkOffMinutes * 60 * 8000) {
    const seed = ++runs;
    const speech = espeak(voices[seed % voices.length] ?? 'en', seed, 15);
    spoken += speech.length;
    found += digitsIn(speech) + digitsIn(speech.map((sample) => sample / 10));
  }
  report(`speech, ${Math.min(runs, voices.length)} voices, loud and soft`, spoken / 480_000, found);
}

function report(name: string, minutes: number, found: string): void {
  console.log(`${name.padEnd(34)}${minutes.toFixed(1).padStart(7)}${String(found.length).padStart(14)}`);
}
