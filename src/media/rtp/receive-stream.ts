/**
 * Puts a leg's packets in order of meaning before any buffer sees them (RFC 3550 A.1, SAFETY M4): which belong to the
 * stream, which were there before, and where the stream starts anew.
 *
 *                    first packet                          in the window: play | reordered | duplicate
 *     ┌──────┐ ─────────────────────────► ┌────────────┐ ◄──┐
 *     │ idle │           reset            │ following  │ ───┘ timestamp jumps > 2 s, goes back, or changes its clock: reset
 *     └──────┘                            └────────────┘
 *                      another SSRC, or a    │     ▲   a packet of the stream: play, the candidate is forgotten
 *                      jump in sequence:     ▼     │   the candidate's next packet: reset, the stream is the candidate now
 *                      probation          ┌────────────┐
 *                                         │ on trial   │ ◄─┐ probation: anything else becomes the candidate
 *                                         └────────────┘ ──┘
 *
 * Steps forward in sequence of up to 3000 are loss. Telephone-events share sequence numbers with the audio but keep the
 * timestamp of their beginning (RFC 4733 §2.1), so their timestamps are left out of account.
 */

import type { RtpPacket } from './packet.js';
import {
  extendSequence,
  extendTimestamp,
  firstExtendedSequence,
  firstExtendedTimestamp,
  timestampDelta,
} from './sequence.js';

/** Largest step forward in sequence that is loss (RFC 3550 A.1 MAX_DROPOUT). */
const MAX_DROPOUT = 3000;
/** How far back packets are still told apart as reordered or duplicate; older ones count as a jump. */
const WINDOW = 256;
const TIMESTAMP_CYCLE = 0x1_0000_0000;
/** Largest step of the timestamp, in seconds, that is a pause. */
const MAX_TIMESTAMP_STEP_SECONDS = 2;

/**
 * What a packet is to the stream. `play`: the newest yet. `reordered`: older than the newest, not seen before, to be
 * played in its place. `reset`: forget what is buffered, then play. `duplicate`, `probation`: not to be played.
 */
export type StreamVerdict = 'play' | 'reordered' | 'reset' | 'duplicate' | 'probation';

/** The receive side of one leg. The unwrapped values are those of the packet let through last. */
export class ReceiveStream {
  /** Unwrapped sequence number; starts anew, above 0, with each {@link sequenceStarts}. */
  extendedSequence = 0;
  /** Unwrapped timestamp; starts anew, above 0, at each `reset`. Not changed by telephone-events. */
  extendedTimestamp = 0;

  /** How often numbering began anew: another SSRC or a jump in sequence, not a mere jump of the timestamp. */
  sequenceStarts = 0;

  private started = false;
  private ssrcNow = 0;
  private clockRateHz = 0;
  private highestSequence = 0;
  private highestTimestamp = 0;
  /** False until the first audio packet since the last reset: telephone-events may come first. */
  private hasTimestamp = false;

  private onTrial = false;
  private trialSsrc = 0;
  private trialSequence = 0;

  /** What was seen at each unwrapped sequence number modulo the window. */
  private readonly seenSequences = new Float64Array(WINDOW);
  private readonly seenTimestamps = new Uint32Array(WINDOW);

  /** SSRC of the stream; meaningful after the first verdict other than `probation`. */
  get ssrc(): number {
    return this.ssrcNow;
  }

  /**
   * Judges a packet of the confirmed source with a negotiated payload type.
   *
   * @param clockRateHz clock of its payload type
   * @param isAudio     false for telephone-events
   */
  receive(packet: RtpPacket, clockRateHz: number, isAudio: boolean): StreamVerdict {
    if (!this.started) return this.restart(packet, clockRateHz, isAudio);
    if (packet.ssrc !== this.ssrcNow) return this.tryOut(packet, clockRateHz, isAudio);
    const extended = extendSequence(packet.sequence, this.highestSequence);
    const step = extended - this.highestSequence;
    if (step > MAX_DROPOUT || step <= -WINDOW) return this.tryOut(packet, clockRateHz, isAudio);
    return step > 0
      ? this.forward(packet, extended, clockRateHz, isAudio)
      : this.backward(packet, extended, clockRateHz, isAudio);
  }

