/** What the decoding thread does: bytes or a description become a clip. */
import { createHash } from 'node:crypto';
import type { PromptClip } from '../../media/protocol.js';
import { checkLength, newClip, toInt16 } from '../audio/clip.js';
import { resample, resampledLength } from '../audio/resample.js';
import { makeTone, type Tone } from '../audio/tone.js';
import { trimClip, type Trim } from '../audio/trim.js';
import { type FrameSource, isWav, openWav, unknownCoding } from '../audio/wav.js';
import { decodeByFfmpeg } from './ffmpeg.js';

/** One piece of work. */
export type DecodeJob =
  | {
      readonly type: 'file';
      /** A whole file; the thread that decodes it owns it from then on. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly mostSamples: number;
      readonly trim?: Trim;
    }
  | { readonly type: 'tone'; readonly tone: Tone };

/** Its result. */
export interface Decoded {
  readonly clip: PromptClip;
  /** Of the file's bytes, hex; empty for a tone. */
  readonly sha256: string;
}

/**
 * Decodes.
 * @throws CodedError `promptInvalid`
 */
export async function decode(job: DecodeJob): Promise<Decoded> {
  if (job.type === 'tone') return { clip: makeTone(job.tone), sha256: '' };
  const { bytes, mostSamples, trim } = job;
  const clip = await decodeFile(bytes, mostSamples);
  checkLength(clip.length, mostSamples);
  return {
    clip: trim === undefined ? clip : trimClip(clip, trim),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

async function decodeFile(bytes: Uint8Array, mostSamples: number): Promise<PromptClip> {
  const source = isWav(bytes) ? openWav(bytes) : unknownCoding;
  return source === unknownCoding ? decodeByFfmpeg(bytes, mostSamples) : decodeFrames(source, mostSamples);
}

/**
 * Audio of any rate as a clip.
 * @throws CodedError `promptInvalid` when it is too long, before anything is made
 */
export function decodeFrames(source: FrameSource, mostSamples: number): PromptClip {
  const length = resampledLength(source);
  checkLength(length, mostSamples);
  const { clip, samples } = newClip(length);
  resample(source, (sample, index) => {
    samples[index] = toInt16(sample);
  });
  return clip;
}
