/**
 * Every decision of the playout, as pure functions of numbers; nothing here touches a sample or a packet.
 *
 * Two scales meet. A packet's *transit* is arrival − media time (`delay-estimator.ts`); its *lag* is the time of the tick
 * that decoded it − media time. A packet is missed exactly when its transit exceeds its lag, so
 *
 *     slack = least recent lag − slowest recent transit
 *
 * is what the stream could still be delayed without a loss, and also what could be saved. Ticks take 20 ms at once, so
 * playing one packet earlier saves 20 ms or nothing:
 *
 *     slack   < 0 ───── guard ─────────────── 20 ms + margin ──────────►
 *             packets are missed   leave alone    one tick can be saved: shorten
 *             lengthen
 *
 * The band is wider than a tick, therefore a stream whose packets come right at the tick's edge is adjusted once and then
 * stays. Audio that waits decoded because stretching takes pitch periods and not ticks (the *residue*) is saved in the
 * same way, unhurried.
 *
 * The lag is taken from the time at which a tick really ran, not from its schedule: ticks that run early or late are then
 * part of what is measured, and ticks that were skipped show up as lag to be saved.
 */

/** A tick of audio. */
export const TICK_MS = 20;
/** Delay beyond the fastest packet that jitter may cost at most. */
export const CEILING_MS = 200;
/** Waiting audio beyond what is needed is shortened up to this much and thrown away above it. */
const MAX_BACKLOG_MS = 400;
/** Made-up audio in a row after which there is silence. */
export const MAX_MADE_UP_MS = 100;

/** Slack kept, at least and per ms of jitter; more at the start, so that the first second settles the phase for good. */
const START_GUARD_MS = 0.85;
const GUARD_MS = 0.3;
const GUARD_RATIO = 0.05;
const SETTLING_MS = 1000;
/** Slack that must remain after a tick was saved, at least, and per ms of jitter. */
const MARGIN_MS = 4;
const MARGIN_RATIO = 0.4;
/** Residue below this is left alone. */
const MIN_RESIDUE_MS = 3;
/** Timestamps this much apart from where they should be are continuous. */
export const CONTINUOUS_MS = 2.5;
/** Ticks that must have been seen before a small excess is believed. */
const MIN_LAGS = 10;

const CALM_INTERVAL_MS = 5000;
const PROMPT_INTERVAL_MS = 500;
const MISSING_INTERVAL_MS = 100;
/** A packet missed less long ago than this makes lengthening urgent. */
const RECENT_MISS_MS = 2000;
/** Catching up takes no more than this per tick: one and a half times the speed. */
const MAX_STEP_MS = 10;
const MIN_SIMILARITY = 0.85;
const RESIDUE_SIMILARITY = 0.6;
/** A lengthening must be allowed this much, or a deep voice could not be lengthened. */
const LONGEST_PITCH_MS = 12.5;
/** The longer a change is wanted, the less alike the joined places have to be: noise is never alike, and need not be. */
const SIMILARITY_DECAY_PER_MS = 0.001;

/** What is known when a tick needs samples. */
export interface SourceView {
  /** Nothing is being played: before the first packet, after a pause or an outage. */
  idle: boolean;
  hasHead: boolean;
  /** The head follows in sequence on what was played last. */
  inSequence: boolean;
  /** Media time between what was played or made up last and the head. */
  gapMs: number;
  /** Lag the head gets when it is decoded in this tick. */
  lagMs: number;
  /** Slowest recent transit. */
  slowestTransitMs: number;
  /** Made-up audio in a row so far. */
  madeUpMs: number;
  /** A packet without audio came last: silence is what the sender means. */
  pauseAnnounced: boolean;
}

/**
 * Where the next samples come from. `play` decodes the head; `start` the same after silence; `drop` throws the head away;
 * `conceal` makes up what is missing; `fade` ends playing softly, for a pause; `wait` gives silence; `stop` ends playing.
 */
export type Source = 'play' | 'start' | 'drop' | 'conceal' | 'fade' | 'wait' | 'stop';

/** Decides where the next samples of a tick come from. */
export function chooseSource(view: SourceView): Source {
  if (view.hasHead && view.lagMs - view.slowestTransitMs > MAX_BACKLOG_MS) return 'drop';
  if (view.idle) {
    if (!view.hasHead) return 'wait';
    return view.lagMs >= view.slowestTransitMs + START_GUARD_MS ? 'start' : 'wait';
  }
  if (view.hasHead && view.gapMs < CONTINUOUS_MS) return 'play';
  if (view.madeUpMs >= MAX_MADE_UP_MS) return 'stop';
  const isPause = view.hasHead ? view.inSequence : view.pauseAnnounced;
  return isPause ? 'fade' : 'conceal';
}

