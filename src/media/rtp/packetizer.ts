/**
 * Cuts the 20 ms payloads of the ticks into packets of another duration, for codecs whose bytes are linear in time
 * (G.711, G.722, L16): any multiple of 10 ms from 10 to 120.
 *
 *    ticks      |── 20 ──|── 20 ──|── 20 ──|      packets leave in the tick that completes them:
 *    ptime 30   |──── 30 ────|──── 30 ────|       none, one, one
 *    ptime 10   |─10─|─10─|─10─|─10─|─10─|─10─|   two, two, two
 *
 * A change of ptime, a tick that is missing or {@link Packetizer.flush} sends what has gathered as one shorter packet,
 * so no audio waits and none is lost; only in such a tick can a third packet leave. What would not fit a datagram (L16 of
 * 40 ms at 48 kHz) is sent in packets of the longest duration that does.
 */

const TICK_MS = 20;
const STEP_MS = 10;
const MAX_PTIME_MS = 120;
/** What fits a datagram of 1500 bytes beside the headers of IP, UDP and RTP and the tag of SRTP. */
const MAX_PAYLOAD_BYTES = 1440;

/** The packets of one leg. Per tick: `push`, then `next` until it answers false. */
export class Packetizer {
  /** The packet found by {@link next}: its bytes are `buffer[offset … offset + length − 1]`, valid until the next call. */
  buffer: Uint8Array;
  offset = 0;
  length = 0;
  /** Timestamp of its first sample, and its duration, both in units of the RTP clock. */
  timestampRtp = 0;
  durationRtp = 0;

  private readonly store: Uint8Array;
  /** Bytes gathered from ticks before, and the timestamp of the first. */
  private gathered = 0;
  private gatheredTimestamp = 0;
  /** Bytes at the front of the store that leave as one short packet first. */
  private flushing = 0;

  private source: Uint8Array;
  private sourceOffset = 0;
  private sourceLength = 0;
  private sourceTimestamp = 0;

  /**
   * @param bytesPer10Ms payload bytes of 10 ms (80 for G.711 and G.722, up to 960 for L16)
   * @param unitsPer10Ms RTP clock units of 10 ms (80 at 8 kHz)
   * @param ptimeMs      wanted duration, a multiple of 10 in 10…120
   */
  constructor(
    private readonly bytesPer10Ms: number,
    private readonly unitsPer10Ms: number,
    private ptimeMs: number,
  ) {
    this.store = new Uint8Array(((MAX_PTIME_MS + TICK_MS) / STEP_MS) * bytesPer10Ms);
    this.buffer = this.store;
    this.source = this.store;
    this.setPtime(ptimeMs);
  }

  /** Changes the duration of the packets from the next tick on. */
  setPtime(ptimeMs: number): void {
    const most = Math.min(MAX_PTIME_MS, Math.floor(MAX_PAYLOAD_BYTES / this.bytesPer10Ms) * STEP_MS);
    const wanted = Math.max(STEP_MS, Math.min(most, Math.floor(ptimeMs / STEP_MS) * STEP_MS));
    if (wanted === this.ptimeMs) return;
    this.ptimeMs = wanted;
    this.flush();
  }

  /** Lets what has gathered leave as one packet, now or with the next push: something else is to be sent in its place. */
  flush(): void {
    this.flushing = this.gathered;
  }

  /** Throws away what has gathered. */
  discard(): void {
    this.gathered = 0;
    this.flushing = 0;
    this.sourceLength = 0;
  }

  /**
   * Takes the payload of one tick, `length` = 20 ms of bytes. It is read until the next push, not kept beyond.
   *
   * @param timestampRtp of its first sample; when it does not follow on what has gathered, that leaves first
   */
  push(payload: Uint8Array, offset: number, length: number, timestampRtp: number): void {
    this.source = payload;
    this.sourceOffset = offset;
    this.sourceLength = length;
    this.sourceTimestamp = timestampRtp;
    const expected = (this.gatheredTimestamp + this.unitsOf(this.gathered)) >>> 0;
    if (this.gathered > 0 && timestampRtp !== expected) this.flush();
  }

  /** Finds the next packet that is complete; false = none until the next push. */
  next(): boolean {
    if (this.flushing > 0) {
      this.emit(this.store, 0, this.flushing, this.gatheredTimestamp);
      this.gathered = 0;
      this.flushing = 0;
      return true;
    }
    const wanted = (this.ptimeMs / STEP_MS) * this.bytesPer10Ms;
    if (this.gathered === 0 && this.sourceLength >= wanted) {
      this.emit(this.source, this.sourceOffset, wanted, this.sourceTimestamp);
      this.consume(wanted);
      return true;
    }
    this.gather(Math.min(this.sourceLength, wanted - this.gathered));
    if (this.gathered < wanted) return false;
    this.emit(this.store, 0, wanted, this.gatheredTimestamp);
    this.gathered = 0;
    return true;
  }

  private emit(buffer: Uint8Array, offset: number, length: number, timestampRtp: number): void {
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    this.timestampRtp = timestampRtp;
    this.durationRtp = this.unitsOf(length);
  }

  private gather(bytes: number): void {
    if (bytes <= 0) return;
    if (this.gathered === 0) this.gatheredTimestamp = this.sourceTimestamp;
    for (let index = 0; index < bytes; index++) {
      this.store[this.gathered + index] = this.source[this.sourceOffset + index] ?? 0;
    }
    this.gathered += bytes;
    this.consume(bytes);
  }

  private consume(bytes: number): void {
    this.sourceOffset += bytes;
    this.sourceLength -= bytes;
    this.sourceTimestamp = (this.sourceTimestamp + this.unitsOf(bytes)) >>> 0;
  }

  private unitsOf(bytes: number): number {
    return (bytes / this.bytesPer10Ms) * this.unitsPer10Ms;
  }
}
