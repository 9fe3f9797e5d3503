import { asCodedError, CodedError, type ErrorCode, errorEntry } from '../errors.js';
import type { EncodingName } from '../media/protocol.js';
import type { InboundInvite } from '../sip/gateway.js';
import type { Trunk } from '../sip/trunk.js';
import { entryOf } from './admission/entry.js';
import type { Call } from './call.js';
import { refusalOf, retryAfterS } from './capacity.js';
import type { CallContext } from './context.js';
import { controlsOf } from './habits/leg-controls.js';
import type { Leg } from './leg.js';
import { type LegEnd, legEnd, legEndOf } from './leg-end.js';
import { type LegSignalling, legSignalling } from './leg-signalling.js';
import { refusalOfOffer } from './negotiation.js';
import { newPolicy } from './policy.js';
import { routeInvite, type RoutingDecision } from './routing-policy.js';
import { legSrtp } from './srtp.js';
import { trunkCodecs } from './trunk-codecs.js';

type Admitted = Extract<RoutingDecision, { ok: true }>;

/**
 * INVITEs to legs: routing, capacity and codecs are looked at before anything is taken; then a port, the answer, the ACK.
 *
 * CANCEL, BYE, a failing media plane or the end of the call may come between any two of these steps; the leg then lets go of
 * what it has, and each step that finishes later finds a leg that is over and gives back what it brought.
 */
export class InboundCalls {
  readonly #context: CallContext;
  readonly #refused = new Map<number, number>();

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** INVITEs refused so far, by SIP status. */
  get refused(): ReadonlyMap<number, number> {
    return this.#refused;
  }

  /** Takes an INVITE or refuses it; never throws. */
  onInvite(invite: InboundInvite): void {
    try {
      this.#admit(invite);
    } catch (thrown) {
      const error = asCodedError(thrown);
      if (error.code === 'internal') this.#context.log.error({ err: thrown }, 'An INVITE could not be handled.');
      this.#refuse(invite, error.entry.sipStatus, error.code);
    }
  }

