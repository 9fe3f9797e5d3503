/**
 * The audio side of a leg's playout: decoders, the samples that wait, and everything done to them. It obeys; when to
 * decode, make up or stretch is decided in `playout.ts`.
 */

import { ComfortNoise } from '../codec/comfort-noise.js';
import type { Decoder } from '../codec/port.js';
import { DecoderBank, type PlayoutFormat, type PlayoutFormatFactory } from './decoder-bank.js';
import type { StoredPacket } from './packet-store.js';
import { SampleFifo } from './sample-fifo.js';
import { Splice } from './splice.js';
import { MAX_LAG_MS, OVERLAP_MS, TimeStretch } from './time-stretch.js';

/** Longest packet that is decoded (SAFETY M3). */
const MAX_PACKET_MS = 120;
const MAX_RATE_HZ = 48_000;
const TICKS_PER_SECOND = 50;
/** Room for a packet on top of what a tick and a stretch need. */
const FIFO_MS = MAX_PACKET_MS + 80;
/** Where a packet is decoded before it joins what waits: one for all legs, because nothing stays in it. */
const scratch = new Float32Array((MAX_RATE_HZ * MAX_PACKET_MS) / 1000);
/** Its beginning in every length it was used in: copies of whole arrays are block copies. */
const windows: (Float32Array | undefined)[] = [];
/** Refused packets in a row after which a decoder begins anew (SAFETY M8). */
const ERRORS_BEFORE_RESET = 5;

/** Decoded audio of one leg. Durations are in samples at {@link PlayoutAudio.rateHz} unless they end in `Ms`. */
export class PlayoutAudio {
  private bank: DecoderBank;
  private decoder: Decoder | undefined;
  private fifo: SampleFifo;
  private rate: number;
  private readonly stretch = new TimeStretch();
  private readonly splice = new Splice();
  private errorsInRow = 0;
  /** Made when the sender first says what its pauses sound like. */
  private noise: ComfortNoise | undefined;

  constructor(formats: PlayoutFormatFactory, initialRateHz: number) {
    this.bank = new DecoderBank(formats);
    this.rate = initialRateHz;
    this.fifo = createFifo(initialRateHz);
  }

  /** Rate of the samples; follows the packet decoded last. */
  get rateHz(): number {
    return this.rate;
  }

  /** Samples waiting. */
  get available(): number {
    return this.fifo.available;
  }

  get availableMs(): number {
    return (this.fifo.available * 1000) / this.rate;
  }

  /** Samples of a tick. */
  get frame(): number {
    return this.rate / TICKS_PER_SECOND;
  }

  /** The format of a payload type, or undefined when it is unknown. */
  formatOf(payloadType: number): PlayoutFormat | undefined {
    return this.bank.formatOf(payloadType);
  }

  /** Duration of a packet in ms, or −1 when it is unknown or beyond bounds. */
  durationMs(packet: StoredPacket): number {
    const decoder = this.bank.formatOf(packet.payloadType)?.decoder;
    if (decoder === undefined) return -1;
    const samples = samplesIn(packet, decoder);
    return samples < 0 ? -1 : (samples * 1000) / decoder.rateHz;
  }

  /** Decodes a packet and appends it. @returns its duration in ms, or −1 when it was refused and nothing was appended */
  decode(packet: StoredPacket): number {
    const decoder = this.bank.formatOf(packet.payloadType)?.decoder;
    const expected = decoder === undefined ? -1 : samplesIn(packet, decoder);
    if (decoder === undefined || expected < 0) return this.refuse();
    if (decoder !== this.decoder) this.switchTo(decoder);
    const samples = decoder.decode(packet.payload, packet.length, windowOf(expected));
    if (samples <= 0) return this.refuse();
    this.errorsInRow = 0;
    this.append(samples);
    return (samples * 1000) / this.rate;
  }

  /** Whether a packet carries something of what is missing right before it (in-band FEC). */
  mayRescue(packet: StoredPacket): boolean {
    const decoder = this.bank.formatOf(packet.payloadType)?.decoder;
    return decoder === this.decoder && decoder?.canRescue?.(packet.payload, packet.length) === true;
  }

  /** Appends the `samples` samples right before a packet from what it carries of them. @returns false when that is nothing */
  rescue(packet: StoredPacket, samples: number): boolean {
    const got = this.decoder?.decodeLost?.(packet.payload, packet.length, scratch, samples) ?? -1;
    if (got <= 0) return false;
    this.append(got);
    return true;
  }

  /** Appends made-up audio that continues what was decoded; with `ends`, it fades to silence by its end. */
  makeUp(samples: number, ends: boolean): void {
    const count = Math.min(samples, scratch.length);
    if (this.decoder === undefined) scratch.fill(0, 0, count);
    else this.decoder.conceal(scratch, count);
    if (ends) {
      fadeOut(scratch, count);
      this.decoder?.fellSilent?.();
      this.noise?.add(scratch, count);
    }
    this.append(count);
  }

