import { asCodedError, CodedError } from '../errors.js';
import type { LegControls } from '../media/protocol.js';
import type { OutboundCallRequest } from '../sip/gateway.js';
import type { Trunk, TrunkOutbound } from '../sip/trunk.js';
import { entryOf } from './admission/entry.js';
import type { Call } from './call.js';
import { refusalOf } from './capacity.js';
import type { CallContext } from './context.js';
import { controlsOf } from './habits/leg-controls.js';
import type { Leg } from './leg.js';
import { dialEnd, legEndOf } from './leg-end.js';
import { legSignalling } from './leg-signalling.js';
import type { LegRole } from './role.js';
import { fits } from './routing-policy.js';
import { trunkCodecs } from './trunk-codecs.js';

/** Somebody to call into a call. */
export interface DialRequest {
  /** User part of the destination; the host is the trunk's. */
  readonly to: string;
  /** Trunk to use; undefined = the only one that dials out. */
  readonly trunk: string | undefined;
  /** Display name in `From`. */
  readonly callerName: string | undefined;
  /** How long the destination may ring. */
  readonly ringTimeoutMs: number;
  readonly controls: LegControls;
  /** Undefined = as the trunk has it, or `participant`. */
  readonly role?: LegRole | undefined;
}

type DialTrunk = Trunk & { readonly outbound: TrunkOutbound };

/** Legs that this server dials: through a configured trunk, to destinations that trunk allows, and nowhere else (SAFETY S6). */
export class OutboundCalls {
  readonly #context: CallContext;

  constructor(context: CallContext) {
    this.#context = context;
  }

  /**
   * Begins a leg; what becomes of it is told by events.
   * @throws CodedError `trunkNotFound`, `destinationRefused`, `signallingDown`, `callEnded` or for want of capacity
   */
  dial(call: Call, request: DialRequest): Leg {
    const { settings, gateway, ids } = this.#context;
    const trunk = this.#trunk(request.trunk);
    if (!trunk.outbound.allowDestinations.some((pattern) => fits(pattern, request.to))) {
      throw new CodedError('destinationRefused');
    }
    if (!gateway.ready) throw new CodedError('signallingDown');
    this.#assertCapacity(call, trunk);
    const role = request.role ?? trunk.role ?? 'participant';
    const leg = call.addLeg({
      id: ids.next('leg'),
      direction: 'outbound',
      trunk: trunk.name,
      number: request.to,
      displayName: undefined,
      status: 'queued',
      controls: controlsOf(call.policy, { denoise: settings.denoise, agc: 'off', ...request.controls }),
      role,
      ...entryOf(call.policy, { direction: 'outbound', role }, call.doorsOpen),
      latching: trunk.latching,
      digitSending: trunk.digits,
      rtpTimeoutMs: settings.rtpTimeoutMs,
      rtpHoldTimeoutMs: settings.rtpHoldTimeoutMs,
    });
    this.#run(call, leg, trunk, request).catch((thrown: unknown) => {
      const error = asCodedError(thrown);
      if (error.code === 'internal') this.#context.log.error({ err: thrown }, 'A leg could not be dialled.');
      leg.terminate(legEndOf('failed', error));
    });
    return leg;
  }

  #trunk(name: string | undefined): DialTrunk {
    const dialling = this.#context.settings.trunks.filter((trunk): trunk is DialTrunk => trunk.outbound !== undefined);
    if (name === undefined) {
      const [only, ...others] = dialling;
      if (only === undefined) throw new CodedError('destinationRefused', 'No trunk is configured for dialling out.');
      if (others.length > 0) throw new CodedError('trunkNotFound', 'There are several trunks: name one.');
      return only;
    }
    const trunk = dialling.find((candidate) => candidate.name === name);
    if (trunk === undefined) throw new CodedError('trunkNotFound');
    return trunk;
  }

  #assertCapacity(call: Call, trunk: DialTrunk): void {
    const { settings, registry } = this.#context;
    const refusal = refusalOf(settings.limits, this.#context.load(), {
      newCalls: 0,
      newLegs: 1,
      call: { legs: call.legCount, maxLegs: call.policy.maxLegs, locked: call.policy.locked },
    });
    if (refusal !== undefined) throw new CodedError(refusal);
    if (registry.outboundLegs(trunk.name) >= trunk.outbound.maxLegs) {
      throw new CodedError('capacityReached', 'The trunk has reached its greatest number of outbound legs.');
    }
  }

  async #run(call: Call, leg: Leg, trunk: DialTrunk, request: DialRequest): Promise<void> {
    const codecs = call.policy.codecs ?? trunkCodecs(trunk);
    const address = await leg.openMedia();
    if (leg.end !== undefined) return;
    const { negotiation, dialog } = legSignalling(this.#context, call, leg, address, trunk, codecs);
    const attempt = this.#context.gateway.call(
      outboundRequest(trunk, request, negotiation.offer()),
      dialog,
      (status) => {
        if (status > 100) leg.ring();
      },
    );
    leg.holdSignalling(() => {
      attempt.cancel();
    });
    const outcome = await attempt.outcome;
    if (!outcome.ok) {
      dialog.abandoned();
      leg.terminate(dialEnd(outcome.status));
      return;
    }
    dialog.established(outcome.dialog);
    const applied = negotiation.applyAnswer(outcome.answer);
    leg.answered();
    if (applied.ok) leg.connect(applied.media);
    else leg.terminate(legEndOf('negotiationFailed', new CodedError(applied.code, applied.detail)));
  }
}

function outboundRequest(trunk: DialTrunk, request: DialRequest, sdp: string): OutboundCallRequest {
  const { proxy, fromUri, credentials } = trunk.outbound;
  return {
    uri: `sip:${encodeUser(request.to)}@${hostOf(proxy)}`,
    from: { uri: fromUri, ...(request.callerName === undefined ? {} : { displayName: request.callerName }) },
    sdp,
    proxy,
    ...(credentials === undefined ? {} : { credentials }),
    timeoutMs: request.ringTimeoutMs,
  };
}

/** Percent-encodes what a user part may not hold as it is (RFC 3261 §25.1: unreserved and user-unreserved stay). */
function encodeUser(user: string): string {
  return encodeURIComponent(user).replaceAll('%2B', '+');
}

/** Host and port of `sip:host:port;parameters`. */
function hostOf(uri: string): string {
  const [address = ''] = uri.replace(/^sips?:/i, '').split(/[;?]/, 1);
  return address.slice(address.lastIndexOf('@') + 1);
}
