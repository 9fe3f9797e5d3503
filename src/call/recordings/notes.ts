import type { RecordingNote } from '../../tools/port.js';
import type { CallEvent, CallEventType } from '../event.js';
import type { Leg } from '../leg.js';
import { consentEventTypes } from '../consent/facts.js';

const noteworthy = new Set<CallEventType>(['leg.joined', 'leg.left', 'leg.failed', ...consentEventTypes]);

/** Whether a recording of the call is to tell of this: who was in it, and what each consented to. */
export function isNoteworthy({ type }: CallEvent): boolean {
  return noteworthy.has(type);
}

export function noteOf({ tick, timeMs, type, legId, data }: CallEvent): RecordingNote {
  return { tick, timeMs, type, legId, data: { ...data } };
}

/** Who is in the call when its recording begins. */
export function presenceOf(leg: Leg, tick: number, timeMs: number): RecordingNote {
  const { id, identity, joined, consent } = leg;
  return { tick, timeMs, type: 'leg.present', legId: id, data: { ...identity, joinedTick: joined?.tick, consent } };
}
