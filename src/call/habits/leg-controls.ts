import type { LegControls } from '../../media/protocol.js';
import type { CallPolicy } from '../policy.js';

/**
 * The controls a leg begins with: muted when the call wants that. In a call with menus digits are told and not sent on to the
 * others, unless the leg was asked to do otherwise, because what is meant for a menu is nobody else's.
 */
export function controlsOf(policy: Pick<CallPolicy, 'muteOnEntry' | 'menus'>, asked: LegControls): LegControls {
  const muted = asked.muted || policy.muteOnEntry;
  const keepsDigits = policy.menus !== undefined && asked.digitMode === undefined;
  return { ...asked, muted, ...(keepsDigits && { digitMode: 'detect' }) };
}
