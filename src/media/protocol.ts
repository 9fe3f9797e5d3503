/**
 * What the control plane and the media plane say to each other, and nothing else crosses between them.
 *
 * Control → media: {@link MediaCommand}; media → control: {@link MediaEvent}. Both are plain data (structured clone).
 * Ticks are counted per call from 0 at the tick in which the call was opened; one tick is 20 ms, 960 samples at 48 kHz.
 */

import type { ErrorCode } from '../errors.js';
import type { UdpKind } from './datagram-ports.js';

/** Encoding names as in SDP `a=rtpmap` (RFC 3551 §6, RFC 7587), compared without regard to case, written like this. */
export type EncodingName = 'PCMU' | 'PCMA' | 'G722' | 'opus' | 'L16';

/** One payload format of an RTP stream as SDP names it. */
export interface PayloadFormat {
  readonly encoding: EncodingName;
  /** 0…127. */
  readonly payloadType: number;
  /** RTP clock rate in Hz (8000 for G.722 as RFC 3551 §4.5.2 has it). */
  readonly clockRateHz: number;
  readonly channels: number;
  /** `a=fmtp` parameters, names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A telephone-event payload format (RFC 4733), one per clock rate. */
export interface TelephoneEventFormat {
  readonly payloadType: number;
  readonly clockRateHz: number;
}

/** SDP direction seen from this server. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** SRTP crypto suites this server speaks, as SDP names them (RFC 4568 §6.2). */
export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** What one side protects its SRTP and SRTCP with. Secret: never logged, never shown. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  /** 30 bytes: 16 of key, 14 of salt (RFC 4568 §6.1). */
  readonly masterKey: Uint8Array;
}

/** What an offer/answer exchange settled for one leg. */
export interface LegMedia {
  /** Where media goes to; `undefined` while the peer gave none (old style hold, `c=0.0.0.0`). */
  readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number } | undefined;
  readonly rtcpMux: boolean;
  readonly direction: MediaDirection;
  /** The format this server sends. */
  readonly send: PayloadFormat;
  /** Every format the peer may send. */
  readonly receive: readonly PayloadFormat[];
  /** Audio per sent packet in ms, a multiple of 10 in 10…120. */
  readonly sendPtimeMs: number;
  /** Telephone-event format for sending, if the peer takes any. */
  readonly sendTelephoneEvent: TelephoneEventFormat | undefined;
  readonly receiveTelephoneEvents: readonly TelephoneEventFormat[];
  /** Keys of both directions; absent = plain RTP and RTCP. Both go by the same suite. */
  readonly srtp?: { readonly send: SrtpKeys; readonly receive: SrtpKeys } | undefined;
}

/**
 * Which sources a leg accepts (SAFETY rule M1): `off` = exactly the signalled address; `sdp-ip` = the signalled IP, any
 * port, learnt; `nat` = any source, learnt. Learning ends in a lock; only new signalling opens it again.
 */
export type LatchingPolicy = 'off' | 'sdp-ip' | 'nat';

/** What the API may change on a leg at any tick. */
export interface LegControls {
  /** Not heard by anybody. */
  readonly muted: boolean;
  /** Hears nobody. */
  readonly deaf: boolean;
  /** Gain on what others hear of this leg, −60…+24 dB. */
  readonly gainDb: number;
  /**
   * Takes noise out of what others hear of this leg (10 ms later then), whatever comes, never, or where it helps: `auto`
   * does it for noisy G.711 and G.722 and makes what is inaudible silent. Absent at the opening = `off`.
   */
  readonly denoise?: DenoiseMode;
  /** Brings the leg's speech to a level, on top of which {@link gainDb} counts; absent at the opening = `off`. */
  readonly agc?: AutomaticGainControl;
  /** What becomes of the digits it presses; absent at the opening = `both`. */
  readonly digitMode?: DigitMode;
  /** Digits as tones in the audio, both ways; absent at the opening = `auto`. */
  readonly inBandDigits?: InBandDigits;
}

/**
 * `forward`: the other participants get them; `detect`: they are told as events, and others do not get them; `both`;
 * `none`: neither, and tones stay in the audio as they are.
 */
export type DigitMode = 'forward' | 'detect' | 'both' | 'none';

/**
 * Whether tones are looked for in what a leg says: `auto` = when telephone-events were not negotiated, and around those that
 * come. `auto` and `on` also send it tones when it takes no telephone-events; `off` does neither.
 */
export type InBandDigits = 'auto' | 'on' | 'off';

/** See {@link LegControls.denoise}. */
export type DenoiseMode = 'on' | 'off' | 'auto';

/** Automatic gain: the level speech shall have, −40…−10 dBov, or none. */
export type AutomaticGainControl = 'off' | { readonly targetDbov: number };

/** How a leg is set up before any SDP is settled. */
export interface LegOpening {
  readonly legId: string;
  readonly latching: LatchingPolicy;
  /** End the leg when no RTP arrived for this long while it should; 0 = never. */
  readonly rtpTimeoutMs: number;
  /** The same while media is on hold. */
  readonly rtpHoldTimeoutMs: number;
  readonly controls: LegControls;
}

