/**
 * Looks for the tones of digits in 8 kHz audio with the Goertzel algorithm: blocks of 4 ms, judged in windows of four.
 *
 * Each block leaves a complex amplitude per tone; turned to a common moment four of them make the amplitude over 16 ms at
 * a cost of one recurrence per sample and tone. How the phase of that amplitude moves in 8 ms is the tone's frequency:
 * phase tells 1.5 % from 3.5 % where the width of so short a window could not.
 */
import { DTMF_FREQUENCIES_HZ, DTMF_GROUP } from './dtmf-tones.js';

/** Rate of the audio, Hz. */
export const TONE_RATE_HZ = 8000;
/** Samples of a block. */
export const TONE_BLOCK = 32;
/** Samples of a window. */
export const TONE_WINDOW = 128;

const WINDOW_BLOCKS = TONE_WINDOW / TONE_BLOCK;
/** Phases are compared over this many blocks: 8 ms, in which 3.5 % of 1633 Hz are less than half a turn. */
const PHASE_BLOCKS = 2;
const KEPT_BLOCKS = 8;
const TONES = DTMF_FREQUENCIES_HZ.length;
/** The second harmonic of a row this close to the column that is there cannot be told from it, Hz. */
const HARMONIC_CLEAR_HZ = 125;

const OMEGA = Float64Array.from(DTMF_FREQUENCIES_HZ, (frequencyHz) => (2 * Math.PI * frequencyHz) / TONE_RATE_HZ);
const COS = OMEGA.map(Math.cos);
const SIN = OMEGA.map(Math.sin);
/** Turns what a block tells at its end to the end of the window, by blocks between them. */
const TURN_COS = turns(Math.cos);
const TURN_SIN = turns(Math.sin);

/** Goertzel resonators of the eight tones, and what the last window holds. */
export class ToneWindows {
  /** Blocks finished since the start; never goes back. */
  blocks = 0;
  /** Sum of the squares in the window. */
  energy = 0;
  /** The same 8 ms before: with nothing there, no deviation can be measured. */
  energyBefore = 0;
  /** Strongest row and column, 0…3, after {@link measure}. */
  row = 0;
  column = 0;
  /** Energy of each of the two in the window, as if its frequency were nominal; comparable with {@link energy}. */
  rowEnergy = 0;
  columnEnergy = 0;
  /** Deviation of each from its nominal frequency as a share of it, after {@link measureDeviations}. */
  rowDeviation = 0;
  columnDeviation = 0;

  /** Resonators of the block that is being filled. */
  private readonly s1 = new Float64Array(TONES);
  private readonly s2 = new Float64Array(TONES);
  private filled = 0;
  private blockEnergy = 0;
  /** The last blocks, a ring: complex amplitude per tone, energy, samples. */
  private readonly re = new Float64Array(TONES * KEPT_BLOCKS);
  private readonly im = new Float64Array(TONES * KEPT_BLOCKS);
  private readonly energies = new Float64Array(KEPT_BLOCKS);
  private readonly samples = new Float32Array(TONE_BLOCK * KEPT_BLOCKS);
  /** Result of {@link sumWindow}. */
  private sumRe = 0;
  private sumIm = 0;

  /** Takes samples up to the end of a block. @returns how many; {@link blocks} tells whether one is full */
  take(samples: Float32Array, from: number, count: number): number {
    const length = Math.min(count, TONE_BLOCK - this.filled);
    this.keep(samples, from, length);
    for (let tone = 0; tone < TONES; tone += 4) this.resonate(tone, samples, from, from + length);
    this.filled += length;
    if (this.filled === TONE_BLOCK) this.finishBlock();
    return length;
  }

  /** As if silence had gone before. */
  clear(): void {
    this.filled = 0;
    this.blockEnergy = 0;
    this.energy = 0;
    this.energyBefore = 0;
    this.s1.fill(0);
    this.s2.fill(0);
    this.re.fill(0);
    this.im.fill(0);
    this.energies.fill(0);
    this.samples.fill(0);
  }

