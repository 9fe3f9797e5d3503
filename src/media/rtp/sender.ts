/**
 * The sending side of one RTP stream (RFC 3550 §5.1): numbers packets, keeps the timestamp going with the ticks whether
 * or not anything is sent, and marks the first packet after a gap.
 */

import { writeRtpHeader } from './packet.js';
import { SeededRandom } from './seeded-random.js';

const TICK_MS = 20;

/** What RTCP says about a sender (RFC 3550 §6.4.1). */
export interface SendCounters {
  readonly ssrc: number;
  readonly packets: number;
  /** Payload octets. */
  readonly octets: number;
  /** Timestamp of the stream at `nowMs`, 32 bit unsigned. */
  timestampAt(nowMs: number): number;
}

/** One outgoing stream. Once per tick: send what there is, then {@link RtpSender.advance}. */
export class RtpSender implements SendCounters {
  /** Packets and payload octets sent so far. */
  packets = 0;
  octets = 0;

  private sequenceNext: number;
  private timestampNow: number;
  /** Timestamp right after the packet sent last: another one means a gap. */
  private timestampFollowing = 0;

  /**
   * @param ssrc        32 bit, unsigned
   * @param seed        makes the starts of sequence number and timestamp unpredictable
   * @param clockRateHz clock of the timestamp
   * @param tickMs      the time the first tick is due, on the clock that {@link advance} is given
   */
  constructor(
    readonly ssrc: number,
    seed: number,
    private clockRateHz: number,
    private tickMs: number,
  ) {
    const random = new SeededRandom(seed);
    // The lower half: who misses the first packets of an SRTP stream must not miss a roll-over with them (RFC 3711 §3.3.1).
    this.sequenceNext = random.nextUint32() & 0x7fff;
    this.timestampNow = random.nextUint32();
  }

  /** Timestamp of the first sample of this tick, 32 bit unsigned. */
  get timestampRtp(): number {
    return this.timestampNow;
  }

  /** Sequence number of the next packet. */
  get sequence(): number {
    return this.sequenceNext;
  }

  /** Timestamp units per tick of 20 ms. */
  get unitsPerTick(): number {
    return (this.clockRateHz * TICK_MS) / 1000;
  }

  /** Changes the clock from this tick on; the timestamp goes on from where it is. */
  setClockRate(clockRateHz: number): void {
    this.clockRateHz = clockRateHz;
  }

  /**
   * Writes the header of an audio packet; the marker is set when it does not follow on the packet before (RFC 3551 §4.1).
   *
   * @param timestampRtp  of its first sample
   * @param durationRtp   of its audio
   * @param payloadLength octets that follow the header
   * @returns offset of the payload
   */
  writeAudioHeader(
    buffer: Uint8Array,
    offset: number,
    payloadType: number,
    timestampRtp: number,
    durationRtp: number,
    payloadLength: number,
  ): number {
    const marker = this.packets === 0 || timestampRtp !== this.timestampFollowing;
    this.timestampFollowing = (timestampRtp + durationRtp) >>> 0;
    return this.writeHeader(buffer, offset, payloadType, marker, timestampRtp, payloadLength);
  }

  /**
   * Writes the header of a telephone-event packet, which takes the place of this tick's audio: audio that goes on right
   * after it is no new talkspurt.
   *
   * @returns offset of the payload
   */
  writeEventHeader(
    buffer: Uint8Array,
    offset: number,
    payloadType: number,
    marker: boolean,
    timestampRtp: number,
    payloadLength: number,
  ): number {
    this.timestampFollowing = (this.timestampNow + this.unitsPerTick) >>> 0;
    return this.writeHeader(buffer, offset, payloadType, marker, timestampRtp, payloadLength);
  }

  /**
   * Ends this tick, and the ones skipped with it.
   *
   * @param nowMs the time this tick was due
   * @param ticks 1, or more when ticks were skipped: their audio is never sent, but time went by
   */
  advance(nowMs: number, ticks = 1): void {
    this.timestampNow = (this.timestampNow + ticks * this.unitsPerTick) >>> 0;
    this.tickMs = nowMs + TICK_MS;
  }

  /** {@inheritDoc SendCounters.timestampAt} */
  timestampAt(nowMs: number): number {
    return (this.timestampNow + Math.round(((nowMs - this.tickMs) * this.clockRateHz) / 1000)) >>> 0;
  }

  private writeHeader(
    buffer: Uint8Array,
    offset: number,
    payloadType: number,
    marker: boolean,
    timestampRtp: number,
    payloadLength: number,
  ): number {
    const payloadOffset = writeRtpHeader(
      buffer,
      offset,
      payloadType,
      marker,
      this.sequenceNext,
      timestampRtp,
      this.ssrc,
    );
    this.sequenceNext = (this.sequenceNext + 1) & 0xffff;
    this.packets += 1;
    this.octets += payloadLength;
    return payloadOffset;
  }
}