/** Where a leg listens. */
export interface LegAddress {
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
}

/** Control → media. A `requestId` asks for exactly one `result` event. */
export type MediaCommand =
  | { readonly type: 'openCall'; readonly callId: string }
  | { readonly type: 'closeCall'; readonly requestId: number; readonly callId: string }
  | {
      readonly type: 'openLeg';
      readonly requestId: number;
      readonly callId: string;
      readonly leg: LegOpening;
      readonly host: string;
      readonly rtpPort: number;
      readonly rtcpPort: number;
      readonly ssrc: number;
      readonly cname: string;
      /** Seeds the random starts of sequence number and timestamp (RFC 3550 §5.1). */
      readonly seed: number;
    }
  | { readonly type: 'connectLeg'; readonly callId: string; readonly legId: string; readonly media: LegMedia }
  | {
      readonly type: 'controlLeg';
      readonly callId: string;
      readonly legId: string;
      readonly controls: Partial<LegControls>;
    }
  | {
      readonly type: 'routeLeg';
      readonly callId: string;
      readonly listenerLegId: string;
      readonly sourceLegId: string;
      /** Linear gain of the source in what the listener hears: 0 = not heard, 1 = the default. */
      readonly gain: number;
    }
  | {
      readonly type: 'sendDigits';
      readonly callId: string;
      readonly legId: string;
      /** Of `0-9*#A-D`. */
      readonly digits: string;
      readonly durationMs: number;
      readonly gapMs: number;
    }
  | {
      /** The leg pressed a digit that came by signalling. */
      readonly type: 'pressDigit';
      readonly callId: string;
      readonly legId: string;
      /** One of `0-9*#A-D`. */
      readonly digit: string;
      readonly durationMs: number;
    }
  | { readonly type: 'closeLeg'; readonly requestId: number; readonly callId: string; readonly legId: string }
  | { readonly type: 'reportLevels'; readonly callId: string; /** 0 = stop. */ readonly everyTicks: number }
  | { readonly type: 'snapshotCall'; readonly requestId: number; readonly callId: string }
  | { readonly type: 'stop' };

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
  /** Datagrams dropped by reason: `source`, `malformed`, `payloadType`, `flood`, `ssrc`, `srtpAuth`, `srtpReplay`, … */
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

/** Everything countable about a leg's media. */
export interface LegStatistics {
  readonly receive: ReceiveStatistics;
  readonly playout: PlayoutStatistics;
  readonly send: SendStatistics;
}

/** A leg as the media plane sees it now. */
export interface LegSnapshot {
  readonly legId: string;
  readonly connected: boolean;
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

/** Where a digit was found. */
export type DigitSource = 'rfc4733' | 'sip-info' | 'in-band';

/** Outcome of a command with a `requestId`. */
export type MediaResult =
  | { readonly type: 'legOpened' }
  | { readonly type: 'legClosed'; readonly tick: number; readonly statistics: LegStatistics | undefined }
  | { readonly type: 'callClosed'; readonly tick: number }
  | { readonly type: 'snapshot'; readonly snapshot: CallSnapshot }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly detail: string;
      /** True when another port could be tried (address in use). */
      readonly portBusy: boolean;
    };

/** How loud one leg is in one tick, as others are offered it. */
export interface LegLevel {
  readonly legId: string;
  /** RMS, dBov; −127 = digital silence. */
  readonly levelDbov: number;
  /** Greatest magnitude, dB below full scale; −127 = digital silence. */
  readonly peakDbov: number;
  readonly speaking: boolean;
}

/** Media → control. */
export type MediaEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly requestId: number; readonly result: MediaResult }
  | { readonly type: 'legJoined'; readonly callId: string; readonly legId: string; readonly tick: number }
  | {
      /** The leg's media ended by itself: its code threw, its codec could not be set up, or RTP stopped. */
      readonly type: 'legFailed';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly code: ErrorCode;
      readonly detail: string;
    }
  | {
      readonly type: 'callFailed';
      readonly callId: string;
      readonly tick: number;
      readonly detail: string;
    }
  | {
      readonly type: 'latched';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly address: string;
      readonly port: number;
    }
  | {
      readonly type: 'digit';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly digit: string;
      readonly durationMs: number;
      readonly source: DigitSource;
    }
  | {
      readonly type: 'digitsSent';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly digits: string;
    }
  | {
      readonly type: 'speech';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly speaking: boolean;
      /** Tick at which speech really began or ended; `tick` is when that had become certain. */
      readonly since: number;
    }
  | {
      /** Who speaks or spoke lately, loudest first; told at most five times a second. */
      readonly type: 'speakers';
      readonly callId: string;
      readonly tick: number;
      readonly legIds: readonly string[];
    }
  | {
      readonly type: 'levels';
      readonly callId: string;
      readonly tick: number;
      readonly levels: readonly LegLevel[];
    }
  | { readonly type: 'metrics'; readonly metrics: WorkerMetrics };
