/**
 * When a leg sends RTCP, what it says, and what the peer said (RFC 3550 §6.2–6.4) for a session of two members.
 *
 *    ┌─────────┐ half an interval  ┌─────────┐ ◄─┐ deadline: draw another interval since the report before (§6.3.6);
 *    │ waiting │ ────────────────► │ running │ ──┘ if that is over too, report, else it is the deadline
 *    └─────────┘   first report    └─────────┘ ──► leave: BYE, if anything was ever sent
 *
 * The mean interval is 5 s, because drawing twice makes up for the compensation in the formula. With two members
 * membership never moves a deadline (§6.3.3, §6.3.4), and the share of bandwidth exceeds the
 * least interval of 5 s only below some 500 bit/s of RTCP; the formula stands in full nevertheless. The clock is one
 * monotonic `nowMs`; wall time is `nowMs + wallOffsetMs` with a constant offset, so a clock that is set does not spoil
 * round trips.
 */

import { middleOf, ntpFractionOf, ntpSecondsOf, roundTripMs } from './ntp-time.js';
import type { ReceiveCounters } from './receive-statistics.js';
import { type RtcpFault, createRtcpCompound, parseRtcp } from './rtcp-packets.js';
import {
  type ReportBlock,
  type SenderInfo,
  writeBye,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from './rtcp-writer.js';
import type { SendCounters } from './sender.js';
import { SeededRandom } from './seeded-random.js';
import { type VoipMetrics, writeVoipMetrics } from './voip-metrics.js';

/** Least interval between reports (RFC 3550 §6.2). */
const LEAST_INTERVAL_MS = 5000;
/** Makes up for timer reconsideration converging low: e − 3/2 (§6.3.1). */
const COMPENSATION = Math.E - 1.5;
/** 5 % of a 64 kbit/s session, in octets per second (§6.2). */
const RTCP_OCTETS_PER_SECOND = 400;
/** UDP and IPv4 headers count too (§6.2). */
const HEADER_OCTETS = 28;
const MEMBERS = 2;

/** How to begin. */
export interface RtcpSessionOptions {
  readonly cname: string;
  /** Spreads the intervals. */
  readonly seed: number;
  readonly nowMs: number;
  /** Unix time minus `nowMs`. */
  readonly wallOffsetMs: number;
}

/** RTCP of one leg. */
export class RtcpSession {
  /** When to ask {@link isDue} again. */
  nextDeadlineMs: number;
  /** What the peer reported last about this server's stream: loss since its report before, jitter, and the round trip. */
  remoteLossRatio: number | undefined;
  remoteJitterMs: number | undefined;
  roundTripMs: number | undefined;
  /** Loss of all it was sent, by its last report: packets, which duplicates make fewer. */
  remoteCumulativeLost: number | undefined;
  /** What the peer said last in XR of what it hears, if it ever did. */
  remoteMetrics: VoipMetrics | undefined;
  /** SSRC that said BYE last; RTCP ends no leg, so this only informs. */
  byeSsrc: number | undefined;
  /** Datagrams dropped as malformed. */
  malformed = 0;

  private readonly cname: string;
  private readonly wallOffsetMs: number;
  private readonly random: SeededRandom;
  private readonly compound = createRtcpCompound();
  private readonly info: SenderInfo = { ntpSeconds: 0, ntpFraction: 0, timestampRtp: 0, packets: 0, octets: 0 };
  private readonly block: ReportBlock = {
    ssrc: 0,
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 0,
    jitterRtp: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
  /** Average compound size with lower layer headers (§6.3.3). */
  private averageOctets = 128;
  private reports = 0;
  private reportMs: number;
  /** RTP packets sent at the last report and the one before: "we_sent" (§6.3). */
  private packetsAtReport = 0;
  private packetsAtReportBefore = 0;
  /** The last sender report of the peer. */
  private senderReportSsrc = -1;
  private senderReportMiddle = 0;
  private senderReportMs = 0;

  constructor(options: RtcpSessionOptions) {
    this.cname = options.cname;
    this.wallOffsetMs = options.wallOffsetMs;
    this.random = new SeededRandom(options.seed);
    this.reportMs = options.nowMs;
    this.nextDeadlineMs = options.nowMs + this.interval();
  }

  /** Whether {@link writeReport} is due; at a deadline it may turn out that there is another one first (§6.3.6). */
  isDue(nowMs: number): boolean {
    if (nowMs < this.nextDeadlineMs) return false;
    const reconsideredMs = this.reportMs + this.interval();
    if (reconsideredMs <= nowMs) return true;
    this.nextDeadlineMs = reconsideredMs;
    return false;
  }

  /**
   * Takes a datagram from the confirmed source.
   *
   * @param ownSsrc         of the stream this server sends
   * @param sendClockRateHz its clock
   */
  receive(bytes: Uint8Array, length: number, ownSsrc: number, sendClockRateHz: number, nowMs: number): RtcpFault {
    const compound = this.compound;
    const fault = parseRtcp(bytes, length, ownSsrc, compound);
    if (fault !== 0) {
      this.malformed += 1;
      return fault;
    }
    this.weigh(length);
    if (compound.hasSenderReport) {
      this.senderReportSsrc = compound.senderSsrc;
      this.senderReportMiddle = middleOf(compound.ntpSeconds, compound.ntpFraction);
      this.senderReportMs = nowMs;
    }
    if (compound.hasPeerReport) this.notePeerReport(sendClockRateHz, nowMs);
    if (compound.hasVoipMetrics) this.remoteMetrics = { ...compound.voipMetrics };
    if (compound.hasBye) this.byeSsrc = compound.byeSsrc;
    return fault;
  }

  /**
   * Writes the compound that is due at `buffer[0]` and sets the next deadline: SR if RTP was sent since the report before
   * the last, else RR; a report block if anything was received; SDES with the CNAME; XR, if the peer takes it.
   *
   * @param buffer   at least 384 bytes
   * @param peerSsrc the stream that `received` counts
   * @param metrics  of that stream, to be told by XR
   * @returns bytes written
   */
  writeReport(
    buffer: Uint8Array,
    nowMs: number,
    sent: SendCounters,
    received: ReceiveCounters,
    peerSsrc: number,
    metrics?: VoipMetrics,
  ): number {
    const length = this.writeCompound(buffer, nowMs, sent, received, peerSsrc, metrics);
    this.packetsAtReportBefore = this.packetsAtReport;
    this.packetsAtReport = sent.packets;
    this.reports += 1;
    this.reportMs = nowMs;
    this.weigh(length);
    this.nextDeadlineMs = nowMs + this.interval();
    return length;
  }

  /**
   * Writes the last compound, with a BYE, and ends the deadlines.
   *
   * @returns bytes written; 0 = this leg never sent anything, so it has nothing to leave (RFC 3550 §6.3.7)
   */
  writeLeave(
    buffer: Uint8Array,
    nowMs: number,
    sent: SendCounters,
    received: ReceiveCounters,
    peerSsrc: number,
    metrics?: VoipMetrics,
  ): number {
    this.nextDeadlineMs = Number.POSITIVE_INFINITY;
    if (sent.packets === 0 && this.reports === 0) return 0;
    return writeBye(buffer, this.writeCompound(buffer, nowMs, sent, received, peerSsrc, metrics), sent.ssrc);
  }

  private writeCompound(
    buffer: Uint8Array,
    nowMs: number,
    sent: SendCounters,
    received: ReceiveCounters,
    peerSsrc: number,
    metrics: VoipMetrics | undefined,
  ): number {
    const block = this.fillBlock(nowMs, received, peerSsrc) ? this.block : undefined;
    let end: number;
    if (sent.packets > this.packetsAtReportBefore) {
      const unixMs = nowMs + this.wallOffsetMs;
      this.info.ntpSeconds = ntpSecondsOf(unixMs);
      this.info.ntpFraction = ntpFractionOf(unixMs);
      this.info.timestampRtp = sent.timestampAt(nowMs);
      this.info.packets = sent.packets;
      this.info.octets = sent.octets;
      end = writeSenderReport(buffer, 0, sent.ssrc, this.info, block);
    } else {
      end = writeReceiverReport(buffer, 0, sent.ssrc, block);
    }
    end = writeSourceDescription(buffer, end, sent.ssrc, this.cname);
    if (block === undefined || metrics === undefined) return end;
    return writeVoipMetrics(buffer, end, sent.ssrc, peerSsrc, metrics);
  }

  private fillBlock(nowMs: number, received: ReceiveCounters, peerSsrc: number): boolean {
    if (!received.report(peerSsrc, this.block)) return false;
    const answers = this.senderReportSsrc === peerSsrc;
    this.block.lastSenderReport = answers ? this.senderReportMiddle : 0;
    this.block.delaySinceLastSenderReport = answers
      ? Math.min(0xffff_ffff, Math.round(((nowMs - this.senderReportMs) * 0x1_0000) / 1000))
      : 0;
    return true;
  }

  private notePeerReport(sendClockRateHz: number, nowMs: number): void {
    const report = this.compound.peerReport;
    const unixMs = nowMs + this.wallOffsetMs;
    const arrival = middleOf(ntpSecondsOf(unixMs), ntpFractionOf(unixMs));
    this.remoteLossRatio = report.fractionLost / 256;
    this.remoteCumulativeLost = report.cumulativeLost;
    this.remoteJitterMs = sendClockRateHz > 0 ? (report.jitterRtp * 1000) / sendClockRateHz : undefined;
    this.roundTripMs =
      roundTripMs(arrival, report.lastSenderReport, report.delaySinceLastSenderReport) ?? this.roundTripMs;
  }

  private weigh(octets: number): void {
    this.averageOctets += (octets + HEADER_OCTETS - this.averageOctets) / 16;
  }

  /** The next interval (§6.3.1): 0.5…1.5 of the greater of least interval and bandwidth share; half of it at first. */
  private interval(): number {
    const leastMs = this.reports === 0 ? LEAST_INTERVAL_MS / 2 : LEAST_INTERVAL_MS;
    const shareMs = (MEMBERS * this.averageOctets * 1000) / RTCP_OCTETS_PER_SECOND;
    return (Math.max(leastMs, shareMs) * (0.5 + this.random.nextRatio())) / COMPENSATION;
  }
}
