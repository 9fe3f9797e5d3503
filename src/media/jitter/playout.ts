/**
 * The playout of one leg: packets of any length go in as they come, exactly one tick of audio comes out per tick.
 *
 *     insert ─► PacketStore ─► decoder ─► SampleFifo ─► pull
 *          └──► DelayEstimator ─► playout-policy ─► TimeStretch ┘
 *
 * Media time is the RTP timestamp in ms. `nextMediaMs` is where the decoded audio ends; `madeUpMs` is what was made up
 * since. When a packet comes at last, what was made up fills the gap before it; what exceeds the gap has become delay,
 * which the policy takes out again if it is not needed.
 *
 * Time is an argument: `insert` is given the time of receipt and `pull` the time at which the tick *really* runs, both on
 * one monotonic clock. Nothing here throws on what a peer sends, and a steady stream allocates nothing.
 */

import type { PlayoutStatistics } from '../protocol.js';
import type { PlayoutFormatFactory } from './decoder-bank.js';
import { DelayEstimator } from './delay-estimator.js';
import { PacketStore, type PlayoutPacket, type StoredPacket } from './packet-store.js';
import { PlayoutAudio } from './playout-audio.js';
import {
  CEILING_MS,
  MAX_MADE_UP_MS,
  TICK_MS,
  chooseCorrection,
  chooseSource,
  createDelayView,
  createSourceView,
  targetDelayMs,
  type Correction,
  type Source,
} from './playout-policy.js';
import { RecentMinimum } from './recent-minimum.js';

export type { PlayoutFormat, PlayoutFormatFactory } from './decoder-bank.js';
export type { PlayoutPacket } from './packet-store.js';

/** What a tick got: audio, audio some of which is made up for want of a packet, or zeros as nothing is expected. */
export type PlayoutOutcome = 'played' | 'concealed' | 'silent';

/** What became of a packet. `unknown`: its payload type was not negotiated; `astray`: far from all others, on trial. */
export type InsertVerdict = 'stored' | 'duplicate' | 'late' | 'unknown' | 'astray';

/** Ticks over which the least lag and the residue are watched. */
const WATCHED_TICKS = 25;
/** Packets looked at per tick at most; bounds the work of a tick. */
const MAX_STEPS = 300;
/** Refusals beyond this are not counted. */
const MAX_REFUSED_MS = 1000;
const FORGIVEN_PER_TICK_MS = 2;
/** A packet that fills less of the gap before it than this has become delay. */
const DELAY_GROWTH_MS = 1;

/** One leg's playout. */
export class Playout {
  private readonly audio: PlayoutAudio;
  private readonly store = new PacketStore();
  private readonly estimator = new DelayEstimator(CEILING_MS);
  private readonly lags = new RecentMinimum(WATCHED_TICKS);
  private readonly residues = new RecentMinimum(WATCHED_TICKS);
  private readonly source = createSourceView();
  private readonly delay = createDelayView();
  private readonly correction: Correction = { kind: 'none', amountMs: 0, minSimilarity: 1 };

  private idle = true;
  private pauseAnnounced = false;
  private clockRateHz = 0;
  private nextMediaMs = 0;
  private madeUpMs = 0;
  private packetMs = TICK_MS;
  private astraySequence = -1;

  private startMs = NaN;
  private correctionMs = -Infinity;
  private missMs = -Infinity;
  private refusedMs = 0;
  private depth = 0;

  private played = 0;
  private concealed = 0;
  private silent = 0;
  /** Concealed ticks of which the next packet will tell whether they were a loss or a pause. */
  private undecided = 0;
  private droppedMs = 0;
  private accelerated = 0;
  private decelerated = 0;
  private late = 0;
  private decodeErrors = 0;
  private resets = 0;

  /** What went into the tick that is being filled. */
  private tickConcealed = false;
  private tickSilent = false;
  private tickAudible = false;

