/**
 * Decides which source a leg's media may come from and where its media goes to (SAFETY M1, M2).
 *
 *                       signalled or remembered source: used at once,
 *                       5 packets in sequence over 60 ms lock it
 *       ┌──────────┐ ───────────────────────────────────────────────► ┌────────────────────┐
 *       │          │                                                  │ locked to the      │
 *    ──►│ learning │                                                  │ signalled source   │◄─┐
 *       │          │ ──────────────────────────────┐                  └────────────────────┘  │
 *       └──────────┘  another source the policy    ▼                                          │ signalled source,
 *        ▲  any lock  allows, the same condition,  ┌────────────────────┐                     │ same condition
 *        │  on new    none of its packets used     │ locked to a        │ ────────────────────┘
 *        └─ signalling                             │ learnt source      │
 *                                                  └────────────────────┘
 *
 * - Media goes to the signalled address until a learnt source is locked: nothing is ever sent to an unconfirmed source,
 *   and nothing an unconfirmed source sends is heard (stricter than the five packets SAFETY M1 allows).
 * - The signalled source always wins: while it was heard in the last 2 s no other source is learnt, and it takes the
 *   lock back from a learnt one.
 * - Signalling with an unchanged address (a session refresh) remembers the locked source, which is used and locked again
 *   like a signalled one; only its silence for 2 s lets another source be learnt (a NAT that changed its binding).
 * - RTCP never moves anything.
 *
 * Addresses are compared as strings: give them in one spelling.
 */

import type { LatchingPolicy } from '../protocol.js';
import type { RtpPacket } from './packet.js';

/** Packets in unbroken sequence that confirm a source. */
const CONFIRMING_PACKETS = 5;
/** Time these packets span at least: a burst does not confirm. */
const CONFIRMING_SPAN_MS = 60;
/** A candidate that needs longer than this starts anew. */
const CONFIRMING_WINDOW_MS = 5000;
/** A preferred source heard within this time keeps others from being learnt. */
const PREFERRED_HOLDS_MS = 2000;
/** Sources watched at the same time. */
const CANDIDATES = 4;

/** What to do with a datagram before it is parsed. `learn`: parse it, then ask {@link SourceLatch.learn}. */
export type SourceVerdict = 'accept' | 'learn' | 'drop';

/** What a parsed packet taught. `locked`: its source has just been locked to, and the packet is to be used. */
export type SourceLesson = 'use' | 'locked' | 'ignore';

/** The signalled media address of the peer. */
export interface SignalledSource {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

interface Candidate {
  address: string;
  port: number;
  ssrc: number;
  sequence: number;
  /** Packets in unbroken sequence so far; 0 = free. */
  count: number;
  firstMs: number;
  lastMs: number;
}

/** The latch of one leg. Times are milliseconds of one monotonic clock. */
export class SourceLatch {
  private signalled: SignalledSource = { address: '', rtpPort: 0, rtcpPort: 0 };
  private rtcpMux = false;
  private sending = false;
  private isLocked = false;
  /** The locked source, or while learning the remembered one; port 0 = none. */
  private sourceAddress = '';
  private sourcePort = 0;
  private preferredHeardMs = Number.NEGATIVE_INFINITY;
  private readonly candidates: readonly Candidate[] = Array.from({ length: CANDIDATES }, emptyCandidate);

  constructor(private readonly policy: LatchingPolicy) {}

  /**
   * Takes what signalling settled. A changed address opens the latch; an unchanged one opens it but remembers the source.
   *
   * @param remote `undefined` = the peer takes no media now (old style hold): nothing is sent, the source stays as it is
   */
  signal(remote: SignalledSource | undefined, rtcpMux: boolean, nowMs: number): void {
    this.sending = remote !== undefined;
    this.rtcpMux = rtcpMux;
    if (remote === undefined) return;
    const unchanged = remote.address === this.signalled.address && remote.rtpPort === this.signalled.rtpPort;
    this.signalled = remote;
    if (unchanged && this.sourcePort !== 0) {
      this.preferredHeardMs = nowMs;
    } else {
      this.sourceAddress = '';
      this.sourcePort = 0;
      this.preferredHeardMs = Number.NEGATIVE_INFINITY;
    }
    this.isLocked = false;
    this.forgetCandidates();
  }

  /** Judges an RTP datagram by its source alone. */
  screen(address: string, port: number): SourceVerdict {
    const signalled = this.isSignalled(address, port);
    if (this.policy === 'off') return signalled ? 'accept' : 'drop';
    if (this.isLocked) {
      if (this.isSource(address, port)) return 'accept';
      return signalled ? 'learn' : 'drop';
    }
    return signalled || this.policy === 'nat' || address === this.signalled.address ? 'learn' : 'drop';
  }

