/** Finds when a voice that began at a known moment was first heard: the delay the bridge adds. */
import type { Phone } from './phone.js';

const RATE_HZ = 8000;
/** 50 ms: whole periods of every voice (multiples of 20 Hz), so other steady voices cancel. */
const WINDOW = 400;

/**
 * Delay from one phone's mouth to another's ear beyond packetisation: from the moment a sample could first be sent to the
 * moment it could first be played.
 * @returns ms, or undefined when the voice was not heard
 */
export function addedDelayMs(talker: Phone, listener: Phone): number | undefined {
  const onset = onsetOf(listener.ear.samples, talker.voice.frequenciesHz[0] ?? 0);
  if (onset === undefined || talker.spokeAtMs === undefined) return undefined;
  const packet = listener.ear.arrivals.findLast((arrival) => arrival.position <= onset);
  if (!packet) return undefined;
  return packet.atMs + ((onset - packet.position) / RATE_HZ) * 1000 - talker.spokeAtMs;
}

/** Sample at which a partial begins: half height of its sliding projection, less half a window. */
function onsetOf(samples: Int16Array, frequencyHz: number): number | undefined {
  const heights = slidingAmplitude(samples, frequencyHz);
  const full = heights.reduce((max, height) => Math.max(max, height), 0);
  if (full < 30) return undefined;
  const half = heights.findIndex((height) => height >= full / 2);
  return half + WINDOW - WINDOW / 2;
}

function slidingAmplitude(samples: Int16Array, frequencyHz: number): Float64Array {
  const heights = new Float64Array(Math.max(0, samples.length - WINDOW));
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < samples.length; i++) {
    const phase = (2 * Math.PI * ((frequencyHz * (i % RATE_HZ)) % RATE_HZ)) / RATE_HZ;
    // Whole periods fit the window, so the sample that leaves has the phase of the one that enters.
    const change = (samples[i] ?? 0) - (samples[i - WINDOW] ?? 0);
    real += change * Math.cos(phase);
    imaginary += change * Math.sin(phase);
    if (i >= WINDOW) heights[i - WINDOW] = (2 * Math.hypot(real, imaginary)) / WINDOW;
  }
  return heights;
}
