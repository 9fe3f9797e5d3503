/**
 * The digits one leg presses, wherever they are found: telephone-events, SIP INFO and tones in its audio become presses,
 * each once, and go where the leg's mode sends them.
 *
 * Tones are looked for in what is played out, at the codec's own rate, when the peer cannot send telephone-events; when it can,
 * only around its presses, because some peers send the tone as well. While a tone is
 * certain (or agrees with a press known otherwise) others hear silence in its place. What they hear of it before that is
 * at most 40 ms of tone and the rest of a tick, 60 ms in all.
 *
 * While somebody takes the digits (an interaction, which may ask for a PIN), whatever the mode: what is pressed is told to
 * nobody else, from its beginning to its end, also when the taker is gone before the key is let go of. Presses that began
 * before go where they would have gone.
 */
import { DtmfDetector } from './dsp/dtmf-detector.js';
import { samplesPerTick } from './dsp/frame.js';
import { Squelch } from './dsp/squelch.js';
import { DigitMerger } from './digits/digit-merger.js';
import type { DigitMode, DigitSource, InBandDigits, LegControls, LegMedia } from './protocol.js';
import type { PressListener } from './rtp/digit-receiver.js';
import { digitOfEvent, eventOfDigit } from './rtp/telephone-event.js';
import { TICK_MS } from './ticker.js';

/** Hears of a leg's digits as its mode lets them out; called synchronously. `event` is 0…15. */
export interface LegDigitListener {
  /** Others are to get the press while it lasts. */
  relayBegan(event: number, volume: number): void;
  relayEnded(event: number, durationMs: number): void;
  /** The digit is to be told. */
  digit(event: number, durationMs: number, source: DigitSource): void;
}

/** Gets the digits of a leg in place of everybody else, when they begin; each is one of `0-9*#A-D`. */
export interface DigitTaker {
  press(digit: string): void;
}

/** Tones are looked for this long after a telephone-event: jitter buffers play them later. */
const TONES_AFTER_EVENT_MS = 500;
/** What was pressed for a taker may still sound this long after: the buffers of gateways play tones late. */
const HIDES_AFTER_MS = 250;
/** Power of presses that come without one, −dBm0. */
const VOLUME = 10;

/** Finds and merges the digits of one leg. */
export class LegDigits implements PressListener {
  /** Set before anything that may bring a digit; ms. */
  nowMs: number;
  readonly #merger: DigitMerger;
  readonly #detector: DtmfDetector;
  readonly #squelch = new Squelch();
  readonly #listener: LegDigitListener;
  #mode: DigitMode = 'both';
  #inBand: InBandDigits = 'auto';
  #telephoneEvents = false;
  /** When telephone-events count as over: −∞ = none was ever seen, +∞ = one goes on. */
  #eventsUntilMs = Number.NEGATIVE_INFINITY;
  #relaying = false;
  #taker: DigitTaker | undefined;
  /** Presses that begin from the first of these on and before the second are no one else's than a taker's. */
  #secretFromMs = Number.POSITIVE_INFINITY;
  #secretUntilMs = Number.NEGATIVE_INFINITY;
  /** Those from here on count for the taker there is. */
  #takenFromMs = Number.POSITIVE_INFINITY;
  /** Whether the press that goes on is a taker's. */
  #secret = false;

