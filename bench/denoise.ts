/**
 * What denoising does to speech at 5 dB signal-to-noise ratio in four noises, wideband and after G.711, and what it costs.
 * The speech comes from espeak-ng, so that everybody gets the same table.
 *
 *     npx tsx bench/denoise.ts
 */
import { Denoiser } from '../src/media/dsp/denoiser.js';
import { byTelephone, createRnnoise, denoise, qualityOf } from '../test/support/denoising.js';
import { babble, car, hiss, pink, withNoise } from '../test/support/noises.js';
import { canSpeak, speak } from '../test/support/spoken.js';

const SNR_DB = 5;

/** µs per 20 ms frame: the best of short rounds, so that some are not interrupted on a busy machine. */
function costUs(signal: Float32Array): number {
  const denoiser = new Denoiser(createRnnoise());
  const output = new Float32Array(960);
  const rounds: number[] = [];
  for (let round = 0, at = 0; round < 300; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 5; i++, at = (at + 960) % (signal.length - 960)) {
      denoiser.process(signal.subarray(at, at + 960), output);
    }
    rounds.push(Number(process.hrtime.bigint() - start) / 5 / 1000);
  }
  return Math.min(...rounds);
}

function table(title: string, channel: (signal: Float32Array) => Float32Array, speech: Float32Array): void {
  console.log(`\n${title.padEnd(34)}segmental SNR, dB          STOI`);
  console.log(`speech at ${SNR_DB} dB in …                before    after     before    after`);
  const clean = channel(speech);
  const noises = { 'white noise': hiss, 'pink noise': pink, 'babble, 7 voices': babble, 'car and hum': car };
  for (const [name, noise] of Object.entries(noises)) {
    const sound = noise(speech.length);
    if (!sound) continue;
    const noisy = channel(withNoise(speech, sound, SNR_DB));
    const before = qualityOf(clean, noisy);
    const after = qualityOf(clean, denoise(noisy));
    const columns = [before.segmentalSnrDb, after.segmentalSnrDb, before.stoi, after.stoi];
    console.log(name.padEnd(31) + columns.map((value, i) => value.toFixed(i < 2 ? 1 : 3).padStart(9)).join(''));
  }
  const untouched = qualityOf(clean, denoise(clean));
  const columns = [untouched.segmentalSnrDb.toFixed(1), '', untouched.stoi.toFixed(3)];
  console.log(`${'no noise'.padEnd(40)}${columns.map((value) => value.padStart(9)).join('')}`);
}

if (!canSpeak) {
  console.log('espeak-ng is not installed: nobody to speak.');
} else {
  const speech = speak(
    'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy to tell the depth ' +
      'of a well. These days a chicken leg is a rare dish. Rice is often served in round bowls.',
  );
  table('48 kHz', (signal) => signal, speech);
  table('G.711', byTelephone, speech);
  console.log(`\ncost: ${costUs(withNoise(speech, hiss(speech.length), SNR_DB)).toFixed(0)} µs per leg and 20 ms tick`);
}
