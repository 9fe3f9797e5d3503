/**
 * Session timers (RFC 4028) as far as drachtio-server leaves them to us. It keeps the timers: it arms one from
 * `Session-Expires` of what passes it, refreshes with the last SDP it saw when that is ours to do, and sends BYE when one
 * runs out. Left to us are the headers: refusing too small an interval, answering INVITEs and refreshes, asking for a timer in
 * our own INVITEs. (The server would put Session-Expires into a first 200 that lacks it, but without the Require that goes
 * with it.)
 */
import { defaultSessionTimer, type SessionTimerSettings } from '../rules/session-timer.js';

/** What peers ask for is taken as it is; the floor is the one the server has for refreshes. */
export const serverTimer: SessionTimerSettings = { intervalS: 0, minS: defaultSessionTimer.minS };

/** Headers of an INVITE of ours. */
export const askForTimer: Readonly<Record<string, string>> = {
  'Session-Expires': `${defaultSessionTimer.intervalS}`,
  'Min-SE': `${defaultSessionTimer.minS}`,
};
