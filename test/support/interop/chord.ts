/** Steady chords as peers play them, in the kinds of file they read. */
import { writeFileSync } from 'node:fs';
import { alaw, mulaw } from '../../../demo/phone/g711.js';
import { writeWav } from '../../../demo/phone/wav.js';

const RATE_HZ = 8000;
/** Longer than any test, because not every peer plays a file twice. */
const SECONDS = 60;
const SYLLABLES_PER_SECOND = 4;
export const SYLLABLE_LEVEL = 0.16;

/** Peak of the microphone's noise, which is triangular: −62 dBFS RMS. */
const NOISE = 64;

export type Law = 'PCMU' | 'PCMA';

/**
 * Sines of equal amplitude, with the little noise every microphone has. Noise, and frequencies that divide nothing, spread
 * what quantisation adds evenly, so that it can be measured.
 */
export interface Chord {
  readonly frequenciesHz: readonly number[];
  /** Further ones, 16 dB softer, that come and go like syllables: codecs take what is always the same for noise. */
  readonly syllables?: { readonly frequenciesHz: readonly number[]; readonly fromMs: number };
  /** Peak of the whole, dBFS. */
  readonly peakDbfs: number;
}

/** Writes it as RIFF WAVE, 16 bit. */
export function writeChordWav(path: string, chord: Chord, rateHz = RATE_HZ): void {
  writeWav(path, samplesOf(chord, rateHz), rateHz);
}

/** Writes it as bare G.711 octets. */
export function writeChordRaw(path: string, chord: Chord, law: Law): void {
  writeFileSync(path, (law === 'PCMU' ? mulaw : alaw).encode(samplesOf(chord)));
}

/** What a G.711 path of that law makes of samples. */
export function throughLaw(samples: Float64Array, law: Law): Float64Array {
  const codec = law === 'PCMU' ? mulaw : alaw;
  return Float64Array.from(codec.decode(codec.encode(Int16Array.from(samples, clipped))));
}

function samplesOf({ frequenciesHz, syllables, peakDbfs }: Chord, rateHz = RATE_HZ): Int16Array {
  const amplitude =
    (10 ** (peakDbfs / 20) * 32767) / (frequenciesHz.length + SYLLABLE_LEVEL * (syllables?.frequenciesHz.length ?? 0));
  const perSample = (frequencyHz: number): number => (2 * Math.PI * frequencyHz) / rateHz;
  const steps = frequenciesHz.map(perSample);
  const syllableSteps = syllables?.frequenciesHz.map(perSample) ?? [];
  const syllablesFrom = ((syllables?.fromMs ?? 0) * rateHz) / 1000;
  const syllable = perSample(SYLLABLES_PER_SECOND);
  return Int16Array.from({ length: rateHz * SECONDS }, (_, n) =>
    clipped(
      steps.reduce((total, step) => total + amplitude * Math.sin(step * n), noise()) +
        syllableSteps.reduce((total, step) => total + Math.sin(step * n), 0) *
          amplitude *
          SYLLABLE_LEVEL *
          (n < syllablesFrom ? 0 : 0.5 - 0.5 * Math.cos(syllable * (n - syllablesFrom))),
    ),
  );
}

function noise(): number {
  return NOISE * (Math.random() + Math.random() - 1);
}

function clipped(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample)));
}
