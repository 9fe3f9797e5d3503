import type {
  AutomaticGainControl,
  DenoiseMode,
  DigitMode,
  InBandDigits,
  LegSnapshot,
  LegStatistics,
  MediaDirection,
  PayloadFormat,
} from '../media/protocol.js';
import type { AdmissionStatus } from './admission/entry.js';
import type { Call } from './call.js';
import { isoTime } from './clock.js';
import type { Leg } from './leg.js';
import type { ConsentState } from './consent/consent-state.js';
import type { LegEndReason } from './leg-end.js';
import type { LegStatus } from './leg-state.js';
import type { CallPolicy } from './policy.js';
import type { LegRole } from './role.js';

/** A call as edges show it. */
export interface CallView extends Omit<CallPolicy, 'codecs' | 'pin' | 'moderatorPin'> {
  readonly id: string;
  readonly name: string;
  readonly origin: 'api' | 'invite';
  readonly status: 'open' | 'ending';
  /** ISO 8601. */
  readonly createdAt: string;
  /** The tick it is about now. */
  readonly tick: number;
  readonly legCount: number;
  /** Ids of legs that speak or spoke lately, loudest first. */
  readonly speakers: readonly string[];
  readonly codecs: readonly string[] | undefined;
  /** Whether callers are asked for a PIN. The PINs themselves are shown to nobody. */
  readonly pinRequired: boolean;
}

/** A leg as edges show it. */
export interface LegView {
  readonly id: string;
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly status: LegStatus;
  readonly trunk: string;
  readonly number: string;
  readonly displayName: string | undefined;
  readonly createdAt: string;
  /** When, and at which tick, it came into the mix. */
  readonly joinedAt: string | undefined;
  readonly joinedAtTick: number | undefined;
  readonly role: LegRole;
  /** How far it has come on its way into the call. */
  readonly admission: AdmissionStatus;
  /** Out of the mix now, whatever the cause. */
  readonly isolated: boolean | undefined;
  /** What it has said about being recorded. */
  readonly consent: ConsentState;
  /** Whether tool legs get its audio now. */
  readonly consented: boolean | undefined;
  readonly muted: boolean;
  readonly deaf: boolean;
  readonly gainDb: number;
  readonly denoise?: DenoiseMode;
  readonly agc?: AutomaticGainControl;
  readonly digitMode: DigitMode;
  readonly inBandDigits: InBandDigits;
  readonly held: boolean;
  /** SDP direction seen from this server. */
  readonly mediaDirection: MediaDirection | undefined;
  /** What this server sends. */
  readonly codec: (Omit<PayloadFormat, 'parameters'> & { readonly ptimeMs: number }) | undefined;
  readonly speaking: boolean | undefined;
  readonly levelDbov: number | undefined;
  /** Whether noise is being taken out now. */
  readonly denoising: boolean | undefined;
  /** What automatic gain adds now. */
  readonly automaticGainDb: number | undefined;
  readonly statistics: LegStatistics | undefined;
  /** Why it is over, when it is. */
  readonly endReason: LegEndReason | undefined;
  readonly q850Cause: number | undefined;
  readonly sipStatus: number | undefined;
}

export function viewCall(call: Call): CallView {
  const { id, name, origin, tick, legCount, speakers } = call;
  const { pin, moderatorPin, ...policy } = call.policy;
  return {
    ...policy,
    pinRequired: pin !== undefined || moderatorPin !== undefined,
    id,
    name,
    origin,
    status: call.open ? 'open' : 'ending',
    createdAt: isoTime(call.createdAtMs),
    tick,
    legCount,
    speakers,
  };
}

/** @param snapshot what the media plane sees of it, when it does */
export function viewLeg(leg: Leg, snapshot: LegSnapshot | undefined): LegView {
  const { joined, media, end } = leg;
  return {
    id: leg.id,
    callId: leg.callId,
    ...leg.identity,
    status: leg.status,
    createdAt: isoTime(leg.createdAtMs),
    joinedAt: joined && isoTime(joined.atMs),
    joinedAtTick: joined?.tick,
    role: leg.role,
    admission: leg.admission,
    isolated: snapshot?.isolated,
    consent: leg.consent,
    consented: snapshot?.consented,
    ...leg.controls,
    digitMode: leg.controls.digitMode ?? 'both',
    inBandDigits: leg.controls.inBandDigits ?? 'auto',
    held: leg.held,
    mediaDirection: media?.direction,
    codec: media && viewCodec(media.send, media.sendPtimeMs),
    speaking: snapshot?.speaking,
    levelDbov: snapshot?.levelDbov,
    denoising: snapshot?.denoising,
    automaticGainDb: snapshot?.automaticGainDb,
    statistics: snapshot?.statistics,
    endReason: end?.reason,
    q850Cause: end?.q850Cause,
    sipStatus: end?.receivedSipStatus,
  };
}

function viewCodec(format: PayloadFormat, ptimeMs: number): LegView['codec'] {
  const { encoding, payloadType, clockRateHz, channels } = format;
  return { encoding, payloadType, clockRateHz, channels, ptimeMs };
}