  /**
   * Judges an RTCP datagram by its source alone: before a lock only the signalled RTCP address counts; afterwards the
   * locked source on a shared port, and its address with any port otherwise (NATs map the two ports independently).
   */
  screenRtcp(address: string, port: number): boolean {
    if (this.sourcePort === 0) {
      const signalledPort = this.rtcpMux ? this.signalled.rtpPort : this.signalled.rtcpPort;
      return port !== 0 && port === signalledPort && address === this.signalled.address;
    }
    if (address !== this.sourceAddress) return false;
    return !this.rtcpMux || port === this.sourcePort;
  }

  /**
   * Learns from a parsed packet that {@link screen} answered `learn` for.
   *
   * @param negotiated whether its payload type was negotiated; other packets teach nothing, and `use` then only means
   *                   that their source is not the reason to drop them
   */
  learn(address: string, port: number, packet: RtpPacket, negotiated: boolean, nowMs: number): SourceLesson {
    const signalled = this.isSignalled(address, port);
    const preferred = signalled || (!this.isLocked && this.isSource(address, port));
    if (!negotiated) return preferred && !this.isLocked ? 'use' : 'ignore';
    if (preferred) {
      if (signalled && !this.isLocked) this.sourcePort = 0;
      this.preferredHeardMs = nowMs;
    } else if (this.isLocked || nowMs - this.preferredHeardMs < PREFERRED_HOLDS_MS) {
      return 'ignore';
    }
    if (this.confirms(address, port, packet, nowMs)) {
      this.lock(address, port);
      return 'locked';
    }
    return preferred && !this.isLocked ? 'use' : 'ignore';
  }

  /** Whether a source is locked. */
  get locked(): boolean {
    return this.isLocked;
  }

  /** Where RTP goes to; '' while nothing may be sent. */
  get sendAddress(): string {
    if (!this.sending) return '';
    return this.sourcePort === 0 ? this.signalled.address : this.sourceAddress;
  }

  /** UDP port to {@link sendAddress}. */
  get sendPort(): number {
    return this.sourcePort === 0 ? this.signalled.rtpPort : this.sourcePort;
  }

  /**
   * UDP port of the peer's RTCP at {@link sendAddress}. Behind a NAT without rtcp-mux it is not known: the port after the
   * RTP port is the best guess (RFC 3550 §11), and RTCP is not allowed to teach a better one.
   */
  get sendRtcpPort(): number {
    if (this.rtcpMux) return this.sendPort;
    if (this.sourcePort === 0 || this.isSignalled(this.sourceAddress, this.sourcePort)) return this.signalled.rtcpPort;
    return this.sourcePort + 1;
  }

  private isSignalled(address: string, port: number): boolean {
    return port === this.signalled.rtpPort && address === this.signalled.address && port !== 0;
  }

  private isSource(address: string, port: number): boolean {
    return port === this.sourcePort && address === this.sourceAddress && port !== 0;
  }

  private lock(address: string, port: number): void {
    this.sourceAddress = address;
    this.sourcePort = port;
    this.isLocked = true;
    this.forgetCandidates();
  }

  /** Counts a packet towards its source's confirmation; true = confirmed by it. */
  private confirms(address: string, port: number, packet: RtpPacket, nowMs: number): boolean {
    const candidate = this.candidateOf(address, port);
    const inWindow = candidate.count > 0 && nowMs - candidate.firstMs <= CONFIRMING_WINDOW_MS;
    if (inWindow && candidate.ssrc === packet.ssrc && packet.sequence === candidate.sequence) return false;
    const follows = ((candidate.sequence + 1) & 0xffff) === packet.sequence;
    if (inWindow && follows && candidate.ssrc === packet.ssrc) {
      candidate.count += 1;
    } else {
      candidate.count = 1;
      candidate.firstMs = nowMs;
      candidate.ssrc = packet.ssrc;
    }
    candidate.sequence = packet.sequence;
    candidate.lastMs = nowMs;
    return candidate.count >= CONFIRMING_PACKETS && nowMs - candidate.firstMs >= CONFIRMING_SPAN_MS;
  }

  /** The record of a source: its own, or the one of the least confirmed source, oldest first, taken over. */
  private candidateOf(address: string, port: number): Candidate {
    let weakest = this.candidates[0] ?? emptyCandidate();
    for (const candidate of this.candidates) {
      if (candidate.count > 0 && candidate.port === port && candidate.address === address) return candidate;
      const weaker = candidate.count < weakest.count;
      if (weaker || (candidate.count === weakest.count && candidate.lastMs < weakest.lastMs)) weakest = candidate;
    }
    weakest.address = address;
    weakest.port = port;
    weakest.count = 0;
    return weakest;
  }

  private forgetCandidates(): void {
    for (const candidate of this.candidates) {
      candidate.count = 0;
      candidate.lastMs = 0;
    }
  }
}

function emptyCandidate(): Candidate {
  return { address: '', port: 0, ssrc: 0, sequence: 0, count: 0, firstMs: 0, lastMs: 0 };
}
