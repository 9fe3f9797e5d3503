/** Noises a telephone picks up, at 48 kHz, and their mixture with speech. */
import { seededNoise } from './noise.js';
import { canSpeak, speak } from './spoken.js';

const rateHz = 48_000;

/** White noise, its upper half weaker: what a cheap microphone hisses. */
export function hiss(samples: number): Float32Array {
  const noise = seededNoise(11, samples);
  return noise.map((value, i) => value + 0.5 * (noise[i - 1] ?? 0));
}

/** Pink noise, −3 dB per octave (P. Kellet's filter of three poles). */
export function pink(samples: number): Float32Array {
  const state = [0, 0, 0];
  return seededNoise(12, samples).map((white) => {
    state[0] = 0.99765 * state[0]! + white * 0.099046;
    state[1] = 0.963 * state[1]! + white * 0.2965164;
    state[2] = 0.57 * state[2]! + white * 1.0526913;
    return state[0] + state[1] + state[2] + white * 0.1848;
  });
}

/** A car: rumble of the road, the engine's hum with six harmonics, some wind. */
export function car(samples: number): Float32Array {
  let rumble = 0;
  let deep = 0;
  return seededNoise(13, samples).map((white, i) => {
    rumble += 0.02 * (white - rumble);
    deep += 0.02 * (rumble - deep);
    let hum = 0;
    for (let harmonic = 1; harmonic <= 6; harmonic++) {
      hum += Math.sin((2 * Math.PI * 87 * harmonic * i) / rateHz + harmonic) / harmonic;
    }
    return 6 * rumble + 12 * deep + 0.12 * hum + 0.08 * white;
  });
}

/** Seven people talking in the background; undefined where none can be made to speak. */
export function babble(samples: number): Float32Array | undefined {
  if (!canSpeak) return undefined;
  const text =
    'Then we took the train back to the city, and nobody had thought of the tickets. I told them twice that the meeting ' +
    'was on Thursday. What did she say about the garden, and who is going to pay for all of it in the end?';
  const voices = ['en-us+m1', 'en+f2', 'de+m3', 'fr+f4', 'en+m5', 'es+f1', 'en-us+m7'].map((voice) =>
    speak(text, voice),
  );
  return Float32Array.from({ length: samples }, (_, i) =>
    voices.reduce((sum, voice, v) => sum + voice[(i + v * 37_777) % voice.length]!, 0),
  );
}

/** Speech with noise, the noise brought to a signal-to-noise ratio over the whole of both, dB. */
export function withNoise(speech: Float32Array, noise: Float32Array, snrDb: number): Float32Array {
  const power = (signal: Float32Array): number => signal.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(power(speech) / power(noise.subarray(0, speech.length)) / 10 ** (snrDb / 10));
  return speech.map((value, i) => value + scale * noise[i]!);
}
