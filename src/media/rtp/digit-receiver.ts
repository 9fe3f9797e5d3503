/**
 * Turns telephone-event packets into key presses, each told exactly once (RFC 4733 §2.5.2, SAFETY M7).
 *
 *              first packet of a press                 its end packet: pressEnded
 *    ┌──────┐ ── pressBegan ──────────► ┌─────────┐ ────────────────────────────────────────────► ┌──────┐
 *    │ idle │                           │ pressed │    no packet for 375 ms: pressEnded           │ idle │
 *    └──────┘                           └─────────┘    a newer press: pressEnded, then pressBegan └──────┘
 *                                        its updates: the duration grows
 *
 * A digit is told by `pressEnded`, not by `pressBegan`: only then is its duration known. `pressBegan` is the earliest
 * sign of it, for relaying the press live and for stopping a prompt. One `pressEnded` follows each `pressBegan`.
 *
 * A press is known by (SSRC, event, timestamp). The last few are remembered, so that late, repeated or reordered packets
 * of a press that is over tell nothing, with or without a marker. On top of that ({@link hasSpoiltTimestamp} and its
 * neighbours judge):
 *
 * - Same press although the key differs: segments of a long press, and senders that move the timestamp with each packet
 *   or with each repeated end.
 * - Another press although the key is the same: senders that never move the timestamp.
 * - A packet older in sequence than the newest event packet begins nothing: better no digit than one out of order.
 */

import { type Press, hasSpoiltTimestamp, reusesKey, segmentsAhead } from './press-identity.js';
import { sequenceDelta } from './sequence.js';
import type { RtpPacket } from './packet.js';
import { MAX_EVENT_DURATION_RTP, type TelephoneEvent } from './telephone-event.js';

/** A press without a packet for this long has ended. */
const SILENCE_ENDS_MS = 375;
/** Presses remembered. */
const REMEMBERED = 8;
/** A packet this far back is not late, the numbering has begun anew: the receive stream lets none that old through. */
const RENUMBERED_STEPS = -256;

/** How the end of a press was known. */
export type PressEnding = 'end' | 'timeout' | 'superseded';

/** Hears of presses; called synchronously. `event` is 0…15, `volume` 0…63 for 0…−63 dBm0. */
export interface PressListener {
  pressBegan(event: number, volume: number): void;
  pressEnded(event: number, durationMs: number, ending: PressEnding): void;
}

/** The digits of one leg's incoming stream. */
export class DigitReceiver {
  /** Packets that changed nothing: of presses that are over, or too old to begin one. */
  ignored = 0;

  private readonly presses: readonly Press[] = Array.from({ length: REMEMBERED }, freePress);
  private newest: Press = this.presses[0] ?? freePress();
  private nextSlot = 1;

  constructor(private readonly listener: PressListener) {}

  /** When {@link advance} has something to do, ms; +∞ = nothing is going on. */
  get nextDeadlineMs(): number {
    return this.newest.ended ? Number.POSITIVE_INFINITY : this.newest.lastMs + SILENCE_ENDS_MS;
  }

  /** Lets a press whose packets stopped coming end. */
  advance(nowMs: number): void {
    if (nowMs >= this.nextDeadlineMs) this.finish('timeout');
  }

  /**
   * Takes a packet that the receive stream let through and that is no duplicate.
   *
   * @param packet      its header
   * @param event       its parsed payload
   * @param clockRateHz clock of its payload type
   */
  receive(packet: RtpPacket, event: TelephoneEvent, clockRateHz: number, nowMs: number): void {
    this.advance(nowMs);
    const steps = this.stepsAhead(packet);
    const known = this.find(packet, event);
    if (known !== undefined && (steps <= 0 || !reusesKey(known, event, nowMs))) {
      this.follow(known, packet, event, nowMs);
    } else if (steps <= 0) {
      this.ignored += 1;
    } else if (known === undefined && this.continues(packet, event, steps)) {
      this.follow(this.newest, packet, event, nowMs);
    } else {
      this.begin(known ?? this.oldestRecord(), packet, event, clockRateHz, nowMs);
    }
  }

