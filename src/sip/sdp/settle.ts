/** From a peer's audio stream and the formats in common to what the media plane does. */
import type { ComfortNoiseFormat, LegMedia, MediaDirection } from '../../media/protocol.js';
import type { PayloadFormat, TelephoneEventFormat } from '../../media/protocol.js';
import { judgeAddress } from './address-policy.js';
import { parseAddress } from './address.js';
import { commonDirection, reverseDirection, withoutSending } from './direction.js';
import type { CommonFormats } from './formats.js';
import { preferenceFor } from './formats.js';
import type { Stream } from './parse.js';
import { negotiatePtime } from './ptime.js';
import { refuse } from './session.js';
import type { LocalMedia, SdpRefusal } from './session.js';
import { eventToSend } from './telephone-event.js';

const defaultPtimeMs = 20;

/** What the peer may send to us: our numbers, our parameters. */
export interface ReceiveFormats {
  readonly audio: readonly PayloadFormat[];
  readonly events: readonly TelephoneEventFormat[];
  readonly noise: readonly ComfortNoiseFormat[];
}

/**
 * Settles a stream of the peer.
 * @param wanted our direction before the peer's is taken into account
 * @param srtp   keys of both sides; undefined = plain
 */
export function settle(
  stream: Stream,
  common: CommonFormats,
  receive: ReceiveFormats,
  local: LocalMedia,
  wanted: MediaDirection,
  srtp: LegMedia['srtp'],
): { readonly ok: true; readonly media: LegMedia } | SdpRefusal {
  const [send] = common.audio;
  if (send === undefined) return refuse('noCommonCodec', 'No codec of the audio stream is enabled here.');
  const sent = [...common.audio, ...common.events];
  const rtcpMux = usesMux(stream, local, [...sent, ...receive.audio, ...receive.events, ...receive.noise]);
  const target = remoteOf(stream, local, rtcpMux);
  if (!target.ok) return target;
  const direction = commonDirection(wanted, reverseDirection(stream.direction));
  const preferredMs = preferenceFor(send, local)?.ptimeMs ?? local.ptimeMs ?? defaultPtimeMs;
  return {
    ok: true,
    media: {
      remote: target.remote,
      rtcpMux,
      direction: target.remote === undefined ? withoutSending(direction) : direction,
      send,
      receive: receive.audio,
      sendPtimeMs: negotiatePtime(stream, preferredMs),
      sendTelephoneEvent: eventToSend(common.events, send.clockRateHz),
      receiveTelephoneEvents: receive.events,
      ...(receive.noise.length === 0 ? {} : { receiveComfortNoise: receive.noise }),
      ...(stream.voipMetrics && local.voipMetrics !== 'off' ? { sendVoipMetrics: true } : {}),
      ...(srtp === undefined ? {} : { srtp }),
    },
  };
}

/** With mux, payload types 64…95 cannot be told from RTCP (RFC 5761 §4), so a stream that needs them goes without. */
function usesMux(stream: Stream, local: LocalMedia, formats: readonly { payloadType: number }[]): boolean {
  if (!stream.rtcpMux || local.rtcpMux === false) return false;
  return formats.every(({ payloadType }) => payloadType < 64 || payloadType > 95);
}

function remoteOf(
  stream: Stream,
  local: LocalMedia,
  rtcpMux: boolean,
): { readonly ok: true; readonly remote: LegMedia['remote'] } | SdpRefusal {
  if (stream.address === undefined) return refuse('badSdp', 'The audio stream has no c= line.');
  const verdict = judgeAddress(stream.address, local.address, local.remotePolicy);
  if (verdict.kind === 'refused') return refuse('mediaAddressRefused', verdict.detail);
  if (verdict.kind === 'hold') return { ok: true, remote: undefined };
  const rtpPort = stream.port;
  const rtcpPort = rtcpMux ? rtpPort : (stream.rtcpPort ?? rtpPort + 1);
  if (rtcpPort > 65535) return refuse('badSdp', 'The audio port leaves no room for the RTCP port.');
  if (isOwn(verdict.address, rtpPort, local) || isOwn(verdict.address, rtcpPort, local)) {
    return refuse('mediaAddressRefused', 'The media address is a socket of this server.');
  }
  return { ok: true, remote: { address: verdict.address, rtpPort, rtcpPort } };
}

function isOwn(address: string, port: number, local: LocalMedia): boolean {
  const ours = parseAddress(local.address)?.text === address;
  if (ours && (port === local.rtpPort || port === local.rtcpPort)) return true;
  return local.isOwnSocket?.(address, port) ?? false;
}
