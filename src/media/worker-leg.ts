/** One leg on its media worker: sockets, the two halves of its RTP, its place at the mixer. */
import { formatForPtime } from './codec/registry.js';
import type { DatagramPort } from './datagram-ports.js';
import { frameSamples, samplesPerTick } from './dsp/frame.js';
import type { Kernels } from './dsp/kernels.js';
import { type LevelMeter, levelDbov, silenceDbov } from './dsp/level.js';
import { Upsampler } from './dsp/resampler.js';
import type { Rnnoise } from './dsp/rnnoise.js';
import type { Speaker } from './dsp/speaker-order.js';
import { SpeechDetector } from './dsp/speech-detector.js';
import { LegIsolation } from './isolation/leg-isolation.js';
import type { ProgrammeRegistry } from './isolation/programme-track.js';
import { LegDigits, type LegDigitListener } from './leg-digits.js';
import { LegReceiver, type ReceiverListener } from './leg-receiver.js';
import { LegRtcp } from './leg-rtcp.js';
import { LegSender } from './leg-sender.js';
import { LegVoice, type VoiceConditions } from './leg-voice.js';
import type { MixerLeg } from './mixer/mixer-leg.js';
import type { LegControls, LegMedia, LegOpening, LegSnapshot, LegStatistics } from './protocol.js';
import type { PressListener } from './rtp/digit-receiver.js';
import { isRtcp } from './rtp/packet.js';
import type { RtcpSessionOptions } from './rtp/rtcp-session.js';
import type { TickTurn } from './ticker.js';

/** The two ports of a leg. */
export interface LegSockets {
  readonly rtp: DatagramPort;
  readonly rtcp: DatagramPort;
}

/** Hears what a leg brings beyond audio. */
export interface WorkerLegListener extends LegDigitListener, Omit<ReceiverListener, keyof PressListener> {}

/** What a leg is made from. */
export interface WorkerLegOptions {
  readonly opening: LegOpening;
  /** Distinguishes legs of one call cheaply. */
  readonly number: number;
  readonly ssrc: number;
  readonly rtcp: RtcpSessionOptions;
  readonly kernels: Kernels;
  /** Absent = nothing is denoised. */
  readonly rnnoise: Rnnoise | undefined;
  /** Of the call. */
  readonly programmes: ProgrammeRegistry;
  readonly listener: WorkerLegListener;
  readonly nowMs: number;
}

/** One leg. Its owner calls {@link attach} when the sockets are open, and {@link close} once. */
export class WorkerLeg {
  readonly legId: string;
  readonly number: number;
  readonly receiver: LegReceiver;
  readonly sender: LegSender;
  readonly speech = new SpeechDetector();
  readonly speaker: Speaker;
  /** RMS of what others were offered in the last tick. */
  levelDbov = silenceDbov;
  /** Whether tool legs may get its audio. */
  consented: boolean;
  /** Why it is out of the mix, if it is. */
  readonly isolation: LegIsolation;
  /** What was told last of that; undefined before the leg has joined. */
  toldIsolated: boolean | undefined;
  #peak = 0;
  readonly #digits: LegDigits;
  readonly #voice: LegVoice;
  #gainDb = 0;
  readonly #opening: LegOpening;
  readonly #kernels: Kernels;
  readonly #rtcp: LegRtcp;
  /** One tick at the codec's rate, as it comes out of the jitter buffer; 960 samples fit every rate. */
  readonly #pcm: number;
  readonly #upsamplers = new Map<number, Upsampler>();
  #rateHz = 0;
  #sockets: LegSockets | undefined;
  #place: MixerLeg | undefined;
  #media: LegMedia | undefined;
  #rtcpMux = false;
  #peerLoss = 0;
  #statistics: LegStatistics | undefined;

