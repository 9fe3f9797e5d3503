import { OpusPacketizer } from '../../src/media/codec/opus-packetizer.js';
import type { Encoder } from '../../src/media/codec/port.js';
import { createEncoder, formatForPtime } from '../../src/media/codec/registry.js';
import type { Kernels } from '../../src/media/dsp/kernels.js';
import type { PayloadFormat } from '../../src/media/protocol.js';

const TICK_MS = 20;

/** What goes into one RTP packet. */
interface PtimePacket {
  readonly payload: Uint8Array;
  readonly timestampRtp: number;
  readonly durationMs: number;
}

/**
 * A voice in packets of any ptime. Where bytes are linear in time they are cut here, not by the server's packetizer, so that
 * its mistakes cannot hide; Opus frames are joined by the server's, and libopus judges the result.
 */
export class PtimePackets {
  readonly rateHz: number;
  #encoder: Encoder;
  readonly #format: PayloadFormat;
  readonly #kernels: Kernels;
  readonly #frame: Float32Array;
  readonly #bytes = new Uint8Array(2000);
  #ptimeMs: number;
  readonly #opus: OpusPacketizer | undefined;
  /** Packets of Opus that are ready, or bytes of another codec. */
  readonly #ready: PtimePacket[] = [];
  #pending: Uint8Array = new Uint8Array(0);
  #encodedMs = 0;

  constructor(format: PayloadFormat, ptimeMs: number, kernels: Kernels) {
    this.#format = format;
    this.#kernels = kernels;
    this.#ptimeMs = ptimeMs;
    this.#encoder = createEncoder(formatForPtime(format, ptimeMs), kernels);
    this.rateHz = this.#encoder.rateHz;
    this.#frame = new Float32Array(this.rateHz / 50);
    if (format.encoding === 'opus') this.#opus = new OpusPacketizer(ptimeMs);
  }

  /** Packets of another length from the next one on. */
  setPtime(ptimeMs: number): void {
    if (this.#opus && (ptimeMs % TICK_MS === 0) !== (this.#ptimeMs % TICK_MS === 0)) {
      this.#encoder.close();
      this.#encoder = createEncoder(formatForPtime(this.#format, ptimeMs), this.#kernels);
    }
    this.#ptimeMs = ptimeMs;
    this.#opus?.setPtime(ptimeMs);
  }

  /** Says nothing until then. */
  skipTo(mediaMs: number): void {
    this.#pending = new Uint8Array(0);
    this.#ready.length = 0;
    this.#opus?.discard();
    this.#encodedMs = mediaMs;
  }

  /** The packet that begins at `fromMs`, when it does not last longer than `leftMs`. */
  next(fromMs: number, leftMs: number, voice: (n: number, rateHz: number) => number): PtimePacket | undefined {
    if (this.#opus) {
      while (this.#ready.length === 0 && this.#encodedMs < fromMs + leftMs) this.#encodeOpus(this.#opus, voice);
      const isComplete = (this.#ready[0]?.durationMs ?? Infinity) <= leftMs;
      return isComplete ? this.#ready.shift() : undefined;
    }
    if (this.#ptimeMs > leftMs) return undefined;
    const bytesPerMs = () => this.#pending.length / (this.#encodedMs - fromMs);
    while (this.#encodedMs - fromMs < this.#ptimeMs) {
      const encoded = this.#encode(voice);
      this.#pending = Buffer.concat([this.#pending, encoded]);
    }
    const length = bytesPerMs() * this.#ptimeMs;
    const payload = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return { payload, timestampRtp: this.#timestampAt(fromMs), durationMs: this.#ptimeMs };
  }

  #encode(voice: (n: number, rateHz: number) => number): Uint8Array {
    const { rateHz } = this;
    const from = (this.#encodedMs * rateHz) / 1000;
    for (let i = 0; i < this.#frame.length; i++) this.#frame[i] = voice(from + i, rateHz);
    this.#encodedMs += TICK_MS;
    return this.#bytes.slice(0, this.#encoder.encode(this.#frame, this.#bytes, 0));
  }

  #encodeOpus(opus: OpusPacketizer, voice: (n: number, rateHz: number) => number): void {
    const timestamp = this.#timestampAt(this.#encodedMs);
    const encoded = this.#encode(voice);
    opus.push(encoded, 0, encoded.length, timestamp);
    while (opus.next()) {
      const payload = opus.buffer.slice(opus.offset, opus.offset + opus.length);
      this.#ready.push({ payload, timestampRtp: opus.timestampRtp, durationMs: opus.durationRtp / 48 });
    }
  }

  #timestampAt(mediaMs: number): number {
    return ((mediaMs * this.#format.clockRateHz) / 1000) >>> 0;
  }
}
