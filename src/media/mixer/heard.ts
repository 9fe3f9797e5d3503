import { frameSamples, samplesPerTick } from '../dsp/frame.js';
import type { NarrowRateHz } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import { limitFrame, limiterStateWords, resetLimiter } from '../dsp/limiter.js';
import { downHistorySamples, sampleDown } from '../dsp/resampler.js';
import type { FrameEncoding } from './encodings.js';
import { freePayload, payloadBuffer } from './payload.js';
import type { Payload, PayloadBuffer } from './payload.js';

/** Memory in 4-byte words: history │ frame │ limiter state │ 8 kHz frame │ 16 kHz frame. */
const history = downHistorySamples;
const frameAt = history;
const stateAt = frameAt + frameSamples;
const narrowAt = stateAt + limiterStateWords;
const wideAt = narrowAt + samplesPerTick(8000);
const words = wideAt + samplesPerTick(16_000);

/** What the next tick depends on lies in one piece, but for the duck gain: end of the frame (the next history), limiter state. */
const carriedAt = stateAt - history;
const carriedWords = narrowAt - carriedAt;

/** Ticks of zeros after which frame and history are zero. */
const ticksToSilence = 2;

/** Turns the mix down while it sounds. */
interface Ducking {
  /** Linear, 0…1. */
  readonly duckGain: number;
}

/**
 * What one listener, or all that hear the same, hear in this tick: the limited 48 kHz mix, and on demand, once, its
 * narrower versions and payloads in codecs without memory.
 *
 * The limiter works in place, delays nothing and costs only a look at the peaks while nothing is too loud. The end of the
 * frame stays as the history of the next: the resamplers need no state of their own.
 */
export class Heard {
  /** The tick's mix after the limiter: 960 floats at 48 kHz. */
  readonly pcm48: Float32Array;
  /** Pointer of {@link pcm48}. */
  readonly pointer: number;
  readonly #kernels: Kernels;
  readonly #base: number;
  readonly #limiter: Float32Array;
  readonly #narrow: Float32Array;
  readonly #wide: Float32Array;
  readonly #payloads: (PayloadBuffer | undefined)[] = [];
  /** Ticks rendered; payloads and narrow frames remember for which one they are. */
  #tick = 0;
  #narrowTick = -1;
  #wideTick = -1;
  readonly #payloadTicks: number[] = [];
  #zeroTicks = ticksToSilence;
  /** Gain the last tick's mix ended on. */
  #duckGain = 1;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#base = kernels.allocateFloats(words);
    this.pointer = this.#base + frameAt * 4;
    this.pcm48 = kernels.f32(this.pointer, frameSamples);
    this.#limiter = kernels.f32(this.#base + stateAt * 4, 1);
    this.#narrow = kernels.f32(this.#base + narrowAt * 4, samplesPerTick(8000));
    this.#wide = kernels.f32(this.#base + wideAt * 4, samplesPerTick(16_000));
    resetLimiter(kernels, this.#base + stateAt * 4);
  }

  /** True when this tick's frame and everything that could still sound from before are digital zero. */
  get isSilent(): boolean {
    return this.#zeroTicks >= ticksToSilence;
  }

  /** Makes room for the payloads of an encoding; not in a tick. @throws CodedError `capacityReached` */
  prepare(encoding: FrameEncoding): void {
    this.#payloads[encoding.index] ??= payloadBuffer(this.#kernels, encoding.encoder);
    this.#payloadTicks[encoding.index] ??= -1;
  }

  /** Begins a tick. @returns pointer to which this tick's mix, 960 floats, is to be written before `render` */
  begin(): number {
    this.#tick++;
    this.#zeroTicks = 0;
    this.#kernels.run.copy(this.#base + carriedAt * 4, this.#base, history);
    return this.pointer;
  }

