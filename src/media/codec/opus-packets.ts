/**
 * The framing of Opus packets (RFC 6716 §3): finding the frames in a packet, and joining frames to one.
 *
 *      0 1 2 3 4 5 6 7
 *     +-+-+-+-+-+-+-+-+   config: mode, bandwidth and frame duration (§3.1 table 2), s: stereo,
 *     | config  |s| c |   c: 0 = one frame, 1 = two of one size, 2 = two of any size, 3 = up to 48
 *     +-+-+-+-+-+-+-+-+
 *
 *     c = 3 only:
 *     +-+-+-+-+-+-+-+-+   v: frames have a length each (all but the last), p: padding follows the frames,
 *     |v|p|     M     |   M: number of frames
 *     +-+-+-+-+-+-+-+-+
 *
 * A frame of no bytes is one that was not transmitted (DTX, §2.1.9).
 */

/** Frames are 2.5…60 ms, and a packet holds at most 120 ms. */
const greatestFrames = 48;
/** Samples at 48 kHz of 120 ms. */
export const greatestPacketSamples = 5760;
/** Bytes of one frame at most (§3.2 R2). */
export const greatestFrameBytes = 1275;
/** Longer than any packet that carries 120 ms in frames of 20 ms or more (RFC 7587 §4.2), as 1275 · 6 + 7. */
export const greatestPacketBytes = 7657;

/** Samples at 48 kHz of one frame by its TOC byte (§3.1 table 2). */
export function samplesPerFrame(toc: number): number {
  const config = toc >> 3;
  if (config >= 16) return 120 << (config & 3);
  if (config >= 12) return config & 1 ? 960 : 480;
  return (config & 3) === 3 ? 2880 : 480 << (config & 3);
}

/** The frames of one packet; reused, `parse` overwrites it. */
export class OpusFrames {
  toc = 0;
  /** Frames, 1…48. */
  count = 0;
  /** Where each frame begins in the bytes that were parsed, and its length. */
  readonly offsets = new Int32Array(greatestFrames);
  readonly sizes = new Int32Array(greatestFrames);
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;

  /** Samples at 48 kHz in the whole packet. */
  get samples(): number {
    return this.count * samplesPerFrame(this.toc);
  }

  /**
   * Finds the frames of a packet of `length` bytes.
   *
   * @returns false when it breaks a rule of §3.2 or §3.4 (R1…R7); the fields are then undefined
   */
  parse(bytes: Uint8Array, offset: number, length: number): boolean {
    if (length < 1 || length > greatestPacketBytes || offset + length > bytes.length) return false;
    this.#bytes = bytes;
    this.#position = offset + 1;
    this.#end = offset + length;
    this.toc = bytes[offset]!;
    switch (this.toc & 3) {
      case 0:
        return this.#one();
      case 1:
        return this.#alike(2);
      case 2:
        return this.#unlike(2);
      default:
        return this.#many();
    }
  }

  /** Whether the first frame carries a second version of the frame before it (LBRR, RFC 6716 §4.2.3): it can be rescued. */
  get hasRescue(): boolean {
    const config = this.toc >> 3;
    if (config >= 16 || this.sizes[0] === 0) return false;
    const first = this.#bytes[this.offsets[0]!]!;
    // Per channel: a voice activity flag for each 20 ms, then the LBRR flag. All are plain bits at the very front.
    const parts = Math.max(1, samplesPerFrame(this.toc) / 960);
    if ((first >> (7 - parts)) & 1) return true;
    return (this.toc & 4) !== 0 && ((first >> (6 - 2 * parts)) & 1) === 1;
  }

