/** Decoded audio as it is played: what is made of files, tones and speech. */
import { CodedError } from '../../errors.js';
import type { PromptClip } from '../../media/protocol.js';
import { clipRateHz } from './resample.js';

/** An empty clip to be filled, of at least one sample. */
export function newClip(length: number): { readonly clip: PromptClip; readonly samples: Int16Array } {
  const buffer = new SharedArrayBuffer(length * 2);
  return { clip: { samples: buffer, length }, samples: new Int16Array(buffer) };
}

/** ±1 as a 16-bit sample: rounded, and cut off beyond full scale. */
export function toInt16(sample: number): number {
  const scaled = Math.round(sample * 32_768);
  return scaled > 32_767 ? 32_767 : scaled < -32_768 ? -32_768 : scaled;
}

/** @throws CodedError `promptInvalid` when that many samples are more than may be played */
export function checkLength(samples: number, mostSamples: number): void {
  if (samples <= mostSamples) return;
  const seconds = Math.round(mostSamples / clipRateHz);
  throw new CodedError('promptInvalid', `The prompt is longer than ${seconds} seconds.`);
}
