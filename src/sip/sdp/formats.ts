/** Which payload formats of a peer's stream are used, and in which order. */
import type { ComfortNoiseFormat, PayloadFormat, TelephoneEventFormat } from '../../media/protocol.js';
import { formatOf } from './codecs.js';
import { comfortNoiseOf } from './comfort-noise.js';
import type { RtpMap, Stream } from './parse.js';
import type { CodecPreference, LocalMedia } from './session.js';
import { eventsForRates, telephoneEventsOf } from './telephone-event.js';

/** Formats both sides know; `parameters` are the peer's. */
export interface CommonFormats {
  /** The first is what this server sends. */
  readonly audio: readonly PayloadFormat[];
  readonly events: readonly TelephoneEventFormat[];
  /** What the peer may say pauses sound like in. */
  readonly noise: readonly ComfortNoiseFormat[];
}

/** The formats of an offer this server takes, in the order it prefers (or the offer's, by `local.codecOrder`). */
export function formatsOfOffer(stream: Stream, local: LocalMedia): CommonFormats {
  const offered = audioFormats(stream);
  const audio =
    local.codecOrder === 'offer'
      ? offered.filter((format) => preferenceFor(format, local) !== undefined)
      : local.codecs.flatMap((preference) => offered.filter((format) => format.encoding === preference.encoding));
  return withOthers(stream, firstOfEach(audio), local);
}

/**
 * The formats of an answer to an offer of ours, in the answer's order (RFC 3264 §7). A number the answer leaves
 * unmapped means what our offer said.
 */
export function formatsOfAnswer(stream: Stream, ours: Stream, local: LocalMedia): CommonFormats {
  const offered = audioFormats(ours);
  const audio = audioFormats(stream, ours.rtpmaps).filter(
    (format) =>
      preferenceFor(format, local) !== undefined && offered.some((candidate) => isSameFormat(candidate, format)),
  );
  return withOthers(stream, firstOfEach(audio), local, ours.rtpmaps);
}

/** Every audio format of a stream that the codec table knows. */
export function audioFormats(stream: Stream, otherMaps?: ReadonlyMap<number, RtpMap>): PayloadFormat[] {
  return payloadTypes(stream).flatMap((payloadType) => {
    const map = stream.rtpmaps.get(payloadType) ?? otherMaps?.get(payloadType);
    return formatOf(payloadType, map, stream.fmtps.get(payloadType)) ?? [];
  });
}

/** The configured codec a format belongs to. */
export function preferenceFor(format: PayloadFormat, local: LocalMedia): CodecPreference | undefined {
  return local.codecs.find((preference) => preference.encoding === format.encoding);
}

/** True when two formats differ at most in number, parameters and the channel count Opus peers forget. */
export function isSameFormat(a: PayloadFormat, b: PayloadFormat): boolean {
  if (a.encoding !== b.encoding || a.clockRateHz !== b.clockRateHz) return false;
  return a.channels === b.channels || a.encoding === 'opus';
}

/** Payload types of the format list, 0…127, each once. */
export function payloadTypes(stream: Stream): number[] {
  const numbers = stream.formats.filter((format) => /^(?:0|[1-9]\d{0,2})$/.test(format)).map(Number);
  return [...new Set(numbers)].filter((payloadType) => payloadType <= 127);
}

/** What goes with the codecs taken: telephone-events and comfort noise. */
function withOthers(
  stream: Stream,
  audio: readonly PayloadFormat[],
  local: LocalMedia,
  otherMaps?: ReadonlyMap<number, RtpMap>,
): CommonFormats {
  const rtpmaps = new Map([...(otherMaps ?? []), ...stream.rtpmaps]);
  const known = { ...stream, rtpmaps };
  const numbers = payloadTypes(stream);
  const rates = audio.map((format) => format.clockRateHz);
  const events = audio.length === 0 ? [] : eventsForRates(telephoneEventsOf(known, numbers), rates);
  return { audio, events, noise: local.comfortNoise === false ? [] : comfortNoiseOf(known, numbers, rates) };
}

/** One number per format: a peer that lists a codec twice gets one of them. */
function firstOfEach(formats: readonly PayloadFormat[]): PayloadFormat[] {
  return formats.filter((format, index) => formats.findIndex((other) => isSameFormat(other, format)) === index);
}
