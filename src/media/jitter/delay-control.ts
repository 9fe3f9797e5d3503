/**
 * Keeps the measurements that the policy decides upon: transits as packets come, lags and residues as ticks go, and when
 * what was last changed. Its owner reports what happens and asks once per tick what should be changed.
 */

import { DelayEstimator } from './delay-estimator.js';
import {
  CEILING_MS,
  TICK_MS,
  chooseCorrection,
  createDelayView,
  targetDelayMs,
  type Correction,
} from './playout-policy.js';
import { RecentMinimum } from './recent-minimum.js';
import { RescueWait } from './rescue-wait.js';

/** Ticks over which the least lag and the residue are watched. */
const WATCHED_TICKS = 25;
/** Refusals beyond this are not counted, and how fast they are forgotten. */
const MAX_REFUSED_MS = 1000;
const FORGIVEN_PER_TICK_MS = 2;

/** Measurements and memory of one stream's delay. */
export class DelayControl {
  /** What the policy wants of the tick for which {@link DelayControl.plan} was called last. */
  readonly correction: Correction = { kind: 'none', amountMs: 0, minSimilarity: 1 };
  private readonly estimator = new DelayEstimator(CEILING_MS);
  private readonly lags = new RecentMinimum(WATCHED_TICKS);
  private readonly residues = new RecentMinimum(WATCHED_TICKS);
  private readonly view = createDelayView();
  private readonly rescue = new RescueWait();
  private rescueMs = 0;
  private startMs = NaN;
  private missMs = -Infinity;
  private correctionMs = -Infinity;
  private refusedMs = 0;

  /** What the delay of the fastest packets is steered to, for packets of this duration. */
  targetMs(packetMs: number): number {
    return targetDelayMs(this.estimator.spreadMs, packetMs) + this.rescueMs;
  }

  /** Transit of the slowest packets that are waited for. */
  get slowestTransitMs(): number {
    return this.estimator.slowestTransitMs + this.rescueMs;
  }

  /** Transit of the fastest packets: delay counts from here. */
  get fastestTransitMs(): number {
    return this.estimator.fastestTransitMs;
  }

  /** A packet came; `mediaMs` is its RTP timestamp in ms. */
  arrived(arrivalMs: number, mediaMs: number): void {
    this.estimator.observe(arrivalMs, mediaMs);
  }

  /** Playing begins, at first or after silence. */
  started(nowMs: number): void {
    if (Number.isNaN(this.startMs)) this.startMs = nowMs;
    this.forgetTicks();
  }

  /** A packet was decoded because its time had come, `lagMs` after its media time. */
  decoded(lagMs: number): void {
    this.lags.add(lagMs);
  }

  /** A tick was made of real audio, and this much was left over. */
  leftOver(residueMs: number): void {
    this.residues.add(residueMs);
  }

  /** A packet came too late to be played in its place. */
  missed(atMs: number): void {
    this.missMs = atMs;
  }

  /** A packet was lost, and the one after it carries it: it may be worth its delay to wait for that. */
  rescuable(nowMs: number): void {
    this.rescue.noteRescuable(nowMs);
    if (this.rescueMs === 0) this.missMs = nowMs;
  }

  /** Delay was changed: what ticks told before holds no longer, and neither does what was planned upon it. */
  forgetTicks(): void {
    this.correction.kind = 'none';
    this.lags.clear();
    this.residues.clear();
  }

  /** Asks the policy; the answer is in {@link DelayControl.correction}. @param packetMs duration of the packets */
  plan(nowMs: number, packetMs: number): void {
    const { view, estimator, lags } = this;
    this.rescueMs = this.rescue.waitMs(nowMs, packetMs);
    view.slackMs = lags.value - estimator.slowestTransitMs - this.rescueMs;
    view.usualSlackMs = lags.value - estimator.usualSlowTransitMs - this.rescueMs;
    view.lags = lags.size;
    view.residueMs = this.residues.size === 0 ? 0 : this.residues.value;
    view.spreadMs = estimator.spreadMs;
    view.sinceStartMs = nowMs - this.startMs;
    view.sinceCorrectionMs = nowMs - this.correctionMs;
    view.sinceMissMs = nowMs - this.missMs;
    view.refusedMs = this.refusedMs;
    chooseCorrection(view, this.correction);
    if (this.correction.kind === 'none') this.refusedMs = Math.max(0, this.refusedMs - FORGIVEN_PER_TICK_MS);
  }

  /** The correction was carried out. */
  corrected(nowMs: number): void {
    this.correctionMs = nowMs;
    if (this.correction.kind === 'lengthen') this.forgetTicks();
  }

  /** The audio did not lend itself to the correction. */
  refused(): void {
    this.refusedMs = Math.min(MAX_REFUSED_MS, this.refusedMs + TICK_MS);
  }

  /** Forgets the stream. */
  clear(): void {
    this.rescue.clear();
    this.rescueMs = 0;
    this.estimator.clear();
    this.forgetTicks();
    this.startMs = NaN;
    this.missMs = -Infinity;
  }
}
