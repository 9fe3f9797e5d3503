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
import { LossPattern, type PacketFate } from '../rtp/loss-pattern.js';
import type { PlayoutFormatFactory } from './decoder-bank.js';
import { DelayControl } from './delay-control.js';
import { PacketStore, type PlayoutPacket, type StoredPacket } from './packet-store.js';
import { PlayoutAudio } from './playout-audio.js';
import { PlayoutCounters, type PlayoutOutcome } from './playout-counters.js';
import {
  CONTINUOUS_MS,
  MAX_MADE_UP_MS,
  TICK_MS,
  chooseSource,
  createSourceView,
  type Source,
} from './playout-policy.js';

export type { PlayoutPacket } from './packet-store.js';
export type { PlayoutOutcome } from './playout-counters.js';

/** What became of a packet. `unknown`: its payload type was not negotiated; `astray`: far from all others, on trial. */
export type InsertVerdict = 'stored' | 'duplicate' | 'late' | 'unknown' | 'astray';

/** Packets looked at per tick at most; bounds the work of a tick. */
const MAX_STEPS = 300;
/** A packet that fills less of the gap before it than this has become delay. */
const DELAY_GROWTH_MS = 1;

/** One leg's playout. */
export class Playout {
  private readonly audio: PlayoutAudio;
  private readonly store = new PacketStore();
  private readonly control = new DelayControl();
  private readonly source = createSourceView();

  private idle = true;
  private pauseAnnounced = false;
  private clockRateHz = 0;
  private nextMediaMs = 0;
  private madeUpMs = 0;
  /** Duration of the packet decoded last. */
  packetMs = TICK_MS;
  /** The same of the last packet of which the timestamp of the next one was proof. */
  private honestMs = TICK_MS;
  private astraySequence = -1;
  private rescuedBeforeHead = 0;

  private depth = 0;