  /** Ends a press that is going on and forgets all, as when signalling begins a new stream or the leg leaves. */
  clear(): void {
    if (!this.newest.ended) this.finish('superseded');
    for (const press of this.presses) press.used = false;
  }

  /** How much newer in sequence the packet is than every event packet before; positive = newest. */
  private stepsAhead(packet: RtpPacket): number {
    if (!this.newest.used || this.newest.ssrc !== packet.ssrc) return Number.POSITIVE_INFINITY;
    const steps = sequenceDelta(packet.sequence, this.newest.sequence);
    return steps < RENUMBERED_STEPS ? Number.POSITIVE_INFINITY : steps;
  }

  private find(packet: RtpPacket, event: TelephoneEvent): Press | undefined {
    for (const press of this.presses) {
      const matches = press.timestampRtp === packet.timestampRtp && press.event === event.event;
      if (matches && press.used && press.ssrc === packet.ssrc) return press;
    }
    return undefined;
  }

  /** Whether a packet with an unknown key is of the newest press; moves its key if so. */
  private continues(packet: RtpPacket, event: TelephoneEvent, steps: number): boolean {
    const press = this.newest;
    if (!press.used || press.ssrc !== packet.ssrc || press.event !== event.event) return false;
    const segments = segmentsAhead(press, packet);
    if (segments > 0) {
      press.segmentsRtp += segments * MAX_EVENT_DURATION_RTP;
      press.durationRtp = 0;
    } else if (!hasSpoiltTimestamp(press, packet, event, steps)) {
      return false;
    }
    press.timestampRtp = packet.timestampRtp;
    return true;
  }

  /** A further packet of a press; one that was overtaken tells nothing new, and may be of a press before with this key. */
  private follow(press: Press, packet: RtpPacket, event: TelephoneEvent, nowMs: number): void {
    if (sequenceDelta(packet.sequence, press.sequence) <= 0) {
      this.ignored += 1;
      return;
    }
    press.sequence = packet.sequence;
    press.lastMs = nowMs;
    press.durationRtp = Math.max(press.durationRtp, event.durationRtp);
    if (event.end) press.endSeen = true;
    if (press.ended) this.ignored += 1;
    else if (event.end) this.finish('end');
  }

  private begin(press: Press, packet: RtpPacket, event: TelephoneEvent, clockRateHz: number, nowMs: number): void {
    if (!this.newest.ended) this.finish('superseded');
    press.used = true;
    press.ssrc = packet.ssrc;
    press.event = event.event;
    press.timestampRtp = packet.timestampRtp;
    press.segmentsRtp = 0;
    press.durationRtp = event.durationRtp;
    press.clockRateHz = clockRateHz;
    press.ended = false;
    press.endSeen = event.end;
    press.sequence = packet.sequence;
    press.lastMs = nowMs;
    this.newest = press;
    this.listener.pressBegan(event.event, event.volume);
    if (event.end) this.finish('end');
  }

  private finish(ending: PressEnding): void {
    const press = this.newest;
    press.ended = true;
    const durationMs = ((press.segmentsRtp + press.durationRtp) * 1000) / press.clockRateHz;
    this.listener.pressEnded(press.event, durationMs, ending);
  }

  /** The record of the oldest press. */
  private oldestRecord(): Press {
    const press = this.presses[this.nextSlot] ?? this.newest;
    this.nextSlot = (this.nextSlot + 1) % REMEMBERED;
    return press;
  }
}

function freePress(): Press {
  return {
    used: false,
    ssrc: 0,
    event: 0,
    timestampRtp: 0,
    segmentsRtp: 0,
    durationRtp: 0,
    clockRateHz: 8000,
    ended: true,
    endSeen: false,
    sequence: 0,
    lastMs: 0,
  };
}
