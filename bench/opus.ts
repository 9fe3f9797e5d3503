/**
 * What Opus costs: µs per 20 ms of speech, mono, 32 kbit/s, for the libopus this server uses and, beside it in the same run,
 * for the other builds on npm that are installed:
 *
 *     npm install --no-save @discordjs/opus@0.10 libopus-wasm@0.2.0
 *     npx tsx bench/opus.ts
 *
 * Every frame is timed on its own and its best of several rounds counts, so that a busy machine hardly shows. docs/adr/0003
 * rests on this.
 */
import { createRequire } from 'node:module';
import { OpusDecoder } from '../src/media/codec/opus-decoder.js';
import { OpusEncoder } from '../src/media/codec/opus-encoder.js';
import { OpusLibrary, OpusRequest } from '../src/media/codec/opus-library.js';
import { opusDefaults, opusSettings } from '../src/media/codec/opus-settings.js';
import { compileOpus } from '../src/media/opus-module.js';
import { opusFormat, speechLike } from '../test/support/opus.js';

const rounds = 8;
const bitrateBps = 32_000;
const speech = speechLike(6, 1);
const frames = Array.from({ length: 300 }, (_, i) => speech.subarray(i * 960, (i + 1) * 960));

/** One way to do Opus. A function gets the index of a frame, or a packet, and does the work. */
interface Candidate {
  readonly name: string;
  readonly encoder: (complexity: number, lossPercent: number) => (frame: number) => Uint8Array;
  readonly decoder: () => (packet: Uint8Array) => unknown;
}

/** Mean over the frames of each one's best time, µs; the work is made anew for every round. */
function microseconds(make: () => (frame: number) => unknown): number {
  const best = frames.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    const work = make();
    frames.forEach((_, i) => {
      const start = process.hrtime.bigint();
      work(i);
      best[i] = Math.min(best[i]!, Number(process.hrtime.bigint() - start) / 1000);
    });
  }
  return best.reduce((sum, value) => sum + value, 0) / best.length;
}

const opus = new OpusLibrary(compileOpus());

function ownEncoder(complexity: number, lossPercent: number): OpusEncoder {
  const format = opusFormat({ useinbandfec: '1' });
  const encoder = new OpusEncoder(opus, opusSettings(format, { ...opusDefaults, bitrateBps, complexity }));
  encoder.setPacketLoss(lossPercent / 100);
  return encoder;
}

const own: Candidate = {
  name: '@evan/opus wasm (this server)',
  encoder(complexity, lossPercent) {
    const encoder = ownEncoder(complexity, lossPercent);
    const bytes = new Uint8Array(1275);
    return (i) => bytes.subarray(0, encoder.encode(frames[i]!, bytes, 0));
  },
  decoder() {
    const decoder = new OpusDecoder(opus);
    const output = new Float32Array(960);
    return (packet) => decoder.decode(packet, packet.length, output);
  },
};

interface NativeOpus {
  applyEncoderCTL(request: number, value: number): void;
  encode(pcm: Buffer): Buffer;
  decode(packet: Buffer): Buffer;
}

function native(): Candidate {
  const name = '@discordjs/opus';
  const { OpusEncoder: Native } = createRequire(import.meta.url)(name) as {
    OpusEncoder: new (rateHz: number, channels: number) => NativeOpus;
  };
  const pcm = frames.map((frame) => Buffer.from(Int16Array.from(frame, (value) => value * 32_767).buffer));
  return {
    name: '@discordjs/opus native',
    encoder(complexity, lossPercent) {
      const encoder = new Native(48_000, 1);
      encoder.applyEncoderCTL(4000, 2048);
      for (const [request, value] of settings(complexity, lossPercent)) encoder.applyEncoderCTL(request, value);
      return (i) => encoder.encode(pcm[i]!);
    },
    decoder() {
      const decoder = new Native(48_000, 1);
      return (packet) => decoder.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.length));
    },
  };
}

interface WasmEncoder {
  encoderCtl(request: number, value: number): void;
  encodeFloat(pcm: Float32Array): Uint8Array;
}

interface WasmDecoder {
  decodeFloat(packet: Uint8Array): Float32Array;
}

