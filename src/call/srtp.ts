import type { SrtpSuite } from '../media/protocol.js';
import type { LocalSrtp } from '../sip/sdp/session.js';
import type { Trunk } from '../sip/trunk.js';

/** Octets of cryptographic quality, e.g. `node:crypto`'s `randomBytes`; injected, so that tests can foresee them. */
export type RandomOctets = (count: number) => Uint8Array;

/** In order of preference: the longer tag first. */
const suites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

const masterKeyOctets = 30;

/** SRTP of one leg of a trunk, with keys of its own for every suite; undefined = none. */
export function legSrtp(trunk: Trunk, randomOctets: RandomOctets): LocalSrtp | undefined {
  const policy = trunk.srtp ?? 'off';
  if (policy === 'off') return undefined;
  // A copy, because octets from a pool would take the whole pool along to the media worker.
  const keys = suites.map((suite) => ({ suite, masterKey: Uint8Array.from(randomOctets(masterKeyOctets)) }));
  return { policy, keys };
}
