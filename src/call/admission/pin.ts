import type { PinVerdict } from './sequence.js';

/** What a call lets people in with. */
export interface Pins {
  /** For everybody. */
  readonly pin?: string | undefined;
  /** For moderators. */
  readonly moderatorPin?: string | undefined;
}

/**
 * What somebody is who entered these digits. Where only moderators have a PIN, nothing at all makes a participant.
 * Takes as long for a wrong PIN as for a right one.
 */
export function judgePin({ pin, moderatorPin }: Pins, digits: string): PinVerdict {
  const isModerator = moderatorPin !== undefined && sameDigits(moderatorPin, digits);
  const isParticipant = pin === undefined ? digits === '' : sameDigits(pin, digits);
  if (isModerator) return 'moderator';
  return isParticipant ? 'participant' : 'wrong';
}

/** How many digits to wait for at most. */
export function longestPin({ pin, moderatorPin }: Pins): number {
  return Math.max(pin?.length ?? 0, moderatorPin?.length ?? 0, 1);
}

function sameDigits(secret: string, digits: string): boolean {
  let difference = secret.length ^ digits.length;
  for (let index = 0; index < secret.length; index++) {
    difference |= secret.charCodeAt(index) ^ (index < digits.length ? digits.charCodeAt(index) : 0);
  }
  return difference === 0;
}
