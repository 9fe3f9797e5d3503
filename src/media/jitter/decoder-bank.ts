/** The decoders of one leg by payload type: made at first use, kept for the next change of codec, closed together. */

import type { Decoder } from '../codec/port.js';

/** How packets of one payload type are read. */
export interface PlayoutFormat {
  readonly decoder: Decoder;
  /** RTP clock of the payload type in Hz (8000 for G.722). */
  readonly clockRateHz: number;
}

/** Makes the decoder of a payload type; undefined when the type was not negotiated. Called once per type. */
export type PlayoutFormatFactory = (payloadType: number) => PlayoutFormat | undefined;

const PAYLOAD_TYPES = 128;

/** Caches what the factory gave, refusals included. */
export class DecoderBank {
  private readonly formats: (PlayoutFormat | null | undefined)[] = Array.from({ length: PAYLOAD_TYPES });

  constructor(private readonly factory: PlayoutFormatFactory) {}

  /** The format of a payload type, or undefined when it is unknown. */
  formatOf(payloadType: number): PlayoutFormat | undefined {
    if (!(payloadType >= 0 && payloadType < PAYLOAD_TYPES)) return undefined;
    const known = this.formats[payloadType];
    if (known !== undefined) return known ?? undefined;
    const made = this.factory(payloadType);
    this.formats[payloadType] = made ?? null;
    return made;
  }

  /** Gives back every decoder. */
  close(): void {
    for (const format of this.formats) format?.decoder.close();
    this.formats.fill(null);
  }
}
