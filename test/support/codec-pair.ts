/** How one codec sounds to another through a whole media worker, measured from outside: gain, response, own voice. */
import type { Encoder } from '../../src/media/codec/port.js';
import { createDecoder, createEncoder } from '../../src/media/codec/registry.js';
import type { Kernels } from '../../src/media/dsp/kernels.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { CodecPeer, type Voice, tone } from './codec-peer.js';
import { createKernels } from './kernels.js';
import { MediaRig, PCMA, PCMU } from './media-rig.js';
import { concatenate, createOpus, opusFormat } from './opus.js';
import { PtimePackets } from './ptime-packets.js';
import { resampleSignal } from './resample-signal.js';
import { powerDb, powerSpectrum, powerWhere, toneAt } from './spectrum.js';

const G722: PayloadFormat = { encoding: 'G722', payloadType: 9, clockRateHz: 8000, channels: 1, parameters: {} };
const L16: PayloadFormat = { encoding: 'L16', payloadType: 97, clockRateHz: 16_000, channels: 1, parameters: {} };

/** All codecs there are. */
export const codecs = { PCMU, PCMA, 'G.722': G722, L16, Opus: opusFormat() };
export type CodecName = keyof typeof codecs;

const names = Object.keys(codecs) as CodecName[];
/** Each with each, itself included. */
export const codecPairs = names.flatMap((from) => names.map((to) => [from, to] as const));

/** Frequencies of the bands, Hz. G.722's is 50–7000; at 32 kbit/s Opus ends below 12 kHz. */
const narrowHz = [300, 420, 700, 1400, 2100, 2800, 3200, 3400];
const wideHz = [50, 110, 200, ...narrowHz, 3900, 4100, 5000, 6000, 6500, 7000];
const fullHz = [50, 110, 200, ...narrowHz, 4100, 5000, 6000, 6500, 7000, 8000, 9000, 10_000, 11_000];

/** The frequencies in the band of the narrower of two codecs. */
export function commonBandHz(from: CodecName, to: CodecName): readonly number[] {
  const isNarrow = (name: CodecName) => name === 'PCMU' || name === 'PCMA';
  if (isNarrow(from) || isNarrow(to)) return narrowHz;
  return from === 'Opus' && to === 'Opus' ? fullHz : wideHz;
}

/** A call of two legs. */
export interface CodecPair {
  readonly rig: MediaRig;
  readonly talker: CodecPeer;
  readonly listener: CodecPeer;
}

export async function connectPair(from: CodecName, to: CodecName): Promise<CodecPair> {
  const rig = new MediaRig(from === 'Opus' || to === 'Opus' ? createOpus() : undefined);
  rig.command({ type: 'openCall', callId: 'call' });
  const talker = await CodecPeer.join(rig, 'call', 'talker', codecs[from]);
  const listener = await CodecPeer.join(rig, 'call', 'listener', codecs[to]);
  return { rig, talker, listener };
}

/** What the listener hears of a tone of the talker, dB; 0.5 s after as much to settle. */
export function gainDb({ rig, talker, listener }: CodecPair, hz: number, amplitude = 0.25): number {
  talker.voice = tone(hz, amplitude);
  rig.run(25);
  listener.takeHeard();
  rig.run(25);
  return 20 * Math.log10(toneAt(listener.takeHeard(), listener.rateHz, hz).amplitude / amplitude);
}

/**
 * What {@link gainDb} would be through a bridge that adds nothing of its own, for a row of tones one after the other: codecs
 * that follow the voice (Opus in its VOIP mode cuts off what is below it) are not flat by themselves.
 */
export function idealGainsDb(
  from: CodecName,
  to: CodecName,
  frequenciesHz: readonly number[],
  amplitude = 0.25,
): number[] {
  const voice: Voice = (n, rateHz) => tone(frequenciesHz[Math.floor(n / rateHz)] ?? 0, amplitude)(n, rateHz);
  const kernels = createKernels(createOpus());
  const encoder = createEncoder(codecs[to], kernels);
  const { rateHz } = encoder;
  const heard = throughEncoder(to, encoder, throughCodec(from, voice, rateHz, frequenciesHz.length), kernels);
  return frequenciesHz.map((hz, second) => {
    const settled = heard.slice((second + 0.5) * rateHz, (second + 1) * rateHz);
    return 20 * Math.log10(toneAt(settled, rateHz, hz).amplitude / amplitude);
  });
}

/** Tones of the one who listens for himself and of the other, Hz; no sums or differences of the others' are near the own, and
 * nothing repeats in step with frames. */
