/**
 * `npm run caller -- ROOM [KEYS] [SECONDS] [HOST:PORT]`: a simulated phone that calls a running server, listens, and presses
 * KEYS one by one: each a second after it begins to hear something new. It says a chord meanwhile, hangs up after SECONDS
 * (default 20), and keeps what it heard as a WAV file.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passes } from 'node:timers/promises';
import { Phone } from './phone/phone.js';
import { PhoneClock } from './phone/phone-clock.js';
import { openExchange } from './phone/telephone-exchange.js';
import { choir, type Voice } from './phone/voice.js';
import { writeWav } from './phone/wav.js';

const [room = 'first', keys = '', seconds = '20', server = '127.0.0.1:5060'] = process.argv.slice(2);
const SAMPLES_PER_MS = 8;
const LOOK_EVERY_MS = 100;
/** After it began to hear something, or between two keys. */
const THINKING_MS = 1_000;
/** Loudest sample that is still silence. */
const SILENCE = 100;
const MAX_ATTEMPTS = 10;
const RETRY_MS = 2_000;

const [voice] = choir;
if (!voice) throw new Error('There is no voice.');
const exchange = await openExchange();
const phone = await call(voice);
const clock = new PhoneClock();
clock.add(phone);
say(`In the call ${room}.`);

const untilMs = performance.now() + Number(seconds) * 1_000;
const pending = [...keys];
let heardMs = 0;
while (performance.now() < untilMs && !phone.ended) {
  await passes(LOOK_EVERY_MS);
  const recent = phone.ear.samples.slice(-LOOK_EVERY_MS * SAMPLES_PER_MS);
  if (recent.some((sample) => Math.abs(sample) > SILENCE)) {
    if (heardMs === 0) say('Hears something.');
    heardMs += LOOK_EVERY_MS;
  }
  const key = pending[0];
  if (key !== undefined && heardMs >= THINKING_MS) {
    phone.press(key);
    pending.shift();
    heardMs = 0;
    say(`Pressed ${key}.`);
  }
}

clock.stop();
say(phone.ended ? 'The server hung up.' : 'Hangs up.');
if (!phone.ended) await phone.hangUp();
await exchange.stop();
const folder = join(process.env.DATA_DIR ?? './data', 'demo');
mkdirSync(folder, { recursive: true });
const file = join(folder, `caller-${room.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.wav`);
writeWav(file, phone.ear.samples);
say(`What it heard is in ${file}`);

/** Calls, and again for a while when the server is busy. */
async function call(voice: Voice): Promise<Phone> {
  for (let attempt = 1; ; attempt++) {
    const phone = new Phone({ voice, law: 'PCMU' });
    try {
      await phone.dial(exchange, `sip:${room}@${server}`);
      return phone;
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      say(`${reason}.`);
      if (!reason.includes(' 503 ') || attempt >= MAX_ATTEMPTS) process.exit(1);
      await passes(RETRY_MS);
    }
  }
}

function say(what: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
}
