import type { EncodingName, LegAddress } from '../media/protocol.js';
import type { Trunk } from '../sip/trunk.js';
import type { Call } from './call.js';
import type { CallContext } from './context.js';
import type { Leg } from './leg.js';
import { LegDialog } from './leg-dialog.js';
import { localMedia, Negotiation } from './negotiation.js';
import { legSrtp } from './srtp.js';

/** What speaks of a leg to its peer. */
export interface LegSignalling {
  readonly negotiation: Negotiation;
  readonly dialog: LegDialog;
}

/**
 * Makes ready what speaks of a leg to its peer, whoever called whom. Nothing is waited for: who has just seen that the leg lives
 * may rely on it afterwards.
 * @param address where the leg's media was opened
 * @param codecs in order of preference; undefined = those of this server
 */
export function legSignalling(
  { clock, mediaDefaults, randomOctets }: CallContext,
  call: Call,
  leg: Leg,
  address: LegAddress,
  trunk: Trunk,
  codecs: readonly EncodingName[] | undefined,
): LegSignalling {
  const negotiation = new Negotiation(localMedia(mediaDefaults, address, codecs, legSrtp(trunk, randomOctets)));
  const dialog = new LegDialog({
    leg,
    negotiation,
    clock,
    onDigit: ({ digit, durationMs }) => {
      call.digitReceived(leg, digit, durationMs);
    },
  });
  return { negotiation, dialog };
}
