import { samplesPerTick } from '../dsp/frame.js';
import type { Kernels } from '../dsp/kernels.js';
import type { Decoder, Encoder } from './port.js';
import { Staging } from './staging.js';
import { WaveformPlc } from './waveform-plc.js';

/** ITU-T G.722 mode 1 (64 kbit/s). The audio is at 16 kHz although the RTP clock is 8 kHz (RFC 3551 §4.5.2). */
const rateHz = 16_000;
const tickSamples = samplesPerTick(rateHz);
const tickBytes = tickSamples / 2;
/** 120 ms: more audio in one packet is taken for an attack (SAFETY M3). */
const greatestPacketBytes = (rateHz * 120) / 1000 / 2;

/**
 * A stream's state, the same for both directions (wasm/dsp/g722.ts):
 *
 *     bytes   0 QMF: 2 zeros, 22 samples i16 │ 48 lower sub-band │ 112 higher sub-band │ 176
 */
const stateBytes = 176;
const stateWords = stateBytes / 4;
const historyAt = 4;
const historySamples = 22;
const bandsAt = 48;
const bandsWords = (stateBytes - bandsAt) / 4;

/** Samples that are encoded at once. */
const blockSamples = 8;

/** Decodes G.722: one byte is two samples at 16 kHz, so any length will do; concealment repeats the pitch. */
export class G722Decoder implements Decoder {
  readonly rateHz = rateHz;
  readonly #kernels: Kernels;
  readonly #staging: Staging;
  readonly #plc = new WaveformPlc(rateHz);
  readonly #state: number;
  /** Where the encoder of {@link G722Decoder.#keepUp} has its state. */
  readonly #twin: number;
  readonly #twinHistory: Int16Array;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#staging = Staging.of(kernels);
    this.#state = kernels.allocate(2 * stateBytes);
    this.#twin = this.#state + stateBytes;
    this.#twinHistory = new Int16Array(kernels.buffer, this.#twin + historyAt, historySamples);
  }

  samplesIn(_payload: Uint8Array, length: number): number {
    return length > 0 && length <= greatestPacketBytes && Number.isInteger(length) ? 2 * length : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0 || length > payload.length || samples > output.length) return -1;
    const staging = this.#staging;
    staging.putBytes(payload, length);
    this.#kernels.run.decodeG722(this.#state, staging.bytesAt, staging.samplesAt, length);
    output.set(staging.floats(samples));
    this.#plc.received(output, samples);
    return samples;
  }

  conceal(output: Float32Array, samples: number): void {
    this.#plc.conceal(output, samples);
    this.#keepUp(output, samples);
  }

  fellSilent(): void {
    this.#plc.fellSilent();
  }

  reset(): void {
    this.#kernels.run.zero(this.#state, stateWords);
    this.#plc.reset();
  }

  close(): void {
    this.#kernels.free(this.#state);
  }

  /**
   * Lets the predictors learn from what was made up, as they would have from the bytes that are missing: it is encoded
   * from the decoder's own state, and those bytes are decoded. What comes next then finds them nearly where the sender's
   * are.
   *
   * The sub-bands are 22 samples ahead of the audio, so the encoder hears what concealment would say next, too.
   */
  #keepUp(output: Float32Array, samples: number): void {
    const { run } = this.#kernels;
    const staging = this.#staging;
    const count = Math.min(Math.ceil(samples / blockSamples) * blockSamples, 2 * greatestPacketBytes);
    const ahead = staging.floats(historySamples + count);
    for (let i = 0; i < samples && i < ahead.length; i++) ahead[i] = output[i]!;
    this.#plc.peek(ahead, Math.min(samples, ahead.length));
    for (let i = 0; i < historySamples; i++) {
      this.#twinHistory[i] = Math.max(-32_768, Math.min(32_767, Math.round(ahead[i]! * 32_768)));
    }
    run.copy(this.#state + bandsAt, this.#twin + bandsAt, bandsWords);
    run.encodeG722(this.#twin, staging.samplesAt + historySamples * 4, staging.bytesAt, count);
    run.decodeG722(this.#state, staging.bytesAt, staging.samplesAt, count / 2);
  }
}

/** Ticks of silence that are encoded as they are before the stream is brought to rest. */
const ticksBeforeIdling = 10;

/**
 * Encodes G.722; what {@link G722Encoder.encode} makes is that of the recommendation, bit for bit.
 *
 * Silence that lasts 200 ms is encoded so that the state comes to rest (wasm/dsp/g722-idle.ts): from then on a tick costs
 * next to nothing, and any two encoders at rest are the same, whatever they heard before.
 */
export class G722Encoder implements Encoder {
  readonly rateHz = rateHz;
  readonly stateless = false;
  readonly #kernels: Kernels;
  readonly #staging: Staging;
  readonly #state: number;
  /** Ticks of silence in a row; counts no further than {@link ticksBeforeIdling}. */
  #silentTicks = 0;
  /** Another tick of silence would change nothing. */
  #atRest = false;

  /** @throws CodedError `capacityReached` */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#staging = Staging.of(kernels);
    this.#state = kernels.allocate(stateBytes);
  }

  encode(input: Float32Array, output: Uint8Array, offset: number): number {
    this.#silentTicks = 0;
    this.#atRest = false;
    return this.#encode(this.#staging.pointerTo(input), output, offset);
  }

  encodeSilence(output: Uint8Array, offset: number): number {
    const staging = this.#staging;
    if (this.#silentTicks < ticksBeforeIdling) {
      this.#silentTicks++;
      this.#kernels.run.zero(staging.samplesAt, tickSamples);
      return this.#encode(staging.samplesAt, output, offset);
    }
    const to = staging.pointerFor(output, offset);
    this.#atRest = this.#kernels.run.idleG722(this.#state, to, this.#atRest ? 1 : 0) === 1;
    if (to === staging.bytesAt) staging.takeBytes(output, offset, tickBytes);
    return tickBytes;
  }

  copyFrom(other: G722Encoder): void {
    this.#kernels.run.copy(other.#state, this.#state, stateWords);
    this.#silentTicks = other.#silentTicks;
    this.#atRest = other.#atRest;
  }

  isSame(other: G722Encoder): boolean {
    if (this.#silentTicks !== other.#silentTicks) return false;
    return this.#kernels.run.isSame(this.#state, other.#state, stateWords) === 1;
  }

  close(): void {
    this.#kernels.free(this.#state);
  }

  #encode(from: number, output: Uint8Array, offset: number): number {
    const staging = this.#staging;
    const to = staging.pointerFor(output, offset);
    this.#kernels.run.encodeG722(this.#state, from, to, tickSamples);
    if (to === staging.bytesAt) staging.takeBytes(output, offset, tickBytes);
    return tickBytes;
  }
}
