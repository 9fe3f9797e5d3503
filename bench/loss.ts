/**
 * What is left of speech when packets are lost, per codec: ours against silence in place of what is lost and against the
 * last frame said again. Segmental SNR and STOI against the same stream without loss; five seeds; bursts of three packets.
 *
 *     npx tsx bench/loss.ts [folder for WAV files to listen to] [codecs]
 *
 * Everything is emulated and seeded: everybody gets the same table. The speech comes from espeak-ng.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeWav } from '../demo/phone/wav.js';
import { encodeSpeech, type Line, lines, lose, MEAN_BURST, rateOf, receivers } from '../test/support/lossy-speech.js';
import { concatenate, segmentalSnrDb } from '../test/support/opus.js';
import { canSpeak, speak } from '../test/support/spoken.js';
import { stoi } from '../test/support/stoi.js';

const LOSSES = [0.01, 0.03, 0.05, 0.1];
const SEEDS = [1, 2, 3, 4, 5];
/** Sentences of the Harvard list (IEEE 297), in four voices. */
const VOICES = ['en', 'en-us+f3', 'en-gb+m7', 'en+f5'];
const TEXT =
  'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy to tell the depth ' +
  'of a well. These days a chicken leg is a rare dish. Rice is often served in round bowls. The juice of lemons makes ' +
  'fine punch. The box was thrown beside the parked truck. Four hours of steady work faced us.';

const [folder, ...only] = process.argv.slice(2);
if (canSpeak) main(folder, only.length === 0 ? Object.keys(lines) : only);
else console.log('espeak-ng is not installed: nobody to speak.');

function main(folder: string | undefined, codecs: readonly string[]): void {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const speech = concatenate(VOICES.map((voice) => speak(TEXT, voice)));
  console.log(
    `speech of ${(speech.length / 48_000).toFixed(0)} s, bursts of ${MEAN_BURST} packets, ${SEEDS.length} seeds\n`,
  );
  console.log('                   segmental SNR, dB                STOI');
  console.log('codec     loss    silence  repeat mixminus        silence  repeat mixminus   better than both');
  for (const [name, line] of Object.entries(lines)) {
    if (codecs.includes(name)) for (const ratio of LOSSES) row(name, line, ratio, speech, folder);
  }
}

function row(name: string, line: Line, ratio: number, speech: Float32Array, folder: string | undefined): void {
  const { sent } = line;
  const payloads = encodeSpeech(speech, sent, ratio);
  const scores = Object.entries(receivers).map(([receiver, receive]) => {
    const whole = receive(payloads, line);
    if (folder !== undefined) writeWav(join(folder, `${name}-0-percent-${receiver}.wav`), pcm16(whole), rateOf(sent));
    return SEEDS.map((seed) => {
      const heard = receive(lose(payloads, ratio, seed), line);
      if (folder !== undefined && seed === SEEDS[0]) {
        const file = `${name}-${(100 * ratio).toFixed(0)}-percent-${receiver}.wav`;
        writeWav(join(folder, file), pcm16(heard), rateOf(sent));
      }
      return { snr: segmentalSnrDb(whole, heard, rateOf(sent) / 50), stoi: stoi(whole, heard, rateOf(sent)) };
    });
  });
  const means = (key: 'snr' | 'stoi'): number[] => scores.map((runs) => mean(runs.map((run) => run[key])));
  const [silence = [], repeat = [], ours = []] = scores;
  const wins = SEEDS.filter((_, i) =>
    [silence[i], repeat[i]].every((other) => ours[i]!.snr > other!.snr && ours[i]!.stoi > other!.stoi),
  );
  const columns = (values: readonly number[], digits: number): string =>
    values.map((value) => value.toFixed(digits).padStart(8)).join('');
  console.log(
    `${name.padEnd(9)} ${(100 * ratio).toFixed(0).padStart(3)} %  ${columns(means('snr'), 2)}       ` +
      `${columns(means('stoi'), 4)}   ${wins.length} of ${SEEDS.length} seeds`,
  );
}

function pcm16(signal: Float32Array): Int16Array {
  return Int16Array.from(signal, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
