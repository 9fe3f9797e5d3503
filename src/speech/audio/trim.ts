/** Makes synthesized sentences fit together. */
import type { PromptClip } from '../../media/protocol.js';
import { newClip } from './clip.js';
import { clipRateHz } from './resample.js';

/** Silence that sentences keep, and how their ends are shaped. */
export interface Trim {
  /** Kept before the first sound; less where there is less. */
  readonly leadMs: number;
  /** Kept after the last one: the pause between two sentences. */
  readonly trailMs: number;
  /** The clip fades in and out over this long, within what is kept. */
  readonly edgeMs: number;
}

/** Windows whose RMS is below this are silence: −54 dBov, under the quietest ends of words. */
const silenceRms = 32_768 * 10 ** (-54 / 20);
const windowSamples = clipRateHz / 200;

/** The clip without the silence around its sound; one that is silent altogether keeps as much as both ends do. */
export function trimClip(clip: PromptClip, { leadMs, trailMs, edgeMs }: Trim): PromptClip {
  const samples = new Int16Array(clip.samples, 0, clip.length);
  const windows = Math.ceil(samples.length / windowSamples);
  let first = 0;
  while (first < windows && isSilent(samples, first)) first++;
  let last = windows - 1;
  while (last > first && isSilent(samples, last)) last--;
  const from = Math.max(0, first * windowSamples - toSamples(leadMs));
  const until = Math.min(samples.length, (last + 1) * windowSamples + toSamples(trailMs));
  const silent = first === windows;
  const kept = silent ? samples.subarray(0, toSamples(leadMs + trailMs)) : samples.subarray(from, until);
  const trimmed = newClip(kept.length);
  trimmed.samples.set(kept);
  fadeEnds(trimmed.samples, toSamples(edgeMs));
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