  /**
   * @param formats       decoder and clock by payload type; asked once per type, the decoders belong to this object
   * @param initialRateHz rate of the silence before the first packet
   */
  constructor(formats: PlayoutFormatFactory, initialRateHz = 8000) {
    this.audio = new PlayoutAudio(formats, initialRateHz);
  }

  /** Rate of what the last {@link Playout.pull} gave, in Hz; changes only inside `pull`, with the codec of the sender. */
  get rateHz(): number {
    return this.audio.rateHz;
  }

  /** How long the fastest of the recent packets waits until it is played. */
  get depthMs(): number {
    return this.depth;
  }

  /** What the policy steers {@link Playout.depthMs} to. */
  get targetMs(): number {
    return targetDelayMs(this.estimator.spreadMs);
  }

  /** Files a packet away; duplicates and other packets that must not be played are best left to the receive stream. */
  insert(packet: PlayoutPacket): InsertVerdict {
    const format = this.audio.formatOf(packet.payloadType);
    if (format === undefined) return 'unknown';
    if (this.clockRateHz !== 0 && format.clockRateHz !== this.clockRateHz) this.reset();
    this.clockRateHz = format.clockRateHz;
    const verdict = this.file(packet);
    if (verdict === 'stored' || verdict === 'late') {
      this.estimator.observe(packet.arrivalMs, (packet.extendedTimestamp * 1000) / format.clockRateHz);
    }
    if (verdict === 'late') {
      this.late++;
      this.missMs = packet.arrivalMs;
    }
    return verdict;
  }

  /** Notes that a sequence number carried no audio (telephone-event): what is missing there is a pause, not loss. */
  insertWithoutAudio(extendedSequence: number): void {
    this.store.insertWithoutAudio(extendedSequence);
  }

  /**
   * Gives the audio of one tick.
   *
   * @param output gets exactly `rateHz / 50` samples, `rateHz` as it is after the call; 960 fit every rate
   * @param nowMs  when this tick really runs, not when it was due
   */
  pull(output: Float32Array, nowMs: number): PlayoutOutcome {
    this.tickConcealed = false;
    this.tickSilent = false;
    this.tickAudible = this.audio.available > 0;
    this.planCorrection(nowMs);
    this.fill(nowMs);
    const isWhole = !this.tickConcealed && !this.tickSilent;
    if (isWhole) {
      this.depth = nowMs - this.nextMediaMs + this.waitingMs() - this.estimator.fastestTransitMs;
      this.correct(nowMs);
    }
    this.audio.read(output, this.frame());
    if (isWhole) this.residues.add(this.waitingMs());
    return this.count();
  }

  /** Forgets the stream (SSRC change, jump in sequence or timestamp); the next packet begins a new one. */
  reset(): void {
    this.resets++;
    this.decide(false);
    this.audio.endStream(!this.idle);
    this.store.clear();
    this.estimator.clear();
    this.idle = true;
    this.clockRateHz = 0;
    this.startMs = NaN;
    this.missMs = -Infinity;
    this.astraySequence = -1;
  }

  /** Takes over a new set of payload formats (a later offer/answer) and closes the old decoders; what waits is kept. */
  changeFormats(formats: PlayoutFormatFactory): void {
    this.audio.changeFormats(formats);
  }

  /** Counters and gauges for reports; made-up audio is counted once the next packet has told loss from pause. */
  statistics(): PlayoutStatistics {
    return {
      played: this.played,
      concealed: this.concealed,
      silent: this.silent,
      dropped: Math.round(this.droppedMs / TICK_MS),
      accelerated: this.accelerated,
      decelerated: this.decelerated,
      late: this.late,
      decodeErrors: this.decodeErrors,
      resets: this.resets,
      depthMs: this.depthMs,
      targetMs: this.targetMs,
    };
  }

  /** Closes the decoders. */
  close(): void {
    this.audio.close();
  }