async function newestWasm(): Promise<Candidate> {
  const name = 'libopus-wasm';
  const { createEncoder, createDecoder } = (await import(name)) as {
    readonly createEncoder: (options: object) => Promise<WasmEncoder>;
    readonly createDecoder: (options: object) => Promise<WasmDecoder>;
  };
  // Made beforehand, because making one is asynchronous.
  const encoders = await Promise.all(
    Array.from({ length: 3 * rounds }, () => createEncoder({ channels: 1, application: 2048 })),
  );
  const decoders = await Promise.all(Array.from({ length: rounds }, () => createDecoder({ channels: 1 })));
  return {
    name: 'libopus-wasm 0.2 (libopus 1.6)',
    encoder(complexity, lossPercent) {
      const encoder = encoders.pop()!;
      for (const [request, value] of settings(complexity, lossPercent)) encoder.encoderCtl(request, value);
      return (i) => encoder.encodeFloat(frames[i]!);
    },
    decoder() {
      const decoder = decoders.pop()!;
      return (packet) => decoder.decodeFloat(packet);
    },
  };
}

function settings(complexity: number, lossPercent: number): readonly (readonly [number, number])[] {
  return [
    [OpusRequest.bitrate, bitrateBps],
    [OpusRequest.complexity, complexity],
    [OpusRequest.inbandFec, 1],
    [OpusRequest.packetLossPercent, lossPercent],
  ];
}

/** What only this server's decoder and encoder can do. */
function ownRows(packets: readonly Uint8Array[]): (readonly [string, number])[] {
  const output = new Float32Array(960);
  const bytes = new Uint8Array(1275);
  const play = (decoder: OpusDecoder, i: number) => decoder.decode(packets[i]!, packets[i]!.length, output);
  const half = (work: (decoder: OpusDecoder, i: number) => void) => {
    return microseconds(() => {
      const decoder = new OpusDecoder(opus);
      return (i) => (i % 2 ? work(decoder, i) : play(decoder, i));
    });
  };
  const decodeOnly = half(play);
  const rest = ownEncoder(opusDefaults.complexity, 0);
  for (let i = 0; i < 20; i++) rest.encodeSilence(bytes, 0);
  const [from, to] = [ownEncoder(5, 0), ownEncoder(5, 0)];
  return [
    ['conceal', 2 * half((decoder) => decoder.conceal(output, 960)) - decodeOnly],
    [
      'rescue (FEC)',
      2 * half((decoder, i) => decoder.decodeLost(packets[i]!, packets[i]!.length, output, 960)) - decodeOnly,
    ],
    ['exact copy of an encoder', microseconds(() => () => to.copyFrom(from))],
    ['a tick of silence at rest', microseconds(() => () => rest.encodeSilence(bytes, 0))],
    ['a fresh encoder', microseconds(() => () => ownEncoder(5, 0).close())],
  ];
}

async function installed(make: () => Candidate | Promise<Candidate>, name: string): Promise<Candidate[]> {
  try {
    return [await make()];
  } catch {
    console.log(`${name} is not installed and left out.`);
    return [];
  }
}

const candidates = [
  own,
  ...(await installed(native, '@discordjs/opus')),
  ...(await installed(newestWasm, 'libopus-wasm')),
];
const lossy = own.encoder(5, 10);
const packets = frames.map((_, i) => lossy(i).slice());
let reference: readonly number[] | undefined;
console.log(`${'µs per 20 ms'.padEnd(34)}encode cx5     encode cx9   cx5 + FEC 10 %      decode`);
for (const { name, encoder, decoder } of candidates) {
  const row = [
    microseconds(() => encoder(5, 0)),
    microseconds(() => encoder(9, 0)),
    microseconds(() => encoder(5, 10)),
    microseconds(() => {
      const decode = decoder();
      return (i) => decode(packets[i]!);
    }),
  ];
  reference ??= row;
  const cells = row.map((value, i) => `${value.toFixed(1).padStart(7)} ${(value / reference![i]!).toFixed(2)}×`);
  console.log(name.padEnd(32) + cells.join('   '));
}
console.log('\nthis server alone');
for (const [name, cost] of ownRows(packets)) console.log(`${name.padEnd(32)}${cost.toFixed(2).padStart(7)}`);
