/**
 * The receiving half of a simulated phone: writes what arrives onto a timeline by RTP timestamp and judges the stream.
 * Deliberately independent of the server's own RTP code, so that a mistake there cannot hide here.
 */
import { alaw, mulaw } from './g711.js';

/** What a stream did wrong, and when its packets came. */
export interface StreamVerdict {
  readonly packets: number;
  /** Sequence numbers missing inside the stream. */
  readonly lost: number;
  /** Packets with a sequence number seen before or older than the newest. */
  readonly repeated: number;
  /** Packets whose timestamp is not the previous one plus the previous packet's samples. */
  readonly timestampErrors: number;
  /** Time between packets, ms, by rank. */
  readonly gapMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** One received stream of 8 kHz audio. */
export class RtpEar {
  #samples = new Int16Array(8000 * 4);
  #length = 0;
  #firstTimestamp: number | undefined;
  #lastSequence = 0;
  #nextTimestamp = 0;
  #lastArrivalMs = 0;
  #packets = 0;
  #lost = 0;
  #repeated = 0;
  #timestampErrors = 0;
  readonly #gapsMs: number[] = [];
  /** When the first sample of each 20 ms arrived, by packet order, for latency. */
  readonly arrivals: { readonly position: number; readonly atMs: number }[] = [];
  readonly digits: number[] = [];
  readonly #digitTimestamps = new Set<number>();

  /** @param telephoneEvent payload type of RFC 4733 packets */
  constructor(private readonly telephoneEvent = 101) {}

  /** Takes a datagram; anything but RTP with PCMU, PCMA or telephone-event is ignored. */
  hear(bytes: Buffer, atMs: number): void {
    if (bytes.length < 13 || (bytes[0] ?? 0) >> 6 !== 2) return;
    const payloadType = (bytes[1] ?? 0) & 0x7f;
    const sequence = bytes.readUInt16BE(2);
    const timestamp = bytes.readUInt32BE(4);
    const payload = bytes.subarray(12);
    if (payloadType === this.telephoneEvent) {
      this.#judgeSequence(sequence, atMs);
      this.#hearDigit(payload, timestamp);
      return;
    }
    if (payloadType !== 0 && payloadType !== 8) return;
    if (!this.#judgeSequence(sequence, atMs)) return;
    this.#firstTimestamp ??= timestamp;
    if (this.#packets > 1 && timestamp !== this.#nextTimestamp) this.#timestampErrors++;
    this.#nextTimestamp = (timestamp + payload.length) >>> 0;
    const position = (timestamp - this.#firstTimestamp) | 0;
    if (position < 0) return;
    this.arrivals.push({ position, atMs });
    this.#write(position, payload, payloadType);
  }

  /** Everything heard so far, silence where nothing came. */
  get samples(): Int16Array {
    return this.#samples.subarray(0, this.#length);
  }

  verdict(): StreamVerdict {
    const sorted = [...this.#gapsMs].sort((a, b) => a - b);
    const rank = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      packets: this.#packets,
      lost: this.#lost,
      repeated: this.#repeated,
      timestampErrors: this.#timestampErrors,
      gapMs: { p50: rank(0.5), p99: rank(0.99), max: rank(1) },
    };
  }

  #judgeSequence(sequence: number, atMs: number): boolean {
    this.#packets++;
    if (this.#packets > 1) {
      this.#gapsMs.push(atMs - this.#lastArrivalMs);
      const step = (sequence - this.#lastSequence) & 0xffff;
      if (step === 0 || step > 0x8000) {
        this.#repeated++;
        return false;
      }
      this.#lost += step - 1;
    }
    this.#lastArrivalMs = atMs;
    this.#lastSequence = sequence;
    return true;
  }

  #hearDigit(payload: Buffer, timestamp: number): void {
    // The audio clock runs on during a digit (RFC 4733 §2.5.1.2), so the next audio packet's timestamp is unknown here.
    const duration = payload.readUInt16BE(2);
    this.#nextTimestamp = (timestamp + duration) >>> 0;
    if (this.#digitTimestamps.has(timestamp)) return;
    this.#digitTimestamps.add(timestamp);
    this.digits.push(payload[0] ?? 0);
  }

  #write(position: number, payload: Buffer, payloadType: number): void {
    const end = position + payload.length;
    if (end > this.#samples.length) {
      const larger = new Int16Array(Math.max(end, this.#samples.length * 2));
      larger.set(this.#samples);
      this.#samples = larger;
    }
    this.#samples.set(payloadType === 0 ? mulaw.decode(payload) : alaw.decode(payload), position);
    this.#length = Math.max(this.#length, end);
  }
}
