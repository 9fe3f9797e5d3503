/**
 * What is left of speech when packets are lost, per codec: ours against silence in place of what is lost and against the
 * last frame said again. Segmental SNR and STOI against the same stream without loss; five seeds; bursts of three packets.
 *
 *     npx tsx bench/loss.ts [folder for WAV files to listen to] [codecs]
 *
 * Everything is emulated and seeded: everybody gets the same table. The speech comes from espeak-ng.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeWav } from '../demo/phone/wav.js';
import { createDecoder, createEncoder } from '../src/media/codec/registry.js';
import type { Kernels } from '../src/media/dsp/kernels.js';
import { Downsampler } from '../src/media/dsp/resampler.js';
import { Playout } from '../src/media/jitter/playout.js';
import type { PayloadFormat } from '../src/media/protocol.js';
import { createKernels } from '../test/support/kernels.js';
import { EmulatedNetwork } from '../test/support/network.js';
import { concatenate, createOpus, segmentalSnrDb } from '../test/support/opus.js';
import { canSpeak, speak } from '../test/support/spoken.js';
import { stoi } from '../test/support/stoi.js';

const LOSSES = [0.01, 0.03, 0.05, 0.1];
const SEEDS = [1, 2, 3, 4, 5];
const MEAN_BURST = 3;
/** Packets at the beginning that always arrive, so that every receiver has begun. */
const SAFE_PACKETS = 10;
/** Sentences of the Harvard list (IEEE 297), in four voices. */
const VOICES = ['en', 'en-us+f3', 'en-gb+m7', 'en+f5'];
const TEXT =
  'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy to tell the depth ' +
  'of a well. These days a chicken leg is a rare dish. Rice is often served in round bowls. The juice of lemons makes ' +
  'fine punch. The box was thrown beside the parked truck. Four hours of steady work faced us.';

const formats: Readonly<Record<string, PayloadFormat>> = {
  PCMU: format('PCMU', 0, 8000),
  PCMA: format('PCMA', 8, 8000),
  'G.722': format('G722', 9, 8000),
  Opus: { ...format('opus', 96, 48_000), channels: 2 },
};

/** What is heard of the packets that arrive. */
type Receiver = (packets: readonly (Uint8Array | undefined)[], sent: PayloadFormat) => Float32Array;

const receivers: Readonly<Record<string, Receiver>> = {
  silence: (packets, sent) => plain(packets, sent, false),
  repeat: (packets, sent) => plain(packets, sent, true),
  mixminus: playedOut,
};

const [folder, ...only] = process.argv.slice(2);
if (canSpeak) main(folder, only.length === 0 ? Object.keys(formats) : only);
else console.log('espeak-ng is not installed: nobody to speak.');

function main(folder: string | undefined, codecs: readonly string[]): void {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const speech = concatenate(VOICES.map((voice) => speak(TEXT, voice)));
  console.log(
    `speech of ${(speech.length / 48_000).toFixed(0)} s, bursts of ${MEAN_BURST} packets, ${SEEDS.length} seeds\n`,
  );
  console.log('                 segmental SNR, dB                STOI');
  console.log('codec   loss    silence  repeat mixminus        silence  repeat mixminus   better than both');
  for (const [name, sent] of Object.entries(formats)) {
    if (codecs.includes(name)) for (const ratio of LOSSES) row(name, sent, ratio, speech, folder);
  }
}

function row(name: string, sent: PayloadFormat, ratio: number, speech: Float32Array, folder: string | undefined): void {
  const payloads = encode(speech, sent, ratio);
  const scores = Object.entries(receivers).map(([receiver, receive]) => {
    const whole = receive(payloads, sent);
    if (folder !== undefined) writeWav(join(folder, `${name}-0-percent-${receiver}.wav`), pcm16(whole), rateOf(sent));
    return SEEDS.map((seed) => {
      const heard = receive(lose(payloads, ratio, seed), sent);
      if (folder !== undefined && seed === SEEDS[0]) {
        const file = `${name}-${(100 * ratio).toFixed(0)}-percent-${receiver}.wav`;
        writeWav(join(folder, file), pcm16(heard), rateOf(sent));
      }
      return { snr: segmentalSnrDb(whole, heard, rateOf(sent) / 50), stoi: stoi(whole, heard, rateOf(sent)) };
    });
  });
  const means = (key: 'snr' | 'stoi'): number[] => scores.map((runs) => mean(runs.map((run) => run[key])));
  const [silence = [], repeat = [], ours = []] = scores;
  const wins = SEEDS.filter((_, i) =>
    [silence[i], repeat[i]].every((other) => ours[i]!.snr > other!.snr && ours[i]!.stoi > other!.stoi),
  );
  const columns = (values: readonly number[], digits: number): string =>
    values.map((value) => value.toFixed(digits).padStart(8)).join('');
  console.log(
    `${name.padEnd(7)} ${(100 * ratio).toFixed(0).padStart(3)} %  ${columns(means('snr'), 2)}       ` +
      `${columns(means('stoi'), 4)}   ${wins.length} of ${SEEDS.length} seeds`,
  );
}

/** The payloads of all ticks, as this server's own encoder makes them for a peer that reports this loss. */
function encode(speech: Float32Array, sent: PayloadFormat, lossRatio: number): Uint8Array[] {
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
function lose(payloads: readonly Uint8Array[], lossRatio: number, seed: number): (Uint8Array | undefined)[] {
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

function format(encoding: PayloadFormat['encoding'], payloadType: number, clockRateHz: number): PayloadFormat {
  return { encoding, payloadType, clockRateHz, channels: 1, parameters: {} };
}

function rateOf({ encoding }: PayloadFormat): number {
  if (encoding === 'opus') return 48_000;
  return encoding === 'G722' ? 16_000 : 8000;
}

function pcm16(signal: Float32Array): Int16Array {
  return Int16Array.from(signal, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