  #admit(invite: InboundInvite): void {
    const { settings, registry } = this.#context;
    const trunk = settings.trunks.find(({ name }) => name === invite.trunk);
    if (trunk === undefined) throw new CodedError('forbidden');
    const route = routeInvite(settings.routes, trunk.name, invite.requestUri.user);
    if (!route.ok) {
      this.#refuse(invite, route.sipStatus, undefined);
      return;
    }
    const codecs = route.codecs ?? trunkCodecs(trunk);
    const existing = registry.named(route.callName);
    this.#assertCapacity(existing);
    this.#assertOffer(invite, trunk, existing?.policy.codecs ?? codecs);
    this.#join(invite, existing ?? this.#openCall(route), trunk, route, codecs);
  }

  #assertCapacity(call: Call | undefined): void {
    const refusal = refusalOf(this.#context.settings.limits, this.#context.load(), {
      newCalls: call === undefined ? 1 : 0,
      newLegs: 1,
      call: call && { legs: call.legCount, maxLegs: call.policy.maxLegs, locked: call.policy.locked },
    });
    if (refusal !== undefined) throw new CodedError(refusal);
  }

  #assertOffer(invite: InboundInvite, trunk: Trunk, codecs: readonly EncodingName[] | undefined): void {
    if (invite.offer === undefined) return;
    const { mediaDefaults, randomOctets } = this.#context;
    const refusal = refusalOfOffer(invite.offer, mediaDefaults, codecs, legSrtp(trunk, randomOctets));
    if (refusal !== undefined) throw new CodedError(refusal.code, refusal.detail);
  }

  #openCall(route: Admitted): Call {
    const { limits, idleTimeoutMs } = this.#context.settings;
    const { maxLegs = route.policy?.maxLegs, policy } = route;
    const bounds = { maxLegs: limits.maxLegsPerCall, idleTimeoutMs };
    return this.#context.openCall(route.callName, 'invite', newPolicy({ ...policy, maxLegs }, bounds));
  }

  #join(
    invite: InboundInvite,
    call: Call,
    trunk: Trunk,
    route: Admitted,
    codecs: readonly EncodingName[] | undefined,
  ): void {
    const { settings, ids } = this.#context;
    const role = route.role ?? trunk.role ?? 'participant';
    const leg = call.addLeg({
      id: ids.next('leg'),
      direction: 'inbound',
      trunk: trunk.name,
      number: invite.from.user,
      displayName: invite.from.displayName,
      status: 'ringing',
      controls: controlsOf(call.policy, {
        muted: route.muted,
        deaf: false,
        gainDb: 0,
        denoise: settings.denoise,
        agc: 'off',
      }),
      role,
      ...entryOf(call.policy, { direction: 'inbound', role }, call.doorsOpen),
      latching: trunk.latching,
      digitSending: trunk.digits,
      rtpTimeoutMs: settings.rtpTimeoutMs,
      rtpHoldTimeoutMs: settings.rtpHoldTimeoutMs,
    });
    leg.holdSignalling((end) => {
      this.#reject(invite, end.sipStatus, end.q850Cause);
    });
    leg.announceRinging();
    invite.onCancel(() => {
      // The gateway has answered 487 itself.
      leg.holdSignalling(() => undefined);
      leg.terminate(legEnd('canceled'));
    });
    this.#answer(invite, call, leg, trunk, call.policy.codecs ?? codecs).catch((thrown: unknown) => {
      leg.terminate(this.#endOf(thrown));
    });
  }

  async #answer(
    invite: InboundInvite,
    call: Call,
    leg: Leg,
    trunk: Trunk,
    codecs: readonly EncodingName[] | undefined,
  ): Promise<void> {
    const address = await leg.openMedia();
    if (leg.end !== undefined) return;
    const signalling = legSignalling(this.#context, call, leg, address, trunk, codecs);
    const { dialog } = signalling;
    const sdp = this.#describe(invite, leg, signalling);
    leg.answered();
    // From here on the dialog exists as soon as the ACK comes; until then nothing but waiting ends it (RFC 3261 §15).
    leg.holdSignalling(() => undefined);
    try {
      dialog.established(await invite.accept(sdp, dialog));
    } catch (thrown) {
      dialog.abandoned();
      const error = asCodedError(thrown);
      if (error.code === 'internal') throw thrown;
      leg.terminate(legEnd('signallingLost', { detail: 'The caller never confirmed the answer.' }));
    }
  }

  /** The answer to the offer, or an offer of ours. Connects the leg before the 200 goes out: audio may follow it at once. */
  #describe(invite: InboundInvite, leg: Leg, { negotiation, dialog }: LegSignalling): string {
    if (invite.offer === undefined) return dialog.offer();
    const outcome = negotiation.answer(invite.offer);
    if (!outcome.ok) throw new CodedError(outcome.code, outcome.detail);
    leg.connect(outcome.media);
    return outcome.answer;
  }

  #endOf(thrown: unknown): LegEnd {
    const error = asCodedError(thrown);
    if (error.code === 'internal') this.#context.log.error({ err: thrown }, 'A leg could not be set up.');
    return legEndOf('failed', error);
  }

  #refuse(invite: InboundInvite, status: number, code: ErrorCode | undefined): void {
    this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
    const { trunk, source } = invite;
    this.#context.log.info({ trunk, source: source.address, status, code }, 'INVITE refused.');
    this.#reject(invite, status, code === undefined ? undefined : errorEntry(code).q850Cause);
  }

  #reject(invite: InboundInvite, status: number, q850Cause: number | undefined): void {
    const headers = {
      ...(q850Cause === undefined ? {} : { Reason: `Q.850;cause=${q850Cause}` }),
      ...(status === 503 ? { 'Retry-After': String(retryAfterS) } : {}),
    };
    try {
      invite.reject(status, { headers });
    } catch (thrown) {
      this.#context.log.error({ err: thrown }, 'An INVITE could not be refused.');
    }
  }
}