  constructor(listener: LegDigitListener, nowMs: number) {
    this.nowMs = nowMs;
    this.#listener = listener;
    this.#merger = new DigitMerger({
      pressBegan: (event, volume, beganMs) => this.#began(event, volume, beganMs),
      pressEnded: (event, durationMs, source) => this.#ended(event, durationMs, source),
    });
    this.#detector = new DtmfDetector({
      toneBegan: (event, ageMs) => this.#merger.began('in-band', event, VOLUME, this.nowMs - ageMs),
      toneEnded: (_event, durationMs) => this.#merger.ended('in-band', durationMs, this.nowMs),
    });
  }

  connect(media: LegMedia): void {
    this.#telephoneEvents = media.receiveTelephoneEvents.length > 0;
  }

  control({ digitMode, inBandDigits }: Partial<LegControls>): void {
    if (digitMode !== undefined) this.#mode = digitMode;
    if (inBandDigits !== undefined) this.#inBand = inBandDigits;
  }

  /**
   * From now on what is pressed is for `taker` alone; undefined = for everybody again.
   * @param fromMs when what is played out in the first tick of that begins; tones count by it, as they are found late
   */
  divertTo(taker: DigitTaker | undefined, fromMs: number): void {
    if (taker) {
      // A detector that begins to listen takes a tone that goes on for one that begins.
      this.#takenFromMs = this.#listens() ? fromMs : fromMs + TICK_MS;
      if (!this.#taker && this.#secretUntilMs < this.#takenFromMs) this.#secretFromMs = this.#takenFromMs;
      this.#secretUntilMs = Number.POSITIVE_INFINITY;
    } else if (this.#taker) {
      this.#secretUntilMs = fromMs;
    }
    this.#taker = taker;
  }

  /** A telephone-event began. */
  pressBegan(event: number, volume: number): void {
    this.#eventsUntilMs = Number.POSITIVE_INFINITY;
    this.#merger.began('rfc4733', event, volume, this.nowMs);
  }

  /** A telephone-event ended. */
  pressEnded(_event: number, durationMs: number): void {
    this.#eventsUntilMs = this.nowMs + TONES_AFTER_EVENT_MS;
    this.#merger.ended('rfc4733', durationMs, this.nowMs);
  }

  /** A digit came by signalling; one that is none is ignored. */
  pressed(digit: string, durationMs: number): void {
    const event = eventOfDigit(digit);
    if (event >= 0) this.#merger.pressed('sip-info', event, VOLUME, durationMs, this.nowMs);
  }

  /** Looks for tones in a tick of audio at its own rate. */
  listen(pcm: Float32Array, rateHz: number): void {
    if (this.#listens()) this.#detector.process(pcm, samplesPerTick(rateHz), rateHz);
    else this.#detector.reset();
  }

  /** There is no audio in this tick. */
  pause(): void {
    this.#detector.silence();
  }

  /** Takes tones out of the frame others will hear. @returns whether anything is left */
  squelch(frame: Float32Array): boolean {
    const cuts = this.#mode !== 'none' || this.#hides();
    return this.#squelch.apply(frame, this.#secret || (cuts && this.#hasTone()));
  }

  /** Ends what goes on, as when the leg leaves. */
  close(): void {
    this.#detector.reset();
    this.#merger.clear(this.nowMs);
  }

  #listens(): boolean {
    if (this.#inBand === 'off' || (this.#mode === 'none' && !this.#hides())) return false;
    if (this.#inBand === 'on' || !this.#telephoneEvents) return true;
    return this.nowMs < this.#eventsUntilMs;
  }

  #hasTone(): boolean {
    const { pressed, suspected } = this.#detector;
    return pressed >= 0 || (suspected >= 0 && suspected === this.#merger.recent(this.nowMs));
  }

  /** Whether what is pressed must not be heard, or was a moment ago. */
  #hides(): boolean {
    return this.#secret || this.nowMs < this.#secretUntilMs + HIDES_AFTER_MS;
  }

  #began(event: number, volume: number, beganMs: number): void {
    this.#secret = beganMs >= this.#secretFromMs && beganMs < this.#secretUntilMs;
    if (this.#secret) {
      if (beganMs >= this.#takenFromMs) this.#taker?.press(digitOfEvent(event));
      return;
    }
    this.#relaying = this.#mode === 'both' || this.#mode === 'forward';
    if (this.#relaying) this.#listener.relayBegan(event, volume);
  }

  /** Whoever heard a press begin hears its end, whatever the mode has become. */
  #ended(event: number, durationMs: number, source: DigitSource): void {
    if (this.#relaying) this.#listener.relayEnded(event, durationMs);
    const secret = this.#secret;
    this.#relaying = false;
    this.#secret = false;
    if (secret) return;
    if (this.#mode === 'both' || this.#mode === 'detect') this.#listener.digit(event, durationMs, source);
  }
}
