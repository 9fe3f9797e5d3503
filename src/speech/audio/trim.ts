/** Makes synthesized sentences fit together. */
import type { PromptClip } from '../../media/protocol.js';
import { newClip } from './clip.js';
import { clipRateHz } from './resample.js';

/** Silence around sentences, and how their ends are shaped. */
export interface Trim {
  /** Before the first sound. */
  readonly leadMs: number;
  /** After the last one: the pause between two sentences. */
  readonly trailMs: number;
  /** What is kept fades in and out over this long, within the silence if there was any. */
  readonly edgeMs: number;
}

/** Windows whose RMS is below this are silence: −54 dBov, under the quietest ends of words. */
const silenceRms = 32_768 * 10 ** (-54 / 20);
const windowSamples = clipRateHz / 200;

/**
 * The clip with exactly as much silence around its sound as asked for: what there is more is cut off, what there is less
 * is added. One that is silent altogether becomes that silence.
 */
export function trimClip(clip: PromptClip, { leadMs, trailMs, edgeMs }: Trim): PromptClip {
  const samples = new Int16Array(clip.samples, 0, clip.length);
  const [lead, trail] = [toSamples(leadMs), toSamples(trailMs)];
  const windows = Math.ceil(samples.length / windowSamples);
  let first = 0;
  while (first < windows && isSilent(samples, first)) first++;
  if (first === windows) return newClip(lead + trail).clip;
  let last = windows - 1;
  while (last > first && isSilent(samples, last)) last--;
  const soundFrom = first * windowSamples;
  const soundUntil = Math.min(samples.length, (last + 1) * windowSamples);
  const keptFrom = Math.max(0, soundFrom - lead);
  const kept = samples.subarray(keptFrom, Math.min(samples.length, soundUntil + trail));
  const trimmed = newClip(lead + soundUntil - soundFrom + trail);
  const place = trimmed.samples.subarray(lead - (soundFrom - keptFrom)).subarray(0, kept.length);
  place.set(kept);
  fadeEnds(place, toSamples(edgeMs));
  return trimmed.clip;
}

function isSilent(samples: Int16Array, window: number): boolean {
  const from = window * windowSamples;
  const until = Math.min(samples.length, from + windowSamples);
  let power = 0;
  for (let n = from; n < until; n++) power += samples[n]! ** 2;
  return power < silenceRms ** 2 * (until - from);
}

function fadeEnds(samples: Int16Array, wanted: number): void {
  const edge = Math.min(wanted, Math.floor(samples.length / 2));
  for (let n = 0; n < edge; n++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / edge);
    samples[n] = Math.round(samples[n]! * gain);
    const mirrored = samples.length - 1 - n;
    samples[mirrored] = Math.round(samples[mirrored]! * gain);
  }
}

function toSamples(ms: number): number {
  return Math.round((ms * clipRateHz) / 1000);
}
