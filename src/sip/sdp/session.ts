/** What offer/answer (RFC 3264) takes and yields: the local side, the running session, the outcomes. */
import type { EncodingName, LegMedia, MediaDirection, SrtpKeys } from '../../media/protocol.js';
import type { RemoteAddressPolicy } from './address-policy.js';

/** One codec this server is willing to use; its place in the list is its preference. */
export interface CodecPreference {
  readonly encoding: EncodingName;
  /** Audio per packet in ms when the peer asks for nothing; default {@link LocalMedia.ptimeMs}. */
  readonly ptimeMs?: number | undefined;
  /** Only for L16: the clock rate to offer, 8000, 16000 (default) or 48000 Hz. Every one of them is accepted. */
  readonly clockRateHz?: number | undefined;
  /** `a=fmtp` parameters this server declares for itself; default: the codec's in `codecs.ts`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * Whether a leg speaks SRTP. `off`: plain RTP only. `required`: the SRTP profile only. `optional`: what the peer offers is
 * answered in kind, and our own first offer leaves the choice to the peer: the plain profile with keys beside it (RFC 8643).
 */
export type SrtpPolicy = 'off' | 'optional' | 'required';

/** See {@link LocalMedia.voipMetrics}. */
export type VoipMetricsPolicy = 'off' | 'answer' | 'offer';

/** SRTP as this server wants it on a leg. */
export interface LocalSrtp {
  readonly policy: SrtpPolicy;
  /** Our own keys, one for each suite, in order of preference; random, of this leg alone, the same for its whole life. */
  readonly keys: readonly SrtpKeys[];
}

/** This server's side of a leg. */
export interface LocalMedia {
  /** Goes into `c=` and `o=`: where the peer can reach us, an IPv4 or IPv6 literal. */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** In order of preference, not empty. */
  readonly codecs: readonly CodecPreference[];
  /** Whose order decides when answering: ours (default) or the offer's. */
  readonly codecOrder?: 'local' | 'offer' | undefined;
  /** Default 20. */
  readonly ptimeMs?: number | undefined;
  /** What this server wants, default `sendrecv`; the outcome is never more than the peer's direction allows. */
  readonly direction?: MediaDirection | undefined;
  /** Offer and accept RTP and RTCP on one port (RFC 5761); default true. */
  readonly rtcpMux?: boolean | undefined;
  /** Take comfort noise (RFC 3389) where the peer offers it; default true. Ours is never sent, nor asked for. */
  readonly comfortNoise?: boolean | undefined;
  /**
   * VoIP metrics in RTCP XR (RFC 3611 §5): `answer` (default) sends them to peers whose description names them; `offer` also
   * names them in offers of ours; `off` does neither.
   */
  readonly voipMetrics?: VoipMetricsPolicy | undefined;
  /** Default: policy `off`. */
  readonly srtp?: LocalSrtp | undefined;
  /** `o=` session id of a new session, decimal digits. A running session keeps its own. */
  readonly sessionId: string;
  /** `o=` version of a new session, a safe integer ≥ 0. */
  readonly sessionVersion: number;
  /** True for a socket of this server (any leg's RTP or RTCP, SIP, HTTP): media is never sent there (SAFETY S3). */
  readonly isOwnSocket?: ((address: string, port: number) => boolean) | undefined;
  /** Which addresses media may be sent to. */
  readonly remotePolicy?: RemoteAddressPolicy | undefined;
}

/** One m-line of the last description sent. */
export interface StreamSlot {
  /** `audio`, `video`, … */
  readonly media: string;
  readonly protocol: string;
  /** Format list as it was written. */
  readonly formats: string;
}

/** A payload type number and the format it has named in this session (RFC 3264 §8.3.2 forbids to rename it). */
export interface PayloadBinding {
  readonly payloadType: number;
  /** Lower-case `encoding/clockRate/channels`. */
  readonly format: string;
}

/**
 * The running session as the next offer or answer needs it; opaque to callers. Keep the newest one that `answerOffer`,
 * `createOffer` or `applyAnswer` returned, also when the peer refused the offer: `o=` versions must not repeat.
 */
export interface Session {
  readonly origin: { readonly sessionId: string; readonly version: number; readonly address: string };
  /** `t=` start and stop; an answer repeats the offer's (RFC 3264 §6). */
  readonly timing: { readonly start: number; readonly stop: number };
  readonly slots: readonly StreamSlot[];
  /** Index of the m-line that carries our audio, or where it was when it was declined. */
  readonly audioSlot: number;
  readonly bindings: readonly PayloadBinding[];
  /** Whether the media is SRTP; undefined before the first answer. */
  readonly secured: boolean | undefined;
  /** Whether our last description named VoIP metrics; a later offer then names them again. */
  readonly voipMetrics: boolean;
  /** The last description sent; the version moves only when the text would change. */
  readonly localSdp: string;
}

/** Why a description was not taken; all are answered 488 and leave the session as it was. */
export interface SdpRefusal {
  readonly ok: false;
  readonly code: 'noCommonCodec' | 'badSdp' | 'mediaAddressRefused';
  /** One sentence, without anything copied from the peer that could hold control characters. */
  readonly detail: string;
}

/** Outcome of answering an offer. */
export type AnswerOutcome =
  { readonly ok: true; readonly answer: string; readonly media: LegMedia; readonly session: Session } | SdpRefusal;

/** Outcome of applying the peer's answer. */
export type ApplyOutcome = { readonly ok: true; readonly media: LegMedia; readonly session: Session } | SdpRefusal;

/** A refusal. */
export function refuse(code: SdpRefusal['code'], detail: string): SdpRefusal {
  return { ok: false, code, detail };
}
