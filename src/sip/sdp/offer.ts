/** Making an offer and taking the peer's answer (RFC 3264 §5, §7, §8). */
import type { PayloadFormat, TelephoneEventFormat } from '../../media/protocol.js';
import { audioKey, bind, eventKey, PayloadNumbers } from './bindings.js';
import { offeredFormat } from './codecs.js';
import { acceptCrypto, offeredCryptos } from './crypto.js';
import { audioFormats, formatsOfAnswer, isSameFormat, payloadTypes } from './formats.js';
import type { CommonFormats } from './formats.js';
import { parseSdp } from './parse.js';
import type { Stream } from './parse.js';
import { isAllowedProfile, isSecureProfile, offeredProfile } from './profile.js';
import { negotiatePtime } from './ptime.js';
import { refuse } from './session.js';
import type { ApplyOutcome, LocalMedia, Session, StreamSlot } from './session.js';
import { settle } from './settle.js';
import type { ReceiveFormats } from './settle.js';
import { telephoneEventsOf } from './telephone-event.js';
import { describe, formatList } from './write.js';
import type { AudioSection } from './write.js';

/** What everybody uses for telephone-event at 8 kHz, and a start for the others. */
const eventPayloadTypes = { narrow: 101, other: 110 };

/**
 * Makes an offer of all codecs of `local`: the first of a session, or a later one that keeps the m-lines and payload
 * type numbers there are. Keep the session even if the peer refuses the offer.
 */
export function createOffer(request: { readonly local: LocalMedia; readonly previous?: Session | undefined }): {
  readonly offer: string;
  readonly session: Session;
} {
  const { local, previous } = request;
  const audioSlot = previous?.audioSlot ?? 0;
  const section = offeredSection(local, previous);
  const ours: StreamSlot = { media: 'audio', protocol: section.protocol, formats: formatList(section) };
  const slots = previous === undefined ? [ours] : previous.slots.with(audioSlot, ours);
  const timing = previous?.timing ?? { start: 0, stop: 0 };
  const described = describe({ slots, audioSlot, audio: section, timing }, local, previous);
  const bindings = bind(previous?.bindings ?? [], section);
  const { voipMetrics } = section;
  const session = { ...described, timing, slots, audioSlot, voipMetrics, secured: previous?.secured, bindings };
  return { offer: described.localSdp, session };
}

/**
 * Takes the answer to the offer in `session`. Never throws.
 *
 * Numbers may differ per direction (RFC 3264 §5.1): we send with the answer's and receive with ours; the answer's are
 * taken on receive too where they are free, because some peers send with their own.
 * @param local the same as given to {@link createOffer}
 */
export function applyAnswer(request: {
  readonly answer: string;
  readonly session: Session;
  readonly local: LocalMedia;
}): ApplyOutcome {
  const { session, local } = request;
  const parsed = parseSdp(request.answer);
  if (!parsed.ok) return refuse('badSdp', parsed.detail);
  const sent = parseSdp(session.localSdp);
  const offered = sent.ok ? sent.description.streams[session.audioSlot] : undefined;
  const { streams } = parsed.description;
  const stream = streams[session.audioSlot];
  if (offered === undefined || stream === undefined || streams.length !== session.slots.length) {
    return refuse('badSdp', 'The answer does not have as many m-lines as the offer.');
  }
  if (stream.media !== 'audio') return refuse('badSdp', 'The m-lines of the answer are not in the order of the offer.');
  if (stream.port === 0) return refuse('noCommonCodec', 'The peer refused the audio stream.');
  const keepsSecurity = isSecureProfile(stream.protocol) === isSecureProfile(offered.protocol);
  if (!keepsSecurity || !isAllowedProfile(stream.protocol, local)) {
    return refuse('badSdp', 'The answer changes the transport of the audio stream.');
  }
  const secured = acceptCrypto(stream.protocol, stream.cryptos, local, offered.cryptos.length > 0);
  if (!secured.ok) return secured;

  const common = formatsOfAnswer(stream, offered, local);
  const receive = receiveFormats(common, offered);
  const wanted = { ...stream, rtcpMux: stream.rtcpMux && offered.rtcpMux, ptimeMs: stream.ptimeMs ?? offered.ptimeMs };
  const settled = settle(wanted, common, receive, local, offered.direction, secured.srtp);
  if (!settled.ok) return settled;
  return { ok: true, media: settled.media, session: { ...session, secured: secured.srtp !== undefined } };
}

function offeredSection(local: LocalMedia, previous: Session | undefined): AudioSection {
  const numbers = new PayloadNumbers(previous?.bindings ?? []);
  const audio: PayloadFormat[] = [];
  for (const preference of local.codecs) {
    const format = offeredFormat(preference);
    const payloadType = numbers.numberFor(audioKey(format), format.payloadType);
    const isNew = !audio.some((other) => isSameFormat(other, format));
    if (payloadType !== undefined && isNew) audio.push({ ...format, payloadType });
  }
  const events: TelephoneEventFormat[] = [];
  for (const clockRateHz of new Set(audio.map((format) => format.clockRateHz))) {
    const preferred = clockRateHz === 8000 ? eventPayloadTypes.narrow : eventPayloadTypes.other;
    const payloadType = numbers.numberFor(eventKey(clockRateHz), preferred);
    if (payloadType !== undefined) events.push({ payloadType, clockRateHz });
  }
  const protocol = offeredProfile(previous?.slots[previous.audioSlot]?.protocol, local);
  return {
    protocol,
    audio,
    events,
    noise: [],
    ptimeMs: negotiatePtime({ ptimeMs: local.codecs[0]?.ptimeMs, maxptimeMs: undefined }, local.ptimeMs ?? 20),
    direction: local.direction ?? 'sendrecv',
    rtcpMux: local.rtcpMux !== false,
    // Also with mux: the peer may decline that (RFC 5761 §5.1.1).
    namesRtcpPort: true,
    voipMetrics: local.voipMetrics === 'offer' || previous?.voipMetrics === true,
    cryptos: offeredCryptos(protocol, local, previous?.secured),
  };
}

/** Our numbers of the formats in the answer, then the answer's own numbers where they collide with none of ours. */
function receiveFormats(common: CommonFormats, offered: Stream): ReceiveFormats {
  const ours = audioFormats(offered);
  const ourEvents = telephoneEventsOf(offered, payloadTypes(offered));
  const taken = new Set(payloadTypes(offered));
  const audio = common.audio.flatMap((theirs) => ours.filter((format) => isSameFormat(format, theirs)));
  const events = common.events.flatMap((theirs) => ourEvents.filter((own) => own.clockRateHz === theirs.clockRateHz));
  return {
    audio: [...audio, ...common.audio.filter((format) => !taken.has(format.payloadType))],
    events: [...events, ...common.events.filter((format) => !taken.has(format.payloadType))],
    // Our offers have none.
    noise: [],
  };
}