  /** Forgets the stream, as when signalling begins a new one. */
  clear(): void {
    this.started = false;
    this.onTrial = false;
  }

  private forward(packet: RtpPacket, extended: number, clockRateHz: number, isAudio: boolean): StreamVerdict {
    let verdict: StreamVerdict = 'play';
    if (isAudio && this.hasTimestamp) {
      const step = timestampDelta(packet.timestampRtp, this.highestTimestamp % TIMESTAMP_CYCLE);
      const jumps = step < 0 || step > MAX_TIMESTAMP_STEP_SECONDS * clockRateHz || clockRateHz !== this.clockRateHz;
      if (jumps) {
        this.hasTimestamp = false;
        verdict = 'reset';
      }
    }
    this.onTrial = false;
    this.highestSequence = extended;
    this.extendedSequence = extended;
    if (isAudio) this.noteTimestamp(packet, clockRateHz);
    this.see(extended, packet.timestampRtp);
    return verdict;
  }

  private backward(packet: RtpPacket, extended: number, clockRateHz: number, isAudio: boolean): StreamVerdict {
    const slot = extended % WINDOW;
    if (this.seenSequences[slot] === extended) {
      if (this.seenTimestamps[slot] === packet.timestampRtp) return 'duplicate';
      return this.tryOut(packet, clockRateHz, isAudio);
    }
    if (isAudio && this.hasTimestamp) {
      const step = timestampDelta(packet.timestampRtp, this.highestTimestamp % TIMESTAMP_CYCLE);
      const misplaced = step > 0 || step < -MAX_TIMESTAMP_STEP_SECONDS * clockRateHz;
      if (misplaced || clockRateHz !== this.clockRateHz) return this.tryOut(packet, clockRateHz, isAudio);
      this.extendedTimestamp = extendTimestamp(packet.timestampRtp, this.highestTimestamp);
    } else if (isAudio) {
      this.noteTimestamp(packet, clockRateHz);
    }
    this.extendedSequence = extended;
    this.see(extended, packet.timestampRtp);
    return 'reordered';
  }

  /** A packet that does not fit: the stream it belongs to is accepted when its next packet follows. */
  private tryOut(packet: RtpPacket, clockRateHz: number, isAudio: boolean): StreamVerdict {
    const follows = this.onTrial && packet.ssrc === this.trialSsrc && packet.sequence === this.trialSequence;
    if (follows) return this.restart(packet, clockRateHz, isAudio);
    this.onTrial = true;
    this.trialSsrc = packet.ssrc;
    this.trialSequence = (packet.sequence + 1) & 0xffff;
    return 'probation';
  }

  private restart(packet: RtpPacket, clockRateHz: number, isAudio: boolean): StreamVerdict {
    this.started = true;
    this.sequenceStarts += 1;
    this.onTrial = false;
    this.ssrcNow = packet.ssrc;
    this.extendedSequence = firstExtendedSequence(packet.sequence);
    this.highestSequence = this.extendedSequence;
    this.hasTimestamp = false;
    this.seenSequences.fill(0);
    if (isAudio) this.noteTimestamp(packet, clockRateHz);
    this.see(this.extendedSequence, packet.timestampRtp);
    return 'reset';
  }

  private noteTimestamp(packet: RtpPacket, clockRateHz: number): void {
    this.extendedTimestamp = this.hasTimestamp
      ? extendTimestamp(packet.timestampRtp, this.highestTimestamp)
      : firstExtendedTimestamp(packet.timestampRtp);
    this.highestTimestamp = this.extendedTimestamp;
    this.hasTimestamp = true;
    this.clockRateHz = clockRateHz;
  }

  private see(extended: number, timestampRtp: number): void {
    const slot = extended % WINDOW;
    this.seenSequences[slot] = extended;
    this.seenTimestamps[slot] = timestampRtp;
  }
}
