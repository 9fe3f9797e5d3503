/**
 * Makes one press of what several sources tell of it: telephone-events, SIP INFO, tones in the audio.
 *
 * Two sources tell of the same press when the digit is the same and one begins no more than {@link MERGE_WINDOW_MS}
 * outside the time in which the other lasted: a jitter buffer, a detector and signalling are late by that much. What one
 * source tells twice is two presses, however close. So each press has at most one share of each source, and a further
 * share goes to the oldest press it fits: two equal digits in quick succession stay two, whatever the delays.
 *
 *             a share that fits no press                its end, by the source that times it
 *    ┌──────┐ ── pressBegan ───────────► ┌───────────┐ ──────────────────────────────────────► pressEnded ┌──────┐
 *    │ idle │                            │ going on  │  another press begins: pressEnded, then pressBegan  │ idle │
 *    └──────┘ ◄── a share that fits ──── └───────────┘                                                     └──────┘
 *                 tells nothing
 *
 * A better source takes a press over while it goes on: telephone-events before INFO before tones. INFO tells a digit and
 * a length at once and never an end, so beside another source it names the press and the other times it.
 */
import type { DigitSource } from '../protocol.js';

/** How far apart sources may be about one press. */
const MERGE_WINDOW_MS = 250;

/** Hears of merged presses; called synchronously. `event` is 0…15, `volume` 0…63 for 0…−63 dBm0. */
export interface MergedListener {
  /** @param beganMs when it really began: tones are recognised later than that */
  pressBegan(event: number, volume: number, beganMs: number): void;
  pressEnded(event: number, durationMs: number, source: DigitSource): void;
}

/** Best first. */
const SOURCES: readonly DigitSource[] = ['rfc4733', 'sip-info', 'in-band'];
/** Presses remembered; more do not fit into the window. */
const REMEMBERED = 16;

interface MergedPress {
  event: number;
  beganMs: number;
  /** +∞ while it goes on. */
  endedMs: number;
  /** Bit per source that had a share in it. */
  shares: number;
  /** Indexes of {@link SOURCES}: whose press it is, and whose end ends it. */
  owner: number;
  timer: number;
}

/** The presses of one leg. */
export class DigitMerger {
  /** Shares that told of a press already known. */
  merged = 0;

  readonly #listener: MergedListener;
  readonly #presses: readonly MergedPress[] = Array.from({ length: REMEMBERED }, freePress);
  /** The press each source is in the middle of. */
  readonly #open: (MergedPress | undefined)[] = SOURCES.map(() => undefined);
  #next = 0;
  #current: MergedPress | undefined;

  constructor(listener: MergedListener) {
    this.#listener = listener;
  }

  /** Event of the press that goes on, or that ended less than the window ago, −1 = none. */
  recent(nowMs: number): number {
    const newest = this.#at(this.#next - 1);
    return newest.shares !== 0 && nowMs <= newest.endedMs + MERGE_WINDOW_MS ? newest.event : -1;
  }

  /** A source saw a press begin. @param beganMs when, as far as it can tell; not after `nowMs` */
  began(source: DigitSource, event: number, volume: number, beganMs: number): void {
    const index = SOURCES.indexOf(source);
    const press = this.#claim(index, event, beganMs) ?? this.#begin(index, event, volume, beganMs);
    this.#open[index] = press;
    if (press.endedMs === Number.POSITIVE_INFINITY && index < press.owner) {
      press.owner = index;
      press.timer = index;
    }
  }

  /** The press that the source saw begin last has ended. */
  ended(source: DigitSource, durationMs: number, nowMs: number): void {
    const index = SOURCES.indexOf(source);
    const press = this.#open[index];
    this.#open[index] = undefined;
    if (press?.timer !== index) return;
    this.#end(press, durationMs, nowMs);
  }

  /** A source told a whole press at once, at its beginning or at its end. */
  pressed(source: DigitSource, event: number, volume: number, durationMs: number, nowMs: number): void {
    const index = SOURCES.indexOf(source);
    const known = this.#claim(index, event, nowMs);
    if (known) {
      if (index < known.owner) known.owner = index;
      return;
    }
    const press = this.#begin(index, event, volume, nowMs);
    this.#end(press, durationMs, nowMs);
    press.endedMs = nowMs + durationMs;
  }

  /** Ends what goes on and forgets all. */
  clear(nowMs: number): void {
    this.#finishCurrent(nowMs);
    this.#open.fill(undefined);
    for (const press of this.#presses) press.shares = 0;
  }

  /** The oldest press that this source has no share in and that was going on at `atMs`, give or take the window. */
  #claim(index: number, event: number, atMs: number): MergedPress | undefined {
    for (let age = 0; age < REMEMBERED; age++) {
      const press = this.#at(this.#next + age);
      if (press.shares === 0 || press.event !== event || (press.shares & (1 << index)) !== 0) continue;
      if (atMs > press.endedMs + MERGE_WINDOW_MS || atMs < press.beganMs - MERGE_WINDOW_MS) continue;
      press.shares |= 1 << index;
      this.merged += 1;
      return press;
    }
    return undefined;
  }

  #begin(index: number, event: number, volume: number, beganMs: number): MergedPress {
    this.#finishCurrent(beganMs);
    const press = this.#at(this.#next);
    this.#next += 1;
    for (let source = 0; source < SOURCES.length; source++) {
      if (this.#open[source] === press) this.#open[source] = undefined;
    }
    press.event = event;
    press.beganMs = beganMs;
    press.endedMs = Number.POSITIVE_INFINITY;
    press.shares = 1 << index;
    press.owner = index;
    press.timer = index;
    this.#current = press;
    this.#listener.pressBegan(event, volume, beganMs);
    return press;
  }

  /** One key at a time: whoever hears the presses must not have two of them going on. */
  #finishCurrent(nowMs: number): void {
    const press = this.#current;
    if (press) this.#end(press, Math.max(0, nowMs - press.beganMs), nowMs);
  }

  #end(press: MergedPress, durationMs: number, nowMs: number): void {
    if (press.endedMs !== Number.POSITIVE_INFINITY) return;
    press.endedMs = nowMs;
    this.#current = undefined;
    this.#listener.pressEnded(press.event, durationMs, SOURCES[press.owner] ?? 'in-band');
  }

  #at(number: number): MergedPress {
    return this.#presses[(number + REMEMBERED) % REMEMBERED] ?? freePress();
  }
}

function freePress(): MergedPress {
  return { event: 0, beganMs: 0, endedMs: 0, shares: 0, owner: 0, timer: 0 };
}
