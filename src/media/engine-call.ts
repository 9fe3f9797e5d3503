/** One call's media as the main thread holds it: knows its legs' ports, and asks its worker for the rest. */
import { CodedError } from '../errors.js';
import type { MediaCall } from './plane.js';
import type {
  CallSnapshot,
  InteractionOrder,
  LegAddress,
  LegAudience,
  LegControls,
  LegMedia,
  LegOpening,
  LegStatistics,
  MediaCommand,
  MediaResult,
  PlaybackOrder,
  Programme,
  PromptClip,
} from './protocol.js';

/** How many ports are tried when others on this machine hold some of the range. */
const PORT_TRIES = 16;

/** Default length of a digit and of the pause after it (RFC 4733 §2.5.1.3 leaves it open; PBXs need ≥ 70 ms). */
const DIGIT_MS = 100;
const DIGIT_GAP_MS = 60;

type Request = Extract<MediaCommand, { requestId: number }>;
/** A command without its `requestId`, which the engine adds. */
export type Question = Request extends infer R ? (R extends Request ? Omit<R, 'requestId'> : never) : never;

/** What a call needs of its engine. */
export interface CallHome {
  readonly host: string;
  post(command: MediaCommand): void;
  ask(question: Question): Promise<MediaResult>;
  takePort(): number;
  releasePort(port: number): void;
  random32(): number;
  legsChanged(by: 1 | -1): void;
  closed(): void;
}

/** {@link MediaCall} on a worker. */
export class EngineCall implements MediaCall {
  readonly callId: string;
  readonly #home: CallHome;
  /** legId → RTP port. */
  readonly #ports = new Map<string, number>();
  #open = true;

  constructor(callId: string, home: CallHome) {
    this.callId = callId;
    this.#home = home;
  }

