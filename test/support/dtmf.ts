/** Digits as telephones and lines make them, and what a detector tells of them; independent of the server's tables. */
import { DtmfDetector } from '../../src/media/dsp/dtmf-detector.js';
import { digitOfEvent } from '../../src/media/rtp/telephone-event.js';

export const digits = [...'0123456789*#ABCD'];

const keypad = ['123A', '456B', '789C', '*0#D'];
const rowsHz = [697, 770, 852, 941];
const columnsHz = [1209, 1336, 1477, 1633];

/** Row and column frequency of a digit, Hz. */
export function tonesOf(digit: string): [number, number] {
  const row = keypad.findIndex((keys) => keys.includes(digit));
  return [rowsHz[row]!, columnsHz[keypad[row]!.indexOf(digit)]!];
}

export interface ToneShape {
  readonly durationMs?: number;
  readonly rowDbm0?: number;
  readonly columnDbm0?: number;
  /** Frequencies over nominal. */
  readonly rowFactor?: number;
  readonly columnFactor?: number;
  readonly rateHz?: number;
  readonly phase?: number;
}

/** A digit's two tones; 0 dBm0 is 3.14 dB below a full-scale sine. */
export function tone(digit: string, shape: ToneShape = {}): Float32Array {
  const { durationMs = 100, rowDbm0 = -10, columnDbm0 = -10, rateHz = 8000, phase = 0 } = shape;
  const [rowHz, columnHz] = tonesOf(digit);
  const row = 10 ** ((rowDbm0 - 3.14) / 20);
  const column = 10 ** ((columnDbm0 - 3.14) / 20);
  const rowStep = (2 * Math.PI * rowHz * (shape.rowFactor ?? 1)) / rateHz;
  const columnStep = (2 * Math.PI * columnHz * (shape.columnFactor ?? 1)) / rateHz;
  return Float32Array.from({ length: Math.round((durationMs * rateHz) / 1000) }, (_, at) => {
    const sample = row * Math.sin(rowStep * at + phase) + column * Math.sin(columnStep * at + 2.3 * phase);
    return Math.max(-1, Math.min(1, sample));
  });
}

export function silence(durationMs: number, rateHz = 8000): Float32Array {
  return new Float32Array(Math.round((durationMs * rateHz) / 1000));
}

export function join(...parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** White noise, uniform, of this RMS, 1 = full scale. */
export function addNoise(signal: Float32Array, rms: number, random: () => number): Float32Array {
  return signal.map((sample) => sample + rms * Math.sqrt(3) * (2 * random() - 1));
}

/** What a detector told. */
export interface Told {
  readonly what: 'began' | 'ended';
  readonly digit: string;
  /** Of the samples that had been given when it was told, ms. */
  readonly atMs: number;
  /** Age at the beginning, duration at the end. */
  readonly ms: number;
}

/** Runs a signal through a detector, tick by tick, then silence until all has ended. */
export function detect(signal: Float32Array, rateHz = 8000, tickMs = 20): Told[] {
  const told: Told[] = [];
  let atMs = 0;
  const detector = new DtmfDetector({
    toneBegan: (event, ms) => told.push({ what: 'began', digit: digitOfEvent(event), atMs, ms }),
    toneEnded: (event, ms) => told.push({ what: 'ended', digit: digitOfEvent(event), atMs, ms }),
  });
  const count = (rateHz * tickMs) / 1000;
  const all = join(signal, silence(100, rateHz));
  for (let at = 0; at + count <= all.length; at += count) {
    atMs += tickMs;
    detector.process(all.subarray(at, at + count), count, rateHz);
  }
  return told;
}

/** The digits a detector began, each of which must have ended. */
export function digitsIn(signal: Float32Array, rateHz = 8000, tickMs = 20): string {
  const told = detect(signal, rateHz, tickMs);
  told.forEach(({ what, digit }, index) => {
    if (what !== (index % 2 === 0 ? 'began' : 'ended')) throw new Error('begin and end do not alternate');
    if (index % 2 === 1 && digit !== told[index - 1]?.digit) throw new Error('another digit ended than began');
  });
  if (told.length % 2 === 1) throw new Error('a digit never ended');
  return told
    .filter(({ what }) => what === 'began')
    .map(({ digit }) => digit)
    .join('');
}
