/**
 * Which press a telephone-event packet belongs to when its key (SSRC, event, timestamp) does not tell (SAFETY M7):
 * the three judgements that {@link DigitReceiver} stands on.
 */

import { timestampDelta } from './sequence.js';
import { MAX_EVENT_DURATION_RTP, type TelephoneEvent } from './telephone-event.js';
import type { RtpPacket } from './packet.js';

/** A press that ended this long ago has no packets under way: its key is new again. */
const KEY_EXPIRES_MS = 1000;
/** Shortest pause between two presses of a key that has to be told (ITU-T Q.24). */
const SHORTEST_PAUSE_MS = 40;
/** Steps in sequence across which a moved timestamp is taken for a spoilt one: while pressed, and after the end. */
const SPOILT_STEPS_PRESSED = 20;
const SPOILT_STEPS_ENDED = 2;
/** Segments of a long press that may be lost in a row. */
const LOST_SEGMENTS = 2;
/** Durations from here on may be about to wrap in a sender that does not send segments. */
const NEAR_WRAP_RTP = 0xf000;

/** A press, going on or remembered. */
export interface Press {
  /** False = a free record. */
  used: boolean;
  ssrc: number;
  event: number;
  /** Of its newest segment. */
  timestampRtp: number;
  /** Duration of the segments before. */
  segmentsRtp: number;
  /** Longest duration told in its newest segment. */
  durationRtp: number;
  clockRateHz: number;
  /** Told as ended. */
  ended: boolean;
  /** An end packet was seen, not just silence or another press. */
  endSeen: boolean;
  /** Newest sequence number of its packets, and when the last of them came. */
  sequence: number;
  lastMs: number;
}

/** Segments by which `packet` continues a long press of the same source and event (RFC 4733 §2.5.1.3); 0 = it does not. */
export function segmentsAhead(press: Press, packet: RtpPacket): number {
  if (press.endSeen) return 0;
  const step = timestampDelta(packet.timestampRtp, press.timestampRtp);
  const segments = step / MAX_EVENT_DURATION_RTP;
  return Number.isInteger(segments) && segments > 0 && segments <= 1 + LOST_SEGMENTS ? segments : 0;
}

/**
 * Whether a packet of the same source and event is of `press` although its timestamp moved. A true second press begins
 * after the duration of the first and a pause; an end packet right behind an end packet began nothing.
 *
 * @param steps how much newer in sequence than the newest packet of the press, at least 1
 */
export function hasSpoiltTimestamp(press: Press, packet: RtpPacket, event: TelephoneEvent, steps: number): boolean {
  if (event.durationRtp < press.durationRtp) return false;
  if (press.endSeen && event.end && !packet.marker && steps === 1) return true;
  const pauseRtp = (SHORTEST_PAUSE_MS * press.clockRateHz) / 1000;
  const moved = timestampDelta(packet.timestampRtp, press.timestampRtp);
  // A timestamp that moves with each packet moves as the duration grows, and with the two repeated ends.
  const grown = event.durationRtp - press.durationRtp;
  const spoilt = moved > 0 && (moved < press.durationRtp + pauseRtp || moved <= grown + pauseRtp);
  return spoilt && steps <= (press.ended ? SPOILT_STEPS_ENDED : SPOILT_STEPS_PRESSED);
}

/**
 * Whether a packet with the key of `press`, newer than all event packets before, begins another press: within one press
 * durations only grow, and after a second no packet of it is under way.
 */
export function reusesKey(press: Press, event: TelephoneEvent, nowMs: number): boolean {
  const shrinks = event.durationRtp < press.durationRtp && press.durationRtp < NEAR_WRAP_RTP;
  if (shrinks && !event.end) return true;
  const elapsedMs = nowMs - press.lastMs;
  if (elapsedMs < KEY_EXPIRES_MS) return false;
  if (press.endSeen) return true;
  // Ended by silence: a press that went on through it has grown meanwhile.
  const grownRtp = press.durationRtp + (elapsedMs * press.clockRateHz) / 2000;
  return event.durationRtp < Math.min(grownRtp, NEAR_WRAP_RTP);
}
