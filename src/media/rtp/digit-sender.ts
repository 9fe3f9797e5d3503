/**
 * Plays key presses into one outgoing stream as telephone-events (RFC 4733 §2.5.1), one packet per 20 ms tick in place of
 * the audio.
 *
 *    ┌──────┐ a press is due  ┌─────────┐ its duration is reached ┌────────┐ three ends sent ┌───────┐ pause over
 *    │ idle │ ──────────────► │ sending │ ──────────────────────► │ ending │ ──────────────► │ pause │ ──► idle
 *    └──────┘ marker          └─────────┘ first end packet        └────────┘                 └───────┘
 *                              one packet per tick, same timestamp, duration growing
 *
 * Presses are either generated (digits and durations are known) or relayed (another leg's press while it goes on: its end
 * is told later). A press is never shorter than 40 ms here, and a relayed one is played at its length even when it is
 * over before its turn. Presses wait in a queue, so two participants who press at once are heard one after the other.
 *
 * A press longer than 0xFFFF clock units goes out in segments: each full segment says 0xFFFF once without end bit, the
 * next one's timestamp is 0xFFFF later and it has no marker (RFC 4733 §2.5.1.3).
 */

import { MAX_EVENT_DURATION_RTP, eventOfDigit, writeTelephoneEvent } from './telephone-event.js';

const TICK_MS = 20;
const SHORTEST_PRESS_MS = 40;
/** From the end of one press to the beginning of the next; the repeated ends take this long. */
const SHORTEST_PAUSE_MS = 40;
const END_PACKETS = 3;
const QUEUE_LENGTH = 64;
/** −10 dBm0, what senders commonly use. */
const GENERATED_VOLUME = 10;

interface QueuedPress {
  event: number;
  volume: number;
  /** Ticks to play; +∞ while a relayed press goes on. */
  ticks: number;
  pauseTicks: number;
  /** Source of a relayed press, −1 = generated. */
  source: number;
  /** Batch that this press is the last of, 0 = none. */
  batch: number;
}

/** The presses one leg is to hear. */
export class DigitSender {
  /** Header fields of the packet that {@link next} wrote. */
  marker = false;
  timestampRtp = 0;
  /** Presses that found the queue full. */
  refused = 0;
  /** Number of the last batch of {@link send} that was played to its end. */
  finishedBatch = 0;

  private readonly queue: readonly QueuedPress[] = Array.from({ length: QUEUE_LENGTH }, emptyPress);
  private head = 0;
  private waiting = 0;
  private lastBatch = 0;

  /** State of the press at the head of the queue. */
  private ticksSent = 0;
  private endsSent = 0;
  private segmentTimestamp = 0;
  private segmentsRtp = 0;
  private pauseLeft = 0;

  /** @param unitsPerTick clock units of 20 ms: 160 for telephone-event/8000 */
  constructor(private unitsPerTick: number) {}

  /** Changes the clock; a press that is being sent is broken off. */
  setUnitsPerTick(unitsPerTick: number): void {
    if (unitsPerTick === this.unitsPerTick) return;
    this.unitsPerTick = unitsPerTick;
    if (this.ticksSent > 0) this.shift();
  }

  /** Whether nothing is being sent and nothing waits. */
  get idle(): boolean {
    return this.waiting === 0;
  }

  /**
   * Queues digits of `0-9*#A-D`; others are left out.
   *
   * @param durationMs of each press, at least 40, in steps of 20
   * @param gapMs      between presses, at least 40, in steps of 20
   * @returns number of the batch, to be compared with {@link finishedBatch}; 0 = nothing was queued, no room for it all
   */
  send(digits: string, durationMs: number, gapMs: number): number {
    let count = 0;
    for (const digit of digits) if (eventOfDigit(digit) >= 0) count += 1;
    if (count === 0 || this.waiting + count > QUEUE_LENGTH) {
      this.refused += count;
      return 0;
    }
    this.lastBatch += 1;
    for (const digit of digits) {
      const event = eventOfDigit(digit);
      if (event < 0) continue;
      count -= 1;
      const press = this.enqueue();
      press.event = event;
      press.volume = GENERATED_VOLUME;
      press.ticks = ticksOf(durationMs, SHORTEST_PRESS_MS);
      press.pauseTicks = ticksOf(gapMs, SHORTEST_PAUSE_MS);
      press.source = -1;
      press.batch = count === 0 ? this.lastBatch : 0;
    }
    return this.lastBatch;
  }

