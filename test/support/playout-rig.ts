/**
 * A sender, an emulated network and a playout on one imaginary clock: what a leg's receive side goes through, packet by
 * packet and tick by tick. Packets carry 16 bit linear audio of a signal that is a function of media time, so that a test
 * can tell what was played from what was said.
 */
import type { Decoder } from '../../src/media/codec/port.js';
import { WaveformPlc } from '../../src/media/codec/waveform-plc.js';
import { Playout, type PlayoutOutcome, type PlayoutPacket } from '../../src/media/jitter/playout.js';
import { SeededRandom } from '../../src/media/rtp/seeded-random.js';
import { extendSequence, extendTimestamp } from '../../src/media/rtp/sequence.js';
import { EmulatedNetwork, type NetworkConditions } from './network.js';

/** Amplitude −1…1 at a media time in seconds. */
export type Signal = (seconds: number) => number;

/** A tone of `hz` at `amplitude`. */
export function tone(hz: number, amplitude = 0.5): Signal {
  return (seconds) => amplitude * Math.sin(2 * Math.PI * hz * seconds);
}

/** What a vowel is like to a pitch search: harmonics of a fundamental that glides, under a syllable-like envelope. */
export function vowel(pitchHz: number, amplitude = 0.2): Signal {
  return (seconds) => {
    const phase = 2 * Math.PI * pitchHz * (seconds + 0.002 * Math.sin(2 * Math.PI * 2 * seconds));
    let sum = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    return amplitude * sum * (0.55 + 0.45 * Math.sin(2 * Math.PI * 3 * seconds));
  };
}

/** 16 bit linear audio, big endian, as a decoder; its empty payload and its odd lengths are malformed. */
export class LinearDecoder implements Decoder {
  resets = 0;
  /** How often what it made up was faded out. */
  silences = 0;
  closed = false;
  readonly #plc: WaveformPlc;

  constructor(readonly rateHz = 8000) {
    this.#plc = new WaveformPlc(rateHz);
  }

  samplesIn(_payload: Uint8Array, length: number): number {
    return length > 0 && length % 2 === 0 ? length / 2 : -1;
  }

  decode(payload: Uint8Array, length: number, output: Float32Array): number {
    const samples = this.samplesIn(payload, length);
    if (samples < 0) return -1;
    for (let index = 0; index < samples; index++) {
      output[index] = ((((payload[2 * index] ?? 0) << 24) | ((payload[2 * index + 1] ?? 0) << 16)) >> 16) / 32768;
    }
    this.#plc.received(output, samples);
    return samples;
  }

  conceal(output: Float32Array, samples: number): void {
    this.#plc.conceal(output, samples);
  }

  fellSilent(): void {
    this.silences++;
    this.#plc.fellSilent();
  }

  reset(): void {
    this.resets++;
    this.#plc.reset();
  }

  close(): void {
    this.closed = true;
  }
}

/** How the sender speaks and how the ticks run. */
export interface RigOptions {
  readonly network: NetworkConditions;
  readonly signal?: Signal;
  readonly rateHz?: number;
  readonly ptimeMs?: number;
  /** When the first packet is complete, relative to the first tick, ms. */
  readonly phaseMs?: number;
  /** How much faster the sender's clock runs than ours, parts per million. */
  readonly driftPpm?: number;
  /** Each tick runs up to this much before or after its time, ms. */
  readonly tickJitterMs?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  /** False leaves a packet unsaid (discontinuous transmission): no sequence number is used for it. */
  readonly speaksAt?: (mediaMs: number) => boolean;
  /** A packet as it leaves the sender may be changed, or suppressed (undefined) with its sequence number used up. */
  readonly alter?: (packet: SentPacket) => SentPacket | undefined;
  /** Every so many ticks one runs late by this much. */
  readonly lateTicks?: { readonly every: number; readonly byMs: number };
  /** False skips a tick, as a stalled worker does. */
  readonly ticksAt?: (tick: number) => boolean;
}

/** A packet as the rig sends it: counters as on the wire. */
export interface SentPacket {
  sequence: number;
  timestampRtp: number;
  payloadType: number;
  payload: Uint8Array;
}

/** What one tick brought. */
export interface TickRecord {
  readonly nowMs: number;
  readonly outcome: PlayoutOutcome;
  readonly depthMs: number;
  readonly targetMs: number;
  readonly samples: Float32Array;
}

const RIG_PAYLOAD_TYPE = 96;

