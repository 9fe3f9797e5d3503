import { CodedError } from '../errors.js';
import type { MediaCall } from '../media/plane.js';
import type { LatchingPolicy, LegAddress, LegControls, LegMedia, LegStatistics, Programme } from '../media/protocol.js';
import { type Clock, within } from './clock.js';
import type { ConsentState } from './consent/consent-state.js';
import type { DigitSending } from '../sip/trunk.js';
import { InfoDigitSender, mediaForDigits, type SendInfo } from './digit-sending.js';
import type { CallEventData, CallEventType, LegIdentity, LegOutcome } from './event.js';
import { type LegEnd, legInputOf } from './leg-end.js';
import { LastTasks } from './last-tasks.js';
import { isFinal, type LegStatus, stepLeg } from './leg-state.js';
import type { AdmissionStatus, AdmissionStep } from './admission/entry.js';
import type { LegRole } from './role.js';
import { SecretDigits } from './secret-digits.js';
import type { Timeline } from './timeline.js';

/** How long a leg waits for its media to close before it counts as gone. */
const closeLimitMs = 5_000;

/** What a leg needs of its call. */
export interface LegHost {
  readonly callId: string;
  readonly media: MediaCall;
  readonly clock: Clock;
  readonly timeline: Timeline;
  emit<Type extends CallEventType>(type: Type, legId: string, data: CallEventData[Type], tick?: number): void;
  /** The leg is in the mix. */
  legJoined(): void;
  /** The leg holds nothing any more. */
  legGone(leg: Leg): void;
}

/** What is known of a leg when it begins. */
export interface LegBeginning extends LegIdentity {
  readonly id: string;
  readonly status: 'queued' | 'ringing';
  readonly controls: LegControls;
  /** Absent = `participant`. */
  readonly role?: LegRole;
  /** What it has to do before it is let in; absent = nothing. */
  readonly steps?: readonly AdmissionStep[];
  readonly latching: LatchingPolicy;
  readonly rtpTimeoutMs: number;
  readonly rtpHoldTimeoutMs: number;
  /** How digits are sent to it; absent = `auto`. */
  readonly digitSending?: DigitSending | undefined;
  /** Kept out of the mix from its first tick, for `admission`; absent = not. */
  readonly isolated?: boolean;
  /** Whether tool legs may get its audio from its first tick; absent = not. */
  readonly consented?: boolean;
}

/** Who keeps a leg out of the mix; each lets in only what it kept out itself. Interactions are not among them. */
export type IsolationReason = 'admission' | 'consent' | 'api';

/** The SIP side of a leg in its present phase: how to let go of it. */
export type Release = (end: LegEnd) => void;

/**
 * One media connection of a call: owns its SIP side and its media, and gives both back exactly once.
 *
 * Whatever phase it is in, `end` may come: what is held is released at once, and what is still being acquired (a port, a
 * dialog) is released the moment it arrives. Exactly one of `leg.left` and `leg.failed` is the last event of a leg.
 */
export class Leg {
  readonly id: string;
  readonly identity: LegIdentity;
  readonly createdAtMs: number;
  /** What it presses that nobody is to be told. */
  readonly secretDigits = new SecretDigits();
  /** For what must be told of it before its end is: nothing of a leg comes after `leg.left`. */
  readonly beforeLeft = new LastTasks();
  /** What it has said about being recorded; the consent desk says so. */
  consent: ConsentState = 'notAsked';
  /** How far it has come on its way into the call; the admission desk says so. */
  admission: AdmissionStatus;
  readonly #host: LegHost;
  readonly #beginning: LegBeginning;
  #status: LegStatus;
  #role: LegRole;
  /** As asked for. */
  #controls: LegControls;
  /** As they are: who only listens is muted. */
  #inForce: LegControls;
  #whenOpen: (() => void)[] = [];
  #opening: Promise<LegAddress> | undefined;
  #address: LegAddress | undefined;
  #media: LegMedia | undefined;
  #release: Release = () => undefined;
  #info: SendInfo | undefined;
  readonly #infoDigits: InfoDigitSender;
  #end: LegEnd | undefined;
  #joined: { readonly atMs: number; readonly tick: number } | undefined;
  #isolated: boolean;
  readonly #keptOutBy = new Set<IsolationReason>();

  constructor(host: LegHost, beginning: LegBeginning) {
    const { id, direction, trunk, number, displayName } = beginning;
    this.id = id;
    this.identity = { direction, trunk, number, displayName };
    this.createdAtMs = host.clock.nowMs();
    this.#host = host;
    this.#beginning = beginning;
    this.#infoDigits = new InfoDigitSender(host.clock, (digits) => host.emit('digits.sent', id, { digits }));
    this.#status = beginning.status;
    this.#isolated = beginning.isolated ?? false;
    this.#role = beginning.role ?? 'participant';
    this.#controls = beginning.controls;
    this.#inForce = this.#controlsInForce();
    this.admission = this.steps.length > 0 ? 'pending' : 'admitted';
    if (beginning.isolated) this.#keptOutBy.add('admission');
  }