  /**
   * Begins to relay a press of another leg.
   *
   * @param source number of that leg, from 0, for {@link relayEnded}
   * @param volume 0…63 for 0…−63 dBm0
   */
  relayBegan(source: number, event: number, volume: number): void {
    this.relayEnded(source, 0);
    if (this.waiting === QUEUE_LENGTH) {
      this.refused += 1;
      return;
    }
    const press = this.enqueue();
    press.event = event;
    press.volume = volume;
    press.ticks = Number.POSITIVE_INFINITY;
    press.pauseTicks = ticksOf(SHORTEST_PAUSE_MS, SHORTEST_PAUSE_MS);
    press.source = source;
    press.batch = 0;
  }

  /** Tells how long the relayed press of `source` lasted; what was sent of it already is not taken back. */
  relayEnded(source: number, durationMs: number): void {
    for (let index = 0; index < this.waiting; index++) {
      const press = this.at(index);
      if (press.source !== source || press.ticks !== Number.POSITIVE_INFINITY) continue;
      const sent = index === 0 ? this.ticksSent : 0;
      press.ticks = Math.max(sent, ticksOf(durationMs, SHORTEST_PRESS_MS));
    }
  }

  /**
   * Writes the payload of this tick's event packet at `offset`, if one is due.
   *
   * @param streamTimestampRtp timestamp the audio of this tick would have
   * @returns false when this tick sends audio
   */
  next(streamTimestampRtp: number, buffer: Uint8Array, offset: number): boolean {
    if (this.pauseLeft > 0) {
      this.pauseLeft -= 1;
      return false;
    }
    if (this.waiting === 0) return false;
    const press = this.at(0);
    if (this.endsSent === 0) this.grow(streamTimestampRtp);
    const end = this.ticksSent >= press.ticks && this.elapsedRtp() <= MAX_EVENT_DURATION_RTP;
    const durationRtp = Math.min(this.elapsedRtp(), MAX_EVENT_DURATION_RTP);
    writeTelephoneEvent(buffer, offset, press.event, end, press.volume, durationRtp);
    this.marker = this.ticksSent === 1 && this.endsSent === 0;
    this.timestampRtp = this.segmentTimestamp;
    if (end) {
      this.endsSent += 1;
      if (this.endsSent === END_PACKETS) this.shift();
    }
    return true;
  }

  /** One tick more of the press; the segment before is over when its full duration was told. */
  private grow(streamTimestampRtp: number): void {
    if (this.ticksSent === 0) {
      this.segmentTimestamp = streamTimestampRtp;
      this.segmentsRtp = 0;
    } else if (this.elapsedRtp() > MAX_EVENT_DURATION_RTP) {
      this.segmentTimestamp = (this.segmentTimestamp + MAX_EVENT_DURATION_RTP) >>> 0;
      this.segmentsRtp += MAX_EVENT_DURATION_RTP;
    }
    if (this.ticksSent < this.at(0).ticks) this.ticksSent += 1;
  }

  /** Duration since the timestamp of the segment. */
  private elapsedRtp(): number {
    return this.ticksSent * this.unitsPerTick - this.segmentsRtp;
  }

  private shift(): void {
    const press = this.at(0);
    if (press.batch > 0) this.finishedBatch = press.batch;
    this.pauseLeft = Math.max(0, press.pauseTicks - (END_PACKETS - 1));
    this.head = (this.head + 1) % QUEUE_LENGTH;
    this.waiting -= 1;
    this.ticksSent = 0;
    this.endsSent = 0;
  }

  private enqueue(): QueuedPress {
    this.waiting += 1;
    return this.at(this.waiting - 1);
  }

  private at(index: number): QueuedPress {
    const press = this.queue[(this.head + index) % QUEUE_LENGTH];
    if (press === undefined) throw new Error('The queue of presses has lost a place.');
    return press;
  }
}

function ticksOf(durationMs: number, leastMs: number): number {
  return Math.ceil(Math.max(durationMs, leastMs) / TICK_MS);
}

function emptyPress(): QueuedPress {
  return { event: 0, volume: 0, ticks: 0, pauseTicks: 0, source: -1, batch: 0 };
}
