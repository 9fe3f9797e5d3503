/** Tones: sines of equal level, switched on and off without a click. */
import { CodedError } from '../../errors.js';
import type { PromptClip } from '../../media/protocol.js';
import type { PromptItem } from '../port.js';
import { newClip, toInt16 } from './clip.js';
import { clipRateHz } from './resample.js';

/** A tone as the API describes it. */
export type Tone = Omit<Extract<PromptItem, { readonly type: 'tone' }>, 'type'>;

const defaultLevelDbov = -20;
/** Edges are half a period of a raised cosine: what a click would spread over the spectrum stays near the tone. */
const edgeMs = 5;
const mostFrequencies = 4;
const mostCadence = 64;
const leastHz = 20;
const greatestHz = 20_000;

/** How long a tone lasts, ms. */
export function toneDurationMs({ cadenceMs }: Pick<Tone, 'cadenceMs'>): number {
  return cadenceMs.reduce((sum, ms) => sum + ms, 0);
}

/**
 * Checks a description.
 * @throws CodedError `promptInvalid`
 */
export function checkTone({ frequenciesHz, levelDbov, cadenceMs }: Tone): void {
  const count = frequenciesHz.length;
  if (count < 1 || count > mostFrequencies) throw invalid(`must have 1 to ${mostFrequencies} frequencies`);
  if (!frequenciesHz.every((hz) => hz >= leastHz && hz <= greatestHz)) {
    throw invalid(`must have frequencies of ${leastHz} to ${greatestHz} Hz`);
  }
  if (cadenceMs.length < 1 || cadenceMs.length > mostCadence) throw invalid(`must have 1 to ${mostCadence} durations`);
  if (!cadenceMs.every((ms) => ms >= 0 && Number.isFinite(ms)) || toneDurationMs({ cadenceMs }) < 1) {
    throw invalid('must last for 1 ms or more');
  }
  if (levelDbov === undefined) return;
  // Above it the peaks of the sum would be cut off: n sines of RMS r/√n each reach r·√(2n).
  const greatestDbov = Math.floor(-10 * Math.log10(2 * count));
  if (!(levelDbov >= -96 && levelDbov <= greatestDbov)) {
    throw invalid(`of ${count} frequencies must have a level of -96 to ${greatestDbov} dBov`);
  }
}

/** Makes the samples of a tone that was checked. */
export function makeTone({ frequenciesHz, levelDbov = defaultLevelDbov, cadenceMs }: Tone): PromptClip {
  const { clip, samples } = newClip(Math.max(1, toSamples(toneDurationMs({ cadenceMs }))));
  const amplitude = 10 ** (levelDbov / 20) * Math.sqrt(2 / frequenciesHz.length);
  const steps = frequenciesHz.map((hz) => (2 * Math.PI * hz) / clipRateHz);
  let startMs = 0;
  cadenceMs.forEach((ms, index) => {
    const [from, until] = [toSamples(startMs), toSamples(startMs + ms)];
    startMs += ms;
    if (index % 2 === 0) burst(samples.subarray(from, until), steps, amplitude);
  });
  return clip;
}

function burst(samples: Int16Array, steps: readonly number[], amplitude: number): void {
  const edge = Math.min(toSamples(edgeMs), Math.floor(samples.length / 2));
  for (let n = 0; n < samples.length; n++) {
    const fromEnd = Math.min(n + 0.5, samples.length - n - 0.5);
    const gain = fromEnd < edge ? 0.5 - 0.5 * Math.cos((Math.PI * fromEnd) / edge) : 1;
    let sum = 0;
    for (const step of steps) sum += Math.sin(step * n);
    samples[n] = toInt16(sum * amplitude * gain);
  }
}

function toSamples(ms: number): number {
  return Math.round((ms * clipRateHz) / 1000);
}

function invalid(what: string): CodedError {
  return new CodedError('promptInvalid', `A tone ${what}.`);
}
