/** What has an id of its own. */
export type IdKind = 'call' | 'leg' | 'interaction' | 'playback' | 'recording';

/** Makes ids; injected, so that tests can foresee them. */
export interface IdSource {
  /** `kind_…` */
  next(kind: IdKind): string;
}

const randomOctets = 16;

/**
 * Ids that cannot be guessed: `call_…`, `leg_…` and so on with 128 random bits in base64url (22 characters).
 * @param randomBytes gives that many octets of cryptographic quality, e.g. `node:crypto`'s
 */
export function randomIds(randomBytes: (octets: number) => Buffer): IdSource {
  return { next: (kind) => `${kind}_${randomBytes(randomOctets).toString('base64url')}` };
}
