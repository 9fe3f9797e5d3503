import { seededNoise } from './noise.js';

const rateHz = 16_000;
const seconds = 4;

/** Signals that try a wideband codec in different ways: int16 at 16 kHz, the same on every machine. */
export const g722Signals: Readonly<Record<string, () => Int16Array>> = {
  speech: () => int16(syllables),
  noise: () => Int16Array.from(seededNoise(722, rateHz * seconds), (value) => Math.round(value * 32_767)),
  'faint noise': () => Int16Array.from(seededNoise(16, rateHz * seconds), (value) => Math.round(value * 20)),
  sweep: () => int16((n) => 28_000 * Math.sin(((Math.PI * 7900) / rateHz / (rateHz * seconds)) * n * n)),
  'square wave': () => int16((n) => (Math.floor(n / 37) % 2 ? 32_767 : -32_768)),
  'half the rate, full scale': () => int16((n) => (n % 2 ? 32_767 : -32_768)),
  'bursts and digital silence': () => int16((n) => (Math.floor(n / 4000) % 3 ? 0 : syllables(n))),
};

function int16(at: (n: number) => number): Int16Array {
  return Int16Array.from({ length: rateHz * seconds }, (_, n) =>
    Math.max(-32_768, Math.min(32_767, Math.round(at(n)))),
  );
}

/** Harmonics of a gliding pitch, four syllables a second, with hiss between them. */
function syllables(n: number): number {
  const second = n / rateHz;
  const phase = 120 * second + 6 * Math.sin(2 * second);
  const envelope = 0.5 + 0.5 * Math.sin(2 * Math.PI * 4 * second);
  let sum = 0;
  for (let harmonic = 1; harmonic <= 40; harmonic++) sum += Math.sin(2 * Math.PI * harmonic * phase) / harmonic;
  const hiss = Math.sin(n * n * 0.37) * (1 - envelope);
  return 7000 * sum * envelope + 900 * hiss;
}