  /** Stores a packet; a stream that went on elsewhere in the sequence is followed at its second packet (RFC 3550 A.1). */
  private file(packet: PlayoutPacket): InsertVerdict {
    const verdict = this.store.insert(packet);
    if (verdict === 'stored' || verdict === 'duplicate') return verdict;
    const isNear = this.store.nextSequence - packet.extendedSequence <= this.store.capacity;
    if (verdict === 'late' && isNear) return 'late';
    const follows = packet.extendedSequence === this.astraySequence + 1;
    this.astraySequence = packet.extendedSequence;
    if (!follows) return 'astray';
    const clockRateHz = this.clockRateHz;
    this.reset();
    this.clockRateHz = clockRateHz;
    this.store.insert(packet);
    return 'stored';
  }

  private frame(): number {
    return (this.audio.rateHz * TICK_MS) / 1000;
  }

  private waitingMs(): number {
    return (this.audio.available * 1000) / this.audio.rateHz;
  }

  /** Brings at least one tick of audio together. */
  private fill(nowMs: number): void {
    for (let step = 0; this.audio.available < this.frame(); step++) {
      this.take(step < MAX_STEPS ? this.lookAhead(nowMs) : 'wait', nowMs);
    }
  }

  /** Sees what is next and decides where samples come from; `source` holds what was seen. */
  private lookAhead(nowMs: number): Source {
    const head = this.audioHead();
    const { source } = this;
    source.idle = this.idle;
    source.hasHead = head !== undefined;
    source.madeUpMs = this.madeUpMs;
    source.pauseAnnounced = this.pauseAnnounced;
    source.slowestTransitMs = this.estimator.slowestTransitMs;
    if (head !== undefined) {
      const mediaMs = this.mediaMsOf(head);
      source.inSequence = head.extendedSequence === this.store.nextSequence;
      source.gapMs = mediaMs - this.nextMediaMs - this.madeUpMs;
      source.lagMs = nowMs - mediaMs;
    }
    return chooseSource(source);
  }

  /** The oldest packet that has audio; those without are passed over, for what they mean is told by the timestamps. */
  private audioHead(): StoredPacket | undefined {
    let head = this.store.head();
    while (head !== undefined && !head.audio) {
      this.pauseAnnounced = true;
      this.store.release();
      head = this.store.head();
    }
    return head;
  }

  private mediaMsOf(packet: StoredPacket): number {
    return (packet.extendedTimestamp * 1000) / this.clockRateHz;
  }

  private take(source: Source, nowMs: number): void {
    const missing = this.frame() - this.audio.available;
    switch (source) {
      case 'play':
        if (this.source.gapMs < -DELAY_GROWTH_MS) this.noteDelayGrowth(nowMs);
        return this.playHead();
      case 'start':
        this.start(nowMs);
        return this.playHead();
      case 'drop':
        return this.dropHead();
      case 'conceal':
        this.tickConcealed = true;
        return this.makeUp(missing);
      case 'fade':
        this.idle = true;
        this.tickAudible = true;
        this.tickSilent = true;
        return this.audio.makeUp(missing, true);
      case 'stop':
        this.idle = true;
        return;
      case 'wait':
        this.tickSilent = true;
        if (!this.audio.makeSilence(missing)) this.tickAudible = true;
    }
  }

  private start(nowMs: number): void {
    this.idle = false;
    this.audio.riseFromSilence();
    this.lags.clear();
    this.residues.clear();
    if (Number.isNaN(this.startMs)) this.startMs = nowMs;
  }

  private noteDelayGrowth(nowMs: number): void {
    this.missMs = nowMs;
    this.lags.clear();
    this.residues.clear();
  }

  private playHead(): void {
    const { inSequence, gapMs, lagMs } = this.source;
    // No sequence number is missing and the packet is not late: its sender said nothing meanwhile.
    this.decide(inSequence && gapMs > -DELAY_GROWTH_MS);
    this.lags.add(lagMs);
    this.decodeHead();
  }

  /** Tells what the made-up audio since the last packet stood for. */
  private decide(wasPause: boolean): void {
    if (wasPause) this.silent += this.undecided;
    else this.concealed += this.undecided;
    if (wasPause) this.tickConcealed = false;
    this.undecided = 0;
  }

