/**
 * What happened in calls, as facts: dotted names, past tense. Everything outside `call/` learns of a call through these.
 *
 * Each event of a call has the next `sequence` number, from 1. `tick` counts 20 ms steps since the call was opened: exact
 * where the media plane reported it (join, leave, digit, speech, levels), otherwise the control plane's estimate, which is
 * never ahead of the media plane.
 */
import type { ErrorCode } from '../errors.js';
import type {
  DigitSource,
  EncodingName,
  InteractionOutcome,
  LegControls,
  LegLevel,
  LegStatistics,
  PlaybackEnd,
} from '../media/protocol.js';
import type { RoutingView } from './audience/relations.js';
import type { CallEndReason } from './call-state.js';
import { consentEventTypes, type ConsentEventData } from './consent/facts.js';
import type { MenuOutcome, ModeratorAction } from './habits/menu.js';
import type { IsolationReason } from './leg.js';
import type { LegEndReason } from './leg-end.js';
import type { LegStatus } from './leg-state.js';
import { recordingEventTypes, type RecordingEventData } from './recordings/facts.js';
import type { LegRole } from './role.js';

/** Who a leg is, as every event about it repeats. */
export interface LegIdentity {
  readonly direction: 'inbound' | 'outbound';
  /** Name of the SIP trunk it uses. */
  readonly trunk: string;
  /** User part of the peer's address. */
  readonly number: string;
  /** Display name the peer gave, or was given. */
  readonly displayName: string | undefined;
}

/** What each kind of event tells besides the {@link CallEvent} head. */
export interface CallEventData extends ConsentEventData, RecordingEventData {
  'call.started': { readonly name: string; readonly origin: 'api' | 'invite' };
  'call.updated': { readonly locked: boolean; readonly maxLegs: number; readonly endWhenEmpty: boolean };
  'call.ended': { readonly name: string; readonly reason: CallEndReason };
  /** An INVITE of this leg waits for our answer, or the dialled destination rings. */
  'leg.ringing': LegIdentity;
  /** In the mix from this tick. */
  'leg.joined': LegIdentity & { readonly codec: EncodingName | undefined };
  'leg.updated': LegControls & {
    readonly role: LegRole;
    readonly held: boolean;
    readonly codec: EncodingName | undefined;
  };
  /** Turned away for the moment: nothing, or no right PIN, was entered. */
  'pin.refused': { readonly triesLeft: number };
  /** Waits, out of the mix, until a moderator is in. */
  'leg.waiting': { readonly role: LegRole };
  /** Has done what the call asks of who comes in; only told of legs that had anything to do. */
  'leg.admitted': { readonly role: LegRole };
  /** Out of the mix from this tick, be it for an interaction or because somebody keeps it out. */
  'leg.isolated': { readonly keptOutBy: readonly IsolationReason[] };
  /** In the mix again from this tick, or for the first time. */
  'leg.returned': { readonly role: LegRole };
  /** A leg that had joined is out. */
  'leg.left': LegIdentity & LegOutcome & { readonly statistics: LegStatistics | undefined };
  /** A leg ended without ever having joined. */
  'leg.failed': LegIdentity & LegOutcome;
  'digit.received': { readonly digit: string; readonly durationMs: number; readonly source: DigitSource };
  'digits.sent': { readonly digits: string };
  /** The leg did something by its menu. */
  'menu.used': { readonly action: ModeratorAction; readonly outcome: MenuOutcome | undefined };
  /** Who hears whom: all that differs from everybody hearing everybody. */
  'routing.changed': RoutingView;
  'speech.started': SpeechChange;
  'speech.stopped': SpeechChange;
  /** Out of the mix from this tick, to hear a prompt. */
  'interaction.started': { readonly interactionId: string; readonly contentHash: string | undefined };
  'interaction.ended': InteractionOutcome & { readonly contentHash: string | undefined };
  /** There was no prompt to play; the leg never left the mix. */
  'interaction.failed': { readonly interactionId: string } & PromptFailure;
  'playback.started': { readonly playbackId: string; readonly legIds: readonly string[] | undefined };
  'playback.updated': { readonly playbackId: string; readonly paused: boolean };
  'playback.ended': { readonly playbackId: string; readonly end: PlaybackEnd; readonly playedMs: number };
  'playback.failed': { readonly playbackId: string } & PromptFailure;
  /** Legs that speak or spoke lately, loudest first. */
  'speakers.changed': { readonly legIds: readonly string[] };
}

/** Why there is no prompt. */
interface PromptFailure {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** When speech of a leg really began or ended; the event's own tick is when that was certain. */
export interface SpeechChange {
  /** A tick of the call. */
  readonly since: number;
}

/** How a leg ended. */
export interface LegOutcome {
  readonly status: LegStatus;
  readonly reason: LegEndReason;
  readonly q850Cause: number;
  /** Final SIP status of the destination, when dialling came to nothing. */
  readonly sipStatus: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly detail: string;
}

export type CallEventType = keyof CallEventData;

interface EventOf<Type extends CallEventType> {
  readonly type: Type;
  readonly callId: string;
  /** Absent on events of the call itself. */
  readonly legId: string | undefined;
  /** 1, 2, 3 … within the call. */
  readonly sequence: number;
  readonly tick: number;
  readonly timeMs: number;
  readonly data: CallEventData[Type];
}

/** One fact about a call. */
export type CallEvent = { [Type in CallEventType]: EventOf<Type> }[CallEventType];

/** Levels of all legs of a call at a tick: a measurement, not a fact of the call's history, hence without a sequence number. */
export interface LevelsReported {
  readonly type: 'levels.reported';
  readonly callId: string;
  readonly tick: number;
  readonly timeMs: number;
  readonly levels: readonly LegLevel[];
}

/** All names of events, the ones by subscription included. */
export const eventTypes = [
  'call.started',
  'call.updated',
  'call.ended',
  'leg.ringing',
  'leg.joined',
  'leg.updated',
  'pin.refused',
  'leg.waiting',
  'leg.admitted',
  'leg.isolated',
  'leg.returned',
  'leg.left',
  'leg.failed',
  'digit.received',
  'digits.sent',
  'menu.used',
  'routing.changed',
  'speech.started',
  'speech.stopped',
  'interaction.started',
  'interaction.ended',
  'interaction.failed',
  'playback.started',
  'playback.updated',
  'playback.ended',
  'playback.failed',
  ...consentEventTypes,
  ...recordingEventTypes,
  'speakers.changed',
  'levels.reported',
] as const satisfies readonly (CallEventType | 'levels.reported')[];
