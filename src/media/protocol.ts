/**
 * What the control plane and the media plane say to each other, and nothing else crosses between them.
 *
 * Control → media: {@link MediaCommand}; media → control: {@link MediaEvent}. Both are plain data (structured clone).
 * Ticks are counted per call from 0 at the tick in which the call was opened; one tick is 20 ms, 960 samples at 48 kHz.
 */

import type { ErrorCode } from '../errors.js';
import type { InteractionOrder, InteractionOutcome } from './protocol/interaction.js';
import type { LegAudience, LegControls, LegOpening } from './protocol/leg-controls.js';
import type { LegMedia } from './protocol/leg-media.js';
import type { PlaybackEnd, PlaybackOrder, Programme, PromptClip } from './protocol/prompt.js';
import type { CallSnapshot, LegStatistics, WorkerMetrics } from './protocol/statistics.js';

export type * from './protocol/interaction.js';
export type * from './protocol/leg-controls.js';
export type * from './protocol/leg-media.js';
export type * from './protocol/prompt.js';
export type * from './protocol/statistics.js';

/** Control → media. A `requestId` asks for exactly one `result` event. */
export type MediaCommand =
  | { readonly type: 'openCall'; readonly callId: string }
  | { readonly type: 'closeCall'; readonly requestId: number; readonly callId: string }
  | {
      readonly type: 'openLeg';
      readonly requestId: number;
      readonly callId: string;
      readonly leg: LegOpening;
      readonly host: string;
      readonly rtpPort: number;
      readonly rtcpPort: number;
      readonly ssrc: number;
      readonly cname: string;
      /** Seeds the random starts of sequence number and timestamp (RFC 3550 §5.1). */
      readonly seed: number;
    }
  | { readonly type: 'connectLeg'; readonly callId: string; readonly legId: string; readonly media: LegMedia }
  | {
      readonly type: 'controlLeg';
      readonly callId: string;
      readonly legId: string;
      readonly controls: Partial<LegControls>;
    }
  | {
      readonly type: 'routeLeg';
      readonly callId: string;
      readonly listenerLegId: string;
      readonly sourceLegId: string;
      /** Linear gain of the source in what the listener hears, 0…16; undefined = as both sides' {@link LegAudience} has it. */
      readonly gain: number | undefined;
    }
  | { readonly type: 'setAudience'; readonly callId: string; readonly legId: string; readonly audience: LegAudience }
  | {
      /** Keeps a leg out of the mix, or lets it in again; interactions come and go independently of it. */
      readonly type: 'isolateLeg';
      readonly callId: string;
      readonly legId: string;
      readonly isolated: boolean;
      /** What it hears while no interaction plays to it; undefined = silence. */
      readonly music: Programme | undefined;
    }
  | {
      readonly type: 'setConsent';
      readonly callId: string;
      readonly legId: string;
      /** Whether tool legs may get its audio. */
      readonly consented: boolean;
    }
  | {
      /** Takes the place of whatever interaction the leg is in. */
      readonly type: 'startInteraction';
      readonly callId: string;
      readonly legId: string;
      readonly order: InteractionOrder;
    }
  | {
      readonly type: 'cancelInteraction';
      readonly callId: string;
      readonly legId: string;
      readonly interactionId: string;
    }
  | { readonly type: 'startPlayback'; readonly callId: string; readonly order: PlaybackOrder }
  | {
      readonly type: 'pausePlayback';
      readonly callId: string;
      readonly playbackId: string;
      readonly paused: boolean;
    }
  | { readonly type: 'stopPlayback'; readonly callId: string; readonly playbackId: string }
  | {
      /** More clips for a programme that was begun incomplete. */
      readonly type: 'extendProgramme';
      readonly callId: string;
      readonly programmeId: number;
      readonly clips: readonly PromptClip[];
      readonly complete: boolean;
    }
  | {
      /** Every source of the call goes, unmerged, into the ring from the next tick on; see `media/tap/`. */
      readonly type: 'openTap';
      readonly requestId: number;
      readonly callId: string;
      readonly tapId: string;
      readonly ring: SharedArrayBuffer;
    }
  | { readonly type: 'closeTap'; readonly requestId: number; readonly callId: string; readonly tapId: string }
  | {
      readonly type: 'sendDigits';
      readonly callId: string;
      readonly legId: string;
      /** Of `0-9*#A-D`. */
      readonly digits: string;
      readonly durationMs: number;
      readonly gapMs: number;
    }
  | {
      /** The leg pressed a digit that came by signalling. */
      readonly type: 'pressDigit';
      readonly callId: string;
      readonly legId: string;
      /** One of `0-9*#A-D`. */
      readonly digit: string;
      readonly durationMs: number;
    }
  | { readonly type: 'closeLeg'; readonly requestId: number; readonly callId: string; readonly legId: string }
  | { readonly type: 'reportLevels'; readonly callId: string; /** 0 = stop. */ readonly everyTicks: number }
  | { readonly type: 'snapshotCall'; readonly requestId: number; readonly callId: string }
  | { readonly type: 'stop' };

