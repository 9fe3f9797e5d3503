/** Speech to test with: from espeak-ng where it is installed, and from a small formant synthesiser that is always there. */
import { spawnSync } from 'node:child_process';
import { seededRandom } from './noise.js';

export const hasEspeak = spawnSync('espeak-ng', ['--version'], { stdio: 'ignore' }).status === 0;

const rateHz = 8000;

/** Voices that differ in sex, age and language; numbers are read out in each language's words. */
export const voices = [
  'en-gb',
  'en-us+f3',
  'de+m4',
  'fr+f2',
  'es+m7',
  'it+f5',
  'pl+m2',
  'pt+croak',
  'fi+f4',
  'ru+m1',
  'en-us+whisper',
  'sv+f1',
];

/** Many numbers, which have the vowels of a language, and some sentences. */
function text(seed: number, count: number): string {
  const random = seededRandom(seed);
  const number = () => Math.floor(random() * 10 ** (1 + Math.floor(random() * 9)));
  const sentences = [
    'Please press one or two after the tone, and hold the line.',
    'Who is there? I am waiting, you know, in the queue; oh, who knew we would be so few.',
    'Nine lean mean machines, all humming, low and slow, moving on and on.',
    'Aaah. Eeeh. Oooh. Mmm, no. Yes! Well, really.',
  ];
  return Array.from({ length: count }, (_, index) => `${number()}. ${sentences[index % sentences.length] ?? ''}`).join(
    ' ',
  );
}

/** Speech of so many sentences, some 8 s each, at 8 kHz, peaks near full scale. @throws Error when espeak-ng fails */
export function espeak(voice: string, seed: number, sentences: number): Float32Array {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const speed = 120 + Math.floor(90 * random());
  const pitch = Math.floor(99 * random());
  const run = spawnSync('espeak-ng', ['-v', voice, '-s', String(speed), '-p', String(pitch), '--stdout'], {
    input: text(seed, sentences),
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(`espeak-ng: ${run.stderr.toString()}`);
  const wav = run.stdout;
  const fromHz = wav.readUInt32LE(24);
  const samples = new Int16Array(wav.buffer, wav.byteOffset + 44, Math.floor((wav.length - 44) / 2));
  return normalised(resample(samples, fromHz));
}

/**
 * Vowels, hums and whistles without words: a pulse train or two whistled tones through formants that glide, at many
 * pitches; among them vowels whose harmonics stand still right on the frequencies of digits.
 */
export function formants(seed: number, seconds: number): Float32Array {
  const random = seededRandom(seed);
  const output = new Float32Array(seconds * rateHz);
  for (let from = 0; from < output.length;) {
    const length = Math.min(output.length - from, Math.floor(rateHz * (0.08 + 0.5 * random())));
    if (random() < 0.12) from += Math.floor(length / 3);
    else from += sing(output.subarray(from, from + length), random);
  }
  return normalised(output);
}

/** One sound. @returns its length */
function sing(output: Float32Array, random: () => number): number {
  const pitchHz = 70 + 330 * random();
  const glide = random() < 0.4 ? 0 : 0.3 * (random() - 0.5);
  const voiced = random() < 0.85;
  const centresHz = [250 + 700 * random(), 900 + 1100 * random(), 2200 + 900 * random()];
  const resonators = centresHz.map((centreHz, index) => resonator(centreHz, 50 + 60 * index + 80 * random()));
  let phase = 0;
  for (let index = 0; index < output.length; index++) {
    const place = index / output.length;
    phase += (pitchHz * (1 + glide * place)) / rateHz;
    let source = voiced ? 0.02 * (random() - 0.5) : 0.3 * (random() - 0.5);
    if (phase >= 1) {
      phase -= 1;
      if (voiced) source += 1;
    }
    const edge = Math.min(1, 20 * place, 20 * (1 - place));
    output[index] = edge * resonators.reduce((sum, step, formant) => sum + step(source) / (1 + formant), 0);
  }
  return output.length;
}

function resonator(centreHz: number, widthHz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * widthHz) / rateHz);
  const factor = 2 * radius * Math.cos((2 * Math.PI * centreHz) / rateHz);
  let y1 = 0;
  let y2 = 0;
  return (input) => {
    const y = input + factor * y1 - radius * radius * y2;
    y2 = y1;
    y1 = y;
    return y;
  };
}

/** Averages over the step between output samples, then linear: telephone quality is all that is asked. */
function resample(samples: Int16Array, fromHz: number): Float32Array {
  const step = fromHz / rateHz;
  return Float32Array.from({ length: Math.floor(samples.length / step) - 2 }, (_, index) => {
    const at = index * step;
    let sum = 0;
    const taps = Math.ceil(step) * 2;
    for (let tap = 0; tap < taps; tap++) sum += samples[Math.floor(at + (tap * step) / taps)] ?? 0;
    return sum / taps / 32_768;
  });
}

function normalised(signal: Float32Array): Float32Array {
  const peak = signal.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  return signal.map((sample) => (0.9 * sample) / peak);
}
