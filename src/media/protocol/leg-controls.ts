/** How a leg is set up, and what may change about it at any tick. */

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
  /** Out of the mix from its very first tick, see `isolateLeg`; absent = in it. */
  readonly isolated?: boolean;
  /** Whether tool legs may get its audio from its very first tick; absent = not, because forgetting must not record. */
  readonly consented?: boolean;
}

/**
 * Who hears a leg and whom it hears, apart from pairs with a gain of their own: all others, or only those pairs.
 * A whispering coach is heard by `pairs`; a side talk is heard by, and hears, `pairs`.
 */
export interface LegAudience {
  readonly heardBy: 'all' | 'pairs';
  readonly hears: 'all' | 'pairs';
}

/** Where a leg listens. */
export interface LegAddress {
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
}
