/**
 * How the idle bytes of G.722 (wasm/dsp/g722-idle.ts) were found, and how good they are:
 *
 *     npx tsx bench/g722-idle.ts                   what is built in
 *     npx tsx bench/g722-idle.ts search 60 [seed]  60 s of searching for better ones; prints them as hex
 *
 * Good bytes bring every encoder, and with it its decoder, to one state, soon, and are quiet on the way and at rest.
 */
import { readFileSync } from 'node:fs';
import { Kernels } from '../src/media/dsp/kernels.js';
import { g722Signals } from '../test/support/g722-signals.js';
import { seededRandom } from '../test/support/noise.js';

const kernels = new Kernels(new WebAssembly.Module(readFileSync(new URL('../wasm/build/dsp.wasm', import.meta.url))));
const { run } = kernels;
const stateBytes = 176;
/** The sub-bands: what is before is the QMF's, which is always empty when an encoder idles. */
const bandsAt = 48;
const tickBytes = 160;
const zeroTicks = 10;
const mostTicks = 40;

const stateAt = kernels.allocate(stateBytes);
const bytesAt = kernels.allocate(tickBytes);
const frameAt = kernels.allocateFloats(2 * tickBytes);
const state = kernels.u8(stateAt, stateBytes);
const bytes = kernels.u8(bytesAt, tickBytes);
const frame = kernels.f32(frameAt, 2 * tickBytes);

/** What a listener hears of a sequence, on the scale of int16. */
interface Quality {
  /** Ticks until the slowest start has come to rest. */
  ticks: number;
  /** Loudest sample on the way: of the worst start, and of nine in ten. */
  peak: number;
  peakOfMost: number;
  restRms: number;
}

/** States encoders are in after signals of all kinds and a while of zeros. */
const starts = [new Uint8Array(stateBytes), ...Object.values(g722Signals).flatMap((make) => statesAfter(make()))];

const [command, seconds = '60', seed = '1'] = process.argv.slice(2);
if (command === 'search') search(Number(seconds), seededRandom(Number(seed)));
else report('built in', builtIn());

function statesAfter(signal: Int16Array): Uint8Array[] {
  const ends = [3, 20, 47, 90, 133, 170, 199];
  return ends.map((ticks, index) => {
    state.fill(0);
    for (let tick = 0; tick < ticks + zeroTicks; tick++) {
      const gain = tick < ticks ? (index + 1) / ends.length / 32_768 : 0;
      for (let i = 0; i < frame.length; i++) frame[i] = gain * (signal[tick * frame.length + i] ?? 0);
      run.encodeG722(stateAt, frameAt, bytesAt, frame.length);
    }
    return state.slice();
  });
}

function builtIn(): Uint8Array {
  state.fill(0);
  run.idleG722(stateAt, bytesAt, 0);
  return bytes.slice();
}

/** One tick of a sequence. @returns its loudest sample */
function play(sequence: Uint8Array): number {
  bytes.set(sequence);
  run.decodeG722(stateAt, bytesAt, frameAt, tickBytes);
  return frame.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * 32_768;
}

/** The state in which a sequence ends if it began in it, reached from a new stream; undefined when there is none. */
function restOf(sequence: Uint8Array): { bands: Buffer; rms: number } | undefined {
  state.fill(0);
  for (let tick = 0; tick < 2 * mostTicks; tick++) {
    const before = Buffer.from(state.subarray(bandsAt));
    play(sequence);
    if (!before.equals(state.subarray(bandsAt))) continue;
    play(sequence);
    const rms = Math.sqrt(frame.reduce((sum, value) => sum + value * value, 0) / frame.length) * 32_768;
    return { bands: before, rms };
  }
  return undefined;
}

function qualityOf(sequence: Uint8Array): Quality | undefined {
  const rest = restOf(sequence);
  if (!rest || rest.rms > 60) return undefined;
  const peaks: number[] = [];
  let most = 0;
  for (const start of starts) {
    state.fill(0);
    state.set(start.subarray(bandsAt), bandsAt);
    let [ticks, peak] = [0, 0];
    while (!rest.bands.equals(state.subarray(bandsAt))) {
      if (++ticks > mostTicks) return undefined;
      peak = Math.max(peak, play(sequence));
    }
    peaks.push(peak);
    most = Math.max(most, ticks);
  }
  peaks.sort((a, b) => a - b);
  const peakOfMost = peaks[Math.floor(peaks.length * 0.9)]!;
  return { ticks: most, peak: peaks.at(-1)!, peakOfMost, restRms: rest.rms };
}

/** Small steps of both sub-bands, in a mixture of its own. */
function randomSequence(random: () => number): Uint8Array {
  const pick = (codes: readonly number[], weights: readonly number[]) => {
    let left = random() * weights.reduce((sum, weight) => sum + weight);
    return codes[
      Math.max(
        0,
        weights.findIndex((weight) => (left -= weight) < 0),
      )
    ]!;
  };
  const low = [0.6 * random(), random(), 0.5 * random(), random()];
  const high = [random(), random(), 0.3 * random(), 0.3 * random()];
  return Uint8Array.from({ length: tickBytes }, () => (pick([3, 1, 2, 0], high) << 6) | pick([61, 57, 53, 29], low));
}

/** A few codes changed at random. */
function varied(sequence: Uint8Array, random: () => number): Uint8Array {
  const next = sequence.slice();
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const at = Math.floor(random() * tickBytes);
    const old = next[at]!;
    const low = [61, 57, 53, 29, 25][Math.floor(random() * 5)]!;
    next[at] = random() < 0.65 ? (old & 0xc0) | low : (old & 0x3f) | (Math.floor(random() * 4) << 6);
  }
  return next;
}

function search(forSeconds: number, random: () => number): void {
  const cost = ({ ticks, peak, peakOfMost, restRms }: Quality) => peak + 2 * peakOfMost + 8 * restRms + ticks;
  let best: { sequence: Uint8Array; quality: Quality } | undefined;
  const endMs = performance.now() + forSeconds * 1000;
  while (performance.now() < endMs) {
    const sequence = best ? varied(best.sequence, random) : randomSequence(random);
    const quality = qualityOf(sequence);
    if (quality && (!best || cost(quality) <= cost(best.quality))) best = { sequence, quality };
  }
  if (best) report('found', best.sequence);
  else console.log('none found');
}

function report(name: string, sequence: Uint8Array): void {
  const quality = qualityOf(sequence);
  const dbov = (value: number) => (20 * Math.log10(value / 32_768)).toFixed(1);
  console.log(`${name}: ${Buffer.from(sequence).toString('hex')}`);
  if (!quality) {
    console.log('does not bring every encoder to rest');
    return;
  }
  console.log(`${starts.length} starts, at rest after ${quality.ticks} ticks at most`);
  console.log(
    `peak ${dbov(quality.peak)}, of nine in ten ${dbov(quality.peakOfMost)}, at rest ${dbov(quality.restRms)} dBov`,
  );
}
