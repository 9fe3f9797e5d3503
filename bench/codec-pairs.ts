/**
 * Every codec to every other through a whole media worker: gain at 1 kHz; response over the narrower codec's band, by itself and
 * beside that of an ideal bridge; how much of its own voice a leg hears beside an ideal bridge made of the same streams; and a
 * tone of ten minutes per codec.
 *
 *     npx tsx bench/codec-pairs.ts [minutes of tone, default 10; 0 = none]
 *
 * Sockets and time are emulated: everybody gets the same table.
 */
import { phaseSlips } from '../demo/phone/phase.js';
import {
  type CodecName,
  codecs,
  commonBandHz,
  connectPair,
  gainDb,
  idealGainsDb,
  selfLeak,
} from '../test/support/codec-pair.js';
import { tone } from '../test/support/codec-peer.js';
import { GlitchEar } from '../test/support/glitch-ear.js';

const minutes = Number(process.argv[2] ?? 10);
const names = (Object.keys(codecs) as CodecName[]).filter((name) => name !== 'L16');
const AMPLITUDE = 0.25;
const TONE_HZ = 1004;
const FLAT_DB = 1;

console.log(
  'from    to      1 kHz  band of both, Hz  within  beyond ±1 dB                                from ideal  own voice  ideal bridge',
);
for (const from of names) for (const to of names) console.log(await pairRow(from, to));
console.log('\ndB; the own voice is searched for around its tones while two others talk, relative to what was said');
if (minutes > 0) {
  console.log(
    `\n${minutes} min of ${TONE_HZ} Hz   samples  phase slips  concealed  stretched  rest: peak/RMS  rest/tone`,
  );
  for (const name of names) console.log(await toneRow(name));
}

async function pairRow(from: CodecName, to: CodecName): Promise<string> {
  const pair = await connectPair(from, to);
  const reference = gainDb(pair, 1000);
  const band = commonBandHz(from, to);
  const response = band.map((hz) => ({ hz, db: gainDb(pair, hz) - reference }));
  const flat = response.filter(({ db }) => Math.abs(db) < FLAT_DB);
  const most = Math.max(...flat.map(({ db }) => Math.abs(db)));
  const beyond = response.filter((point) => !flat.includes(point)).map(({ hz, db }) => `${hz} Hz ${signed(db, 1)}`);
  const [idealReference = 0, ...ideal] = idealGainsDb(from, to, [1000, ...band]);
  const fromIdeal = Math.max(...response.map(({ db }, i) => Math.abs(db - (ideal[i]! - idealReference))));
  const { bridgeDb, idealDb } = await selfLeak(from, to);
  return [
    from.padEnd(8) + to.padEnd(8) + signed(reference).padStart(5),
    `${band[0]}–${band.at(-1)}`.padStart(16),
    `±${most.toFixed(2)}`.padStart(8),
    beyond.join(', ').padEnd(42),
    `±${fromIdeal.toFixed(2)}`.padStart(8),
    bridgeDb.toFixed(1).padStart(9),
    idealDb.toFixed(1).padStart(12),
  ].join('  ');
}

/** A tone from one leg to another of the same codec. */
async function toneRow(name: CodecName): Promise<string> {
  const { rig, talker, listener } = await connectPair(name, name);
  talker.voice = tone(TONE_HZ, AMPLITUDE);
  rig.run(50);
  listener.takeHeard();
  const before = (await rig.statistics('call', 'talker')).playout;
  const ear = new GlitchEar(TONE_HZ, listener.rateHz, AMPLITUDE);
  let slips = 0;
  for (let minute = 0; minute < minutes; minute++) {
    rig.run(3000);
    const heard = listener.takeHeard();
    ear.listen(heard);
    const step = listener.rateHz / 8000;
    const narrow = Int16Array.from({ length: heard.length / step }, (_, i) => 32_000 * heard[i * step]!);
    slips += phaseSlips(narrow, TONE_HZ).length;
  }
  const { playout } = await rig.statistics('call', 'talker');
  const stretched = playout.accelerated + playout.decelerated - before.accelerated - before.decelerated;
  return [
    name.padEnd(16),
    String(ear.samples).padStart(11),
    String(slips).padStart(11),
    String(playout.concealed - before.concealed).padStart(9),
    String(stretched).padStart(9),
    ear.crest.toFixed(1).padStart(14),
    `${ear.noiseDb.toFixed(1)} dB`.padStart(9),
  ].join('  ');
}

function signed(db: number, digits = 2): string {
  return `${db < 0 ? '−' : '+'}${Math.abs(db).toFixed(digits)}`;
}
