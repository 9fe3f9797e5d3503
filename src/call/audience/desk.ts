import { CodedError } from '../../errors.js';
import type { Call } from '../call.js';
import type { CallContext } from '../context.js';
import type { CallEvent } from '../event.js';
import {
  type AudienceRequest,
  changesBetween,
  type MediaRouting,
  mediaRoutingOf,
  mentions,
  openAudience,
  type PairGain,
  plainRouting,
  type RoutingChange,
  type RoutingView,
  tidy,
  withoutLeg,
} from './relations.js';

/** Relations of a call at a time, legs named in audiences and pairs together. */
const maxRelations = 10_000;

/**
 * Who hears whom in all calls: whispering, side talks, gains of pairs. Everything of one change reaches the media plane in one
 * go. Legs that are being set up get their relations before they are connected; legs that are over are forgotten.
 */
export class AudienceDesk {
  readonly #context: CallContext;
  readonly #routings = new Map<string, RoutingView>();

  constructor(context: CallContext) {
    this.#context = context;
    context.events.subscribe((event) => {
      this.#onEvent(event);
    });
  }

  /** All that differs from everybody hearing everybody. @throws CodedError `callNotFound` */
  routing(callId: string): RoutingView {
    this.#context.registry.get(callId);
    return this.#routingOf(callId);
  }

  /** The audience of a leg. @throws CodedError `callNotFound`, `legNotFound` */
  audience(callId: string, legId: string): AudienceRequest {
    const { id } = this.#context.registry.get(callId).leg(legId);
    const known = this.#routingOf(callId).audiences.find((audience) => audience.legId === id);
    return known === undefined ? openAudience : { heardBy: known.heardBy, hears: known.hears };
  }

  /**
   * Replaces the whole routing of a call.
   * @throws CodedError `callNotFound`, `callEnded`, `legNotFound`, `legEnded`, `invalidRequest`
   */
  setRouting(callId: string, routing: RoutingView): RoutingView {
    const call = this.#context.registry.get(callId);
    if (!call.open) throw new CodedError('callEnded');
    const next = tidy(routing);
    assertLive(call, next);
    this.#apply(call, next);
    return next;
  }

  /** Says who hears a leg and whom it hears. @throws CodedError as {@link setRouting} */
  setAudience(callId: string, legId: string, audience: AudienceRequest): AudienceRequest {
    const { audiences, pairs } = this.#liveRouting(callId);
    this.#assertLeg(callId, legId);
    this.setRouting(callId, { audiences: [...audiences, { legId, ...audience }], pairs });
    return this.audience(callId, legId);
  }

  /** Says how loud one leg is to another; undefined = as their audiences have it. @throws CodedError as {@link setRouting} */
  setPair(callId: string, listener: string, source: string, gainDb: PairGain | undefined): void {
    const { audiences, pairs } = this.#liveRouting(callId);
    for (const legId of [listener, source]) this.#assertLeg(callId, legId);
    const others = pairs.filter((pair) => pair.listener !== listener || pair.source !== source);
    const own = gainDb === undefined ? [] : [{ listener, source, gainDb }];
    this.setRouting(callId, { audiences, pairs: [...others, ...own] });
  }

  #assertLeg(callId: string, legId: string): void {
    if (this.#context.registry.get(callId).leg(legId).end !== undefined) throw new CodedError('legEnded');
  }

  /** Without legs that are over and only not forgotten yet. */
  #liveRouting(callId: string): RoutingView {
    const ending = this.#context.registry.get(callId).legs.filter((leg) => leg.end !== undefined);
    return ending.reduce((routing, { id }) => withoutLeg(routing, id), this.#routingOf(callId));
  }

  #routingOf(callId: string): RoutingView {
    return this.#routings.get(callId) ?? plainRouting;
  }

  #apply(call: Call, next: RoutingView): void {
    const changes = changesBetween(mediaRoutingOf(this.#routingOf(call.id)), mediaRoutingOf(next));
    this.#keep(call.id, next);
    for (const change of changes) send(call, change, () => mediaRoutingOf(this.#routingOf(call.id)));
    call.tell('routing.changed', undefined, next);
  }

  #keep(callId: string, routing: RoutingView): void {
    if (routing.audiences.length + routing.pairs.length > 0) this.#routings.set(callId, routing);
    else this.#routings.delete(callId);
  }

  #onEvent(event: CallEvent): void {
    if (event.type === 'call.ended') {
      this.#routings.delete(event.callId);
    } else if ((event.type === 'leg.left' || event.type === 'leg.failed') && event.legId !== undefined) {
      this.#forget(event.callId, event.legId);
    }
  }

  /** The media plane forgets a leg by itself. */
  #forget(callId: string, legId: string): void {
    const routing = this.#routingOf(callId);
    if (!mentions(routing, legId)) return;
    const next = withoutLeg(routing, legId);
    this.#keep(callId, next);
    this.#context.registry.find(callId)?.tell('routing.changed', undefined, next);
  }
}

/**
 * Tells the media plane of a change now; or, where it does not know a leg yet, as soon as it does, as things are by then.
 */
function send(call: Call, change: RoutingChange, latest: () => MediaRouting): void {
  if (change.type === 'audience') {
    const { legId, audience } = change;
    const leg = call.leg(legId);
    const known = leg.address !== undefined;
    leg.whenOpen(() => {
      call.media.setAudience(legId, known ? audience : (latest().audiences.get(legId) ?? openAudience));
    });
    return;
  }
  const { listener, source, gain } = change;
  const legs = [call.leg(listener), call.leg(source)] as const;
  const known = legs.every(({ address }) => address !== undefined);
  legs[0].whenOpen(() => {
    legs[1].whenOpen(() => {
      call.media.routeLeg(listener, source, known ? gain : latest().gains.get(listener)?.get(source));
    });
  });
}

/** Whoever is named has to be there, and nobody hears itself. */
function assertLive(call: Call, { audiences, pairs }: RoutingView): void {
  const named = audiences.flatMap(({ legId, heardBy, hears }) => [
    legId,
    ...(heardBy === 'all' ? [] : heardBy),
    ...(hears === 'all' ? [] : hears),
  ]);
  const paired = pairs.flatMap(({ listener, source }) => [listener, source]);
  if (named.length + paired.length > maxRelations) {
    throw new CodedError('invalidRequest', `A routing names ${maxRelations} legs at most.`);
  }
  for (const legId of new Set([...named, ...paired])) {
    if (call.leg(legId).end !== undefined) throw new CodedError('legEnded');
  }
  if (pairs.some(({ listener, source }) => listener === source)) {
    throw new CodedError('invalidRequest', 'A leg never hears itself.');
  }
}
