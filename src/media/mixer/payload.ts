import type { Encoder } from '../codec/port.js';
import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { Heard } from './heard.js';

/** One encoded tick. The object and its bytes are reused: they are valid until the next `render()`. */
export interface Payload {
  /** At least `length` bytes. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** A payload's memory while it is being written. */
export interface PayloadBuffer {
  readonly bytes: Uint8Array;
  length: number;
}

/** Bytes one sample takes at most: those of L16. */
const greatestSampleBytes = 2;

/** Memory for the payloads of an encoder, in wasm memory. @throws CodedError `capacityReached` */
export function payloadBuffer(kernels: Kernels, { rateHz }: Encoder): PayloadBuffer {
  const size = samplesPerTick(rateHz) * greatestSampleBytes;
  return { bytes: kernels.u8(kernels.allocate(size), size), length: 0 };
}

/** Gives it back. */
export function freePayload(kernels: Kernels, payload: Payload): void {
  kernels.free(payload.bytes.byteOffset);
}

/** Encodes what is heard in this tick; digital silence as the codec likes to have it. */
export function encodeHeard(kernels: Kernels, heard: Heard, encoder: Encoder, payload: PayloadBuffer): void {
  const { bytes } = payload;
  if (encoder.encodeSilence && isSilence(kernels, heard, encoder.rateHz)) {
    payload.length = encoder.encodeSilence(bytes, 0);
  } else {
    payload.length = encoder.encode(heard.pcm(encoder.rateHz), bytes, 0);
  }
}

/** Silence is what the samples say, however they came about: legs that hear the same must not differ in it. */
function isSilence(kernels: Kernels, heard: Heard, rateHz: number): boolean {
  if (heard.isSilent) return true;
  const pcm = heard.pcm(rateHz);
  return kernels.run.isZero(pcm.byteOffset, pcm.length) === 1;
}
