import { asCodedError } from '../../errors.js';
import type { Call } from '../call.js';
import type { Leg } from '../leg.js';
import { legEnd } from '../leg-end.js';
import type { MenuOutcome, ModeratorAction } from './menu.js';
import { membersOf } from './members.js';

const gainStepDb = 3;
const gainBoundDb = 12;

/** Who takes consent back; `ConsentDesk` fits. */
export interface ConsentTaker {
  withdraw(
    callId: string,
    legId: string,
    how: { readonly note: string | undefined; readonly purge: boolean | undefined; readonly cause: 'digit' },
  ): Promise<unknown>;
}

/**
 * Does what a leg asked for by its menu.
 * @returns what has come of it; undefined where there is nothing left to say to the leg. Never rejects for what is not possible
 */
export async function performAction(
  call: Call,
  leg: Leg,
  action: ModeratorAction,
  consent: ConsentTaker,
): Promise<MenuOutcome | undefined> {
  try {
    return await perform(call, leg, action, consent);
  } catch (thrown) {
    if (asCodedError(thrown).code === 'internal') throw thrown;
    return 'impossible';
  }
}

function perform(
  call: Call,
  leg: Leg,
  action: ModeratorAction,
  consent: ConsentTaker,
): MenuOutcome | undefined | Promise<MenuOutcome> {
  const { muted, deaf } = leg.controls;
  switch (action) {
    case 'toggleMute':
      return mute([leg], !muted) ? 'muted' : 'unmuted';
    case 'mute':
    case 'unmute':
      return mute([leg], action === 'mute') ? 'muted' : 'unmuted';
    case 'toggleDeaf':
      leg.control({ deaf: !deaf });
      return deaf ? 'undeafened' : 'deafened';
    case 'volumeUp':
      return amplify(leg, gainStepDb);
    case 'volumeDown':
      return amplify(leg, -gainStepDb);
    case 'announceCount':
      return 'count';
    case 'withdrawConsent':
      return consent
        .withdraw(call.id, leg.id, { note: undefined, purge: undefined, cause: 'digit' })
        .then(() => 'consentWithdrawn');
    case 'toggleLock':
      return lock(call, !call.policy.locked);
    case 'lock':
    case 'unlock':
      return lock(call, action === 'lock');
    case 'muteAll':
    case 'unmuteAll':
      return mute(participantsOf(call), action === 'muteAll') ? 'allMuted' : 'allUnmuted';
    case 'hangUp':
      leg.terminate(legEnd('localHangup', { detail: 'The leg hung up by its menu.' }));
      return undefined;
    case 'endCall':
      call.end('ended');
      return undefined;
  }
}

function mute(legs: readonly Leg[], muted: boolean): boolean {
  for (const leg of legs) if (leg.controls.muted !== muted) leg.control({ muted });
  return muted;
}

/** Moderators mute neither themselves nor each other; listeners are muted anyway. */
function participantsOf(call: Call): readonly Leg[] {
  return membersOf(call).filter(({ role }) => role === 'participant');
}

function amplify(leg: Leg, stepDb: number): MenuOutcome {
  const gainDb = Math.min(gainBoundDb, Math.max(-gainBoundDb, leg.controls.gainDb + stepDb));
  leg.control({ gainDb });
  return stepDb > 0 ? 'louder' : 'quieter';
}

function lock(call: Call, locked: boolean): MenuOutcome {
  if (call.policy.locked !== locked) call.update({ locked });
  return locked ? 'locked' : 'unlocked';
}