/** Where a digit was found. */
export type DigitSource = 'rfc4733' | 'sip-info' | 'in-band';

/** Outcome of a command with a `requestId`. */
export type MediaResult =
  | { readonly type: 'legOpened' }
  | { readonly type: 'legClosed'; readonly tick: number; readonly statistics: LegStatistics | undefined }
  | { readonly type: 'callClosed'; readonly tick: number }
  | { readonly type: 'snapshot'; readonly snapshot: CallSnapshot }
  /** First tick that goes into the ring. */
  | { readonly type: 'tapOpened'; readonly tick: number }
  /** First tick that does not. */
  | { readonly type: 'tapClosed'; readonly tick: number }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly detail: string;
      /** True when another port could be tried (address in use). */
      readonly portBusy: boolean;
    };

/** How loud one leg is in one tick, as others are offered it. */
export interface LegLevel {
  readonly legId: string;
  /** RMS, dBov; −127 = digital silence. */
  readonly levelDbov: number;
  /** Greatest magnitude, dB below full scale; −127 = digital silence. */
  readonly peakDbov: number;
  readonly speaking: boolean;
}

/** Media → control. */
export type MediaEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly requestId: number; readonly result: MediaResult }
  | { readonly type: 'legJoined'; readonly callId: string; readonly legId: string; readonly tick: number }
  | {
      /** The leg's media ended by itself: its code threw, its codec could not be set up, or RTP stopped. */
      readonly type: 'legFailed';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly code: ErrorCode;
      readonly detail: string;
    }
  | {
      readonly type: 'callFailed';
      readonly callId: string;
      readonly tick: number;
      readonly detail: string;
    }
  | {
      readonly type: 'latched';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly address: string;
      readonly port: number;
    }
  | {
      readonly type: 'digit';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly digit: string;
      readonly durationMs: number;
      readonly source: DigitSource;
    }
  | {
      readonly type: 'digitsSent';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly digits: string;
    }
  | {
      readonly type: 'speech';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly speaking: boolean;
      /** Tick at which speech really began or ended; `tick` is when that had become certain. */
      readonly since: number;
    }
  | {
      /** Who speaks or spoke lately, loudest first; told at most five times a second. */
      readonly type: 'speakers';
      readonly callId: string;
      readonly tick: number;
      readonly legIds: readonly string[];
    }
  | {
      readonly type: 'levels';
      readonly callId: string;
      readonly tick: number;
      readonly levels: readonly LegLevel[];
    }
  | {
      /** The leg is out of the mix from this tick on, or in it, whatever the cause; told at joining too. */
      readonly type: 'isolation';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly isolated: boolean;
    }
  | {
      /** From this tick on tool legs get the leg's audio, or silence; told for every `setConsent`, and at joining too. */
      readonly type: 'consent';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly consented: boolean;
    }
  | {
      readonly type: 'interactionStarted';
      readonly callId: string;
      readonly legId: string;
      readonly tick: number;
      readonly interactionId: string;
    }
  | {
      readonly type: 'interactionEnded';
      readonly callId: string;
      readonly legId: string;
      /** The outcome's `endedTick`. */
      readonly tick: number;
      readonly outcome: InteractionOutcome;
    }
  | { readonly type: 'playbackStarted'; readonly callId: string; readonly tick: number; readonly playbackId: string }
  | {
      readonly type: 'playbackEnded';
      readonly callId: string;
      readonly tick: number;
      readonly playbackId: string;
      readonly end: PlaybackEnd;
      readonly playedMs: number;
    }
  | {
      /** The tool did not keep up: so many ticks are missing in its ring so far; told once a second at most, and at its end. */
      readonly type: 'tapDropped';
      readonly callId: string;
      readonly tick: number;
      readonly tapId: string;
      readonly droppedTicks: number;
    }
  | { readonly type: 'metrics'; readonly metrics: WorkerMetrics };
