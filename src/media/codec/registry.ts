import { CodedError } from '../../errors.js';
import type { Kernels } from '../dsp/kernels.js';
import type { EncodingName, PayloadFormat } from '../protocol.js';
import { G711Decoder, G711Encoder } from './g711.js';
import type { G711Law } from './g711.js';
import { G722Decoder, G722Encoder } from './g722.js';
import { L16Decoder, L16Encoder, l16RatesHz } from './l16.js';
import { OpusDecoder } from './opus-decoder.js';
import { OpusEncoder } from './opus-encoder.js';
import type { OpusLibrary } from './opus-library.js';
import { opusFormatFor, opusSettings } from './opus-settings.js';
import type { Decoder, Encoder } from './port.js';

/** One codec: which formats it takes, and how to make its two halves. */
interface Codec {
  accepts(format: PayloadFormat): boolean;
  decoder(format: PayloadFormat, kernels: Kernels): Decoder;
  encoder(format: PayloadFormat, kernels: Kernels): Encoder;
}

const codecs: Readonly<Partial<Record<EncodingName, Codec>>> = {
  PCMU: g711('PCMU'),
  PCMA: g711('PCMA'),
  G722: g722(),
  opus: opus(),
  L16: l16(),
};

/** A decoder for one RTP stream of `format`. @throws CodedError `noCommonCodec`, `capacityReached` */
export function createDecoder(format: PayloadFormat, kernels: Kernels): Decoder {
  return codecOf(format).decoder(format, kernels);
}

/** An encoder for `format`. @throws CodedError `noCommonCodec`, `capacityReached` */
export function createEncoder(format: PayloadFormat, kernels: Kernels): Encoder {
  return codecOf(format).encoder(format, kernels);
}

/** The format to ask an encoder for when packets of `ptimeMs` are to be made of what it gives. */
export function formatForPtime(format: PayloadFormat, ptimeMs: number): PayloadFormat {
  return format.encoding === 'opus' ? opusFormatFor(format, ptimeMs) : format;
}

function codecOf(format: PayloadFormat): Codec {
  const codec = codecs[format.encoding];
  if (codec?.accepts(format)) return codec;
  const { encoding, clockRateHz, channels } = format;
  throw new CodedError('noCommonCodec', `There is no codec for ${encoding}/${clockRateHz}/${channels}.`);
}

function g711(law: G711Law): Codec {
  return {
    accepts: ({ clockRateHz, channels }) => clockRateHz === 8000 && channels === 1,
    decoder: () => new G711Decoder(law),
    encoder: (_format, kernels) => new G711Encoder(law, kernels),
  };
}

/** Always 8 kHz in SDP, whatever the audio has (RFC 3551 §4.5.2). */
function g722(): Codec {
  return {
    accepts: ({ clockRateHz, channels }) => clockRateHz === 8000 && channels === 1,
    decoder: (_format, kernels) => new G722Decoder(kernels),
    encoder: (_format, kernels) => new G722Encoder(kernels),
  };
}

function l16(): Codec {
  return {
    accepts: ({ clockRateHz, channels }) => l16RatesHz.includes(clockRateHz) && channels === 1,
    decoder: ({ clockRateHz }, kernels) => new L16Decoder(clockRateHz, kernels),
    encoder: ({ clockRateHz }, kernels) => new L16Encoder(clockRateHz, kernels),
  };
}

/** Always 48 kHz in SDP, mostly with two channels, whatever is sent (RFC 7587 §7). */
function opus(): Codec {
  return {
    accepts: ({ clockRateHz }) => clockRateHz === 48_000,
    decoder: (_format, kernels) => new OpusDecoder(libraryOf(kernels)),
    encoder: (format, kernels) => {
      const library = libraryOf(kernels);
      return new OpusEncoder(library, opusSettings(format, library.preferences));
    },
  };
}

function libraryOf({ opus }: Kernels): OpusLibrary {
  if (opus) return opus;
  throw new CodedError('noCommonCodec', 'Opus has not been loaded.');
}
