/** Makes the ids of calls and legs; injected, so that tests can foresee them. */
export interface IdSource {
  callId(): string;
  legId(): string;
}

const randomOctets = 16;

/**
 * Ids that cannot be guessed: `call_…` and `leg_…` with 128 random bits in base64url (22 characters).
 * @param randomBytes gives that many octets of cryptographic quality, e.g. `node:crypto`'s
 */
export function randomIds(randomBytes: (octets: number) => Buffer): IdSource {
  const text = () => randomBytes(randomOctets).toString('base64url');
  return { callId: () => `call_${text()}`, legId: () => `leg_${text()}` };
}
