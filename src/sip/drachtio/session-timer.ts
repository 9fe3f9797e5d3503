/**
 * Session timers (RFC 4028). drachtio-server keeps the timers: it arms one from `Session-Expires` of what passes it,
 * refreshes with the last SDP it saw when that is ours to do, and sends BYE when one runs out. Left to us are the headers:
 * refusing too small an interval, answering INVITEs and refreshes, asking for a timer in our own INVITEs. (The server
 * would put Session-Expires into a first 200 that lacks it, but without the Require that goes with it.)
 */
import { firstHeader } from './message.js';
import type { SrfMessage } from './srf-types.js';

/** The server uses the same floor for refreshes, and it is the smallest that RFC 4028 §4 allows. */
const minSeS = 90;

/** Headers of an INVITE of ours: half an hour, the usual value. */
export const askForTimer: Readonly<Record<string, string>> = { 'Session-Expires': '1800', 'Min-SE': `${minSeS}` };

/** Headers of a 422, or undefined when the request may stand. */
export function tooSmall(request: SrfMessage): Readonly<Record<string, string>> | undefined {
  const asked = requested(request);
  return asked !== undefined && asked.intervalS < minSeS && knowsTimers(request)
    ? { 'Min-SE': `${minSeS}` }
    : undefined;
}

/** Headers of our 2xx to an INVITE or a refresh: the interval as asked, the peer as refresher unless it said otherwise. */
export function answerTimer(request: SrfMessage): Readonly<Record<string, string>> {
  const asked = requested(request);
  if (asked === undefined) return {};
  const refresher = knowsTimers(request) ? (asked.refresher ?? 'uac') : 'uas';
  const header = { 'Session-Expires': `${Math.max(asked.intervalS, minSeS)};refresher=${refresher}` };
  return refresher === 'uac' ? { ...header, Require: 'timer' } : header;
}

function knowsTimers(request: SrfMessage): boolean {
  return /\btimer\b/i.test(
    `${request.get('supported') ?? firstHeader(request, 'supported') ?? ''},${request.get('require') ?? ''}`,
  );
}

function requested(request: SrfMessage): { intervalS: number; refresher: 'uac' | 'uas' | undefined } | undefined {
  const value = firstHeader(request, 'session-expires');
  const [, digits, refresher] = /^\s*(\d{1,9})\s*(?:;.*?\brefresher\s*=\s*(uac|uas)\b)?/i.exec(value ?? '') ?? [];
  if (digits === undefined) return undefined;
  const role = refresher?.toLowerCase();
  return { intervalS: Number(digits), refresher: role === 'uac' || role === 'uas' ? role : undefined };
}
