import type { Call } from '../call.js';
import type { CallEvent } from '../event.js';
import type { Leg } from '../leg.js';

/** Whether a leg has come in, by whatever way, and is not over. */
export function isMember(leg: Leg): boolean {
  return leg.joined !== undefined && leg.end === undefined && leg.admission === 'admitted';
}

/** Legs that have come in, oldest first. */
export function membersOf(call: Call): readonly Leg[] {
  return call.legs.filter(isMember);
}

/** The leg that came in with this event; undefined when none did. */
export function memberThatCame(call: Call, { type, legId }: CallEvent): Leg | undefined {
  if (legId === undefined || (type !== 'leg.joined' && type !== 'leg.admitted')) return undefined;
  const leg = call.legs.find(({ id }) => id === legId);
  if (leg === undefined || leg.end !== undefined) return undefined;
  // A leg that has anything to do is in when it is admitted, any other when it is connected.
  return (type === 'leg.admitted') === leg.steps.length > 0 ? leg : undefined;
}
