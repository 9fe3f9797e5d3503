/** Measures how loud a voice is in what a phone heard. */
import type { Voice } from './voice.js';

const RATE_HZ = 8000;

/** Below this nothing can be told from nothing. */
export const SILENCE_DB = -127;

/**
 * Level of one frequency: amplitude of its projection on sine and cosine, averaged in power over windows.
 * @param samples int16 at 8 kHz
 * @returns amplitude relative to full scale, dB
 */
export function partialDb(samples: Int16Array, frequencyHz: number, windowSamples = 4000): number {
  let power = 0;
  let windows = 0;
  for (let start = 0; start + windowSamples <= samples.length; start += windowSamples) {
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < windowSamples; i++) {
      const phase = (2 * Math.PI * ((frequencyHz * (i % RATE_HZ)) % RATE_HZ)) / RATE_HZ;
      // A Hann window keeps louder neighbours 20 Hz away more than 90 dB down.
      const weight = 1 - Math.cos((2 * Math.PI * i) / windowSamples);
      const sample = (samples[start + i] ?? 0) * weight;
      real += sample * Math.cos(phase);
      imaginary += sample * Math.sin(phase);
    }
    power += (4 * (real * real + imaginary * imaginary)) / windowSamples ** 2;
    windows++;
  }
  const amplitude = windows === 0 ? 0 : Math.sqrt(power / windows) / 32768;
  return amplitude < 10 ** (SILENCE_DB / 20) ? SILENCE_DB : 20 * Math.log10(amplitude);
}

/** How loud `voice` is in `samples` relative to how loud it was spoken, dB: 0 = unchanged. Mean over its partials. */
export function heardDb(samples: Int16Array, voice: Voice): number {
  const spokenDb = voice.peakDbfs - 20 * Math.log10(voice.frequenciesHz.length);
  const partials = voice.frequenciesHz.map((frequencyHz) => partialDb(samples, frequencyHz) - spokenDb);
  return partials.reduce((sum, level) => sum + level, 0) / partials.length;
}
