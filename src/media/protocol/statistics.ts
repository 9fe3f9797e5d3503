/** What the media plane counts and shows. */
import type { UdpKind } from '../datagram-ports.js';

/** Receive side of a leg's RTP (RFC 3550 §6.4.1, A.3, A.8). */
export interface ReceiveStatistics {
  readonly packets: number;
  readonly octets: number;
  /** Expected minus received, not below 0. */
  readonly lost: number;
  /** Ratio 0…1 over the whole leg. */
  readonly lossRatio: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly late: number;
  readonly jitterMs: number;
  /** Datagrams dropped by reason: `source`, `malformed`, `payloadType`, `flood`, `ssrc`, `stun`, `srtpAuth`, `srtpReplay`, … */
  readonly dropped: Readonly<Record<string, number>>;
}

/** What was played of a leg, in 20 ms frames unless said otherwise. */
export interface PlayoutStatistics {
  readonly played: number;
  readonly concealed: number;
  /** Lost packets rebuilt from the redundancy of the one after them (in-band FEC); their frames count as played. */
  readonly rescued: number;
  /** Frames for which nothing was there and nothing was expected (before the first packet, DTX, hold). */
  readonly silent: number;
  /** Frames thrown away unplayed to reduce delay. */
  readonly dropped: number;
  /** Times the audio was shortened (delay reduced) or lengthened (delay increased) by time-stretching. */
  readonly accelerated: number;
  readonly decelerated: number;
  /** Packets that came after their place had been played or concealed. */
  readonly late: number;
  /** Packets the decoder refused. */
  readonly decodeErrors: number;
  readonly resets: number;
  /** How long the fastest of the recent packets waits to be played, and what the policy aims at. */
  readonly depthMs: number;
  readonly targetMs: number;
}

/** Sending side of a leg. */
export interface SendStatistics {
  readonly packets: number;
  readonly octets: number;
  /** What the peer reported last in RTCP, if it did. */
  readonly remoteLossRatio: number | undefined;
  readonly remoteJitterMs: number | undefined;
  readonly roundTripMs: number | undefined;
}

/** How one direction is estimated to sound, by the E-model (ITU-T G.107) on its narrowband scale. */
export interface QualityEstimate {
  /** Transmission rating R, 0…93.2, delay counted in. */
  readonly rFactor: number;
  /** Mean opinion score of listening, which no delay spoils, and of conversing; 1…4.41. */
  readonly mosListening: number;
  readonly mosConversational: number;
}

/** How losses cluster (RFC 3611 §4.7.1–4.7.2, Gmin 16); what was rescued by redundancy counts as received. */
export interface LossClusters {
  /** Parts of the packets that never came, and that came too late to be played. */
  readonly lossRatio: number;
  readonly discardRatio: number;
  /** Part of the packets lost or discarded inside bursts, and outside of them. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean lengths. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
}

/** What a peer says in RTCP XR of what it hears; what it does not know is undefined. */
export interface ReportedQuality extends LossClusters {
  readonly rFactor: number | undefined;
  readonly mosListening: number | undefined;
  readonly mosConversational: number | undefined;
  readonly endSystemDelayMs: number | undefined;
}

/** How both directions of a leg sound. */
export interface QualityStatistics {
  /** What this server hears of the leg; undefined until a second of it has been expected. */
  readonly receive: (QualityEstimate & LossClusters) | undefined;
  /** What the leg hears, estimated from its reports; undefined until one came. */
  readonly send: QualityEstimate | undefined;
  /** What the leg itself says of that, if it does. */
  readonly reported: ReportedQuality | undefined;
}

/** Everything countable about a leg's media. */
export interface LegStatistics {
  readonly receive: ReceiveStatistics;
  readonly playout: PlayoutStatistics;
  readonly send: SendStatistics;
  readonly quality: QualityStatistics;
}

/** A leg as the media plane sees it now. */
export interface LegSnapshot {
  readonly legId: string;
  readonly connected: boolean;
  /** Out of the mix, in an interaction or kept out. */
  readonly isolated: boolean;
  /** Whether tool legs may get its audio. */
  readonly consented: boolean;
  readonly speaking: boolean;
  /** RMS of the last frame others could hear, dBov; −127 = digital silence. */
  readonly levelDbov: number;
  /** Whether noise is being taken out now. */
  readonly denoising: boolean;
  /** What automatic gain adds now, dB; 0 while it is off. */
  readonly automaticGainDb: number;
  readonly statistics: LegStatistics;
}

/** A call as the media plane sees it now. */
export interface CallSnapshot {
  readonly callId: string;
  readonly tick: number;
  readonly legs: readonly LegSnapshot[];
  /** Ids of legs that speak or spoke lately, loudest first. */
  readonly speakers: readonly string[];
}

/** Counters of one worker since its start; gauges where noted. */
export interface WorkerMetrics {
  readonly ticks: number;
  /** Ticks that began more than 10 ms after their time. */
  readonly lateTicks: number;
  /** Ticks never run because catching up is bounded (SAFETY P1). */
  readonly skippedTicks: number;
  /** Largest lateness in the last second, ms (gauge). */
  readonly maxLatenessMs: number;
  /** Largest tick duration in the last second, ms (gauge). */
  readonly maxTickMs: number;
  /** Gauges of live objects. */
  readonly calls: number;
  readonly legs: number;
  readonly sockets: number;
  /** How datagrams travel. */
  readonly udp: UdpKind;
  /** Bytes of wasm memory handed out (gauge). */
  readonly wasmBytes: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsDropped: number;
  readonly heapUsedBytes: number;
}