  #one(): boolean {
    this.count = 1;
    return this.#put(0, this.#end - this.#position);
  }

  /** Frames share what is left evenly. */
  #alike(count: number): boolean {
    const left = this.#end - this.#position;
    if (left % count !== 0) return false;
    this.count = count;
    for (let i = 0; i < count; i++) if (!this.#put(i, left / count)) return false;
    return true;
  }

  /** Frames have a length each except the last, which gets what is left; all lengths come first. */
  #unlike(count: number): boolean {
    this.count = count;
    for (let i = 0; i < count - 1; i++) {
      const size = this.#takeLength();
      if (size < 0) return false;
      this.sizes[i] = size;
    }
    for (let i = 0; i < count - 1; i++) if (!this.#put(i, this.sizes[i]!)) return false;
    return this.#put(count - 1, this.#end - this.#position);
  }

  #many(): boolean {
    if (this.#position >= this.#end) return false;
    const header = this.#bytes[this.#position++]!;
    const count = header & 63;
    if (count === 0 || count * samplesPerFrame(this.toc) > greatestPacketSamples) return false;
    if ((header & 64) !== 0 && !this.#dropPadding()) return false;
    return header & 128 ? this.#unlike(count) : this.#alike(count);
  }

  /** Padding at the end: its length is a chain of bytes, of which 255 stands for 254 and more to come (§3.2.5). */
  #dropPadding(): boolean {
    let more = true;
    while (more) {
      if (this.#position >= this.#end) return false;
      const value = this.#bytes[this.#position++]!;
      more = value === 255;
      this.#end -= more ? 254 : value;
    }
    return this.#position <= this.#end;
  }

  /** One or two bytes: 0…251, or 252…255 and then four times the second (§3.2.1). @returns −1 when cut off */
  #takeLength(): number {
    if (this.#position >= this.#end) return -1;
    const first = this.#bytes[this.#position++]!;
    if (first < 252) return first;
    if (this.#position >= this.#end) return -1;
    return first + 4 * this.#bytes[this.#position++]!;
  }

  #put(index: number, size: number): boolean {
    if (size < 0 || size > greatestFrameBytes || this.#position + size > this.#end) return false;
    this.offsets[index] = this.#position;
    this.sizes[index] = size;
    this.#position += size;
    return true;
  }
}

/** Writes a frame's length (§3.2.1). @returns where it ends */
function writeLength(size: number, output: Uint8Array, at: number): number {
  if (size < 252) {
    output[at] = size;
    return at + 1;
  }
  const first = 252 + (size & 3);
  output[at] = first;
  output[at + 1] = (size - first) >> 2;
  return at + 2;
}

/**
 * Joins frames of equal TOC (configuration and channels) to one packet, in the shortest of the four ways.
 *
 * @param toc    of any of them; its low two bits do not matter
 * @param source the frames' bytes, one frame right after the other from index 0
 * @param sizes  their lengths, 0…1275 each
 * @param count  frames, at most 120 ms of them
 * @returns bytes written to `output` from index 0
 */
export function joinFrames(
  toc: number,
  source: Uint8Array,
  sizes: Int32Array,
  count: number,
  output: Uint8Array,
): number {
  const alike = areAlike(sizes, count);
  let at = writeHeader(toc, count, alike, output);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const size = sizes[i]!;
    if (!alike && i < count - 1) at = writeLength(size, output, at);
    bytes += size;
  }
  for (let i = 0; i < bytes; i++) output[at + i] = source[i]!;
  return at + bytes;
}

function areAlike(sizes: Int32Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (sizes[i] !== sizes[0]) return false;
  return true;
}

function writeHeader(toc: number, count: number, alike: boolean, output: Uint8Array): number {
  const kept = toc & 0xfc;
  if (count <= 2) {
    output[0] = count === 1 ? kept : kept | (alike ? 1 : 2);
    return 1;
  }
  output[0] = kept | 3;
  output[1] = alike ? count : count | 128;
  return 2;
}

/** Bytes {@link endPair} writes. */
export const pairTrailerBytes = 2;

/**
 * Ends a tick of two packets of 10 ms, written one right after the other: the size of the first follows in two bytes.
 * Between encoder and packetizer only; no such thing is sent.
 *
 * @returns where it ends
 */
export function endPair(sizeOfFirst: number, output: Uint8Array, at: number): number {
  output[at] = sizeOfFirst >> 8;
  output[at + 1] = sizeOfFirst & 255;
  return at + pairTrailerBytes;
}

/** Bytes of the first of two packets that {@link endPair} has ended at `end`. */
export function sizeOfFirst(bytes: Uint8Array, end: number): number {
  return (bytes[end - 2]! << 8) | bytes[end - 1]!;
}
