/**
 * Counts what a leg receives (RFC 3550 A.3 loss, A.8 interarrival jitter) for the API and for its own RTCP reports.
 *
 * Loss is counted per numbering of the source as RTCP wants it, and summed over all of them for the API.
 */

import type { ReceiveStatistics } from '../protocol.js';
import type { ReceiveStream, StreamVerdict } from './receive-stream.js';

/** Why a datagram was not used. */
export type DropReason = 'source' | 'malformed' | 'payloadType' | 'flood' | 'ssrc' | 'stun' | 'srtpAuth' | 'srtpReplay';

/** The numbers of one report block (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  /** The source reported about. */
  ssrc: number;
  /** Loss since the last report, 0…255 in units of 1/256. */
  fractionLost: number;
  /** 24 bit signed; may fall below 0 when packets are duplicated. */
  cumulativeLost: number;
  /** Cycles in the high, sequence number in the low 16 bits. */
  extendedHighestSequence: number;
  /** In units of the payload's clock. */
  jitterRtp: number;
}

/** The counters of one leg; `nowMs` is any monotonic clock with a resolution well below a packet's time. */
export class ReceiveCounters {
  private packets = 0;
  private octets = 0;
  private duplicates = 0;
  private reordered = 0;
  private readonly dropped: Record<DropReason, number> = {
    source: 0,
    malformed: 0,
    payloadType: 0,
    flood: 0,
    ssrc: 0,
    stun: 0,
    srtpAuth: 0,
    srtpReplay: 0,
  };

  /** Expected and received without duplicates in numberings that are over. */
  private expectedBefore = 0;
  private uniqueBefore = 0;

  /** The numbering that runs now. */
  private numbering = 0;
  private firstSequence = 0;
  private highestSequence = -1;
  private received = 0;
  private unique = 0;
  private expectedAtReport = 0;
  private receivedAtReport = 0;

  private jitterNowMs = 0;
  private clockRateHz = 0;
  private lastArrivalMs = 0;
  private lastTimestamp = 0;

  /**
   * Counts a packet the stream judged.
   *
   * @param octets  payload bytes
   * @param isAudio false for telephone-events, whose timestamps say nothing about jitter
   */
  count(
    verdict: StreamVerdict,
    stream: ReceiveStream,
    octets: number,
    clockRateHz: number,
    isAudio: boolean,
    nowMs: number,
  ): void {
    if (verdict === 'probation') {
      this.dropped.ssrc += 1;
      return;
    }
    this.packets += 1;
    this.octets += octets;
    if (stream.sequenceStarts !== this.numbering) this.beginNumbering(stream);
    this.received += 1;
    if (verdict === 'duplicate') {
      this.duplicates += 1;
      return;
    }
    this.unique += 1;
    if (verdict === 'reordered') this.reordered += 1;
    if (stream.extendedSequence < this.firstSequence) this.firstSequence = stream.extendedSequence;
    if (stream.extendedSequence > this.highestSequence) this.highestSequence = stream.extendedSequence;
    if (isAudio) this.measureJitter(verdict === 'reset', stream.extendedTimestamp, clockRateHz, nowMs);
  }

  /** Counts a datagram that was not used. */
  drop(reason: DropReason): void {
    this.dropped[reason] += 1;
  }

  /** Interarrival jitter now, ms. */
  get jitterMs(): number {
    return this.jitterNowMs;
  }

  /** Fills `report` for the source `ssrc` and begins the next interval; false = nothing was received yet. */
  report(ssrc: number, report: ReceptionReport): boolean {
    if (this.numbering === 0) return false;
    const expected = this.expected();
    const expectedInterval = expected - this.expectedAtReport;
    const lostInterval = expectedInterval - (this.received - this.receivedAtReport);
    this.expectedAtReport = expected;
    this.receivedAtReport = this.received;
    report.ssrc = ssrc;
    report.fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    report.cumulativeLost = Math.max(-0x80_0000, Math.min(0x7f_ffff, expected - this.received));
    // Unwrapped numbers begin one cycle up; RTCP counts cycles from 0.
    report.extendedHighestSequence = (this.highestSequence - 0x1_0000) >>> 0;
    report.jitterRtp = Math.min(0xffff_ffff, Math.floor((this.jitterNowMs * this.clockRateHz) / 1000));
    return true;
  }

  /** Everything counted over the whole leg. @param late packets that came after their time to be played, as the buffer counts */
  statistics(late = 0): ReceiveStatistics {
    const expected = this.expectedBefore + (this.numbering === 0 ? 0 : this.expected());
    const lost = Math.max(0, expected - this.uniqueBefore - this.unique);
    return {
      packets: this.packets,
      octets: this.octets,
      lost,
      lossRatio: expected <= 0 ? 0 : lost / expected,
      duplicates: this.duplicates,
      reordered: this.reordered,
      late,
      jitterMs: this.jitterNowMs,
      dropped: { ...this.dropped },
    };
  }

  private expected(): number {
    return this.highestSequence - this.firstSequence + 1;
  }

  private beginNumbering(stream: ReceiveStream): void {
    if (this.numbering !== 0) {
      this.expectedBefore += this.expected();
      this.uniqueBefore += this.unique;
    }
    this.numbering = stream.sequenceStarts;
    this.firstSequence = stream.extendedSequence;
    this.highestSequence = stream.extendedSequence;
    this.received = 0;
    this.unique = 0;
    this.expectedAtReport = 0;
    this.receivedAtReport = 0;
  }

  /** RFC 3550 A.8, kept in ms so that it outlives a change of clock, and on differences so that it never overflows. */
  private measureJitter(restart: boolean, extendedTimestamp: number, clockRateHz: number, nowMs: number): void {
    if (clockRateHz <= 0) return;
    if (!restart && clockRateHz === this.clockRateHz) {
      const sentMs = ((extendedTimestamp - this.lastTimestamp) * 1000) / clockRateHz;
      const deviationMs = Math.abs(nowMs - this.lastArrivalMs - sentMs);
      this.jitterNowMs += (deviationMs - this.jitterNowMs) / 16;
    }
    this.clockRateHz = clockRateHz;
    this.lastArrivalMs = nowMs;
    this.lastTimestamp = extendedTimestamp;
  }
}