  /** @throws CodedError `capacityReached` */
  constructor(options: WorkerLegOptions) {
    const { opening, kernels, nowMs } = options;
    this.legId = opening.legId;
    this.number = options.number;
    this.consented = opening.consented ?? false;
    this.isolation = new LegIsolation(options.programmes);
    if (opening.isolated) this.isolation.keepOut(undefined);
    this.speaker = { legId: opening.legId, loudness: 0 };
    this.#voice = new LegVoice(options.rnnoise);
    this.#opening = opening;
    this.#kernels = kernels;
    const digits = (this.#digits = new LegDigits(options.listener, nowMs));
    const { latched, dropped } = options.listener;
    const listener: ReceiverListener = {
      latched,
      dropped,
      pressBegan: (event, volume) => digits.pressBegan(event, volume),
      pressEnded: (event, durationMs) => digits.pressEnded(event, durationMs),
    };
    this.receiver = new LegReceiver(opening, kernels, listener, nowMs);
    this.sender = new LegSender(options.ssrc, options.rtcp.seed, nowMs);
    this.#rtcp = new LegRtcp(this.receiver, this.sender, options.rtcp);
    this.#pcm = kernels.allocateFloats(frameSamples);
  }

  /** Takes its sockets and its place at the mixer. */
  attach(sockets: LegSockets, place: MixerLeg): void {
    this.#sockets = sockets;
    this.#place = place;
    this.control(this.#opening.controls);
  }

  /** Its place at the mixer; absent before it is attached and after it is closed. */
  get place(): MixerLeg | undefined {
    return this.#place;
  }

  /** Greatest magnitude of what others were offered in the last tick. */
  get peakDbov(): number {
    return levelDbov(this.#peak);
  }

  /** Whether an offer/answer has been settled. */
  get connected(): boolean {
    return this.#media !== undefined;
  }

  /**
   * Takes of a first offer/answer, before its tick, what packets need that follow right behind it: they are filed away, and
   * nothing is heard yet. @throws CodedError `noCommonCodec`
   */
  expect(settled: LegMedia, nowMs: number): void {
    if (this.connected) return;
    this.receiver.connect(settled, nowMs);
    this.#rtcpMux = settled.rtcpMux;
  }

  /** Applies a settled offer/answer. @returns true when it is the first @throws CodedError `noCommonCodec` */
  connect(settled: LegMedia, nowMs: number): boolean {
    const first = this.#media === undefined;
    const media = { ...settled, send: formatForPtime(settled.send, settled.sendPtimeMs) };
    this.receiver.connect(media, nowMs);
    this.sender.connect(media);
    this.#digits.connect(media);
    this.#place?.setFormat(media.send);
    this.#rtcp.connect(media);
    this.#rtcpMux = media.rtcpMux;
    this.#media = media;
    return first;
  }

  control(controls: Partial<LegControls>): void {
    const place = this.#place;
    if (!place) return;
    if (controls.muted !== undefined) place.muted = controls.muted;
    if (controls.deaf !== undefined) place.deaf = controls.deaf;
    if (controls.gainDb !== undefined) this.#gainDb = controls.gainDb;
    if (controls.inBandDigits !== undefined) this.sender.inBandDigits = controls.inBandDigits;
    this.#digits.control(controls);
    this.#voice.control(controls);
    this.#applyGain(place);
  }

  /** A datagram on the RTP port. */
  receiveRtp(bytes: Uint8Array, length: number, address: string, port: number, arrivalMs: number): void {
    this.#digits.nowMs = arrivalMs;
    if (this.#rtcpMux && isRtcp(bytes, length)) this.#rtcp.receive(bytes, length, address, port, arrivalMs);
    else this.receiver.receive(bytes, length, address, port, arrivalMs);
  }

  /** A datagram on the RTCP port. */
  receiveRtcp(bytes: Uint8Array, length: number, address: string, port: number, arrivalMs: number): void {
    this.#rtcp.receive(bytes, length, address, port, arrivalMs);
  }

  /** A digit that came by signalling. */
  pressDigit(digit: string, durationMs: number, nowMs: number): void {
    this.#digits.nowMs = nowMs;
    this.#digits.pressed(digit, durationMs);
  }

  /** What it presses from now on is for its interaction alone; without one, for everybody again. @param fromMs see `LegDigits.divertTo` */
  divertDigits(fromMs: number): void {
    this.#digits.divertTo(this.isolation.interaction, fromMs);
  }

  /** Ends presses whose packets stopped coming. */
  advanceDigits(nowMs: number): void {
    this.#digits.nowMs = nowMs;
    this.receiver.digits.advance(nowMs);
  }

  /** Puts this tick's audio, if there is any, on the bus. */
  playOut(nowMs: number, meter: LevelMeter): void {
    const place = this.#place;
    if (!place || !this.connected) return;
    const sounds = this.#decode(place, nowMs) && this.#digits.squelch(place.sourceFrame);
    if (place.muted || place.isolated) {
      this.#voice.rest();
      if (sounds) place.submit();
    } else if (!sounds) {
      if (this.#voice.pause(place.sourceFrame)) place.submit();
    } else if (this.#voice.process(place.sourceFrame, meter, this.#conditions())) {
      this.#applyGain(place);
      place.submit();
    }
  }

  /** Sends what it hears in this tick, and RTCP when it is due. */
  send(turn: TickTurn, nowMs: number): void {
    const sockets = this.#sockets;
    const place = this.#place;
    if (!sockets || !place || !this.connected) return;
    this.sender.skip(turn.skipped, turn.dueMs);
    this.sender.send(place, sockets.rtp, this.receiver.latch);
    this.sender.advance(turn.dueMs);
    this.#rtcp.sendDue(this.#rtcpSocket(sockets), nowMs);
    this.#adaptToLoss(place);
  }

  /** Measures what others were offered. @returns what changed about its speech, if anything */
  listen(meter: LevelMeter): 'started' | 'stopped' | undefined {
    const place = this.#place;
    if (!place) return undefined;
    if (place.audible) meter.measure(place.sourcePointer, frameSamples);
    else meter.measureSilence();
    this.levelDbov = meter.rmsDbov;
    this.#peak = meter.peak;
    return this.speech.step(this.levelDbov, this.#voice.probability);
  }

  /** Whether no media came for longer than allowed. */
  timedOut(nowMs: number): boolean {
    if (!this.connected) return false;
    const limitMs = this.receiver.receiving ? this.#opening.rtpTimeoutMs : this.#opening.rtpHoldTimeoutMs;
    return limitMs > 0 && nowMs - this.receiver.lastPacketMs > limitMs;
  }

  statistics(): LegStatistics {
    return this.#statistics ?? { ...this.receiver.statistics(), ...this.#rtcp.statistics() };
  }

  snapshot(): LegSnapshot {
    const { legId, connected, consented, levelDbov } = this;
    const { denoising, automaticGainDb } = this.#voice;
    const { speaking } = this.speech;
    const statistics = this.statistics();
    const { isolated } = this.isolation;
    return { legId, connected, isolated, consented, speaking, levelDbov, denoising, automaticGainDb, statistics };
  }

  /** Says BYE and gives everything back except its place, which is the mixer's; harmless a second time. */
  close(nowMs: number): void {
    const sockets = this.#sockets;
    if (this.#statistics) return;
    this.#statistics = this.statistics();
    this.#sockets = undefined;
    this.#place = undefined;
    if (sockets) {
      if (this.connected) this.#rtcp.leave(this.#rtcpSocket(sockets), nowMs);
      sockets.rtp.close();
      sockets.rtcp.close();
    }
    this.receiver.close();
    this.#digits.nowMs = nowMs;
    this.#digits.close();
    this.#voice.close();
    for (const upsampler of this.#upsamplers.values()) upsampler.close();
    this.#upsamplers.clear();
    this.#kernels.free(this.#pcm);
  }

  /** Decodes one tick to the place's frame. @returns false when there is nothing, or nothing but digital zero */
  #decode(place: MixerLeg, nowMs: number): boolean {
    const pcm = this.#kernels.f32(this.#pcm, frameSamples);
    if (!this.receiver.pull(pcm, nowMs)) {
      this.#rateHz = 0;
      this.#digits.pause();
      return false;
    }
    const { run } = this.#kernels;
    const { rateHz } = this.receiver;
    this.#digits.listen(pcm, rateHz);
    if (rateHz !== this.#rateHz) this.#changeRate(rateHz);
    if (rateHz === 48_000) {
      if (run.isZero(this.#pcm, frameSamples) === 1) return false;
      run.copy(this.#pcm, place.sourcePointer, frameSamples);
      return true;
    }
    const upsampler = this.#upsamplers.get(rateHz);
    if (!upsampler) return false;
    // Zeros after zeros would come out as zeros and leave no trace.
    if (run.isZero(this.#pcm, samplesPerTick(rateHz)) === 1 && upsampler.atRest) return false;
    upsampler.process(this.#pcm, place.sourcePointer);
    return true;
  }

  #conditions(): VoiceConditions {
    // Opus sources take the noise out themselves.
    const narrowband = this.receiver.rateHz !== 48_000;
    return { narrowband, speaking: this.speech.speaking, gainDb: this.#gainDb };
  }

  #applyGain(place: MixerLeg): void {
    place.gain = 10 ** (this.#gainDb / 20) * this.#voice.gain;
  }

  /** Sends redundancy to a peer that loses packets, if its codec has any. */
  #adaptToLoss(place: MixerLeg): void {
    if (this.#rtcp.peerLoss === this.#peerLoss) return;
    this.#peerLoss = this.#rtcp.peerLoss;
    place.setPacketLoss(this.#peerLoss);
  }

  #rtcpSocket(sockets: LegSockets): DatagramPort {
    return this.#rtcpMux ? sockets.rtp : sockets.rtcp;
  }

  /** The upsampler of the rate that plays from now on starts from silence. */
  #changeRate(rateHz: number): void {
    this.#rateHz = rateHz;
    if (rateHz !== 8000 && rateHz !== 16_000) return;
    const known = this.#upsamplers.get(rateHz);
    if (known) known.reset();
    else this.#upsamplers.set(rateHz, new Upsampler(this.#kernels, rateHz));
  }
}
