/**
 * `npm run demo`: starts the server on free ports, lets five simulated phones call it over loopback — four into one call,
 * one into another — and prints what each heard. Ends with an error when somebody heard what it should not, or not what it
 * should.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../src/app.js';
import { loadConfig } from '../src/config/load.js';
import { type ConferenceReport, type Guest, holdConference } from './conference.js';
import { openExchange } from './phone/telephone-exchange.js';
import { choir, tone } from './phone/voice.js';
import { writeWav } from './phone/wav.js';

const TALK_MS = 5000;
const TOLERANCE_DB = 0.5;
/** Own voice as quantisation noise of a perfect µ-law bridge is about −61 dB; anything above −45 would be a leak. */
const LEAK_DB = -45;

const guests: readonly Guest[] = [
  ...choir.map((voice, index) => ({
    voice,
    law: index % 2 === 0 ? ('PCMU' as const) : ('PCMA' as const),
    room: 'demo',
  })),
  { voice: { ...tone(0, -13), name: 'Eve' }, law: 'PCMU', room: 'elsewhere' },
];

const config = loadConfig(
  {
    SIP_LISTEN: 'udp:127.0.0.1:0',
    HTTP_PORT: '0',
    LOG_LEVEL: 'warn',
    DATA_DIR: process.env.DATA_DIR ?? './data',
  },
  () => '',
);
const app = createApp(config, { workerEntry: new URL('../dist/media/worker.js', import.meta.url) });
await app.start();
const gateway = await openExchange();
const server = app.gateway.contacts[0]?.replace(/^sip:|;.*$/g, '') ?? '';
console.log(`mixminus at sip:${server}, API at ${app.httpUrl}/docs`);
console.log(`${guests.length} phones call; ${TALK_MS / 1000} s of conversation …\n`);

const report = await holdConference({ guests, gateway, server, talkMs: TALK_MS });
await gateway.stop();
await app.stop(0);

printMatrix(report);
printStreams(report);
const folder = join(config.dataDir, 'demo');
saveEars(report, folder);
const faults = findFaults(report);
console.log(`\nWhat each phone heard is in ${folder}/*.wav`);
console.log(faults.length === 0 ? 'Everybody heard the others of its call, and nobody else.' : faults.join('\n'));
process.exit(faults.length === 0 ? 0 : 1);

function printMatrix({ phones, levelsDb }: ConferenceReport): void {
  console.log('Who hears whom, dB relative to what was said (rows hear columns):');
  console.log(`  ${'ear'.padEnd(18)}${phones.map(({ voice }) => voice.name.padStart(9)).join('')}`);
  phones.forEach(({ voice }, ear) => {
    const guest = guests[ear];
    const label = `${voice.name} (${guest?.room ?? ''} ${guest?.law ?? ''})`;
    console.log(`  ${label.padEnd(18)}${(levelsDb[ear] ?? []).map((level) => level.toFixed(2).padStart(9)).join('')}`);
  });
}

function printStreams({ phones, delaysMs }: ConferenceReport): void {
  console.log('\nWhat arrived:       packets  lost  repeated  timestamps wrong   gap p50 / p99 / max ms');
  for (const { voice, ear } of phones) {
    const { packets, lost, repeated, timestampErrors, gapMs } = ear.verdict();
    const gaps = [gapMs.p50, gapMs.p99, gapMs.max].map((gap) => gap.toFixed(1)).join(' / ');
    console.log(
      `  ${voice.name.padEnd(16)}${[packets, lost, repeated, timestampErrors]
        .map((count, column) => String(count).padStart([9, 6, 10, 18][column] ?? 9))
        .join('')}   ${gaps}`,
    );
  }
  const sorted = [...delaysMs].sort((a, b) => a - b);
  const rank = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1);
  console.log(
    `\nMouth to ear beyond packetisation, ${sorted.length} pairs: median ${rank(0.5)} ms, p95 ${rank(0.95)} ms`,
  );
}

function saveEars({ phones }: ConferenceReport, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { voice, ear } of phones) writeWav(join(folder, `${voice.name.toLowerCase()}.wav`), ear.samples);
}

function findFaults({ phones, levelsDb }: ConferenceReport): string[] {
  return phones.flatMap((listener, ear) =>
    phones.flatMap((talker, mouth) => {
      const level = levelsDb[ear]?.[mouth] ?? NaN;
      const together = ear !== mouth && guests[ear]?.room === guests[mouth]?.room;
      const right = together ? Math.abs(level) <= TOLERANCE_DB : level <= LEAK_DB;
      return right ? [] : [`${listener.voice.name} hears ${talker.voice.name} at ${level.toFixed(2)} dB.`];
    }),
  );
}