  /** Finds the strongest row and column of the window. */
  measure(): void {
    this.rowEnergy = 0;
    this.columnEnergy = 0;
    for (let tone = 0; tone < TONES; tone++) {
      this.sumWindow(tone, 0);
      const energy = ((this.sumRe * this.sumRe + this.sumIm * this.sumIm) * 2) / TONE_WINDOW;
      if (tone < DTMF_GROUP) {
        if (energy <= this.rowEnergy) continue;
        this.rowEnergy = energy;
        this.row = tone;
      } else if (energy > this.columnEnergy) {
        this.columnEnergy = energy;
        this.column = tone - DTMF_GROUP;
      }
    }
  }

  /** Measures the frequencies of row and column, and gives their energies what the deviation took from them. */
  measureDeviations(): void {
    this.rowDeviation = this.deviation(this.row);
    this.columnDeviation = this.deviation(this.column + DTMF_GROUP);
    this.rowEnergy /= droop(this.row, this.rowDeviation);
    this.columnEnergy /= droop(this.column + DTMF_GROUP, this.columnDeviation);
  }

  /** Greater ratio of the second harmonic's energy to its tone's, of row and column. */
  harmonicRatio(): number {
    const columnHz = DTMF_FREQUENCIES_HZ[this.column + DTMF_GROUP]! * (1 + this.columnDeviation);
    const rowHarmonicHz = 2 * DTMF_FREQUENCIES_HZ[this.row]! * (1 + this.rowDeviation);
    const ofColumn = this.energyAt(2 * columnHz) / this.columnEnergy;
    if (Math.abs(rowHarmonicHz - columnHz) < HARMONIC_CLEAR_HZ) return ofColumn;
    return Math.max(ofColumn, this.energyAt(rowHarmonicHz) / this.rowEnergy);
  }

  private keep(samples: Float32Array, from: number, length: number): void {
    const kept = (this.blocks & (KEPT_BLOCKS - 1)) * TONE_BLOCK + this.filled;
    let energy = 0;
    for (let index = 0; index < length; index++) {
      const x = samples[from + index]!;
      this.samples[kept + index] = x;
      energy += x * x;
    }
    this.blockEnergy += energy;
  }

  /** The recurrence s = x + 2 cos ω · s₁ − s₂ of four tones at a time: none waits for another. */
  private resonate(tone: number, samples: Float32Array, from: number, to: number): void {
    const { s1, s2 } = this;
    const factorA = 2 * COS[tone]!;
    const factorB = 2 * COS[tone + 1]!;
    const factorC = 2 * COS[tone + 2]!;
    const factorD = 2 * COS[tone + 3]!;
    let a1 = s1[tone]!;
    let b1 = s1[tone + 1]!;
    let c1 = s1[tone + 2]!;
    let d1 = s1[tone + 3]!;
    let a2 = s2[tone]!;
    let b2 = s2[tone + 1]!;
    let c2 = s2[tone + 2]!;
    let d2 = s2[tone + 3]!;
    for (let index = from; index < to; index++) {
      const x = samples[index]!;
      const a = x - a2 + factorA * a1;
      const b = x - b2 + factorB * b1;
      const c = x - c2 + factorC * c1;
      const d = x - d2 + factorD * d1;
      a2 = a1;
      a1 = a;
      b2 = b1;
      b1 = b;
      c2 = c1;
      c1 = c;
      d2 = d1;
      d1 = d;
    }
    s1[tone] = a1;
    s1[tone + 1] = b1;
    s1[tone + 2] = c1;
    s1[tone + 3] = d1;
    s2[tone] = a2;
    s2[tone + 1] = b2;
    s2[tone + 2] = c2;
    s2[tone + 3] = d2;
  }

