import { CodedError } from '../../src/errors.js';
import type { CallMediaEvent, MediaCall, MediaPlane } from '../../src/media/plane.js';
import type {
  CallSnapshot,
  InteractionOrder,
  InteractionOutcome,
  LegAddress,
  LegAudience,
  LegControls,
  LegMedia,
  LegOpening,
  LegStatistics,
  PlaybackEnd,
  PlaybackOrder,
  Programme,
  PromptClip,
  WorkerMetrics,
} from '../../src/media/protocol.js';

/** A leg as the fake holds it. */
export interface FakeMediaLeg {
  readonly opening: LegOpening;
  readonly address: LegAddress;
  controls: LegControls;
  isolated: boolean;
  media: LegMedia | undefined;
}

/**
 * A media plane in memory that counts what is open. Its outcomes come by themselves, or, when `manual`, wait in `steps`
 * until the test runs them, one by one and in any order.
 */
export class FakeMediaPlane implements MediaPlane {
  readonly calls = new Map<string, FakeMediaCall>();
  readonly steps: (() => void)[] = [];
  manual = false;
  /** Ports there are altogether. */
  ports = 1_000;
  workers: WorkerMetrics[] = [];
  /** Legs that were still open when their call was closed: somebody forgot them. */
  forgottenLegs = 0;
  /** Every command in order, for assertions on who was told what. */
  readonly commands: string[] = [];
  #listener: (event: CallMediaEvent) => void = () => undefined;
  #nextPort = 20_000;

  /** Legs open in all calls. */
  get legs(): number {
    return [...this.calls.values()].reduce((total, call) => total + call.legs.size, 0);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  openCall(callId: string): MediaCall {
    if (this.calls.has(callId)) throw new CodedError('internal', 'The call is open already.');
    const call = new FakeMediaCall(callId, this);
    this.calls.set(callId, call);
    return call;
  }

  onEvent(listener: (event: CallMediaEvent) => void): void {
    this.#listener = listener;
  }

  metrics(): readonly WorkerMetrics[] {
    return this.workers;
  }

  freePorts(): number {
    return this.ports - 2 * this.legs;
  }

  close(): Promise<void> {
    this.calls.clear();
    return Promise.resolve();
  }

  /** The media plane says something. */
  emit(event: CallMediaEvent): void {
    this.#listener(event);
  }

  /** The call of this id. */
  call(callId: string): FakeMediaCall {
    const call = this.calls.get(callId);
    if (call === undefined) throw new Error(`no media call ${callId}`);
    return call;
  }

  /** Does something now, or when the test says so. */
  later(step: () => void): void {
    if (this.manual) this.steps.push(step);
    else queueMicrotask(step);
  }

  takePort(): number {
    this.#nextPort += 2;
    return this.#nextPort;
  }
}

/** One call of {@link FakeMediaPlane}; `tick` moves only when the test moves it. */
class FakeMediaCall implements MediaCall {
  readonly legs = new Map<string, FakeMediaLeg>();
  /** By leg. */
  readonly interactions = new Map<string, InteractionOrder>();
  readonly playbacks = new Map<string, PlaybackOrder>();
  readonly taps = new Map<string, SharedArrayBuffer>();
  tick = 0;
  levelsEveryTicks = 0;
  /** Thrown by the next `openLeg`. */
  failOpening: CodedError | undefined;
  /** When true, nothing asked of it gets an answer any more. */
  stuck = false;
  #closed = false;
  readonly #joined = new Set<string>();

  constructor(
    readonly callId: string,
    private readonly plane: FakeMediaPlane,
  ) {}

