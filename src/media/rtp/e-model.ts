/**
 * How a direction of a call sounds, by the E-model (ITU-T G.107) with all that is not measured at its default:
 *
 *     R = 93.2 − Id − Ie,eff        Id: what delay takes from conversation        Ie,eff: what codec and loss take
 *
 * One scale for all codecs, that of narrowband telephony, on which 93.2 (MOS 4.41) is the best there is: wideband codecs
 * reach it and do not exceed it. The wideband scale of G.107.1 would put a perfect G.711 call at 3.7, which no operator
 * expects to read.
 */

import type { EncodingName } from '../protocol.js';

/** R of a connection without any impairment but the defaults (G.107 §7.7). */
const BEST_RATING = 93.2;
/** From here on delay disturbs conversation more than its echo does, ms one way. */
const CONVERSATION_DELAY_MS = 177.3;

/** What a codec does to speech: G.113 Appendix I. */
export interface CodecImpairment {
  /** Equipment impairment factor without loss, Ie. */
  readonly impairment: number;
  /** Packet-loss robustness factor, Bpl; the larger, the less a loss is heard. */
  readonly robustness: number;
}

const G711_WITHOUT_CONCEALMENT: CodecImpairment = { impairment: 0, robustness: 4.3 };
const G711_WITH_CONCEALMENT: CodecImpairment = { impairment: 0, robustness: 25.1 };

/**
 * G.711 is in G.113 Appendix I, with the concealment of G.711 Appendix I, of which this server's is a kin. The others are
 * approximations on the narrowband scale: L16 loses nothing G.711 does not; G.722 and Opus in speech mode at 16 kbit/s and
 * more are no worse than G.711 without loss, and their predictors need longer to recover from one.
 */
const codecs: Readonly<Record<EncodingName, CodecImpairment>> = {
  PCMU: G711_WITH_CONCEALMENT,
  PCMA: G711_WITH_CONCEALMENT,
  L16: G711_WITH_CONCEALMENT,
  G722: { impairment: 0, robustness: 15 },
  opus: { impairment: 0, robustness: 20 },
};

/** What a codec does to speech. @param conceals whether the listener makes up what is lost */
export function impairmentOf(encoding: EncodingName, conceals: boolean): CodecImpairment {
  return conceals ? codecs[encoding] : { ...G711_WITHOUT_CONCEALMENT, impairment: codecs[encoding].impairment };
}

/** One direction as its listener has it. */
export interface HeardStream {
  readonly codec: CodecImpairment;
  /** Part of the packets that never was heard, lost or too late, 0…1. */
  readonly lossRatio: number;
  /** How much longer runs of losses are than chance makes them (BurstR), ≥ 1. */
  readonly burstRatio: number;
  /** From mouth to ear. */
  readonly delayMs: number;
}

/** How a direction is estimated to sound. */
export interface SpeechQuality {
  /** Transmission rating R with delay, 0…93.2. */
  readonly rFactor: number;
  /** 1…4.41: of listening (without delay), and of conversing. */
  readonly mosListening: number;
  readonly mosConversational: number;
}

/** Estimates how a direction sounds. */
export function speechQuality({ codec, lossRatio, burstRatio, delayMs }: HeardStream): SpeechQuality {
  const listening = BEST_RATING - effectiveImpairment(codec, lossRatio, burstRatio);
  const rFactor = Math.max(0, listening - delayImpairment(delayMs));
  return { rFactor, mosListening: mosOf(listening), mosConversational: mosOf(rFactor) };
}

/** Ie,eff (G.107 §7.5); loss in it is in percent. */
function effectiveImpairment({ impairment, robustness }: CodecImpairment, ratio: number, burstRatio: number): number {
  const percent = 100 * Math.min(1, Math.max(0, ratio));
  if (percent === 0) return impairment;
  return impairment + ((95 - impairment) * percent) / (percent / Math.max(1, burstRatio) + robustness);
}

/** Id with default echo, in the usual approximation of two lines (Cole and Rosenbluth 2001). */
function delayImpairment(oneWayMs: number): number {
  const delayMs = Math.max(0, oneWayMs);
  return 0.024 * delayMs + 0.11 * Math.max(0, delayMs - CONVERSATION_DELAY_MS);
}

/** The mean opinion score of a rating (G.107 Annex B). */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  // Below R = 6.5 the polynomial dips under the scale.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
