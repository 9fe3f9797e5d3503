/**
 * What every codec does, seen from the tick. PCM is float, −1…1, mono, at the codec's own rate; conversion to and from
 * 48 kHz is the resampler's work. Nothing here throws on untrusted payloads and nothing allocates after construction.
 */

/** Turns payloads of one RTP stream into PCM. */
export interface Decoder {
  /** Rate of the PCM in Hz: 8000, 16000 or 48000. */
  readonly rateHz: number;
  /** Samples at {@link rateHz} that `payload` holds (its first `length` bytes), or −1 when it is malformed. */
  samplesIn(payload: Uint8Array, length: number): number;
  /**
   * Decodes the first `length` bytes of `payload` into `output` from index 0.
   * @returns samples written, or −1 when the payload is malformed (state is then as before or reset; conceal instead)
   */
  decode(payload: Uint8Array, length: number, output: Float32Array): number;
  /** Makes up exactly `samples` samples that continue what was decoded (packet loss concealment). */
  conceal(output: Float32Array, samples: number): void;
  /**
   * Rescues the last `samples` samples before the packet `nextPayload` (its first `length` bytes) from the second, coarser
   * version of them that it carries (in-band FEC); to be called after everything before the gap and before that packet
   * is decoded. Where the packet covers less than `samples`, the earlier part is made up.
   *
   * @returns `samples`, or −1 when the packet carries nothing of the kind: conceal instead
   */
  decodeLost?(nextPayload: Uint8Array, length: number, output: Float32Array, samples: number): number;
  /**
   * Packets were not what they claimed to be: nothing is to be built on what they left behind. Absent where they leave
   * nothing.
   */
  distrust?(): void;
  /** Whether a packet carries anything for {@link decodeLost}; there exactly when that is. */
  canRescue?(nextPayload: Uint8Array, length: number): boolean;
  /**
   * What was made up last did not go on but was faded out: what is decoded next follows on silence, and whoever faded it
   * joins them. Absent where nothing is joined.
   */
  fellSilent?(): void;
  /** Forgets history: the next payload begins a new stream. */
  reset(): void;
  /** Gives back memory outside the JavaScript heap. */
  close(): void;
}

/** Turns PCM into payloads of one RTP stream. */
export interface Encoder {
  readonly rateHz: number;
  /** True when a payload depends on this frame alone, so that any listener may share it at any time. */
  readonly stateless: boolean;
  /**
   * Encodes exactly one tick (20 ms, rateHz / 50 samples) into `output` from `offset`.
   * @returns bytes written
   */
  encode(input: Float32Array, output: Uint8Array, offset: number): number;
  /**
   * Takes the place of `encode` in ticks of digital silence, in any of them or none. Where it is absent, zeros are encoded.
   * @returns bytes written
   */
  encodeSilence?(output: Uint8Array, offset: number): number;
  /** Goes on exactly as `other`, made for the same format, would. Every encoder that is not stateless has it. */
  copyFrom?(other: Encoder): void;
  /**
   * Whether both would make the same of the same frames for ever. Absent where that never comes true again once they have
   * heard different things, however alike the two sound.
   */
  isSame?(other: Encoder): boolean;
  /** What the listeners lose, 0…1, as they report it: redundancy is sent accordingly. */
  setPacketLoss?(ratio: number): void;
  close(): void;
}
