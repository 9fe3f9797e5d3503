import { frameSamples } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { LegAudience, PayloadFormat } from '../protocol.js';
import type { Encoding, Encodings } from './encodings.js';
import { Heard } from './heard.js';
import { LegStream } from './leg-stream.js';
import type { Payload, PayloadBuffer } from './payload.js';
import { ProgrammeInput } from './programme-input.js';
import { openAudience } from './routing-matrix.js';

/**
 * One leg's place at the mixer: the frame others hear of it, and what it hears itself.
 *
 * Per tick: write 960 samples to {@link sourceFrame}, call {@link submit}; a leg that did not submit is silent in that
 * tick. After `sum()` the frame holds what others were offered (gain and mute applied, before routing), for levels and
 * tools. Between `sum()` and `render()` a {@link programme} may be submitted. After `render()` {@link heard} and
 * {@link payload} give what the leg hears.
 */
export class MixerLeg {
  /** 960 floats at 48 kHz. */
  readonly sourceFrame: Float32Array;
  /** Pointer of {@link sourceFrame} in wasm memory. */
  readonly sourcePointer: number;
  /** Linear gain on what others hear of this leg; a change fades over one frame. */
  gain = 1;
  /** Not heard by anybody, from the very next `sum()` on. */
  muted = false;
  /** Hears nobody; what the server itself plays it does hear. */
  deaf = false;
  /** Who hears it and whom it hears, apart from relations; from the next `sum()` on. */
  audience: LegAudience = openAudience;
  /** Out of the mix from the very next `sum()` on: nobody hears it, it hears nobody, nor what is played to all. */
  isolated = false;
  /** What the server plays to this leg alone: on top of the mix, or to an isolated leg in its place. */
  readonly programme: ProgrammeInput;
  readonly #kernels: Kernels;
  readonly #encodings: Encodings;
  readonly #shared: Heard;
  readonly #private: Heard;
  #encoding: Encoding | undefined;
  /** What it sends in a codec with memory. */
  #stream: LegStream | undefined;
  #packetLoss = 0;
  #submitted = false;
  #settledGain = 1;
  #audible = false;
  #summed = false;
  #inMix = true;
  #entering = false;
  #sharing = false;

  /** Made by `Mixer.addLeg`. @throws CodedError `capacityReached` */
  constructor(
    readonly legId: string,
    kernels: Kernels,
    encodings: Encodings,
    shared: Heard,
  ) {
    this.#kernels = kernels;
    this.#encodings = encodings;
    this.#shared = shared;
    this.#private = new Heard(kernels);
    this.sourcePointer = this.#allocateSource();
    this.programme = this.#createProgramme();
    this.sourceFrame = kernels.f32(this.sourcePointer, frameSamples);
  }