  private decodeHead(): void {
    const head = this.store.head();
    if (head === undefined) return;
    const mediaMs = this.mediaMsOf(head);
    const durationMs = this.audio.decode(head);
    this.store.release();
    this.madeUpMs = 0;
    this.pauseAnnounced = false;
    if (durationMs < 0) {
      this.decodeErrors++;
      this.tickConcealed = true;
      this.audio.makeUp(Math.round((this.packetMs * this.audio.rateHz) / 1000), false);
    } else {
      this.packetMs = durationMs;
      this.tickAudible = true;
    }
    this.nextMediaMs = mediaMs + this.packetMs;
  }

  private dropHead(): void {
    const head = this.store.head();
    if (head === undefined) return;
    if (!this.idle) this.audio.breakOff();
    const durationMs = this.audio.durationMs(head);
    this.nextMediaMs = this.mediaMsOf(head) + Math.max(0, durationMs);
    this.madeUpMs = 0;
    this.droppedMs += Math.max(0, durationMs);
    this.store.release();
    this.lags.clear();
  }

  /** Makes up `missing` samples, or less when the next packet is due before. */
  private makeUp(missing: number): void {
    const { source } = this;
    const gap = source.hasHead ? Math.max(1, Math.round((source.gapMs * this.audio.rateHz) / 1000)) : missing;
    const samples = Math.min(missing, gap);
    this.madeUpMs += (samples * 1000) / this.audio.rateHz;
    this.audio.makeUp(samples, this.madeUpMs >= MAX_MADE_UP_MS);
  }

  private planCorrection(nowMs: number): void {
    const { delay, correction } = this;
    if (this.idle) {
      correction.kind = 'none';
      return;
    }
    delay.slackMs = this.lags.value - this.estimator.slowestTransitMs;
    delay.usualSlackMs = this.lags.value - this.estimator.usualSlowTransitMs;
    delay.lags = this.lags.size;
    delay.residueMs = this.residues.size === 0 ? 0 : this.residues.value;
    delay.spreadMs = this.estimator.spreadMs;
    delay.sinceStartMs = nowMs - this.startMs;
    delay.sinceCorrectionMs = nowMs - this.correctionMs;
    delay.sinceMissMs = nowMs - this.missMs;
    delay.refusedMs = this.refusedMs;
    chooseCorrection(delay, correction);
  }

  private correct(nowMs: number): void {
    const { correction } = this;
    if (correction.kind === 'none') {
      this.refusedMs = Math.max(0, this.refusedMs - FORGIVEN_PER_TICK_MS);
    } else if (correction.kind === 'shorten' ? this.shorten(nowMs) : this.lengthen()) {
      this.correctionMs = nowMs;
    } else {
      this.refusedMs = Math.min(MAX_REFUSED_MS, this.refusedMs + TICK_MS);
    }
  }

  private shorten(nowMs: number): boolean {
    const { amountMs, minSimilarity } = this.correction;
    const needed = this.audio.neededToShorten(amountMs, this.frame());
    while (this.audio.available < needed && this.lookAhead(nowMs) === 'play') this.decodeHead();
    if (this.tickConcealed || this.audio.shorten(amountMs, this.frame(), minSimilarity) === 0) return false;
    this.accelerated++;
    return true;
  }

  private lengthen(): boolean {
    const { amountMs, minSimilarity } = this.correction;
    if (this.audio.lengthen(amountMs, minSimilarity) === 0) return false;
    this.decelerated++;
    this.lags.clear();
    this.residues.clear();
    return true;
  }

  private count(): PlayoutOutcome {
    if (this.tickConcealed) {
      if (this.madeUpMs > 0) this.undecided++;
      else this.concealed++;
      return 'concealed';
    }
    if (this.tickSilent && !this.tickAudible) {
      this.silent++;
      return 'silent';
    }
    this.played++;
    return 'played';
  }
}
