/**
 * Makes RTP payloads of any ptime from the Opus frames of the ticks: frames of equal TOC are joined to one packet.
 *
 *    ticks       |── 20 ──|── 20 ──|── 20 ──|    packets leave in the tick that completes them
 *    ptime 40    |─────── 40 ──────|────────
 *    ptime 30    |─10─|─10─|─10─|─10─|─10─|─10─|  (the encoder makes frames of 10 ms for ptimes that need them)
 *    ptime 10     each frame is a packet
 *
 * As for other codecs, nothing waits and nothing is lost: a change of ptime, a missing tick, {@link OpusPacketizer.flush},
 * a frame of another TOC (the encoder changed mode or bandwidth), or one that would make the packet too long for a
 * datagram, sends what has gathered as one shorter packet. A frame that is not transmitted (DTX) ends the packet too, and
 * no packet stands for it; RTP time goes on.
 */
import {
  greatestFrameBytes,
  joinFrames,
  OpusFrames,
  pairTrailerBytes,
  samplesPerFrame,
  sizeOfFirst,
} from './opus-packets.js';

const samplesPerMs = 48;
const samplesPerTick = 960;
const stepMs = 10;
const greatestPtimeMs = 120;
/** A packet of several frames stays below this, so that no network needs to split the datagram. */
const greatestJoinedBytes = 1200;
/** Frames of 10 ms in the longest packet. */
const greatestCount = greatestPtimeMs / stepMs;
/** "If the return value is 2 bytes or less, then the packet does not need to be transmitted" (opus.h). */
const leastPacketBytes = 3;

/** The packets of one leg. Per tick: `push`, then `next` until it answers false. RTP time is in units of 48 kHz. */
export class OpusPacketizer {
  /** The packet found by {@link next}: its bytes are `buffer[offset … offset + length − 1]`, valid until the next call. */
  buffer: Uint8Array;
  offset = 0;
  length = 0;
  /** Timestamp of its first sample, and its duration. */
  timestampRtp = 0;
  durationRtp = 0;

  #wantedSamples = 0;
  /** Frames gathered, one right after the other, and the timestamp of the first. */
  readonly #store = new Uint8Array(greatestJoinedBytes + greatestFrameBytes);
  readonly #sizes = new Int32Array(greatestCount);
  #count = 0;
  #bytes = 0;
  #toc = 0;
  #gatheredTimestamp = 0;
  #flushing = false;
  readonly #joined: Uint8Array;

  /** What is left of the tick's one or two packets; of the first, length and frames are in `#packetLength`, `#frames`. */
  #source: Uint8Array;
  #sourceOffset = 0;
  #firstEnd = 0;
  #sourceEnd = 0;
  #sourceTimestamp = 0;
  #packetLength = 0;
  readonly #frames = new OpusFrames();

  /** @param ptimeMs wanted duration, a multiple of 10 in 10…120 */
  constructor(ptimeMs: number) {
    this.#joined = new Uint8Array(2 + 2 * greatestCount + this.#store.length);
    this.#source = this.buffer = this.#joined;
    this.setPtime(ptimeMs);
  }

  /** Changes the duration of the packets from the next tick on. */
  setPtime(ptimeMs: number): void {
    const wantedMs = Math.max(stepMs, Math.min(greatestPtimeMs, Math.floor(ptimeMs / stepMs) * stepMs));
    if (wantedMs * samplesPerMs === this.#wantedSamples) return;
    this.#wantedSamples = wantedMs * samplesPerMs;
    this.flush();
  }

  /** Lets what has gathered leave as one packet, now or with the next push: something else is to be sent in its place. */
  flush(): void {
    this.#flushing = this.#count > 0;
  }

  /** Throws away what has gathered. */
  discard(): void {
    this.#count = this.#bytes = 0;
    this.#flushing = false;
    this.#sourceOffset = this.#sourceEnd;
  }

  /**
   * Takes the payload of one tick as `OpusEncoder` made it. It is read until the next push, not kept beyond.
   *
   * @param timestampRtp of its first sample; when it does not follow on what has gathered, that leaves first
   */
  push(payload: Uint8Array, offset: number, length: number, timestampRtp: number): void {
    this.#source = payload;
    this.#sourceOffset = offset;
    this.#firstEnd = this.#sourceEnd = offset + length;
    this.#sourceTimestamp = timestampRtp;
    if (samplesPerFrame(payload[offset]!) < samplesPerTick) this.#splitPair();
    if (timestampRtp !== (this.#gatheredTimestamp + this.#gatheredSamples) >>> 0) this.flush();
  }

  /** Finds the next packet that is complete; false = none until the next push. */
  next(): boolean {
    while (!this.#flushing) {
      if (!this.#look()) return false;
      if (this.#packetLength < leastPacketBytes) {
        if (this.#count === 0) this.#consume();
        else this.flush();
      } else if (this.#count === 0 && this.#frames.samples >= this.#wantedSamples) {
        this.#emit(this.#source, this.#sourceOffset, this.#packetLength, this.#sourceTimestamp, this.#frames.samples);
        this.#consume();
        return true;
      } else if (this.#count > 0 && !this.#fits()) {
        this.flush();
      } else {
        this.#gather();
      }
    }
    this.#emitGathered();
    return true;
  }

  get #gatheredSamples(): number {
    return this.#count * samplesPerFrame(this.#toc);
  }

  /** The tick is two packets of 10 ms. */
  #splitPair(): void {
    this.#firstEnd = this.#sourceOffset + sizeOfFirst(this.#source, this.#sourceEnd);
    this.#sourceEnd -= pairTrailerBytes;
  }

  /** Finds the first packet of what is left of the tick. */
  #look(): boolean {
    const end = this.#sourceOffset < this.#firstEnd ? this.#firstEnd : this.#sourceEnd;
    this.#packetLength = end - this.#sourceOffset;
    return this.#packetLength > 0 && this.#frames.parse(this.#source, this.#sourceOffset, this.#packetLength);
  }

  #consume(): void {
    this.#sourceTimestamp = (this.#sourceTimestamp + this.#frames.samples) >>> 0;
    this.#sourceOffset += this.#packetLength;
  }

  /** Whether the packet can be joined to what has gathered. */
  #fits(): boolean {
    const { toc, samples } = this.#frames;
    if ((toc & 0xfc) !== (this.#toc & 0xfc) || this.#bytes + this.#packetLength > greatestJoinedBytes) return false;
    return this.#gatheredSamples + samples <= this.#wantedSamples;
  }

  #gather(): void {
    const { toc, count, offsets, sizes } = this.#frames;
    if (this.#count === 0) this.#gatheredTimestamp = this.#sourceTimestamp;
    this.#toc = toc;
    for (let frame = 0; frame < count; frame++) {
      const size = sizes[frame]!;
      for (let i = 0; i < size; i++) this.#store[this.#bytes + i] = this.#source[offsets[frame]! + i]!;
      this.#bytes += size;
      this.#sizes[this.#count++] = size;
    }
    this.#consume();
    if (this.#gatheredSamples >= this.#wantedSamples) this.flush();
  }

  #emitGathered(): void {
    const length = joinFrames(this.#toc, this.#store, this.#sizes, this.#count, this.#joined);
    this.#emit(this.#joined, 0, length, this.#gatheredTimestamp, this.#gatheredSamples);
    this.#count = this.#bytes = 0;
    this.#flushing = false;
  }

  #emit(buffer: Uint8Array, offset: number, length: number, timestampRtp: number, durationRtp: number): void {
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    this.timestampRtp = timestampRtp;
    this.durationRtp = durationRtp;
  }
}