  async openLeg(leg: LegOpening): Promise<LegAddress> {
    const busy: number[] = [];
    try {
      for (let attempt = 0; attempt < PORT_TRIES; attempt++) {
        this.#mustBeOpen();
        const rtpPort = this.#home.takePort();
        const result = await this.#openAt(leg, rtpPort).catch((error: unknown) => {
          this.#home.releasePort(rtpPort);
          throw error;
        });
        if (result !== 'busy') return result;
        busy.push(rtpPort);
      }
      throw new CodedError('portsExhausted', 'The ports of the range are in use by other programs.');
    } finally {
      for (const port of busy) this.#home.releasePort(port);
    }
  }

  async #openAt(leg: LegOpening, rtpPort: number): Promise<LegAddress | 'busy'> {
    const ssrc = this.#home.random32();
    const address = { rtpPort, rtcpPort: rtpPort + 1, ssrc };
    const result = await this.#home.ask({
      type: 'openLeg',
      callId: this.callId,
      leg,
      host: this.#home.host,
      ...address,
      cname: `${this.#home.random32().toString(36)}${this.#home.random32().toString(36)}`,
      seed: this.#home.random32(),
    });
    if (result.type === 'failed') {
      if (result.portBusy) return 'busy';
      throw new CodedError(result.code, result.detail);
    }
    if (!this.#open) throw new CodedError('callEnded');
    this.#ports.set(leg.legId, rtpPort);
    this.#home.legsChanged(1);
    return address;
  }

  connectLeg(legId: string, media: LegMedia): void {
    this.#post({ type: 'connectLeg', callId: this.callId, legId, media });
  }

  controlLeg(legId: string, controls: Partial<LegControls>): void {
    this.#post({ type: 'controlLeg', callId: this.callId, legId, controls });
  }

  routeLeg(listenerLegId: string, sourceLegId: string, gain: number | undefined): void {
    this.#post({ type: 'routeLeg', callId: this.callId, listenerLegId, sourceLegId, gain });
  }

  setAudience(legId: string, audience: LegAudience): void {
    this.#post({ type: 'setAudience', callId: this.callId, legId, audience });
  }

  isolateLeg(legId: string, isolated: boolean, music?: Programme): void {
    this.#post({ type: 'isolateLeg', callId: this.callId, legId, isolated, music });
  }

  setConsent(legId: string, consented: boolean): void {
    this.#post({ type: 'setConsent', callId: this.callId, legId, consented });
  }

  startInteraction(legId: string, order: InteractionOrder): void {
    this.#post({ type: 'startInteraction', callId: this.callId, legId, order });
  }

  cancelInteraction(legId: string, interactionId: string): void {
    this.#post({ type: 'cancelInteraction', callId: this.callId, legId, interactionId });
  }

  startPlayback(order: PlaybackOrder): void {
    this.#post({ type: 'startPlayback', callId: this.callId, order });
  }

  pausePlayback(playbackId: string, paused: boolean): void {
    this.#post({ type: 'pausePlayback', callId: this.callId, playbackId, paused });
  }

  stopPlayback(playbackId: string): void {
    this.#post({ type: 'stopPlayback', callId: this.callId, playbackId });
  }

  extendProgramme(programmeId: number, clips: readonly PromptClip[], complete: boolean): void {
    this.#post({ type: 'extendProgramme', callId: this.callId, programmeId, clips, complete });
  }

  async openTap(tapId: string, ring: SharedArrayBuffer): Promise<{ tick: number }> {
    this.#mustBeOpen();
    const result = await this.#home.ask({ type: 'openTap', callId: this.callId, tapId, ring });
    if (result.type === 'failed') throw new CodedError(result.code, result.detail);
    if (result.type !== 'tapOpened') throw new CodedError('callEnded');
    return { tick: result.tick };
  }

  async closeTap(tapId: string): Promise<{ tick: number }> {
    this.#mustBeOpen();
    const result = await this.#home.ask({ type: 'closeTap', callId: this.callId, tapId });
    if (result.type !== 'tapClosed') throw new CodedError('callEnded');
    return { tick: result.tick };
  }

  sendDigits(legId: string, digits: string, options: { durationMs?: number; gapMs?: number } = {}): void {
    const { durationMs = DIGIT_MS, gapMs = DIGIT_GAP_MS } = options;
    this.#post({ type: 'sendDigits', callId: this.callId, legId, digits, durationMs, gapMs });
  }

  pressDigit(legId: string, digit: string, durationMs: number): void {
    this.#post({ type: 'pressDigit', callId: this.callId, legId, digit, durationMs });
  }

  async closeLeg(legId: string): Promise<{ tick: number; statistics: LegStatistics | undefined }> {
    if (!this.#ports.has(legId)) return { tick: 0, statistics: undefined };
    const result = await this.#home.ask({ type: 'closeLeg', callId: this.callId, legId });
    this.#forgetLeg(legId);
    return result.type === 'legClosed'
      ? { tick: result.tick, statistics: result.statistics }
      : { tick: 0, statistics: undefined };
  }

  reportLevels(everyTicks: number): void {
    this.#post({ type: 'reportLevels', callId: this.callId, everyTicks });
  }

  async snapshot(): Promise<CallSnapshot> {
    this.#mustBeOpen();
    const result = await this.#home.ask({ type: 'snapshotCall', callId: this.callId });
    if (result.type !== 'snapshot') throw new CodedError('callEnded');
    return result.snapshot;
  }

  async close(): Promise<{ tick: number }> {
    if (!this.#open) return { tick: 0 };
    this.#open = false;
    try {
      const result = await this.#home.ask({ type: 'closeCall', callId: this.callId });
      return { tick: result.type === 'callClosed' ? result.tick : 0 };
    } finally {
      this.#leave();
    }
  }

  /** The worker is gone, and the call's sockets with it. */
  abandon(): void {
    this.#open = false;
    this.#leave();
  }

  #leave(): void {
    for (const legId of [...this.#ports.keys()]) this.#forgetLeg(legId);
    this.#home.closed();
  }

  #forgetLeg(legId: string): void {
    const port = this.#ports.get(legId);
    if (port === undefined) return;
    this.#ports.delete(legId);
    this.#home.releasePort(port);
    this.#home.legsChanged(-1);
  }

  #post(command: MediaCommand): void {
    if (this.#open) this.#home.post(command);
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new CodedError('callEnded');
  }
}