  /** Takes what the sender says its pause sounds like; what is silence otherwise sounds so until {@link stopNoise}. */
  setNoise(packet: StoredPacket): void {
    // Timestamps begin at random, so that no two legs make the same noise.
    this.noise ??= new ComfortNoise(packet.extendedTimestamp);
    this.noise.update(packet.payload, packet.length);
  }

  /** The pause is over; what comes next is joined to its noise softly. */
  stopNoise(): void {
    if (!this.noise?.active) return;
    if (!this.splice.pending) this.splice.holdNoise(this.noise, this.rate);
    this.noise.stop();
  }

  /** Whether pauses are not silent now. */
  get noisy(): boolean {
    return this.noise?.active === true;
  }

  /** Appends silence. @returns false when what came before had to be faded out in it */
  makeSilence(samples: number): boolean {
    const isClean = !this.splice.pending;
    const count = Math.min(samples, scratch.length);
    scratch.fill(0, 0, count);
    this.noise?.add(scratch, count);
    this.append(count);
    return isClean;
  }

  /** Takes out up to `wantedMs`, leaving at least `keep` samples. @returns samples taken out */
  shorten(wantedMs: number, keep: number, minSimilarity: number): number {
    const wanted = Math.min(Math.round((wantedMs * this.rate) / 1000), this.fifo.available - keep);
    return this.stretch.shorten(this.fifo, this.rate, wanted, minSimilarity);
  }

  /** Puts in up to `wantedMs`. @returns samples put in */
  lengthen(wantedMs: number, minSimilarity: number): number {
    const wanted = Math.round((wantedMs * this.rate) / 1000);
    return this.stretch.lengthen(this.fifo, this.rate, wanted, minSimilarity);
  }

  /** Samples that must wait for {@link PlayoutAudio.shorten} to be able to take out `wantedMs` and leave `keep`. */
  neededToShorten(wantedMs: number, keep: number): number {
    return Math.ceil((Math.max(wantedMs + OVERLAP_MS, wantedMs + (keep * 1000) / this.rate) * this.rate) / 1000);
  }

  /** Takes samples out for a tick. */
  read(output: Float32Array, count: number): void {
    this.fifo.read(output, 0, count);
  }

  /**
   * The packet decoded last was shorter than it claimed: takes back as much of it as still waits.
   *
   * @returns what could be taken back, ms
   */
  takeBack(excessMs: number): number {
    this.breakOff();
    this.decoder?.distrust?.();
    return (this.fifo.retract(Math.round((excessMs * this.rate) / 1000)) * 1000) / this.rate;
  }

  /** What comes next does not continue what was decoded: joins them softly. */
  breakOff(): void {
    if (this.decoder !== undefined && !this.splice.pending) this.splice.holdDecoder(this.decoder);
  }

  /** What comes next follows on silence. */
  riseFromSilence(): void {
    if (!this.splice.pending) this.splice.holdSilence(this.rate);
  }

  /** The stream ends: the next packet begins a new one. */
  endStream(wasPlaying: boolean): void {
    if (wasPlaying) this.breakOff();
    this.decoder?.reset();
    this.errorsInRow = 0;
  }

  /** Takes over a new set of formats and closes the old decoders. */
  changeFormats(formats: PlayoutFormatFactory): void {
    this.breakOff();
    this.bank.close();
    this.bank = new DecoderBank(formats);
    this.decoder = undefined;
  }

  /** Closes the decoders. */
  close(): void {
    this.bank.close();
    this.decoder = undefined;
  }

  private append(count: number): void {
    this.splice.join(scratch, count, this.rate);
    this.fifo.write(windowOf(count), count);
  }

  private refuse(): number {
    this.errorsInRow++;
    this.decoder?.distrust?.();
    if (this.errorsInRow >= ERRORS_BEFORE_RESET) {
      this.decoder?.reset();
      this.errorsInRow = 0;
    }
    return -1;
  }

  private switchTo(decoder: Decoder): void {
    this.breakOff();
    decoder.reset();
    this.decoder = decoder;
    if (decoder.rateHz !== this.rate) this.changeRate(decoder.rateHz);
  }

  /** Happens when the sender changes to a codec of another rate; allocates, as a change of codec may. */
  private changeRate(rateHz: number): void {
    const fifo = createFifo(rateHz);
    fifo.writeResampled(this.fifo, this.rate, rateHz);
    this.splice.resample(this.rate, rateHz);
    this.fifo = fifo;
    this.rate = rateHz;
  }
}

/** Samples of a packet, or −1 when they are unknown or beyond bounds. */
function samplesIn(packet: StoredPacket, decoder: Decoder): number {
  const samples = decoder.samplesIn(packet.payload, packet.length);
  return samples > 0 && samples <= (decoder.rateHz * MAX_PACKET_MS) / 1000 ? samples : -1;
}

function windowOf(samples: number): Float32Array {
  return (windows[samples] ??= scratch.subarray(0, samples));
}

function createFifo(rateHz: number): SampleFifo {
  return new SampleFifo((rateHz * FIFO_MS) / 1000, (rateHz * MAX_LAG_MS) / 1000);
}

function fadeOut(samples: Float32Array, count: number): void {
  for (let index = 0; index < count; index++) samples[index] = (samples[index] ?? 0) * (1 - (index + 1) / count);
}