/** What is known about delay at the beginning of a tick. */
export interface DelayView {
  /** Least recent lag − slowest recent transit. */
  slackMs: number;
  /** The same with the slowest transit left out. */
  usualSlackMs: number;
  /** Lags the slack is made of. */
  lags: number;
  /** Decoded audio that was left over in every recent tick. */
  residueMs: number;
  /** Slowest − fastest recent transit. */
  spreadMs: number;
  sinceStartMs: number;
  sinceCorrectionMs: number;
  sinceMissMs: number;
  /** How long corrections have been wanted and refused of late. */
  refusedMs: number;
}

/** A change of delay that is wanted; one object is reused. */
export interface Correction {
  kind: 'none' | 'shorten' | 'lengthen';
  amountMs: number;
  /** How alike the joined places must be. */
  minSimilarity: number;
}

/** Decides whether this tick should shorten or lengthen what waits; writes the answer to `correction`. */
export function chooseCorrection(view: DelayView, correction: Correction): void {
  correction.kind = 'none';
  if (view.lags === 0) return;
  if (view.usualSlackMs < guardMs(view)) {
    if (view.sinceCorrectionMs < lengtheningInterval(view)) return;
    const urgency = view.sinceMissMs < RECENT_MISS_MS ? 0.25 : 0;
    want(correction, 'lengthen', Math.max(LONGEST_PITCH_MS, TICK_MS - view.residueMs), urgency, view);
    return;
  }
  const excessMs = excess(view);
  if (excessMs >= 2 * TICK_MS) {
    want(correction, 'shorten', MAX_STEP_MS, excessMs >= 5 * TICK_MS ? 0.5 : 0.25, view);
  } else if (excessMs >= TICK_MS) {
    if (view.sinceCorrectionMs >= PROMPT_INTERVAL_MS) want(correction, 'shorten', excessMs, 0, view);
  } else if (view.residueMs >= MIN_RESIDUE_MS && view.slackMs >= MARGIN_MS / 2) {
    const isOutside = view.slackMs + view.residueMs >= TICK_MS + marginMs(view.spreadMs);
    const intervalMs = isOutside ? PROMPT_INTERVAL_MS : CALM_INTERVAL_MS;
    if (view.sinceCorrectionMs < intervalMs) return;
    want(correction, 'shorten', view.residueMs, 0, view);
    // A small one may wait for a place where it cannot be heard.
    if (view.residueMs >= TICK_MS / 2 || isOutside) return;
    correction.minSimilarity = Math.max(correction.minSimilarity, RESIDUE_SIMILARITY);
  }
}

/**
 * The middle of the band in which {@link chooseCorrection} keeps the delay of the fastest packets, given the spread of
 * transits and the duration of packets.
 */
export function targetDelayMs(spreadMs: number, packetMs: number): number {
  return spreadMs + (TICK_MS + marginMs(spreadMs)) / 2 + unevennessMs(packetMs);
}

/** Packets that do not fill ticks evenly wait for each other: this long, when no packet may be missed. */
function unevennessMs(packetMs: number): number {
  if (packetMs % TICK_MS === 0) return 0;
  return packetMs % 10 === 0 ? 10 : 15;
}

function marginMs(spreadMs: number): number {
  return Math.max(MARGIN_MS, spreadMs * MARGIN_RATIO);
}

function guardMs(view: DelayView): number {
  const leastMs = view.sinceStartMs < SETTLING_MS ? START_GUARD_MS : GUARD_MS;
  return leastMs + view.spreadMs * GUARD_RATIO;
}

/** Delay that can be saved now: whole ticks and what waits decoded in any case. */
function excess(view: DelayView): number {
  const ticks = Math.floor((view.slackMs - marginMs(view.spreadMs)) / TICK_MS);
  if (ticks <= 0 || (view.lags < MIN_LAGS && ticks < 5)) return 0;
  return ticks * TICK_MS + view.residueMs;
}

function lengtheningInterval(view: DelayView): number {
  const isUrgent = view.sinceMissMs < RECENT_MISS_MS || view.sinceStartMs < SETTLING_MS;
  return isUrgent ? MISSING_INTERVAL_MS : CALM_INTERVAL_MS;
}

function want(
  correction: Correction,
  kind: 'shorten' | 'lengthen',
  amountMs: number,
  urgency: number,
  view: DelayView,
): void {
  correction.kind = kind;
  correction.amountMs = Math.min(TICK_MS, amountMs);
  correction.minSimilarity = Math.max(0, MIN_SIMILARITY - urgency - view.refusedMs * SIMILARITY_DECAY_PER_MS);
}

/** A view of nothing, to be filled in by the owner before each use. */
export function createSourceView(): SourceView {
  return {
    idle: true,
    hasHead: false,
    inSequence: false,
    gapMs: 0,
    lagMs: 0,
    slowestTransitMs: 0,
    madeUpMs: 0,
    pauseAnnounced: false,
  };
}

/** A view of nothing, to be filled in by the owner before each use. */
export function createDelayView(): DelayView {
  return {
    slackMs: 0,
    usualSlackMs: 0,
    lags: 0,
    residueMs: 0,
    spreadMs: 0,
    sinceStartMs: 0,
    sinceCorrectionMs: 0,
    sinceMissMs: 0,
    refusedMs: 0,
  };
}
