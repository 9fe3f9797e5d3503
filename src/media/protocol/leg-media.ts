/** What an offer/answer exchange settles for a leg, as the media plane needs it. */

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

/** A comfort noise payload format (RFC 3389). */
export interface ComfortNoiseFormat {
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
  /** Formats in which the peer may say what its pauses sound like; absent = none. */
  readonly receiveComfortNoise?: readonly ComfortNoiseFormat[];
  /** The peer takes VoIP metrics in RTCP XR (RFC 3611 §4.7); absent = it gets none. */
  readonly sendVoipMetrics?: boolean;
  /** Keys of both directions; absent = plain RTP and RTCP. Both go by the same suite. */
  readonly srtp?: { readonly send: SrtpKeys; readonly receive: SrtpKeys } | undefined;
}
