/** A configured SIP peer: what may come in from it, and how to call out through it. */
import type { LatchingPolicy } from '../media/protocol.js';

/** Name and password for digest authentication (RFC 8760, RFC 7616). */
export interface DigestCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * How digits reach a peer. `auto`: telephone-events if it takes them, else tones; `rfc4733`: telephone-events or not at all;
 * `info`: SIP INFO; `in-band`: tones.
 */
export type DigitSending = 'auto' | 'rfc4733' | 'info' | 'in-band';

/** How calls leave through a trunk; absent = this trunk takes no outbound calls. */
export interface TrunkOutbound {
  /** Next hop, e.g. `sip:10.0.0.5:5060;transport=tcp`. */
  readonly proxy: string;
  /** `From` URI of calls we make. */
  readonly fromUri: string;
  /** Answers a challenge of this realm from this proxy, and nobody else's. */
  readonly credentials?: DigestCredentials & { readonly realm: string };
  /**
   * Destinations that may be dialled: user parts, exact (`4930123`) or as a prefix (`4930*`); `*` = any. Default none.
   * The host part of what is dialled is always the trunk's, so no other host is reachable through it.
   */
  readonly allowDestinations: readonly string[];
  /** Greatest number of outbound legs at once. */
  readonly maxLegs: number;
}

/** A SIP peer. */
export interface Trunk {
  readonly name: string;
  /** CIDRs its requests come from; a request from no trunk's CIDR gets no answer at all. */
  readonly allow: readonly string[];
  /** When present, INVITEs must also authenticate as one of these, in this realm. */
  readonly inboundAuth?: { readonly realm: string; readonly users: readonly DigestCredentials[] };
  readonly latching: LatchingPolicy;
  /**
   * SRTP with keys in SDP: `off` (default) refuses it, `required` refuses plain RTP, `optional` answers in kind and offers
   * both (RFC 8643). The keys are as safe as the signalling that carries them.
   */
  readonly srtp?: 'off' | 'optional' | 'required';
  /** What its legs are in their calls, unless a route or a dial request says otherwise; absent = participants. */
  readonly role?: 'moderator' | 'participant' | 'listener';
  /** How digits are sent to it; absent = `auto`. */
  readonly digits?: DigitSending;
  /** Encoding names in order of preference; absent = the server's. */
  readonly codecs?: readonly string[];
  readonly outbound?: TrunkOutbound;
}
