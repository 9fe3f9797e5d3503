/**
 * Whether a call has its moderators.
 *
 *      awaited ── one in ──► present ── the last one gone ──► missed ── for too long ──► over
 *                               ▲────────── one in ─────────────┘
 *
 * From the first one on the doors of the call stay open. What `missed` leads to is the call's `endOnModeratorExit`.
 */
export type ModeratorPresence = 'awaited' | 'present' | 'missed' | 'over';

export type ModeratorInput =
  | { readonly type: 'counted'; /** Moderators that are in. */ readonly moderators: number }
  | { readonly type: 'missedTooLong' };

/** What the owner of the state has to do, in this order. */
export type ModeratorEffect = 'openDoors' | 'startGrace' | 'stopGrace' | 'endCall';

/** The next state and what to do on the way. @param ends whether the call ends when moderators are missed for too long */
export function stepModerators(
  presence: ModeratorPresence,
  input: ModeratorInput,
  ends: boolean,
): { readonly presence: ModeratorPresence; readonly effects: readonly ModeratorEffect[] } {
  if (presence === 'over') return { presence, effects: [] };
  if (input.type === 'missedTooLong') {
    return presence === 'missed' && ends ? { presence: 'over', effects: ['endCall'] } : { presence, effects: [] };
  }
  const isIn = input.moderators > 0;
  if (presence === 'present') {
    return isIn ? { presence, effects: [] } : { presence: 'missed', effects: ['startGrace'] };
  }
  if (!isIn) return { presence, effects: [] };
  return { presence: 'present', effects: presence === 'missed' ? ['stopGrace'] : ['openDoors'] };
}
