/**
 * The media plane as the control plane holds it: a handle per call, promises for what has an outcome, one event stream.
 * `media/engine.ts` implements it over worker threads; tests of the control plane implement it in memory.
 */

import type {
  CallSnapshot,
  InteractionOrder,
  LegAddress,
  LegAudience,
  LegControls,
  LegMedia,
  LegOpening,
  LegStatistics,
  MediaEvent,
  PlaybackOrder,
  Programme,
  PromptClip,
  WorkerMetrics,
} from './protocol.js';

/** Events that concern a call, as {@link MediaPlane.onEvent} delivers them. */
export type CallMediaEvent = Exclude<MediaEvent, { type: 'ready' | 'result' | 'metrics' }>;

/** All media workers together. */
export interface MediaPlane {
  /** Starts the workers; resolves when every one is ready. @throws CodedError `mediaFailed` when one cannot start */
  start(): Promise<void>;
  /** Opens a call on the worker with the least legs. @throws CodedError `internal` when the id is in use, `mediaFailed` */
  openCall(callId: string): MediaCall;
  /** Registers the only listener for call events; called on the main thread in the order each worker sent them. */
  onEvent(listener: (event: CallMediaEvent) => void): void;
  /** The latest counters of each worker. */
  metrics(): readonly WorkerMetrics[];
  /** Media ports not in use and not in quarantine; a leg takes two, for RTP and RTCP. */
  freePorts(): number;
  /** Ends all calls and workers. */
  close(): Promise<void>;
}

/** One call's media. Every method may be called at any time; after {@link MediaCall.close} they reject with `callEnded`. */
export interface MediaCall {
  readonly callId: string;
  /** Takes ports and opens the sockets. @throws CodedError `portsExhausted`, `mediaFailed`, `callEnded` */
  openLeg(opening: LegOpening): Promise<LegAddress>;
  /** Applies a settled offer/answer, the first or a later one, at the next tick. */
  connectLeg(legId: string, media: LegMedia): void;
  controlLeg(legId: string, controls: Partial<LegControls>): void;
  /** Linear gain of `sourceLegId` in what `listenerLegId` hears; undefined = as {@link setAudience} has it. */
  routeLeg(listenerLegId: string, sourceLegId: string, gain: number | undefined): void;
  setAudience(legId: string, audience: LegAudience): void;
  /** Keeps a leg out of the mix with music or silence, or lets it in; `isolation` events tell the ticks. */
  isolateLeg(legId: string, isolated: boolean, music?: Programme): void;
  /** A `consent` event tells the tick. */
  setConsent(legId: string, consented: boolean): void;
  /** Exactly one `interactionEnded` follows, also when there is no such leg (any more): then `cancelled` by `legEnded`. */
  startInteraction(legId: string, order: InteractionOrder): void;
  cancelInteraction(legId: string, interactionId: string): void;
  /** Exactly one `playbackEnded` follows. */
  startPlayback(order: PlaybackOrder): void;
  pausePlayback(playbackId: string, paused: boolean): void;
  stopPlayback(playbackId: string): void;
  extendProgramme(programmeId: number, clips: readonly PromptClip[], complete: boolean): void;
  /** @returns the first tick in the ring @throws CodedError `callEnded` */
  openTap(tapId: string, ring: SharedArrayBuffer): Promise<{ tick: number }>;
  /** @returns the first tick not in the ring any more */
  closeTap(tapId: string): Promise<{ tick: number }>;
  sendDigits(legId: string, digits: string, options?: { durationMs?: number; gapMs?: number }): void;
  /** The leg pressed a digit that came by signalling; a `digit` event follows unless it is known already. */
  pressDigit(legId: string, digit: string, durationMs: number): void;
  /** Ends a leg's media, sends RTCP BYE, frees its ports; `statistics` is undefined if it had failed before. */
  closeLeg(legId: string): Promise<{ tick: number; statistics: LegStatistics | undefined }>;
  reportLevels(everyTicks: number): void;
  snapshot(): Promise<CallSnapshot>;
  close(): Promise<{ tick: number }>;
}