  get callId(): string {
    return this.#host.callId;
  }
  get status(): LegStatus {
    return this.#status;
  }
  get controls(): LegControls {
    return this.#inForce;
  }
  get role(): LegRole {
    return this.#role;
  }
  /** What it has to do before it is let in. */
  get steps(): readonly AdmissionStep[] {
    return this.#beginning.steps ?? [];
  }
  /** What SDP settled, once it has. */
  get media(): LegMedia | undefined {
    return this.#media;
  }
  /** Where it listens, once it does. */
  get address(): LegAddress | undefined {
    return this.#address;
  }
  get joined(): { readonly atMs: number; readonly tick: number } | undefined {
    return this.#joined;
  }
  /** Why it is over, from the moment that was decided. */
  get end(): LegEnd | undefined {
    return this.#end;
  }
  /** True when the peer, or we, put media on hold by SDP direction. */
  get held(): boolean {
    return this.#media !== undefined && this.#media.direction !== 'sendrecv';
  }

  /** Heard and hearing, as far as the media plane told: connected, not over, not isolated. */
  get inMix(): boolean {
    return this.#joined !== undefined && this.#end === undefined && !this.#isolated;
  }

  /** Who keeps it out of the mix. */
  get keptOutBy(): readonly IsolationReason[] {
    return [...this.#keptOutBy];
  }

  /** Takes ports. @throws CodedError of the media plane, or `legEnded` when the leg ended meanwhile */
  async openMedia(): Promise<LegAddress> {
    this.#assertLive();
    const { id, latching, rtpTimeoutMs, rtpHoldTimeoutMs, consented = false } = this.#beginning;
    const controls = this.#inForce;
    const isolated = this.#keptOutBy.size > 0;
    this.#opening = this.#host.media.openLeg({
      legId: id,
      latching,
      rtpTimeoutMs,
      rtpHoldTimeoutMs,
      controls,
      isolated,
      consented,
    });
    const address = await this.#opening;
    this.#assertLive();
    this.#address = address;
    if (this.#keptOutBy.size > 0 !== isolated) this.#host.media.isolateLeg(id, !isolated);
    // Controls may have been changed while the port was being opened.
    if (this.#inForce !== controls) this.#host.media.controlLeg(id, this.#inForce);
    for (const task of this.#whenOpen.splice(0)) task();
    return address;
  }

  /**
   * Says how to let go of the SIP side from now on; a leg that is over lets go at once.
   * @param info how to send an INFO, while there is a dialog
   */
  holdSignalling(release: Release, info?: SendInfo): void {
    this.#release = release;
    this.#info = info;
    if (this.#end !== undefined) this.#releaseSignalling(this.#end);
  }

  /** The destination rings. */
  ring(): void {
    const before = this.#status;
    this.#status = stepLeg(before, 'ring');
    if (this.#status !== before) this.announceRinging();
  }

  announceRinging(): void {
    this.#host.emit('leg.ringing', this.id, this.identity);
  }

  /** The INVITE is answered. */
  answered(): void {
    this.#status = stepLeg(this.#status, 'answer');
  }

  /** Applies a settled offer/answer, the first or a later one. */
  connect(settled: LegMedia): void {
    if (this.#end !== undefined) return;
    const media = mediaForDigits(settled, this.#beginning.digitSending ?? 'auto');
    const before = this.#media;
    const heldBefore = this.held;
    this.#media = media;
    this.#host.media.connectLeg(this.id, media);
    if (before === undefined) return;
    if (this.held !== heldBefore || media.send.encoding !== before.send.encoding) this.#announceUpdate();
  }

  /** Runs a task when the media plane knows the leg, before it is connected; never when it ends before that. */
  whenOpen(task: () => void): void {
    if (this.#end !== undefined) return;
    if (this.#address === undefined) this.#whenOpen.push(task);
    else task();
  }

  /**
   * Changes its role, what others hear of it, or what it hears.
   * @throws CodedError `legEnded`, `forbidden` when a listener is to be heard
   */
  control(change: Partial<LegControls> & { readonly role?: LegRole }): void {
    this.#assertLive();
    const { role = this.#role, ...controls } = change;
    if (role === 'listener' && controls.muted === false) {
      throw new CodedError('forbidden', 'A listener stays muted; give it another role to let it be heard.');
    }
    const mutedBefore = this.#inForce.muted;
    this.#role = role;
    this.#controls = { ...this.#controls, ...controls };
    this.#inForce = this.#controlsInForce();
    const { muted } = this.#inForce;
    const effective = muted === mutedBefore ? controls : { ...controls, muted };
    if (this.#address !== undefined && Object.keys(effective).length > 0) {
      this.#host.media.controlLeg(this.id, effective);
    }
    this.#announceUpdate();
  }

  /**
   * Keeps it out of the mix until whoever did so lets it in again, interactions or not; `isolation` events tell the ticks.
   * @param music what it hears meanwhile, until anything else is said; undefined = silence
   */
  keepOut(by: IsolationReason, music?: Programme): void {
    // Whoever keeps it out without music leaves it the music of who did so before.
    if (this.#keptOutBy.size > 0 && music === undefined) {
      this.#keptOutBy.add(by);
      return;
    }
    this.#keptOutBy.add(by);
    if (this.#address !== undefined && this.#end === undefined) this.#host.media.isolateLeg(this.id, true, music);
  }

  /** Takes back {@link keepOut}; it is in the mix when nobody else keeps it out. */
  letIn(by: IsolationReason): void {
    if (!this.#keptOutBy.delete(by) || this.#keptOutBy.size > 0) return;
    if (this.#address !== undefined && this.#end === undefined) this.#host.media.isolateLeg(this.id, false);
  }

  /** Sends digits to the peer. @throws CodedError `legEnded`, `legNotConnected`, `digitsUnsupported` */
  sendDigits(digits: string, timing: { durationMs?: number; gapMs?: number }): void {
    this.#assertLive();
    const sending = this.#beginning.digitSending ?? 'auto';
    if (this.#media === undefined) throw new CodedError('legNotConnected');
    if (sending === 'info') {
      if (this.#info === undefined) throw new CodedError('legNotConnected');
      this.#infoDigits.send(this.#info, digits, timing);
      return;
    }
    const mayBeTones = sending !== 'rfc4733' && this.#controls.inBandDigits !== 'off';
    if (this.#media.sendTelephoneEvent === undefined && !mayBeTones) throw new CodedError('digitsUnsupported');
    this.#host.media.sendDigits(this.id, digits, timing);
  }

  /** The media plane has put it in the mix. */
  mediaJoined(tick: number): void {
    if (this.#joined !== undefined) return;
    this.#joined = { atMs: this.#host.clock.nowMs(), tick };
    this.#host.legJoined();
    const codec = this.#media?.send.encoding;
    this.#host.emit('leg.joined', this.id, { ...this.identity, codec }, tick);
  }

  /** The media plane has taken it out of the mix, or let it in, whatever the cause. */
  mediaIsolated(isolated: boolean, tick: number): void {
    if (isolated === this.#isolated) return;
    this.#isolated = isolated;
    if (this.#end !== undefined) return;
    if (isolated) this.#host.emit('leg.isolated', this.id, { keptOutBy: this.keptOutBy }, tick);
    else this.#host.emit('leg.returned', this.id, { role: this.#role }, tick);
  }

  /** Ends the leg; later ends of the same leg mean nothing. */
  terminate(end: LegEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#status = stepLeg(this.#status, legInputOf(end));
    this.#infoDigits.close();
    this.#releaseSignalling(end);
    void this.#closeMedia().then((closed) => {
      this.#finish(end, closed);
    });
  }

  #releaseSignalling(end: LegEnd): void {
    const release = this.#release;
    this.#release = () => undefined;
    release(end);
  }

  /** Never rejects: a media plane that fails, or does not answer, has nothing left that this leg could give back. */
  async #closeMedia(): Promise<{ tick: number; statistics: LegStatistics | undefined } | undefined> {
    if (this.#opening === undefined) return undefined;
    const closed = this.#opening.then(() => this.#host.media.closeLeg(this.id));
    return within(this.#host.clock, closeLimitMs, closed, undefined).catch(() => undefined);
  }

  #finish(end: LegEnd, closed: { tick: number; statistics: LegStatistics | undefined } | undefined): void {
    const outcome: LegOutcome = {
      status: this.#status,
      reason: end.reason,
      q850Cause: end.q850Cause,
      sipStatus: end.receivedSipStatus,
      code: end.code,
      detail: end.detail,
    };
    this.beforeLeft.run();
    if (this.#joined === undefined) {
      this.#host.emit('leg.failed', this.id, { ...this.identity, ...outcome }, closed?.tick);
    } else {
      const statistics = closed?.statistics;
      this.#host.emit('leg.left', this.id, { ...this.identity, ...outcome, statistics }, closed?.tick);
    }
    this.#host.legGone(this);
  }

  #announceUpdate(): void {
    const codec = this.#media?.send.encoding;
    this.#host.emit('leg.updated', this.id, { ...this.#inForce, role: this.#role, held: this.held, codec });
  }

  #controlsInForce(): LegControls {
    return this.#role === 'listener' ? { ...this.#controls, muted: true } : this.#controls;
  }

  #assertLive(): void {
    if (isFinal(this.#status) || this.#end !== undefined) throw new CodedError('legEnded');
  }
}