  private readonly counters = new PlayoutCounters();
  /** What became of the packets: received, lost, or too late to be played. */
  readonly fates = new LossPattern();

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
    return this.control.targetMs(this.packetMs);
  }

  /** Files a packet away; duplicates and other packets that must not be played are best left to the receive stream. */
  insert(packet: PlayoutPacket): InsertVerdict {
    const format = this.audio.formatOf(packet.payloadType);
    if (format === undefined) return 'unknown';
    if (this.clockRateHz !== 0 && format.clockRateHz !== this.clockRateHz) this.reset();
    this.clockRateHz = format.clockRateHz;
    const verdict = this.file(packet);
    if (verdict === 'stored' || verdict === 'late') {
      this.control.arrived(packet.arrivalMs, (packet.extendedTimestamp * 1000) / format.clockRateHz);
    }
    if (verdict === 'late') {
      this.counters.late++;
      this.fates.cameLate();
      this.control.missed(packet.arrivalMs);
    }
    return verdict;
  }

  /** Notes that a sequence number carried no audio (telephone-event): what is missing there is a pause, not loss. */
  insertWithoutAudio(extendedSequence: number): void {
    this.store.insertWithoutAudio(extendedSequence);
  }

  /** Files a packet away that says what the pause after it sounds like (RFC 3389). */
  insertNoise(packet: PlayoutPacket): void {
    this.store.insertNoise(packet);
  }

  /**
   * Gives the audio of one tick.
   *
   * @param output gets exactly `rateHz / 50` samples, `rateHz` as it is after the call; 960 fit every rate
   * @param nowMs  when this tick really runs, not when it was due
   */
  pull(output: Float32Array, nowMs: number): PlayoutOutcome {
    this.counters.beginTick(this.audio.available > 0);
    this.control.plan(nowMs, this.packetMs);
    this.fill(nowMs);
    const isWhole = !this.counters.tickConcealed && !this.counters.tickSilent;
    if (isWhole) {
      this.depth = nowMs - this.nextMediaMs + this.audio.availableMs - this.control.fastestTransitMs;
      this.correct(nowMs);
    }
    this.audio.read(output, this.audio.frame);
    if (isWhole) this.control.leftOver(this.audio.availableMs);
    return this.counters.endTick(this.madeUpMs > 0, this.audio.noisy);
  }

  /** Forgets the stream (SSRC change, jump in sequence or timestamp); the next packet begins a new one. */
  reset(): void {
    this.counters.resets++;
    this.counters.decide(false);
    this.audio.endStream(!this.idle);
    this.store.clear();
    this.control.clear();
    this.idle = true;
    this.clockRateHz = 0;
    this.astraySequence = -1;
    this.rescuedBeforeHead = 0;
  }

  /** Ends comfort noise, which would go on until the next packet. */
  hush(): void {
    this.audio.stopNoise();
  }

  /** Takes over a new set of payload formats (a later offer/answer) and closes the old decoders; what waits is kept. */
  changeFormats(formats: PlayoutFormatFactory): void {
    this.audio.changeFormats(formats);
  }

  /** Counters and gauges for reports; made-up audio is counted once the next packet has told loss from pause. */
  statistics(): PlayoutStatistics {
    return this.counters.statistics(this.depthMs, this.targetMs);
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

  /** Brings at least one tick of audio together. */
  private fill(nowMs: number): void {
    this.expose(this.audioHead());
    for (let step = 0; this.audio.available < this.audio.frame; step++) {
      this.take(step < MAX_STEPS ? this.lookAhead(nowMs) : 'wait', nowMs);
    }
  }

  /** Sees what is next and decides where samples come from; `source` holds what was seen. */
  private lookAhead(nowMs: number): Source {
    const head = this.audioHead();
    this.expose(head);
    const { source } = this;
    source.idle = this.idle;
    source.hasHead = head !== undefined;
    source.madeUpMs = this.madeUpMs;
    source.pauseAnnounced = this.pauseAnnounced;
    source.slowestTransitMs = this.control.slowestTransitMs;
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
      if (head.length > 0) this.audio.setNoise(head);
      this.letGo(head, 'received');
      head = this.store.head();
    }
    return head;
  }

  private mediaMsOf(packet: StoredPacket): number {
    return (packet.extendedTimestamp * 1000) / this.clockRateHz;
  }

  private take(source: Source, nowMs: number): void {
    const missing = this.audio.frame - this.audio.available;
    switch (source) {
      case 'play':
        if (this.source.gapMs >= -DELAY_GROWTH_MS) this.honestMs = this.packetMs;
        else this.noteGrowth(nowMs);
        return this.playHead(nowMs);
      case 'start':
        this.start(nowMs);
        return this.playHead(nowMs);
      case 'drop':
        return this.dropHead();
      case 'conceal':
        if (this.rescue()) return;
        this.counters.tickConcealed = true;
        return this.makeUp(missing);
      case 'fade':
        this.idle = true;
        this.counters.tickAudible = true;
        this.counters.tickSilent = true;
        return this.audio.makeUp(missing, true);
      case 'stop':
        this.idle = true;
        return;
      case 'wait':
        this.counters.tickSilent = true;
        if (!this.audio.makeSilence(missing)) this.counters.tickAudible = true;
    }
  }

  private start(nowMs: number): void {
    this.idle = false;
    this.audio.riseFromSilence();
    this.control.started(nowMs);
  }

  /**
   * A packet held more than packets before it, and the timestamp of the next one shows that it claimed too much: takes back
   * what has not been played of that. Senders whose timestamps are wrong by habit are not exposed by this.
   */
  private expose(head: StoredPacket | undefined): void {
    if (this.packetMs - this.honestMs < TICK_MS || head === undefined || this.idle || this.madeUpMs > 0) return;
    const overlapMs = this.nextMediaMs - this.mediaMsOf(head);
    if (overlapMs < TICK_MS) return;
    this.counters.decodeErrors++;
    this.packetMs = this.honestMs;
    this.nextMediaMs -= this.audio.takeBack(overlapMs);
  }

  /** A packet came after its place was made up; playing it all the same has become delay. */
  private noteGrowth(nowMs: number): void {
    this.control.missed(nowMs);
    this.control.forgetTicks();
  }

  private playHead(nowMs: number): void {
    const { inSequence, gapMs, lagMs } = this.source;
    // No sequence number is missing and the packet is not late: its sender said nothing meanwhile.
    if (this.madeUpMs > 0) this.counters.decide(inSequence && gapMs > -DELAY_GROWTH_MS);
    if (this.madeUpMs > 0 && !inSequence) this.noteLoss(nowMs);
    this.control.decoded(lagMs);
    this.decodeHead();
  }

  /** Packets before the head are lost for good; the last of them may be in the head. */
  private noteLoss(nowMs: number): void {
    const head = this.store.head();
    if (head !== undefined && this.audio.mayRescue(head)) this.control.rescuable(nowMs);
  }

  private decodeHead(): void {
    const head = this.store.head();
    if (head === undefined) return;
    this.audio.stopNoise();
    const mediaMs = this.mediaMsOf(head);
    const durationMs = this.audio.decode(head);
    this.letGo(head, durationMs < 0 ? 'discarded' : 'received');
    this.madeUpMs = 0;
    this.pauseAnnounced = false;
    if (durationMs < 0) {
      this.counters.decodeErrors++;
      this.counters.tickConcealed = true;
      this.audio.makeUp(Math.round((this.packetMs * this.audio.rateHz) / 1000), false);
    } else {
      this.packetMs = durationMs;
      this.counters.tickAudible = true;
    }
    this.nextMediaMs = mediaMs + this.packetMs;
  }

  private dropHead(): void {
    const head = this.store.head();
    if (head === undefined) return;
    if (!this.idle) this.audio.breakOff();
    this.counters.decide(false);
    const durationMs = this.audio.durationMs(head);
    this.nextMediaMs = this.mediaMsOf(head) + Math.max(0, durationMs);
    this.madeUpMs = 0;
    this.counters.droppedMs += Math.max(0, durationMs);
    this.letGo(head, 'discarded');
    this.control.forgetTicks();
  }

  /** Lets go of the head; what is missing before it is lost, but for what it has rescued. */
  private letGo(head: StoredPacket, fate: PacketFate): void {
    this.fates.note('lost', head.extendedSequence - this.store.nextSequence - this.rescuedBeforeHead);
    this.fates.note('received', this.rescuedBeforeHead);
    this.fates.note(fate);
    this.rescuedBeforeHead = 0;
    this.store.release();
  }

  /** Fills the gap before the next packet from what that packet carries of the lost one. */
  private rescue(): boolean {
    const { gapMs } = this.source;
    const head = this.store.head();
    if (head === undefined || !this.source.hasHead || !this.audio.mayRescue(head)) return false;
    if (gapMs > this.packetMs + CONTINUOUS_MS || !this.audio.rescue(head, this.samplesOf(gapMs))) return false;
    this.madeUpMs += gapMs;
    this.counters.tickAudible = true;
    this.counters.rescued++;
    this.rescuedBeforeHead = 1;
    return true;
  }

  private samplesOf(durationMs: number): number {
    return Math.max(1, Math.round((durationMs * this.audio.rateHz) / 1000));
  }

  /** What to make up of the gap before the head: all of it, but for the packet that the head may rescue. */
  private gapToMakeUp(): number {
    const { gapMs } = this.source;
    const head = this.store.head();
    const isRescuable = head !== undefined && gapMs > this.packetMs + CONTINUOUS_MS && this.audio.mayRescue(head);
    return this.samplesOf(isRescuable ? gapMs - this.packetMs : gapMs);
  }

  /** Makes up `missing` samples, or less when the next packet is due before. */
  private makeUp(missing: number): void {
    const samples = this.source.hasHead ? Math.min(missing, this.gapToMakeUp()) : missing;
    this.madeUpMs += (samples * 1000) / this.audio.rateHz;
    this.audio.makeUp(samples, this.madeUpMs >= MAX_MADE_UP_MS);
  }

  /** Shortens or lengthens what waits, if the policy wants it and the audio allows it. */
  private correct(nowMs: number): void {
    const { kind } = this.control.correction;
    if (kind === 'none') return;
    const isDone = kind === 'shorten' ? this.shorten(nowMs) : this.lengthen();
    if (isDone) this.control.corrected(nowMs);
    else this.control.refused();
  }

  private shorten(nowMs: number): boolean {
    const { amountMs, minSimilarity } = this.control.correction;
    const needed = this.audio.neededToShorten(amountMs, this.audio.frame);
    while (this.audio.available < needed && this.lookAhead(nowMs) === 'play') this.decodeHead();
    if (this.counters.tickConcealed || this.audio.shorten(amountMs, this.audio.frame, minSimilarity) === 0)
      return false;
    this.counters.accelerated++;
    return true;
  }

  private lengthen(): boolean {
    const { amountMs, minSimilarity } = this.control.correction;
    if (this.audio.lengthen(amountMs, minSimilarity) === 0) return false;
    this.counters.decelerated++;
    return true;
  }
}