  openLeg(opening: LegOpening): Promise<LegAddress> {
    return this.#outcome(() => {
      if (this.failOpening !== undefined) throw this.failOpening;
      const rtpPort = this.plane.takePort();
      const address = { rtpPort, rtcpPort: rtpPort + 1, ssrc: rtpPort * 7_919 };
      const { controls, isolated = false } = opening;
      this.legs.set(opening.legId, { opening, address, controls, isolated, media: undefined });
      return address;
    });
  }

  connectLeg(legId: string, media: LegMedia): void {
    this.#command('connectLeg', legId);
    const leg = this.legs.get(legId);
    if (leg === undefined) return;
    leg.media = media;
    if (this.#joined.has(legId)) return;
    this.#joined.add(legId);
    this.plane.later(() => {
      if (!this.legs.has(legId)) return;
      this.plane.emit({ type: 'legJoined', callId: this.callId, legId, tick: this.tick });
    });
  }

  controlLeg(legId: string, controls: Partial<LegControls>): void {
    this.#command('controlLeg', legId);
    const leg = this.legs.get(legId);
    if (leg !== undefined) leg.controls = { ...leg.controls, ...controls };
  }

  routeLeg(listenerLegId: string, sourceLegId: string, gain: number | undefined): void {
    this.#command(`routeLeg ${sourceLegId} ${gain ?? 'default'}`, listenerLegId);
  }

  setAudience(legId: string, { heardBy, hears }: LegAudience): void {
    this.#command(`setAudience ${heardBy} ${hears}`, legId);
  }

  isolateLeg(legId: string, isolated: boolean, music?: Programme): void {
    this.#command(`isolateLeg ${isolated}${music ? ' with music' : ''}`, legId);
    const { callId, tick } = this;
    const leg = this.legs.get(legId);
    if (!leg) return;
    leg.isolated = isolated;
    this.plane.later(() => this.plane.emit({ type: 'isolation', callId, legId, tick, isolated }));
  }

  setConsent(legId: string, consented: boolean): void {
    this.#command(`setConsent ${consented}`, legId);
    const { callId, tick } = this;
    if (!this.legs.has(legId)) return;
    this.plane.later(() => this.plane.emit({ type: 'consent', callId, legId, tick, consented }));
  }

  startInteraction(legId: string, order: InteractionOrder): void {
    this.#command(`startInteraction ${order.interactionId}`, legId);
    const { callId, tick } = this;
    if (this.interactions.has(legId)) this.endInteraction(legId, { result: 'cancelled', cancelledBy: 'replaced' });
    this.interactions.set(legId, order);
    if (!this.legs.has(legId)) {
      this.endInteraction(legId, { result: 'cancelled', cancelledBy: 'legEnded' });
      return;
    }
    const { interactionId } = order;
    this.plane.later(() => this.plane.emit({ type: 'interactionStarted', callId, legId, tick, interactionId }));
  }

  cancelInteraction(legId: string, interactionId: string): void {
    this.#command(`cancelInteraction ${interactionId}`, legId);
    if (this.interactions.get(legId)?.interactionId !== interactionId) return;
    this.endInteraction(legId, { result: 'cancelled', cancelledBy: 'api' });
  }

  /** Ends what {@link startInteraction} began, as a test wants it. */
  endInteraction(legId: string, outcome: Partial<InteractionOutcome> & Pick<InteractionOutcome, 'result'>): void {
    const order = this.interactions.get(legId);
    if (!order) throw new Error(`The leg ${legId} is in no interaction.`);
    this.interactions.delete(legId);
    const { callId, tick } = this;
    const full: InteractionOutcome = {
      interactionId: order.interactionId,
      digits: '',
      cancelledBy: undefined,
      attempts: 1,
      playedMs: 0,
      promptCompleted: false,
      startedTick: tick,
      promptEndedTick: undefined,
      endedTick: tick,
      ...outcome,
    };
    this.plane.later(() => this.plane.emit({ type: 'interactionEnded', callId, legId, tick, outcome: full }));
  }

  startPlayback(order: PlaybackOrder): void {
    this.#command(`startPlayback ${order.playbackId}`, order.legIds?.join() ?? '');
    this.playbacks.set(order.playbackId, order);
    const { callId, tick } = this;
    const { playbackId } = order;
    this.plane.later(() => this.plane.emit({ type: 'playbackStarted', callId, tick, playbackId }));
  }

  pausePlayback(playbackId: string, paused: boolean): void {
    this.#command(`pausePlayback ${paused}`, playbackId);
  }

  stopPlayback(playbackId: string): void {
    this.#command('stopPlayback', playbackId);
    if (this.playbacks.has(playbackId)) this.endPlayback(playbackId, 'stopped');
  }

  /** Ends what {@link startPlayback} began. */
  endPlayback(playbackId: string, end: PlaybackEnd, playedMs = 0): void {
    this.playbacks.delete(playbackId);
    const { callId, tick } = this;
    this.plane.later(() => this.plane.emit({ type: 'playbackEnded', callId, tick, playbackId, end, playedMs }));
  }

  extendProgramme(programmeId: number, clips: readonly PromptClip[], complete: boolean): void {
    this.#command(`extendProgramme ${clips.length} ${complete}`, String(programmeId));
  }

  openTap(tapId: string, ring: SharedArrayBuffer): Promise<{ tick: number }> {
    return this.#outcome(() => {
      this.#command('openTap', tapId);
      this.taps.set(tapId, ring);
      return { tick: this.tick };
    });
  }

  closeTap(tapId: string): Promise<{ tick: number }> {
    return this.#outcome(() => {
      this.#command('closeTap', tapId);
      this.taps.delete(tapId);
      return { tick: this.tick };
    });
  }

  sendDigits(legId: string, digits: string): void {
    this.#command(`sendDigits ${digits}`, legId);
  }

  pressDigit(legId: string, digit: string, durationMs: number): void {
    this.#command(`pressDigit ${digit}`, legId);
    const { callId, tick } = this;
    this.plane.later(() => {
      if (!this.legs.has(legId)) return;
      this.plane.emit({ type: 'digit', callId, legId, tick, digit, durationMs, source: 'sip-info' });
    });
  }

  closeLeg(legId: string): Promise<{ tick: number; statistics: LegStatistics | undefined }> {
    return this.#outcome(() => {
      this.#command('closeLeg', legId);
      const known = this.legs.delete(legId);
      return { tick: this.tick, statistics: known ? emptyStatistics : undefined };
    });
  }

  reportLevels(everyTicks: number): void {
    this.levelsEveryTicks = everyTicks;
  }

  snapshot(): Promise<CallSnapshot> {
    return this.#outcome(() => ({
      callId: this.callId,
      tick: this.tick,
      speakers: [],
      legs: [...this.legs].map(([legId, leg]) => ({
        legId,
        connected: leg.media !== undefined,
        isolated: leg.isolated,
        consented: leg.opening.consented ?? false,
        speaking: false,
        levelDbov: -127,
        denoising: false,
        automaticGainDb: 0,
        statistics: emptyStatistics,
      })),
    }));
  }

  close(): Promise<{ tick: number }> {
    return this.#outcome(() => {
      this.#closed = true;
      this.plane.forgottenLegs += this.legs.size;
      this.legs.clear();
      this.plane.calls.delete(this.callId);
      return { tick: this.tick };
    });
  }

  #outcome<Result>(produce: () => Result): Promise<Result> {
    if (this.stuck) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      this.plane.later(() => {
        try {
          if (this.#closed) throw new CodedError('callEnded');
          resolve(produce());
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      });
    });
  }

  #command(name: string, legId: string): void {
    this.plane.commands.push(`${name} ${legId}`);
  }
}

/** Statistics of a leg on which nothing ever moved. */
const emptyStatistics: LegStatistics = {
  quality: { receive: undefined, send: undefined, reported: undefined },
  receive: {
    packets: 0,
    octets: 0,
    lost: 0,
    lossRatio: 0,
    duplicates: 0,
    reordered: 0,
    late: 0,
    jitterMs: 0,
    dropped: { malformed: 3 },
  },
  playout: {
    played: 0,
    concealed: 0,
    rescued: 0,
    silent: 0,
    dropped: 0,
    accelerated: 0,
    decelerated: 0,
    late: 0,
    decodeErrors: 0,
    resets: 0,
    depthMs: 0,
    targetMs: 0,
  },
  send: { packets: 0, octets: 0, remoteLossRatio: undefined, remoteJitterMs: undefined, roundTripMs: undefined },
};