  /**
   * The format `payload()` gives from now on; not in a tick. The same format again changes nothing, least of all the
   * memory of an encoder.
   * @throws CodedError `noCommonCodec`, `capacityReached`
   */
  setFormat(format: PayloadFormat): void {
    const encoding = this.#encodings.of(format);
    if (encoding === this.#encoding) return;
    let stream: LegStream | undefined;
    if (encoding.kind === 'stream') {
      stream = new LegStream(this.#kernels, this.#encodings.clock, encoding);
      stream.packetLoss = this.#packetLoss;
    } else {
      this.#private.prepare(encoding);
      this.#shared.prepare(encoding);
    }
    this.#stream?.close();
    this.#stream = stream;
    this.#encoding = encoding;
  }

  /** What the listener says it loses, 0…1; codecs that can send redundancy accordingly. */
  setPacketLoss(ratio: number): void {
    this.#packetLoss = ratio;
    if (this.#stream) this.#stream.packetLoss = ratio;
  }

  /** This tick's source frame has been written and counts. */
  submit(): void {
    this.#submitted = true;
  }

  /** This tick's source frame does not count, whatever it holds. */
  setSilent(): void {
    this.#submitted = false;
  }

  /** Whether others were offered anything but digital zero of this leg in the last tick mixed. */
  get audible(): boolean {
    return this.#audible;
  }

  /** Whether it is part of Σ: in the last tick summed it was audible, and heard by all who hear all. */
  get summed(): boolean {
    return this.#summed;
  }

  /** Whether it was in the mix in the last tick summed, that is, not isolated. */
  get inMix(): boolean {
    return this.#inMix;
  }

  /** Whether it was not in the mix in the tick before the last summed, and now is: what it hears of others fades in. */
  get entering(): boolean {
    return this.#entering;
  }

  /** Whether what it hears was computed together with that of others in the last tick mixed. */
  get sharing(): boolean {
    return this.#sharing;
  }

  /** Whether what it sends was encoded together with that of others in the last tick it asked for. */
  get encodedTogether(): boolean {
    return this.#stream ? this.#stream.follows : this.#sharing;
  }

  /** What this leg hears in the last tick mixed. */
  get heard(): Heard {
    return this.#sharing ? this.#shared : this.#private;
  }

  /**
   * One tick of what this leg hears in its format, valid until the next `render()`.
   *
   * A codec with memory encodes only in ticks in which this is called, so that it stays where the listener's decoder is:
   * in a tick whose audio is not sent, do not call it.
   */
  payload(): Payload {
    if (this.#stream) return this.#stream.payload(this.heard, this.#sharing);
    if (this.#encoding?.kind !== 'frame') throw new Error('The leg has no format yet.');
    return this.heard.payload(this.#encoding);
  }

  /** Rate at which {@link encode} takes samples, Hz. */
  get payloadRateHz(): number {
    if (this.#stream) return this.#stream.rateHz;
    if (this.#encoding?.kind !== 'frame') throw new Error('The leg has no format yet.');
    return this.#encoding.encoder.rateHz;
  }

  /**
   * One tick of something else than this leg hears, in its format and in the place of {@link payload}.
   *
   * @param frame one tick at {@link payloadRateHz}
   * @param room  where a codec without memory writes; a codec with memory has its own
   */
  encode(frame: Float32Array, room: PayloadBuffer): Payload {
    if (this.#stream) return this.#stream.encode(frame);
    if (this.#encoding?.kind !== 'frame') throw new Error('The leg has no format yet.');
    room.length = this.#encoding.encoder.encode(frame, room.bytes, 0);
    return room;
  }

  /** For the mixer: applies gain and mute, puts the source onto the grid. */
  settle(): void {
    const { run } = this.#kernels;
    const from = this.#settledGain;
    const closed = this.muted || this.isolated;
    const counts = this.#submitted && !closed;
    this.#submitted = false;
    this.#entering = !this.isolated && !this.#inMix;
    this.#inMix = !this.isolated;
    // After a mute the voice fades in; into it, it is cut, because a muted leg must not be heard in any sample.
    this.#settledGain = closed ? 0 : this.gain;
    if (counts) {
      this.#audible = run.settle(this.sourcePointer, frameSamples, from, this.#settledGain) === 1;
    } else {
      run.zero(this.sourcePointer, frameSamples);
      this.#audible = false;
    }
    this.#summed = this.#audible && this.audience.heardBy === 'all';
  }

  /** For the mixer: hears by itself from this tick on, continuing what it heard so far. @returns its own Heard */
  hearAlone(): Heard {
    if (this.#sharing) {
      this.#private.continueFrom(this.#shared);
      this.#stream?.leave();
    }
    this.#sharing = false;
    return this.#private;
  }

  /** For the mixer: what it would hear alone. */
  get ownHeard(): Heard {
    return this.#private;
  }

  /** For the mixer: hears the shared mix from this tick on; allowed only while both are alike. */
  hearShared(): void {
    this.#sharing = true;
  }

  /** Gives all memory back. */
  close(): void {
    this.#stream?.close();
    this.#kernels.free(this.sourcePointer);
    this.programme.close();
    this.#private.close();
  }

  #allocateSource(): number {
    try {
      return this.#kernels.allocateFloats(frameSamples);
    } catch (error) {
      this.#private.close();
      throw error;
    }
  }

  #createProgramme(): ProgrammeInput {
    try {
      return new ProgrammeInput(this.#kernels);
    } catch (error) {
      this.#kernels.free(this.sourcePointer);
      this.#private.close();
      throw error;
    }
  }
}
