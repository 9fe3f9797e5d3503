/** Steady chords as peers play them, in the kinds of file they read. */
import { writeFileSync } from 'node:fs';
import { alaw, mulaw } from '../../../demo/phone/g711.js';
import { writeWav } from '../../../demo/phone/wav.js';

const RATE_HZ = 8000;
/** Longer than any test, because not every peer plays a file twice. */
const SECONDS = 60;

/** Peak of the microphone's noise, which is triangular: −62 dBFS RMS. */
const NOISE = 64;

export type Law = 'PCMU' | 'PCMA';

/**
 * Sines of equal amplitude, with the little noise every microphone has. Noise, and frequencies that divide nothing, spread
 * what quantisation adds evenly, so that it can be measured.
 */
export interface Chord {
  readonly frequenciesHz: readonly number[];
  /** Peak of the whole, dBFS. */
  readonly peakDbfs: number;
}

/** Writes it as RIFF WAVE, 8 kHz, 16 bit. */
export function writeChordWav(path: string, chord: Chord): void {
  writeWav(path, samplesOf(chord));
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

function samplesOf({ frequenciesHz, peakDbfs }: Chord): Int16Array {
  const amplitude = (10 ** (peakDbfs / 20) * 32767) / frequenciesHz.length;
  const steps = frequenciesHz.map((frequencyHz) => (2 * Math.PI * frequencyHz) / RATE_HZ);
  return Int16Array.from({ length: RATE_HZ * SECONDS }, (_, n) =>
    clipped(steps.reduce((total, step) => total + amplitude * Math.sin(step * n), noise())),
  );
}

function noise(): number {
  return NOISE * (Math.random() + Math.random() - 1);
}

function clipped(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample)));
}
