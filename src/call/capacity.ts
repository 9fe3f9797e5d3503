import type { ErrorCode } from '../errors.js';

/** What this server takes at most. */
export interface CapacityLimits {
  readonly maxCalls: number;
  readonly maxLegs: number;
  /** Upper bound, and default, of a call's own limit. */
  readonly maxLegsPerCall: number;
}

/** What it has at the moment. */
export interface Load {
  readonly calls: number;
  readonly legs: number;
  readonly freePorts: number;
  readonly draining: boolean;
  /** Ticks are late: what is there must be saved from what would come. */
  readonly overloaded: boolean;
}

/** What somebody asks for. */
export interface Demand {
  readonly newCalls: 0 | 1;
  readonly newLegs: 0 | 1;
  /** The call to join, when it exists. */
  readonly call: { readonly legs: number; readonly maxLegs: number; readonly locked: boolean } | undefined;
}

/** Each leg takes a port for RTP and one for RTCP. */
const portsPerLeg = 2;

/** Seconds after which a caller refused for lack of capacity may try again (`Retry-After`, RFC 3261 §20.33). */
export const retryAfterS = 5;

/** Why the demand cannot be met now; undefined = it can. What the call itself refuses comes after what the server lacks. */
export function refusalOf(limits: CapacityLimits, load: Load, demand: Demand): ErrorCode | undefined {
  if (load.draining) return 'draining';
  if (load.overloaded) return 'capacityReached';
  if (load.calls + demand.newCalls > limits.maxCalls) return 'capacityReached';
  if (load.legs + demand.newLegs > limits.maxLegs) return 'capacityReached';
  if (demand.newLegs > 0 && load.freePorts < portsPerLeg) return 'portsExhausted';
  if (demand.newLegs === 0 || demand.call === undefined) return undefined;
  if (demand.call.locked) return 'callLocked';
  return demand.call.legs + demand.newLegs > demand.call.maxLegs ? 'callFull' : undefined;
}
