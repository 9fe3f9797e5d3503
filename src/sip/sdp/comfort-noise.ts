/** Comfort noise in SDP (RFC 3389 §4): `CN` at the clock rate of a codec, at 8 kHz the static payload type 13. */
import type { ComfortNoiseFormat } from '../../media/protocol.js';
import type { Stream } from './parse.js';

/** Encoding name in `a=rtpmap`. */
export const comfortNoise = 'CN';

const staticPayloadType = 13;

/**
 * The comfort noise formats of a stream beside codecs of these clock rates: one per rate. That it is negotiated tells the
 * peer that it may send nothing while nobody speaks.
 */
export function comfortNoiseOf(
  stream: Stream,
  payloadTypes: readonly number[],
  clockRatesHz: readonly number[],
): ComfortNoiseFormat[] {
  const formats: ComfortNoiseFormat[] = [];
  for (const payloadType of payloadTypes) {
    const clockRateHz = clockRateOf(stream, payloadType);
    if (clockRateHz === undefined || !clockRatesHz.includes(clockRateHz)) continue;
    if (!formats.some((known) => known.clockRateHz === clockRateHz)) formats.push({ payloadType, clockRateHz });
  }
  return formats;
}

function clockRateOf(stream: Stream, payloadType: number): number | undefined {
  const map = stream.rtpmaps.get(payloadType);
  if (map === undefined) return payloadType === staticPayloadType ? 8000 : undefined;
  return map.encoding.toUpperCase() === comfortNoise && map.channels === 1 ? map.clockRateHz : undefined;
}
