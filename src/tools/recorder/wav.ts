/**
 * WAV files that grow: 48 kHz, 16 bit, mono, with a header of fixed length that also carries files beyond 4 GB.
 *
 *      0 RIFF | size | WAVE
 *     12 JUNK | 28   | 28 octets of nothing
 *     48 fmt  | 16   | PCM, 1 channel, 48 000 Hz, 16 bit
 *     72 data | size | 80: samples
 *
 * When a size no longer fits 32 bits, RIFF becomes RF64, both sizes 0xFFFFFFFF, and JUNK becomes ds64, which holds the
 * real ones (EBU Tech 3306 §3.3–3.4): what had been written stays where it is.
 */

/** Octets before the first sample. */
export const wavHeaderBytes = 80;
/** Samples per second of every track. */
export const trackRateHz = 48_000;
/** Samples of one tick. */
export const tickSamples = 960;
/** Octets of one tick. */
export const tickBytes = tickSamples * Int16Array.BYTES_PER_ELEMENT;

const ds64At = 12;
const formatAt = 48;
const dataAt = 72;
/** In a RIFF file it stands for "unknown" or "see ds64". */
const noSize = 0xffff_ffff;

/** The header of a file with so many octets of samples. */
export function wavHeader(dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(wavHeaderBytes);
  const view = new DataView(bytes.buffer);
  const riffBytes = wavHeaderBytes - 8 + dataBytes;
  const large = riffBytes >= noSize;
  putText(bytes, 0, large ? 'RF64' : 'RIFF');
  view.setUint32(4, large ? noSize : riffBytes, true);
  putText(bytes, 8, 'WAVE');
  putText(bytes, ds64At, large ? 'ds64' : 'JUNK');
  view.setUint32(ds64At + 4, 28, true);
  if (large) {
    view.setBigUint64(ds64At + 8, BigInt(riffBytes), true);
    view.setBigUint64(ds64At + 16, BigInt(dataBytes), true);
    view.setBigUint64(ds64At + 24, BigInt(dataBytes / Int16Array.BYTES_PER_ELEMENT), true);
  }
  putText(bytes, formatAt, 'fmt ');
  view.setUint32(formatAt + 4, 16, true);
  view.setUint16(formatAt + 8, 1, true);
  view.setUint16(formatAt + 10, 1, true);
  view.setUint32(formatAt + 12, trackRateHz, true);
  view.setUint32(formatAt + 16, trackRateHz * Int16Array.BYTES_PER_ELEMENT, true);
  view.setUint16(formatAt + 20, Int16Array.BYTES_PER_ELEMENT, true);
  view.setUint16(formatAt + 22, 16, true);
  putText(bytes, dataAt, 'data');
  view.setUint32(dataAt + 4, large ? noSize : dataBytes, true);
  return bytes;
}

/**
 * Rounds floats to 16 bit, saturating; not a number becomes 0. No dither: what was decoded from 16 bit comes out the same,
 * and digital silence stays digital silence.
 * @param samples full scale ±1
 * @param at      index of the first sample in `into`
 */
export function putSamples(into: Int16Array, at: number, samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] ?? 0) * 32_768);
    into[at + i] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }
}

/** Whole ticks in a file of this length. */
export function ticksIn(fileBytes: number): number {
  return Math.max(0, Math.floor((fileBytes - wavHeaderBytes) / tickBytes));
}

function putText(into: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
}