/** Runs one stream. */
export class PlayoutRig {
  readonly playout: Playout;
  readonly decoder: LinearDecoder;
  readonly network: EmulatedNetwork<SentPacket>;
  readonly #options: RigOptions;
  readonly #random: SeededRandom;
  readonly #rateHz: number;
  readonly #output = new Float32Array(960);
  readonly #packet: PlayoutPacket = {
    payloadType: 0,
    extendedSequence: 0,
    extendedTimestamp: 0,
    payload: new Uint8Array(0),
    offset: 0,
    length: 0,
    arrivalMs: 0,
  };
  #mediaMs = 0;
  #sequence: number;
  #tick = 0;
  #highestSequence = 0x1_0000;
  #highestTimestamp = 0x1_0000_0000;
  #hasReceived = false;

  constructor(options: RigOptions, playout?: Playout) {
    this.#options = options;
    this.#rateHz = options.rateHz ?? 8000;
    this.#random = new SeededRandom(options.network.seed + 1);
    this.network = new EmulatedNetwork(options.network);
    const decoder = new LinearDecoder(this.#rateHz);
    this.decoder = decoder;
    this.playout =
      playout ??
      new Playout((payloadType) =>
        payloadType === RIG_PAYLOAD_TYPE ? { decoder, clockRateHz: decoder.rateHz } : undefined,
      );
    this.#sequence = options.firstSequence ?? 1000;
  }

  /** Runs for a while; each tick's audio is kept only when `keepsAudio`. */
  run(durationMs: number, onTick: (record: TickRecord) => void, keepsAudio = false): void {
    const last = this.#tick + Math.round(durationMs / 20);
    for (; this.#tick < last; this.#tick++) {
      const { tickJitterMs = 0, lateTicks } = this.#options;
      let nowMs = this.#tick * 20 + (this.#random.nextRatio() * 2 - 1) * tickJitterMs;
      if (lateTicks !== undefined && this.#tick % lateTicks.every === 0) nowMs += lateTicks.byMs;
      this.#sendUntil(nowMs);
      for (const { arrivalMs, packet } of this.network.arrivals(nowMs)) this.#receive(packet, arrivalMs);
      if (!(this.#options.ticksAt?.(this.#tick) ?? true)) continue;
      const outcome = this.playout.pull(this.#output, nowMs);
      const count = this.playout.rateHz / 50;
      onTick({
        nowMs,
        outcome,
        depthMs: this.playout.depthMs,
        targetMs: this.playout.targetMs,
        samples: keepsAudio ? this.#output.slice(0, count) : this.#output,
      });
    }
  }

  #sendUntil(nowMs: number): void {
    const { ptimeMs = 20, phaseMs = 7, driftPpm = 0, speaksAt, alter } = this.#options;
    for (;;) {
      const sentMs = phaseMs + this.#mediaMs / (1 + driftPpm * 1e-6);
      if (sentMs > nowMs) return;
      const mediaMs = this.#mediaMs;
      this.#mediaMs += ptimeMs;
      if (speaksAt?.(mediaMs) === false) continue;
      const packet = this.#speak(mediaMs, ptimeMs);
      const altered = alter === undefined ? packet : alter(packet);
      if (altered !== undefined) this.network.send(altered, sentMs);
    }
  }

  #speak(mediaMs: number, ptimeMs: number): SentPacket {
    const { signal = tone(1000), firstTimestamp = 5000 } = this.#options;
    const count = (this.#rateHz * ptimeMs) / 1000;
    const from = Math.round((mediaMs * this.#rateHz) / 1000);
    const payload = new Uint8Array(2 * count);
    for (let index = 0; index < count; index++) {
      const value = Math.round(32767 * signal((from + index) / this.#rateHz));
      payload[2 * index] = value >> 8;
      payload[2 * index + 1] = value;
    }
    const sequence = this.#sequence & 0xffff;
    this.#sequence++;
    return { sequence, timestampRtp: (firstTimestamp + from) % 2 ** 32, payloadType: RIG_PAYLOAD_TYPE, payload };
  }

  #receive(sent: SentPacket, arrivalMs: number): void {
    if (!this.#hasReceived) {
      this.#highestSequence = 0x1_0000 + sent.sequence;
      this.#highestTimestamp = 2 ** 32 + sent.timestampRtp;
      this.#hasReceived = true;
    }
    const packet = this.#packet;
    packet.extendedSequence = extendSequence(sent.sequence, this.#highestSequence);
    packet.extendedTimestamp = extendTimestamp(sent.timestampRtp, this.#highestTimestamp);
    this.#highestSequence = Math.max(this.#highestSequence, packet.extendedSequence);
    this.#highestTimestamp = Math.max(this.#highestTimestamp, packet.extendedTimestamp);
    packet.payloadType = sent.payloadType;
    packet.payload = sent.payload;
    packet.length = sent.payload.length;
    packet.arrivalMs = arrivalMs;
    this.playout.insert(packet);
  }
}
