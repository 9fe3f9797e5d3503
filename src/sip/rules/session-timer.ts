/**
 * Session timers (RFC 4028) as pure functions: what to answer, what was agreed, and when to refresh or give up.
 *
 *     Session-Expires: 1800;refresher=uac        Min-SE: 90
 *
 * `uac` and `uas` name the roles in the transaction that carries the header, not those of the dialog (§7.1).
 */
import type { SipMessage, SipResponse } from '../message/message.js';
import type { Refusal } from './refusal.js';

/** Our own wishes, in seconds. */
export interface SessionTimerSettings {
  /** Session-Expires we ask for; 0 = ask for none, but honour the peer's. */
  readonly intervalS: number;
  /** Smallest Session-Expires we accept (Min-SE); RFC 4028 §5 wants 90 or more. */
  readonly minS: number;
}

/** Half an hour, and the smallest allowed. */
export const defaultSessionTimer: SessionTimerSettings = { intervalS: 1800, minS: 90 };

/** An agreed timer: who sends the refreshes. */
export interface SessionTimer {
  readonly intervalS: number;
  readonly refresher: 'local' | 'remote';
}

/** The session timer headers of one message. */
export interface SessionTimerFields {
  /** `timer` is in `Supported` or `Require`. */
  readonly supported: boolean;
  readonly sessionExpires: string | undefined;
  readonly minSe: string | undefined;
}

/** What our 2xx to an INVITE or UPDATE says of the timer. */
export type SessionTimerAnswer =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'agreed';
      readonly timer: SessionTimer;
      readonly sessionExpires: string;
      /** Put `Require: timer` in: the peer is to refresh, so it must have understood (§9). */
      readonly require: boolean;
    };

/** The verdict on what an INVITE or UPDATE asks for. */
export type SessionTimerVerdict = SessionTimerAnswer | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The session timer headers of a message. */
export function sessionTimerFields({ headers }: SipMessage): SessionTimerFields {
  const tags = [...headers.getAll('Supported'), ...headers.getAll('Require')];
  return {
    supported: tags.some((tag) => tag.trim().toLowerCase() === 'timer'),
    sessionExpires: headers.get('Session-Expires'),
    minSe: headers.get('Min-SE'),
  };
}

/** As UAS of an INVITE or UPDATE (RFC 4028 §9, table 2). Malformed fields count as absent. */
export function answerSessionTimer(fields: SessionTimerFields, settings: SessionTimerSettings): SessionTimerVerdict {
  const asked = parseSessionExpires(fields.sessionExpires);
  const floorS = parseSeconds(fields.minSe) ?? 0;
  if (asked === undefined) {
    if (!fields.supported || settings.intervalS === 0) return { kind: 'none' };
    return agree(Math.max(settings.intervalS, floorS, settings.minS), 'local');
  }
  if (asked.intervalS < settings.minS) {
    // Who does not know timers cannot repeat with a longer one: a proxy added it, and will see it raised (§8.1).
    if (fields.supported)
      return { kind: 'refused', refusal: { status: 422, headers: { 'Min-SE': `${settings.minS}` } } };
    return agree(settings.minS, 'local');
  }
  const wanted = settings.intervalS === 0 ? asked.intervalS : Math.min(asked.intervalS, settings.intervalS);
  const intervalS = Math.max(wanted, floorS, settings.minS);
  return agree(intervalS, fields.supported && asked.refresher !== 'uas' ? 'remote' : 'local');
}

/** What our 2xx says of it. */
export function sessionTimerHeaders(answer: SessionTimerAnswer): Readonly<Record<string, string>> {
  if (answer.kind !== 'agreed') return {};
  const expires = { 'Session-Expires': answer.sessionExpires };
  return answer.require ? { ...expires, Require: 'timer' } : expires;
}

/** As UAC, from a 2xx to our INVITE or UPDATE (RFC 4028 §7.2); undefined = this session has no timer. */
export function agreedSessionTimer(response: SessionTimerFields): SessionTimer | undefined {
  const got = parseSessionExpires(response.sessionExpires);
  if (got === undefined) return undefined;
  return { intervalS: got.intervalS, refresher: got.refresher === 'uas' ? 'remote' : 'local' };
}

/**
 * Session-Expires of a request of ours, or undefined for none.
 *
 * @param timer  what is agreed now; undefined before the dialog's first answer, or when none is
 * @param atLeastS the greatest Min-SE a 422 told us (§7.4); 0 for none
 */
export function requestedSessionExpires(
  settings: SessionTimerSettings,
  timer: SessionTimer | undefined,
  atLeastS: number,
): string | undefined {
  const intervalS = timer?.intervalS ?? settings.intervalS;
  if (intervalS === 0) return undefined;
  const value = `${Math.max(intervalS, atLeastS)}`;
  if (timer === undefined) return value;
  return `${value};refresher=${timer.refresher === 'local' ? 'uac' : 'uas'}`;
}

/** Min-SE of a 422, when it is more than we have tried yet: another try makes sense then (RFC 4028 §7.4). */
export function raisedMinSe(response: SipResponse | undefined, triedS: number): number | undefined {
  const minS = response?.status === 422 ? parseSeconds(response.headers.get('Min-SE')) : undefined;
  return minS !== undefined && minS > triedS ? minS : undefined;
}

/**
 * When to act on a timer after the last refresh (§10): the refresher sends at half of the interval; both hang up a little
 * before its end.
 */
export function sessionDeadlines(
  timer: SessionTimer,
  refreshedAtMs: number,
): { refreshAtMs: number | undefined; expireAtMs: number } {
  const { intervalS } = timer;
  const expireAtMs = refreshedAtMs + 1000 * (intervalS - Math.min(32, intervalS / 3));
  return {
    refreshAtMs: timer.refresher === 'local' ? refreshedAtMs + 500 * intervalS : undefined,
    expireAtMs,
  };
}

function agree(intervalS: number, refresher: 'local' | 'remote'): SessionTimerAnswer {
  const role = refresher === 'remote' ? 'uac' : 'uas';
  return {
    kind: 'agreed',
    timer: { intervalS, refresher },
    sessionExpires: `${intervalS};refresher=${role}`,
    require: refresher === 'remote',
  };
}

function parseSessionExpires(
  value: string | undefined,
): { intervalS: number; refresher: 'uac' | 'uas' | undefined } | undefined {
  const intervalS = parseSeconds(value);
  if (value === undefined || intervalS === undefined || intervalS === 0) return undefined;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(value)?.[1]?.toLowerCase();
  return { intervalS, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** Delta-seconds, at most a day's worth of digits so that arithmetic stays exact. */
function parseSeconds(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,7})\s*(?:;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
