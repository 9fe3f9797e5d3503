/** Answering an offer (RFC 3264 §6, §8). */
import type { LegMedia } from '../../media/protocol.js';
import { bind } from './bindings.js';
import { offeredFormat, ownParameters } from './codecs.js';
import { audioFormats, formatsOfOffer, preferenceFor } from './formats.js';
import type { CommonFormats } from './formats.js';
import { answerCrypto } from './crypto.js';
import { parseSdp } from './parse.js';
import type { Description, Stream } from './parse.js';
import { isAllowedProfile, isSecureProfile } from './profile.js';
import { refuse } from './session.js';
import type { AnswerOutcome, LocalMedia, SdpRefusal, Session, StreamSlot } from './session.js';
import { settle } from './settle.js';
import { describe, formatList } from './write.js';
import type { AudioSection } from './write.js';

/** The stream taken, and what is answered in its place. */
interface Taken {
  readonly ok: true;
  readonly slot: number;
  readonly media: LegMedia;
  /** Undefined when the peer switched its stream off. */
  readonly section: AudioSection | undefined;
}

/**
 * Answers an offer, the first or a later one. Takes one audio stream (the running one, else the first that fits) and
 * refuses every other with port 0, keeping count and order of m-lines. Never throws.
 *
 * In the media, `send.parameters` are what the peer declared and `receive[].parameters` what the answer declares.
 * @returns the answer, what the media plane shall do and the session to keep; or why the offer is answered 488
 */
export function answerOffer(request: {
  readonly offer: string;
  readonly local: LocalMedia;
  readonly previous?: Session | undefined;
}): AnswerOutcome {
  const { local, previous } = request;
  const parsed = parseSdp(request.offer);
  if (!parsed.ok) return refuse('badSdp', parsed.detail);
  const { streams, timing } = parsed.description;
  const taken = takeStream(parsed.description, local, previous?.audioSlot);
  if (!taken.ok) return taken;

  const slots = streams.map((stream, index) => slotOf(stream, index === taken.slot ? taken.section : undefined));
  const description = { slots, audioSlot: taken.slot, audio: taken.section, timing };
  const described = describe(description, local, previous);
  return {
    ok: true,
    answer: described.localSdp,
    media: taken.media,
    session: {
      ...described,
      timing,
      slots,
      audioSlot: taken.slot,
      secured: taken.media.srtp !== undefined,
      voipMetrics: taken.section?.voipMetrics ?? false,
      bindings: bind(previous?.bindings ?? [], taken.section),
    },
  };
}

function takeStream(description: Description, local: LocalMedia, runningSlot: number | undefined): Taken | SdpRefusal {
  const { streams } = description;
  const order = [...streams.keys()].sort((a, b) => Number(b === runningSlot) - Number(a === runningSlot) || a - b);
  const audio = order.filter((slot) => streams[slot]?.media === 'audio');
  let refusal: SdpRefusal | undefined;
  for (const slot of audio) {
    const stream = streams[slot];
    if (stream === undefined || stream.port === 0) continue;
    const taken = isAllowedProfile(stream.protocol, local)
      ? takeAudio(stream, slot, local)
      : refuse('noCommonCodec', profileDetail(stream.protocol, local));
    if (taken.ok) return taken;
    refusal ??= taken;
  }
  if (refusal !== undefined) return refusal;
  const [off] = audio;
  const stream = off === undefined ? undefined : streams[off];
  if (off === undefined || stream === undefined) return refuse('noCommonCodec', 'The offer has no audio stream.');
  return { ok: true, slot: off, media: switchedOff(stream, local), section: undefined };
}

function takeAudio(stream: Stream, slot: number, local: LocalMedia): Taken | SdpRefusal {
  const common = formatsOfOffer(stream, local);
  const receive = ownFormats(common, local);
  const secured = answerCrypto(stream.protocol, stream.cryptos, local);
  if (!secured.ok) return secured;
  const settled = settle(stream, common, receive, local, local.direction ?? 'sendrecv', secured.srtp);
  if (!settled.ok) return settled;
  const { media } = settled;
  const section = {
    ...receive,
    protocol: stream.protocol,
    ptimeMs: media.sendPtimeMs,
    direction: media.direction,
    rtcpMux: media.rtcpMux,
    namesRtcpPort: !media.rtcpMux,
    voipMetrics: media.sendVoipMetrics === true,
    cryptos: secured.own,
  };
  return { ok: true, slot, media, section };
}

function profileDetail(protocol: string, local: LocalMedia): string {
  if (isSecureProfile(protocol)) return 'The audio stream is SRTP, which is off here.';
  return local.srtp?.policy === 'required'
    ? 'The audio stream is not SRTP, which is required here.'
    : 'The audio stream needs a transport that is not supported.';
}

/** The common formats as this server declares them: the offer's numbers (RFC 3264 §6.1), our parameters. */
function ownFormats(common: CommonFormats, local: LocalMedia): CommonFormats {
  const audio = common.audio.map((format) => {
    const preference = preferenceFor(format, local);
    return { ...format, parameters: preference === undefined ? {} : ownParameters(preference) };
  });
  return { ...common, audio };
}

/** Media of a leg whose only audio stream the peer offered with port 0: nothing flows until another offer. */
function switchedOff(stream: Stream, local: LocalMedia): LegMedia {
  const [preference] = local.codecs;
  const format =
    formatsOfOffer(stream, local).audio[0] ??
    audioFormats(stream)[0] ??
    offeredFormat(preference ?? { encoding: 'PCMU' });
  return {
    remote: undefined,
    rtcpMux: false,
    direction: 'inactive',
    send: format,
    receive: [format],
    sendPtimeMs: preference?.ptimeMs ?? local.ptimeMs ?? 20,
    sendTelephoneEvent: undefined,
    receiveTelephoneEvents: [],
  };
}

function slotOf(stream: Stream, section: AudioSection | undefined): StreamSlot {
  const formats = section === undefined ? stream.formats.join(' ') : formatList(section);
  // The grammar wants at least one format, also where the offer had none.
  return { media: stream.media, protocol: stream.protocol, formats: formats === '' ? '0' : formats };
}
