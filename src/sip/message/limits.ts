/** Bounds on one message (SAFETY S1). What exceeds them is refused before any work is done on it. */
export const messageLimits = {
  /** Bytes of a whole message, on any transport. */
  messageBytes: 65_536,
  /** Bytes of the start line, and of one header field with its folded lines. */
  lineBytes: 8_192,
  /** Header fields; the elements of a list count one each. */
  headers: 200,
} as const;
