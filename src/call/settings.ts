import type { DenoiseMode } from '../media/protocol.js';
import type { Trunk } from '../sip/trunk.js';
import type { CapacityLimits } from './capacity.js';
import type { MediaDefaults } from './negotiation.js';
import type { Route } from './routing-policy.js';

/** What configuration decides about calls. */
export interface CallSettings {
  readonly trunks: readonly Trunk[];
  /** First match decides; empty = nobody gets in. `defaultRoutes` makes every number a call name. */
  readonly routes: readonly Route[];
  readonly limits: CapacityLimits;
  /** Address, codecs and the like of every leg's SDP. */
  readonly media: MediaDefaults;
  /** End a leg when no RTP came for this long; 0 = never. */
  readonly rtpTimeoutMs: number;
  /** The same while on hold. */
  readonly rtpHoldTimeoutMs: number;
  /** What legs have their noise taken out, until the API says otherwise. */
  readonly denoise: DenoiseMode;
  /** Default idle timeout of calls, see `CallPolicy.idleTimeoutMs`. */
  readonly idleTimeoutMs: number;
}
