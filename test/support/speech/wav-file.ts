/** How the samples of a WAV file are coded. */
export interface WavCoding {
  /** 1 = integers, 3 = floats, 6 = A-law, 7 = µ-law. */
  readonly format: number;
  readonly bits: number;
  readonly rateHz: number;
  readonly channels?: number;
  /** WAVE_FORMAT_EXTENSIBLE around the format. */
  readonly extensible?: boolean;
}

/** A WAV file with the bytes of `audio` as they are. */
export function wavFile(
  coding: WavCoding,
  audio: Uint8Array,
  before: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const { format, bits, rateHz, channels = 1, extensible = false } = coding;
  const block = channels * Math.ceil(bits / 8);
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rateHz, 4);
  fmt.writeUInt32LE(rateHz * block, 8);
  fmt.writeUInt16LE(block, 12);
  fmt.writeUInt16LE(extensible ? Math.ceil(bits / 8) * 8 : bits, 14);
  if (extensible) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(bits, 18);
    fmt.writeUInt16LE(format, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(fmt, 26);
  }
  const body = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', fmt), before, chunk('data', audio)]);
  return Uint8Array.from(chunk('RIFF', body));
}

/** One chunk of a RIFF file, padded to even. */
export function chunk(id: string, body: Uint8Array): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** A 16-bit mono WAV file of samples of ±1. */
export function wav16(samples: ArrayLike<number>, rateHz = 48_000): Uint8Array<ArrayBuffer> {
  const audio = Buffer.alloc(samples.length * 2);
  for (let n = 0; n < samples.length; n++) audio.writeInt16LE(Math.round(samples[n]! * 32_767), n * 2);
  return wavFile({ format: 1, bits: 16, rateHz }, audio);
}

/** A sine of amplitude 0.5. */
export function sine(frequencyHz: number, durationS: number, rateHz = 48_000): Float32Array {
  return Float32Array.from(
    { length: Math.round(durationS * rateHz) },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * frequencyHz * n) / rateHz),
  );
}
