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
export function addedDelayMs(
  talker: Pick<Phone, 'voice' | 'spokeAtMs'>,
  listener: Pick<Phone, 'ear'>,
): number | undefined {
  const onset = onsetOf(listener.ear.samples, talker.voice.frequenciesHz[0] ?? 0);
  if (onset === undefined || talker.spokeAtMs === undefined) return undefined;
  const packet = listener.ear.arrivals.findLast((arrival) => arrival.position <= onset);
  if (!packet) return undefined;
  return packet.atMs + ((onset - packet.position) / RATE_HZ) * 1000 - talker.spokeAtMs;
}

/**
 * Sample at which a partial begins: half height of its sliding projection, less half a window. The height is the usual one
 * while it lasts, not the greatest: others who begin meanwhile lift it for a moment, which would pass for delay.
 */
function onsetOf(samples: Int16Array, frequencyHz: number): number | undefined {
  const heights = slidingAmplitude(samples, frequencyHz);
  const greatest = heights.reduce((max, height) => Math.max(max, height), 0);
  if (greatest < 30) return undefined;
  const steady = heights.filter((height) => height > (3 / 4) * greatest).sort();
  const half = (steady[steady.length >> 1] ?? greatest) / 2;
  const after = heights.findIndex((height) => height >= half);
  const [low = 0, high = half] = heights.subarray(after - 1, after + 1);
  // Window i ends at sample i + WINDOW; it is half full in its middle.
  return after - (high - half) / (high - low) + WINDOW / 2 + 1;
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
