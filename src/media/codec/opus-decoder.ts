import type { OpusLibrary } from './opus-library.js';
import { greatestPacketSamples, OpusFrames, samplesPerFrame } from './opus-packets.js';
import type { Decoder } from './port.js';
import { WaveformPlc } from './waveform-plc.js';

const rateHz = 48_000;
const scale = 1 / 32_768;
/** Speech is made up in steps of this many samples: 10 ms, below which libopus advances further than it answers. */
const step = 480;
const greatestStep = 960;
/** After packets that are not to be trusted: the last that seems good may be one of them, so one more is taken for it. */
const freshStarts = 2;
/** How much of what is made up is libopus' own: this much at first, none after {@link sharedSamples}. */
const ownShare = 0.5;
const sharedSamples = (rateHz * 40) / 1000;
/** What comes first after a loss is not what it would have been anyway, so that nothing is lost by joining it smoothly. */
const audible = 1;
/** After a loss no longer than this the decoder as it was before it is nearer to the sender's than the one that made up. */
const shortLossSamples = (rateHz * 40) / 1000;

/**
 * Decodes Opus to 48 kHz mono; stereo is mixed down, any frame size up to 120 ms per packet.
 *
 *     received ──► state ─────────────── a short loss ─────────────► decodes on
 *                    └ copy at a loss ─► makes up ─── a long loss ──► decodes on
 *
 * What is heard during a loss is libopus' own concealment and ours of the waveform, half and half at first; libopus' falls
 * silent within two or three frames, and takes the words with it. libopus makes up whole steps of 10 ms; what of them
 * was not asked for is ahead of the stream, and the next concealment begins with it.
 */
export class OpusDecoder implements Decoder {
  readonly rateHz = rateHz;
  readonly #opus: OpusLibrary;
  /** Decodes; while something is missing it makes up, and {@link #before} is what it was. */
  #state: number;
  #before: number;
  readonly #plc = new WaveformPlc(rateHz, audible);
  /** Samples missing so far, 0 while nothing is. */
  #missing = 0;
  /** Of the packet decoded last: when less than that is missing, none was lost. */
  #packetSamples = 0;
  readonly #frames = new OpusFrames();
  /** Made up and not yet given out: `#ahead[#aheadFrom … #aheadTo − 1]`. */
  readonly #ahead = new Float32Array(greatestStep);
  #aheadFrom = 0;
  #aheadTo = 0;
  /** Packets before each of which the decoder begins anew. */
  #freshStarts = 0;

  /** @throws CodedError `capacityReached` */
  constructor(opus: OpusLibrary) {
    this.#opus = opus;
    this.#state = opus.createDecoder();
    this.#before = opus.createDecoder();
  }

  samplesIn(payload: Uint8Array, length: number): number {
    return this.#frames.parse(payload, 0, length) ? this.#frames.samples : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0 || samples > output.length) return -1;
    const followsLoss = this.#comeBack();
    if (this.#freshStarts > 0) {
      this.#freshStarts--;
      this.#opus.initDecoder(this.#state);
    }
    this.#load(payload, length);
    if (!this.#run(length, samples, false)) return -1;
    this.#packetSamples = samples;
    this.#take(0, output, 0, samples);
    this.#plc.received(output, samples);
    // Only where a step was hidden can it be louder than libopus ever is: not in the common case.
    if (followsLoss) clip(output, samples);
    return samples;
  }

  distrust(): void {
    this.#freshStarts = freshStarts;
  }

  conceal(output: Float32Array, samples: number): void {
    if (this.#missing === 0) this.#opus.copyDecoder(this.#state, this.#before);
    this.#plc.suggest(output, samples);
    for (let i = 0; i < samples; i++) {
      if (this.#aheadFrom === this.#aheadTo) this.#makeUp(samples - i >= greatestStep ? greatestStep : step);
      const own = this.#ahead[this.#aheadFrom++]!;
      const share = ownShare * Math.max(0, 1 - this.#missing++ / sharedSamples);
      output[i]! += share * (own - output[i]!);
    }
    clip(output, samples);
    this.#plc.played(output, samples);
  }

  fellSilent(): void {
    this.#plc.fellSilent();
  }

  canRescue(nextPayload: Uint8Array, length: number): boolean {
    return this.#frames.parse(nextPayload, 0, length) && this.#frames.hasRescue;
  }

  decodeLost(nextPayload: Uint8Array, length: number, output: Float32Array, samples: number): number {
    if (samples < 1 || samples > output.length || samples > greatestPacketSamples) return -1;
    const frames = this.#frames;
    if (!frames.parse(nextPayload, 0, length) || !frames.hasRescue) return -1;
    // The rescue is exactly as long as a frame of the packet; what is missing before it is made up by libopus in steps.
    const frame = samplesPerFrame(frames.toc);
    const before = Math.ceil(Math.max(0, samples - frame) / step) * step;
    const whole = frame + before;
    if (whole > greatestPacketSamples) return -1;
    this.#comeBack();
    this.#load(nextPayload, length);
    if (!this.#run(length, whole, true)) return -1;
    this.#take(whole - samples, output, 0, samples);
    this.#plc.received(output, samples);
    clip(output, samples);
    return samples;
  }

  reset(): void {
    this.#opus.initDecoder(this.#state);
    this.#plc.reset();
    this.#aheadFrom = this.#aheadTo = 0;
    this.#missing = this.#packetSamples = this.#freshStarts = 0;
  }

  close(): void {
    this.#opus.free(this.#state);
    this.#opus.free(this.#before);
  }

  #load(payload: Uint8Array, length: number): void {
    const { packet } = this.#opus;
    for (let i = 0; i < length; i++) packet[i] = payload[i]!;
  }

  /** @returns false when libopus refused, which leaves a fresh decoder */
  #run(length: number, samples: number, rescue: boolean): boolean {
    if (this.#opus.decode(this.#state, length, samples, rescue) === samples) return true;
    this.#opus.initDecoder(this.#state);
    return false;
  }

  #makeUp(samples: number): void {
    if (this.#run(0, samples, false)) this.#take(0, this.#ahead, 0, samples);
    else this.#ahead.fill(0);
    this.#aheadFrom = 0;
    this.#aheadTo = samples;
  }

  /** Copies what libopus has written, from sample `first` on. */
  #take(first: number, output: Float32Array, at: number, count: number): void {
    const { pcm } = this.#opus;
    for (let i = 0; i < count; i++) output[at + i] = pcm[first + i]! * scale;
  }

  /** Something is received: decides with which decoder to go on. @returns whether anything was missing */
  #comeBack(): boolean {
    if (this.#missing === 0) return false;
    const isOnlyLate = this.#missing < this.#packetSamples;
    if (isOnlyLate || (this.#missing >= greatestStep && this.#missing <= shortLossSamples)) {
      const made = this.#state;
      this.#state = this.#before;
      this.#before = made;
    }
    this.#missing = 0;
    this.#aheadFrom = this.#aheadTo = 0;
    return true;
  }
}

/** A made-up period and a hidden step may go beyond what libopus ever gives. */
function clip(output: Float32Array, samples: number): void {
  for (let i = 0; i < samples; i++) output[i] = Math.max(-1, Math.min(1, output[i]!));
}
