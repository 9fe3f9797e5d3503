/** Our own descriptions as text. */
import sdpTransform from 'sdp-transform';
import type { WrittenMedia } from 'sdp-transform';
import type { ComfortNoiseFormat, MediaDirection, PayloadFormat, TelephoneEventFormat } from '../../media/protocol.js';
import { parseAddress } from './address.js';
import { printFmtp } from './codecs.js';
import { comfortNoise } from './comfort-noise.js';
import { printKey } from './crypto.js';
import type { OwnCrypto } from './crypto.js';
import type { LocalMedia, Session, StreamSlot } from './session.js';
import { ownEvents, telephoneEvent } from './telephone-event.js';

/** Our audio section. */
export interface AudioSection {
  readonly protocol: string;
  readonly audio: readonly PayloadFormat[];
  readonly events: readonly TelephoneEventFormat[];
  readonly noise: readonly ComfortNoiseFormat[];
  readonly ptimeMs: number;
  readonly direction: MediaDirection;
  readonly rtcpMux: boolean;
  /** True to name the RTCP port where it is not the next one (RFC 3605); an answer with mux has none. */
  readonly namesRtcpPort: boolean;
  /** `a=rtcp-xr:voip-metrics`: we take them and, if the other side says so too, send them. */
  readonly voipMetrics: boolean;
  /** `a=crypto:` lines; none with a plain profile. */
  readonly cryptos: readonly OwnCrypto[];
}

/** A description to send: all slots in order, one of them ours when `audio` is given. */
export interface OwnDescription {
  readonly slots: readonly StreamSlot[];
  readonly audioSlot: number;
  /** Undefined = every stream is refused (port 0). */
  readonly audio: AudioSection | undefined;
  readonly timing: Session['timing'];
}

/** Format list of a section, as the m-line has it. */
export function formatList(section: AudioSection): string {
  return [...section.audio, ...section.noise, ...section.events].map((format) => format.payloadType).join(' ');
}

/**
 * Writes a description and finds its `o=` line: a new session begins with the numbers of `local`; a running one keeps
 * its id and address and raises the version by one exactly when the text differs from what was sent last (RFC 3264 §8).
 */
export function describe(
  description: OwnDescription,
  local: LocalMedia,
  previous: Session | undefined,
): Pick<Session, 'origin' | 'localSdp'> {
  const origin = previous?.origin ?? {
    sessionId: local.sessionId,
    version: local.sessionVersion,
    address: local.address,
  };
  const localSdp = print(description, local, origin);
  if (previous === undefined || localSdp === previous.localSdp) return { origin, localSdp };
  const next = { ...origin, version: origin.version + 1 };
  return { origin: next, localSdp: print(description, local, next) };
}

function print(description: OwnDescription, local: LocalMedia, origin: Session['origin']): string {
  return sdpTransform.write({
    version: 0,
    origin: {
      username: '-',
      sessionId: origin.sessionId,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: familyOf(origin.address),
      address: origin.address,
    },
    name: '-',
    connection: { version: familyOf(local.address), ip: local.address },
    timing: description.timing,
    media: description.slots.map((slot, index) =>
      description.audio !== undefined && index === description.audioSlot
        ? audioSection(description.audio, local)
        : refusedSection(slot),
    ),
  });
}

function audioSection(section: AudioSection, local: LocalMedia): WrittenMedia {
  const isNext = local.rtcpPort === local.rtpPort + 1;
  return {
    type: 'audio',
    port: local.rtpPort,
    protocol: section.protocol,
    payloads: formatList(section),
    rtp: [
      ...section.audio.map(({ payloadType, encoding, clockRateHz, channels }) => ({
        payload: payloadType,
        codec: encoding,
        rate: clockRateHz,
        encoding: channels > 1 ? channels : undefined,
      })),
      ...section.noise.map(({ payloadType, clockRateHz }) => ({
        payload: payloadType,
        codec: comfortNoise,
        rate: clockRateHz,
      })),
      ...section.events.map(({ payloadType, clockRateHz }) => ({
        payload: payloadType,
        codec: telephoneEvent,
        rate: clockRateHz,
      })),
    ],
    fmtp: [
      ...section.audio
        .map(({ payloadType, parameters }) => ({ payload: payloadType, config: printFmtp(parameters) }))
        .filter(({ config }) => config !== ''),
      ...section.events.map(({ payloadType }) => ({ payload: payloadType, config: ownEvents })),
    ],
    crypto: section.cryptos.map(({ tag, keys }) => ({ id: tag, suite: keys.suite, config: printKey(keys) })),
    rtcp: section.namesRtcpPort && !isNext ? { port: local.rtcpPort } : undefined,
    ptime: section.ptimeMs,
    direction: section.direction,
    rtcpMux: section.rtcpMux ? 'rtcp-mux' : undefined,
    invalid: section.voipMetrics ? [{ value: 'rtcp-xr:voip-metrics' }] : [],
  };
}

/** A refused stream repeats type, protocol and formats with port 0 (RFC 3264 §6). */
function refusedSection(slot: StreamSlot): WrittenMedia {
  return { type: slot.media, port: 0, protocol: slot.protocol, payloads: slot.formats, rtp: [], fmtp: [] };
}

function familyOf(address: string): number {
  return parseAddress(address)?.family ?? 4;
}
