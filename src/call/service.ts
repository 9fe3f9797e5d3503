import { CodedError } from '../errors.js';
import type { CallMediaEvent, MediaPlane } from '../media/plane.js';
import type { SipGateway } from '../sip/gateway.js';
import type { PromptSource } from '../speech/port.js';
import type { CallRecord, Recorder } from '../tools/port.js';
import { AudienceDesk } from './audience/desk.js';
import { Call } from './call.js';
import { isCallName } from './call-name.js';
import type { CallEndReason } from './call-state.js';
import { type Load, refusalOf } from './capacity.js';
import type { Clock } from './clock.js';
import { ConsentDesk } from './consent/desk.js';
import type { CallContext } from './context.js';
import type { CallEvent } from './event.js';
import { EventBus } from './event-bus.js';
import { HabitDesk, type LegChange } from './habits/desk.js';
import type { IdSource } from './ids.js';
import { InboundCalls } from './inbound.js';
import { InteractionDesk } from './interactions/desk.js';
import { legEnd } from './leg-end.js';
import { LevelHub, type LevelSubscription } from './levels.js';
import { LoadWatch } from './load-watch.js';
import type { CallLog } from './log.js';
import { type DialRequest, OutboundCalls } from './outbound.js';
import { PlaybackDesk } from './playbacks/desk.js';
import { type CallPolicy, type CallPolicyChange, type CallPolicyRequest, newPolicy } from './policy.js';
import { keepRecord } from './record-keeper.js';
import { RecordingDesk } from './recordings/desk.js';
import { type Page, Registry } from './registry.js';
import type { CallSettings } from './settings.js';
import type { RandomOctets } from './srtp.js';
import { type CallView, type LegView, viewCall, viewLeg } from './view.js';

/** What {@link createCallService} is made of. */
export interface CallServiceOptions {
  readonly settings: CallSettings;
  /** Started and closed by the caller; the service registers itself as its listener. */
  readonly media: MediaPlane;
  /** Started by {@link CallService.start}, stopped by the caller. */
  readonly gateway: SipGateway;
  readonly prompts: PromptSource;
  /** Started and closed by the caller; recordings register as its listener. */
  readonly recorder: Recorder;
  /** Closed by the caller. */
  readonly record: CallRecord;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** For keys of SRTP. */
  readonly randomOctets: RandomOctets;
  readonly log: CallLog;
}

/** A call to create ahead of time; what is undefined takes its default. */
export interface CreateCall extends CallPolicyRequest {
  /** Default: the call's id. */
  readonly name: string | undefined;
}

/** Live objects and refusals, for metrics. */
export interface CallCounters {
  readonly calls: number;
  readonly legs: number;
  readonly levelSubscriptions: number;
  /** INVITEs refused by SIP status. */
  readonly refusedInvites: ReadonlyMap<number, number>;
  readonly overloaded: boolean;
  /** Facts so far by kind, as in `consent.…` and `recording.…`. */
  readonly consents: ReadonlyMap<string, number>;
  readonly recordings: ReadonlyMap<string, number>;
  readonly activeRecordings: number;
}

/**
 * All that edges may do with calls. Whatever names a call or leg that is not there throws CodedError `callNotFound` or
 * `legNotFound`; whatever would change one that is over throws `callEnded` or `legEnded`.
 */
export interface CallService {
  /** Begins to take INVITEs. */
  start(): Promise<void>;
  /** Stops timers; calls are ended by {@link drain} before. */
  stop(): void;
  /** @throws CodedError `callExists`, `invalidRequest` (name, codecs) or for want of capacity */
  createCall(request: CreateCall): CallView;
  /** In the order of creation; @param after `next` of the page before, 0 at first */
  listCalls(query: { after: number; limit: number; name: string | undefined }): Page<CallView>;
  getCall(callId: string): CallView;
  /** @throws CodedError `invalidRequest` when the policy would contradict itself */
  updateCall(callId: string, change: CallPolicyChange): CallView;
  endCall(callId: string): void;
  /** Live legs, oldest first. */
  listLegs(callId: string): Promise<readonly LegView[]>;
  /** A live leg, or one that ended a short while ago. */
  getLeg(callId: string, legId: string): Promise<LegView>;
  /** Dials somebody into a call; see {@link OutboundCalls.dial} for what it throws. */
  dial(callId: string, request: DialRequest): LegView;
  /** @throws CodedError `forbidden` when a listener is to be heard */
  updateLeg(callId: string, legId: string, change: LegChange): Promise<LegView>;
  hangUpLeg(callId: string, legId: string): void;
  /** @throws CodedError `legNotConnected`, `digitsUnsupported` */
  sendDigits(callId: string, legId: string, digits: string, timing: { durationMs?: number; gapMs?: number }): void;
  /** Every event of every call, in order; @returns what ends the subscription */
  subscribe(listener: (event: CallEvent) => void): () => void;
  /** @throws CodedError `callNotFound`; @returns what ends the subscription */
  subscribeLevels(subscription: LevelSubscription): () => void;
  counters(): CallCounters;
  readonly interactions: InteractionDesk;
  readonly playbacks: PlaybackDesk;
  readonly audiences: AudienceDesk;
  readonly recordings: RecordingDesk;
  readonly consent: ConsentDesk;
  readonly draining: boolean;
  /** Refuses all that is new, and ends calls nobody is in. */
  beginDrain(): void;
  /** Ends all calls. */
  endAll(reason: CallEndReason): void;
}

