/** Speech that is sent over a network that loses packets, and what three receivers make of it. */
import { createDecoder, createEncoder } from '../../src/media/codec/registry.js';
import type { Kernels } from '../../src/media/dsp/kernels.js';
import { Downsampler } from '../../src/media/dsp/resampler.js';
import { Playout } from '../../src/media/jitter/playout.js';
import type { PayloadFormat } from '../../src/media/protocol.js';
import { createKernels } from './kernels.js';
import { EmulatedNetwork } from './network.js';
import { concatenate, createOpus } from './opus.js';

/** Packets that are lost in a row, on average. */
export const MEAN_BURST = 3;
/** Packets at the beginning that always arrive, so that every receiver has begun. */
const SAFE_PACKETS = 10;
/** Packets that are made up in a row before there is silence, as in the playout. */
const MADE_UP_PACKETS = 5;
/** A call: what is sent, and whether the packet after a lost one is waited for, as the playout does once that rescues. */
export interface Line {
  readonly sent: PayloadFormat;
  readonly waits: boolean;
}

const opus = { ...format('opus', 96, 48_000), channels: 2 };
/** The lines of the table. */
export const lines: Readonly<Record<string, Line>> = {
  PCMU: { sent: format('PCMU', 0, 8000), waits: false },
  PCMA: { sent: format('PCMA', 8, 8000), waits: false },
  'G.722': { sent: format('G722', 9, 8000), waits: false },
  L16: { sent: format('L16', 97, 16_000), waits: false },
  Opus: { sent: opus, waits: false },
  'Opus, FEC': { sent: { ...opus, parameters: { useinbandfec: '1' } }, waits: true },
};

/** What is heard of the packets that arrive. */
export type Receiver = (packets: readonly (Uint8Array | undefined)[], line: Line) => Float32Array;

/** Silence for what is lost, the last frame again, and this server. */
export const receivers: Readonly<Record<string, Receiver>> = {
  silence: (packets, { sent }) => plain(packets, sent, false),
  repeat: (packets, { sent }) => plain(packets, sent, true),
  mixminus: (packets, { sent, waits }) => (waits ? rescued(packets, sent) : playedOut(packets, sent)),
};

/** The payloads of all ticks, as this server's own encoder makes them for a peer that reports this loss. */
export function encodeSpeech(speech: Float32Array, sent: PayloadFormat, lossRatio: number): Uint8Array[] {
  const kernels = createKernels(createOpus());
  const encoder = createEncoder(sent, kernels);
  encoder.setPacketLoss?.(lossRatio);
  const signal = narrowed(speech, encoder.rateHz, kernels);
  const samples = encoder.rateHz / 50;
  const bytes = new Uint8Array(4000);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at + samples <= signal.length; at += samples) {
    payloads.push(bytes.slice(0, encoder.encode(signal.subarray(at, at + samples), bytes, 0)));
  }
  return payloads;
}

function narrowed(speech: Float32Array, rateHz: number, kernels: Kernels): Float32Array {
  if (rateHz !== 8000 && rateHz !== 16_000) return speech;
  const down = new Downsampler(kernels, rateHz);
  const bus = kernels.allocateFloats(960);
  const line = kernels.allocateFloats(rateHz / 50);
  const parts: Float32Array[] = [];
  for (let at = 0; at + 960 <= speech.length; at += 960) {
    kernels.f32(bus, 960).set(speech.subarray(at, at + 960));
    down.process(bus, line);
    parts.push(kernels.f32(line, rateHz / 50).slice());
  }
  return concatenate(parts);
}

/** The packets that arrive, by Gilbert's model. */
export function lose(payloads: readonly Uint8Array[], lossRatio: number, seed: number): (Uint8Array | undefined)[] {
  const network = new EmulatedNetwork<number>({ seed, lossRatio, meanLossBurst: MEAN_BURST });
  payloads.forEach((_, index) => {
    if (index >= SAFE_PACKETS) network.send(index, index * 20);
  });
  const arrived = new Set([...network.arrivals(Infinity)].map(({ packet }) => packet));
  return payloads.map((payload, index) => (index < SAFE_PACKETS || arrived.has(index) ? payload : undefined));
}

/** A decoder that gets silence, or what it gave last, in place of what is lost. */
function plain(packets: readonly (Uint8Array | undefined)[], sent: PayloadFormat, repeats: boolean): Float32Array {
  const decoder = createDecoder(sent, createKernels(createOpus()));
  const frame = new Float32Array(decoder.rateHz / 50);
  return concatenate(
    packets.map((packet) => {
      if (packet) decoder.decode(packet, packet.length, frame);
      else if (!repeats) frame.fill(0);
      return frame.slice();
    }),
  );
}

/** This server's jitter buffer and concealment, a packet per tick, each 5 ms before its tick. */
function playedOut(packets: readonly (Uint8Array | undefined)[], sent: PayloadFormat): Float32Array {
  const decoder = createDecoder(sent, createKernels(createOpus()));
  const playout = new Playout(() => ({ decoder, clockRateHz: sent.clockRateHz }), decoder.rateHz);
  const output = new Float32Array(decoder.rateHz / 50);
  const parts: Float32Array[] = [];
  packets.forEach((payload, index) => {
    const nowMs = index * 20;
    if (payload) {
      playout.insert({
        payloadType: sent.payloadType,
        extendedSequence: 70_000 + index,
        extendedTimestamp: 2 ** 33 + index * (sent.clockRateHz / 50),
        payload,
        offset: 0,
        length: payload.length,
        arrivalMs: nowMs - 5,
      });
    }
    playout.pull(output, nowMs);
    parts.push(output.slice());
  });
  playout.close();
  return concatenate(parts);
}

/**
 * This server's decoder, with the next packet at hand. Not its whole playout, which begins and ends to wait in mid-call:
 * moved by a packet, audio cannot be compared with other audio.
 */
function rescued(packets: readonly (Uint8Array | undefined)[], sent: PayloadFormat): Float32Array {
  const decoder = createDecoder(sent, createKernels(createOpus()));
  const frame = new Float32Array(decoder.rateHz / 50);
  let madeUp = 0;
  const parts = packets.map((packet, index) => {
    const next = packets[index + 1];
    if (packet) decoder.decode(packet, packet.length, frame);
    else if (next === undefined || decoder.decodeLost?.(next, next.length, frame, frame.length) !== frame.length) {
      if (++madeUp > MADE_UP_PACKETS) return frame.fill(0).slice();
      decoder.conceal(frame, frame.length);
      if (madeUp === MADE_UP_PACKETS) {
        frame.forEach((value, i) => (frame[i] = value * (1 - (i + 1) / frame.length)));
        decoder.fellSilent?.();
      }
      return frame.slice();
    }
    madeUp = 0;
    return frame.slice();
  });
  decoder.close();
  return concatenate(parts);
}

function format(encoding: PayloadFormat['encoding'], payloadType: number, clockRateHz: number): PayloadFormat {
  return { encoding, payloadType, clockRateHz, channels: 1, parameters: {} };
}

/** Rate of what is heard, Hz. */
export function rateOf({ encoding }: PayloadFormat): number {
  if (encoding === 'opus') return 48_000;
  return encoding === 'G722' || encoding === 'L16' ? 16_000 : 8000;
}
