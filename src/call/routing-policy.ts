import type { EncodingName } from '../media/protocol.js';
import { isCallName } from './call-name.js';
import type { CallPolicyRequest } from './policy.js';
import type { LegRole } from './role.js';

/** What a route may answer instead of letting the caller in. */
export type RouteRefusal = 403 | 404 | 480 | 486 | 603;

/** One row of the routing table; the first row that fits decides. */
export interface Route {
  /** Only for INVITEs of this trunk; absent = of any. */
  readonly trunk?: string;
  /** Dialled user part: exact (`4930123`), a prefix (`4930*`), or `*` for all. */
  readonly number: string;
  /** Name of the call to join; `{user}` stands for the dialled user part. Default `{user}`. */
  readonly call?: string;
  /** Greatest number of legs of a call that this route creates. */
  readonly maxLegs?: number;
  /** Codecs in order of preference for legs that come this way. */
  readonly codecs?: readonly EncodingName[];
  /** Legs that come this way are muted at first. */
  readonly muted?: boolean;
  /** Role of legs that come this way; absent = the trunk's. */
  readonly role?: LegRole;
  /** How a call that this route creates treats its legs. */
  readonly policy?: CallPolicyRequest;
  /** Refuse with this SIP status. */
  readonly refuse?: RouteRefusal;
}

/** Where an INVITE goes. */
export type RoutingDecision =
  | {
      readonly ok: true;
      readonly callName: string;
      readonly maxLegs: number | undefined;
      readonly codecs: readonly EncodingName[] | undefined;
      readonly muted: boolean;
      readonly role: LegRole | undefined;
      readonly policy: CallPolicyRequest | undefined;
    }
  | { readonly ok: false; readonly sipStatus: number };

/** Without a table every number is the name of a call. */
export const defaultRoutes: readonly Route[] = [{ number: '*' }];

/**
 * Decides which call an INVITE joins. No row fits, or the name would not be one ({@link isCallName}): 404.
 * @param trunk name of the trunk that admitted the INVITE
 * @param user  user part of the Request-URI, percent-decoded; untrusted
 */
export function routeInvite(routes: readonly Route[], trunk: string, user: string): RoutingDecision {
  const route = routes.find((row) => (row.trunk === undefined || row.trunk === trunk) && fits(row.number, user));
  if (route === undefined) return { ok: false, sipStatus: 404 };
  if (route.refuse !== undefined) return { ok: false, sipStatus: route.refuse };
  // A replacement function, because `$&` and its kind in a dialled user part must stay text.
  const callName = (route.call ?? '{user}').replaceAll('{user}', () => user);
  if (!isCallName(callName)) return { ok: false, sipStatus: 404 };
  const { maxLegs, codecs, muted = false, role, policy } = route;
  return { ok: true, callName, maxLegs, codecs, muted, role, policy };
}

/** Whether a pattern of the form exact, `prefix*` or `*` takes `user`; an empty user part is taken by none. */
export function fits(pattern: string, user: string): boolean {
  if (user === '') return false;
  return pattern.endsWith('*') ? user.startsWith(pattern.slice(0, -1)) : pattern === user;
}