/** The control plane over a media plane and a SIP front end. */
export function createCallService(options: CallServiceOptions): CallService {
  return new Service(options);
}

class Service implements CallService {
  readonly interactions: InteractionDesk;
  readonly playbacks: PlaybackDesk;
  readonly audiences: AudienceDesk;
  readonly recordings: RecordingDesk;
  readonly consent: ConsentDesk;
  readonly #options: CallServiceOptions;
  readonly #registry = new Registry();
  readonly #events: EventBus<CallEvent>;
  readonly #mediaEvents: EventBus<CallMediaEvent>;
  readonly #levels: LevelHub;
  readonly #watch: LoadWatch;
  readonly #inbound: InboundCalls;
  readonly #outbound: OutboundCalls;
  readonly #habits: HabitDesk;
  #draining = false;

  constructor(options: CallServiceOptions) {
    this.#options = options;
    const { clock, log, media } = options;
    const listenerFailed = (thrown: unknown) => {
      log.error({ err: thrown }, 'A listener for call events failed.');
    };
    this.#events = new EventBus(listenerFailed);
    this.#mediaEvents = new EventBus(listenerFailed);
    this.#levels = new LevelHub((callId, everyTicks) => {
      this.#registry.find(callId)?.media.reportLevels(everyTicks);
    });
    this.#watch = new LoadWatch(clock, () => media.metrics());
    const context = this.#context();
    this.interactions = new InteractionDesk(context, options.prompts);
    this.playbacks = new PlaybackDesk(context, options.prompts);
    this.recordings = new RecordingDesk(context, options.recorder);
    this.consent = new ConsentDesk(context, this.interactions, this.recordings);
    this.audiences = new AudienceDesk(context);
    this.#habits = new HabitDesk(context, {
      interactions: this.interactions,
      playbacks: this.playbacks,
      prompts: options.prompts,
      consent: this.consent,
    });
    keepRecord(this.#events, options.record);
    this.#inbound = new InboundCalls(context);
    this.#outbound = new OutboundCalls(context);
  }

  get draining(): boolean {
    return this.#draining;
  }

  async start(): Promise<void> {
    const { media, gateway, log } = this.#options;
    media.onEvent((event) => {
      this.#registry.find(event.callId)?.onMedia(event);
      this.#mediaEvents.publish(event);
    });
    this.#watch.start();
    await gateway.start({
      onInvite: (invite) => {
        this.#inbound.onInvite(invite);
      },
      onReadiness: (ready) => {
        log.info({ ready }, 'The SIP front end changed its readiness.');
      },
    });
  }

  stop(): void {
    this.#watch.stop();
  }

  createCall(request: CreateCall): CallView {
    const { limits, idleTimeoutMs, media } = this.#options.settings;
    const unknown = request.codecs?.find((name) => !media.codecs.some(({ encoding }) => encoding === name));
    if (unknown !== undefined) throw new CodedError('invalidRequest', `The codec ${unknown} is not enabled here.`);
    if (request.name !== undefined && !isCallName(request.name)) {
      throw new CodedError('invalidRequest', 'A call name has 1 to 64 letters, digits or _ . + -');
    }
    const refusal = refusalOf(limits, this.#load(), { newCalls: 1, newLegs: 0, call: undefined });
    if (refusal !== undefined) throw new CodedError(refusal);
    const policy = newPolicy(request, { maxLegs: limits.maxLegsPerCall, idleTimeoutMs });
    const call = this.#openCall(request.name, 'api', policy);
    return viewCall(call);
  }

  listCalls(query: { after: number; limit: number; name: string | undefined }): Page<CallView> {
    const { items, next } = this.#registry.page(query.after, query.limit, query.name);
    return { items: items.map(viewCall), next };
  }

  getCall(callId: string): CallView {
    return viewCall(this.#registry.get(callId));
  }

  updateCall(callId: string, change: CallPolicyChange): CallView {
    const call = this.#registry.get(callId);
    const { maxLegs } = change;
    const { maxLegsPerCall } = this.#options.settings.limits;
    call.update(maxLegs === undefined ? change : { ...change, maxLegs: Math.min(maxLegs, maxLegsPerCall) });
    return viewCall(call);
  }

  endCall(callId: string): void {
    this.#registry.get(callId).end('ended');
  }

  async listLegs(callId: string): Promise<readonly LegView[]> {
    const call = this.#registry.get(callId);
    const snapshot = await call.snapshot();
    return call.legs.map((leg) => {
      const seen = snapshot?.legs.find(({ legId }) => legId === leg.id);
      return viewLeg(leg, seen);
    });
  }

  async getLeg(callId: string, legId: string): Promise<LegView> {
    const call = this.#registry.get(callId);
    const leg = call.leg(legId);
    if (leg.end !== undefined) return viewLeg(leg, undefined);
    const snapshot = await call.snapshot();
    return viewLeg(
      leg,
      snapshot?.legs.find((seen) => seen.legId === legId),
    );
  }

  dial(callId: string, request: DialRequest): LegView {
    return viewLeg(this.#outbound.dial(this.#registry.get(callId), request), undefined);
  }

  async updateLeg(callId: string, legId: string, change: LegChange): Promise<LegView> {
    this.#habits.changeLeg(callId, legId, change);
    return this.getLeg(callId, legId);
  }

  hangUpLeg(callId: string, legId: string): void {
    this.#registry.get(callId).leg(legId).terminate(legEnd('localHangup'));
  }

  sendDigits(callId: string, legId: string, digits: string, timing: { durationMs?: number; gapMs?: number }): void {
    this.#registry.get(callId).leg(legId).sendDigits(digits, timing);
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  subscribeLevels(subscription: LevelSubscription): () => void {
    if (subscription.callId !== undefined) this.#registry.get(subscription.callId);
    return this.#levels.subscribe(subscription);
  }

  counters(): CallCounters {
    return {
      calls: this.#registry.callCount,
      legs: this.#registry.legCount,
      levelSubscriptions: this.#levels.subscriptions,
      refusedInvites: this.#inbound.refused,
      overloaded: this.#watch.overloaded,
      consents: this.consent.totals,
      recordings: this.recordings.totals,
      activeRecordings: this.recordings.active,
    };
  }

  beginDrain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.gateway.drain();
    for (const call of this.#registry.calls()) if (call.legCount === 0) call.end('drained');
  }

  endAll(reason: CallEndReason): void {
    for (const call of this.#registry.calls()) call.end(reason);
  }

  #context(): CallContext {
    const { settings, clock, ids, randomOctets, log, gateway } = this.#options;
    const { media } = settings;
    const isOwnSocket = (address: string, port: number) =>
      (address === media.address && this.#registry.usesPort(port)) || (media.isOwnSocket?.(address, port) ?? false);
    return {
      settings,
      clock,
      ids,
      randomOctets,
      log,
      gateway,
      registry: this.#registry,
      mediaDefaults: { ...media, isOwnSocket },
      events: this.#events,
      mediaEvents: this.#mediaEvents,
      load: () => this.#load(),
      openCall: (name, origin, policy) => this.#openCall(name, origin, policy),
    };
  }

  #load(): Load {
    return {
      calls: this.#registry.callCount,
      legs: this.#registry.legCount,
      freePorts: this.#options.media.freePorts(),
      draining: this.#draining,
      overloaded: this.#watch.overloaded,
    };
  }

  #openCall(name: string | undefined, origin: 'api' | 'invite', policy: CallPolicy): Call {
    const { media, clock, ids } = this.#options;
    const id = ids.next('call');
    const callName = name ?? id;
    // Looked at first, because opening media for a call that cannot be registered would have to be undone.
    if (this.#registry.named(callName) !== undefined) throw new CodedError('callExists');
    const host = {
      clock,
      publish: (event: CallEvent) => {
        this.#events.publish(event);
      },
      publishLevels: this.#levels.publish.bind(this.#levels),
      releaseName: (ending: Call) => {
        this.#registry.releaseName(ending);
      },
      callEnded: (ended: Call) => {
        this.#registry.remove(ended);
        this.#levels.callEnded(ended.id);
      },
    };
    const call = new Call(host, { id, name: callName, origin, policy }, media.openCall(id));
    this.#registry.add(call);
    call.start();
    this.#levels.callStarted(id);
    return call;
  }
}
