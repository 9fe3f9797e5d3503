/** Why a packet was not protected or unprotected; all below 0, so that they cannot be taken for a length. */
export const SrtpFault = {
  /** Too short, too long, or its header does not fit in it. */
  malformed: -1,
  /** The tag is wrong: not made with our key, or changed on the way. */
  authentication: -2,
  /** It came before, or is too old to tell. */
  replay: -3,
  /** The peer uses more SSRCs under one key than can be kept apart. */
  tooManyStreams: -4,
  /** Sending it would use a keystream twice: its index was used, or all indices of the key were (RFC 3711 §9.2). */
  exhausted: -5,
} as const;

/** One of the values of the table of the same name. */
export type SrtpFault = (typeof SrtpFault)[keyof typeof SrtpFault];

/** Streams that one key protects at the same time; each was authenticated, so only the peer itself can use them up. */
export const maxStreams = 64;