  private finishBlock(): void {
    const slot = this.blocks & (KEPT_BLOCKS - 1);
    for (let tone = 0; tone < TONES; tone++) {
      this.re[slot * TONES + tone] = this.s1[tone]! - COS[tone]! * this.s2[tone]!;
      this.im[slot * TONES + tone] = SIN[tone]! * this.s2[tone]!;
    }
    this.energies[slot] = this.blockEnergy;
    this.s1.fill(0);
    this.s2.fill(0);
    this.blockEnergy = 0;
    this.filled = 0;
    this.blocks += 1;
    this.energy = 0;
    this.energyBefore = 0;
    for (let back = 0; back < WINDOW_BLOCKS; back++) {
      this.energy += this.energies[this.slot(back)]!;
      this.energyBefore += this.energies[this.slot(back + PHASE_BLOCKS)]!;
    }
  }

  /** Ring index of the block that ended `back` blocks before the last. */
  private slot(back: number): number {
    return (this.blocks - 1 - back) & (KEPT_BLOCKS - 1);
  }

  /** Complex amplitude of a tone, told at its end, over the window that ended `earlier` blocks ago. */
  private sumWindow(tone: number, earlier: number): void {
    let re = 0;
    let im = 0;
    for (let back = 0; back < WINDOW_BLOCKS; back++) {
      const at = this.slot(earlier + back) * TONES + tone;
      const cos = TURN_COS[back * TONES + tone]!;
      const sin = TURN_SIN[back * TONES + tone]!;
      re += this.re[at]! * cos - this.im[at]! * sin;
      im += this.re[at]! * sin + this.im[at]! * cos;
    }
    this.sumRe = re;
    this.sumIm = im;
  }

  private deviation(tone: number): number {
    this.sumWindow(tone, PHASE_BLOCKS);
    const beforeRe = this.sumRe;
    const beforeIm = this.sumIm;
    this.sumWindow(tone, 0);
    const cos = TURN_COS[PHASE_BLOCKS * TONES + tone]!;
    const sin = TURN_SIN[PHASE_BLOCKS * TONES + tone]!;
    // The window before, turned to now at the nominal frequency; what is left between the two is the deviation.
    const turnedRe = beforeRe * cos - beforeIm * sin;
    const turnedIm = beforeRe * sin + beforeIm * cos;
    const re = this.sumRe * turnedRe + this.sumIm * turnedIm;
    const im = this.sumIm * turnedRe - this.sumRe * turnedIm;
    return Math.atan2(im, re) / (OMEGA[tone]! * TONE_BLOCK * PHASE_BLOCKS);
  }

  /** Energy in the window at any frequency. */
  private energyAt(frequencyHz: number): number {
    const factor = 2 * Math.cos((2 * Math.PI * frequencyHz) / TONE_RATE_HZ);
    let s1 = 0;
    let s2 = 0;
    for (let back = WINDOW_BLOCKS - 1; back >= 0; back--) {
      const from = this.slot(back) * TONE_BLOCK;
      for (let index = from; index < from + TONE_BLOCK; index++) {
        const s = this.samples[index]! + factor * s1 - s2;
        s2 = s1;
        s1 = s;
      }
    }
    return ((s1 * s1 + s2 * s2 - factor * s1 * s2) * 2) / TONE_WINDOW;
  }
}

/** What a window of {@link TONE_WINDOW} leaves of a tone's energy when its frequency is off: sinc². */
function droop(tone: number, deviation: number): number {
  const half = (deviation * OMEGA[tone]! * TONE_WINDOW) / 2;
  const sinc = Math.abs(half) < 1e-6 ? 1 : Math.sin(half) / half;
  return Math.max(0.25, sinc * sinc);
}

function turns(part: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: WINDOW_BLOCKS * TONES }, (_, index) =>
    part(OMEGA[index % TONES]! * TONE_BLOCK * Math.floor(index / TONES)),
  );
}