  /**
   * Fades what has been mixed in this tick from the last tick's gain to that under two programmes, over the frame; to be
   * called in every tick. Numbers with fractions are no arguments here, because each might become an object.
   */
  duck(call: Ducking | undefined, own: Ducking | undefined): void {
    if (this.#duckGain === 1 && !isDucking(call) && !isDucking(own)) return;
    const gain = (call ? call.duckGain : 1) * (own ? own.duckGain : 1);
    this.#kernels.run.fade(this.pointer, frameSamples, this.#duckGain, gain);
    this.#duckGain = gain;
  }

  /** What is mixed next fades in: nothing of it was heard in the last tick. */
  duckFromZero(): void {
    this.#duckGain = 0;
  }

  /** The last sample of the last tick's mix as if nothing had been limited but by the gain the next tick begins with. */
  get lastSample(): number {
    return this.pcm48[frameSamples - 1]! / this.#limiter[0]!;
  }

  /** Ends a tick: limits what was mixed. */
  render(): void {
    limitFrame(this.#kernels, this.pointer);
  }

  /** A whole tick whose mix is digital zero; costs next to nothing once silence has set in. Programmes are as of `duck`. */
  renderZero(call?: Ducking, own?: Ducking): void {
    if (isDucking(call) || isDucking(own)) this.#duckGain = (call ? call.duckGain : 1) * (own ? own.duckGain : 1);
    else if (this.#duckGain !== 1) this.#duckGain = 1;
    this.#tick++;
    if (this.isSilent && this.#limiter[0] === 1) return;
    const zeroTicks = this.#zeroTicks + 1;
    const mix = this.begin();
    this.#kernels.run.zero(mix, frameSamples);
    this.render();
    this.#zeroTicks = zeroTicks;
  }

  /** True when both would make the same of the same next mix, bit for bit. */
  isAlike(other: Heard): boolean {
    const from = carriedAt * 4;
    if (this.#duckGain !== other.#duckGain) return false;
    return this.#kernels.run.isSame(this.#base + from, other.#base + from, carriedWords) === 1;
  }

  /** Goes on from where `other` stands between two ticks. */
  continueFrom(other: Heard): void {
    const from = carriedAt * 4;
    this.#kernels.run.copy(other.#base + from, this.#base + from, carriedWords);
    this.#duckGain = other.#duckGain;
    // Only what is carried has been copied: the rest of the frame is not zero yet.
    this.#zeroTicks = 0;
  }

  /** This tick at a rate: 160, 320 or 960 floats. */
  pcm(rateHz: number): Float32Array {
    if (rateHz === 8000) {
      if (this.#narrowTick !== this.#tick) this.#sampleDown(8000, this.#narrow);
      this.#narrowTick = this.#tick;
      return this.#narrow;
    }
    if (rateHz === 16_000) {
      if (this.#wideTick !== this.#tick) this.#sampleDown(16_000, this.#wide);
      this.#wideTick = this.#tick;
      return this.#wide;
    }
    return this.pcm48;
  }

  /** This tick's payload in an encoding it was prepared for; encoded once however many listeners ask. */
  payload(encoding: FrameEncoding): Payload {
    if (this.isSilent) return encoding.silence;
    const { index, encoder } = encoding;
    const payload = this.#payloads[index];
    if (!payload) throw new Error('This encoding has not been prepared.');
    if (this.#payloadTicks[index] !== this.#tick) {
      payload.length = encoder.encode(this.pcm(encoder.rateHz), payload.bytes, 0);
      this.#payloadTicks[index] = this.#tick;
    }
    return payload;
  }

  /** Gives all memory back. */
  close(): void {
    for (const payload of this.#payloads) if (payload) freePayload(this.#kernels, payload);
    this.#kernels.free(this.#base);
  }

  #sampleDown(rateHz: NarrowRateHz, to: Float32Array): void {
    sampleDown(this.#kernels, rateHz, this.pointer, to.byteOffset);
  }
}

function isDucking(programme: Ducking | undefined): boolean {
  return programme !== undefined && programme.duckGain !== 1;
}