const ownHz = [467.31, 883.17, 1129.43, 1511.71, 1999.37, 2473.13, 2917.59];
const othersHz = [
  [353.19, 1361.47, 2693.33],
  [701.29, 1753.61],
];
const chord =
  (frequenciesHz: readonly number[], amplitude: number): Voice =>
  (n, rateHz) =>
    frequenciesHz.reduce((sum, hz) => sum + amplitude * Math.sin((2 * Math.PI * hz * n) / rateHz), 0);
const own = chord(ownHz, 0.04);
const others = othersHz.map((frequenciesHz) => chord(frequenciesHz, 0.06));

/** How much of the own voice there is in what one hears, dB relative to what was said. */
export interface SelfLeak {
  readonly bridgeDb: number;
  /** The same of what the others alone would sound like: decoded, resampled, added, encoded and decoded. */
  readonly idealDb: number;
  readonly heard: { readonly signal: Float32Array; readonly rateHz: number };
  readonly own: Voice;
}

/**
 * One with the codec `from` and two with `to` talk; what the one hears is searched for its own voice. There are two others
 * because a single one's G.711 could be passed on as it is: an ideal bridge would then add no noise at all.
 */
export async function selfLeak(from: CodecName, to: CodecName, seconds = 6): Promise<SelfLeak> {
  const { rig, talker, listener } = await connectPair(from, to);
  const third = await CodecPeer.join(rig, 'call', 'third', codecs[to]);
  talker.voice = own;
  [listener.voice, third.voice] = others;
  rig.run(50);
  talker.takeHeard();
  rig.run(50 * seconds);
  const { rateHz } = talker;
  const signal = talker.takeHeard();
  return {
    heard: { signal, rateHz },
    own,
    bridgeDb: ownVoiceDb(signal, rateHz),
    idealDb: ownVoiceDb(idealBridge(from, to, seconds), rateHz),
  };
}

/** Noise of codecs and leaks alike, near the tones of {@link own}. */
export function ownVoiceDb(heard: Float32Array, rateHz: number): number {
  const size = 2 ** Math.round(Math.log2(0.256 * rateHz));
  const reference = Float32Array.from({ length: size }, (_, n) => own(n, rateHz));
  const nearHz = 20;
  const near = (hz: number) => ownHz.some((ownFrequency) => Math.abs(hz - ownFrequency) < nearHz);
  let power = 0;
  let windows = 0;
  for (let at = 0; at + size <= heard.length; at += size / 2, windows++) {
    power += powerWhere(powerSpectrum(heard.slice(at, at + size)), rateHz, near);
  }
  return powerDb(power / windows / powerWhere(powerSpectrum(reference), rateHz, near));
}

/** What a bridge that adds nothing of its own makes of the others' streams for one who hears with `from`. */
function idealBridge(from: CodecName, to: CodecName, seconds: number): Float32Array {
  const kernels = createKernels(createOpus());
  const encoder = createEncoder(codecs[from], kernels);
  const streams = others.map((voice) => throughCodec(to, voice, encoder.rateHz, seconds + 1));
  const mix = streams[0]!.map((value, i) => value + streams[1]![i]!);
  return throughEncoder(from, encoder, mix, kernels).slice(encoder.rateHz);
}

/** A signal as it comes out of a codec. */
function throughEncoder(name: CodecName, encoder: Encoder, signal: Float32Array, kernels: Kernels): Float32Array {
  const decoder = createDecoder(codecs[name], kernels);
  const bytes = new Uint8Array(2000);
  const heard = ticksOf(signal, encoder.rateHz).map((frame) => {
    const pcm = new Float32Array(frame.length);
    decoder.decode(bytes, encoder.encode(frame, bytes, 0), pcm);
    return pcm;
  });
  return concatenate(heard);
}

/** A voice as it comes out of a codec, at another rate. */
function throughCodec(name: CodecName, voice: Voice, rateHz: number, seconds: number): Float32Array {
  const kernels = createKernels(createOpus());
  const packets = new PtimePackets(codecs[name], 20, kernels);
  const decoder = createDecoder(codecs[name], kernels);
  const ticks = Array.from({ length: 50 * seconds }, (_, tick) => {
    const { payload } = packets.next(tick * 20, 20, voice)!;
    const pcm = new Float32Array(decoder.rateHz / 50);
    decoder.decode(payload, payload.length, pcm);
    return pcm;
  });
  return resampleSignal(concatenate(ticks), decoder.rateHz, rateHz);
}

function ticksOf(signal: Float32Array, rateHz: number): Float32Array[] {
  const tick = rateHz / 50;
  return Array.from({ length: Math.floor(signal.length / tick) }, (_, i) => signal.slice(i * tick, (i + 1) * tick));
}
