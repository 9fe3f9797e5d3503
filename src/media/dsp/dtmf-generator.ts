/**
 * Makes the tones of digits (ITU-T Q.23) for peers that take no telephone-events: rows at −8, columns at −6 dBm0, edges
 * rounded by half a cosine of 2 ms so that nothing clicks, phases continuous from tick to tick.
 */
import { DTMF_FREQUENCIES_HZ, DTMF_GROUP, RMS_AT_0_DBM0, tonesOfEvent } from './dtmf-tones.js';

const ROW_DBM0 = -8;
const COLUMN_DBM0 = -6;
const EDGE_MS = 2;

const ROW_PEAK = peakOf(ROW_DBM0);
const COLUMN_PEAK = peakOf(COLUMN_DBM0);

/** Plays one digit at a time. */
export class DtmfGenerator {
  readonly #rateHz: number;
  readonly #edge: Float32Array;
  #rowStep = 0;
  #columnStep = 0;
  #at = 0;

  /** @param rateHz of the samples it makes */
  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    const length = (rateHz * EDGE_MS) / 1000;
    this.#edge = Float32Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos((Math.PI * (index + 0.5)) / length));
  }

  /** The next {@link fill} begins this digit, a telephone-event 0…15. */
  begin(event: number): void {
    const tones = tonesOfEvent(event);
    this.#rowStep = this.#stepOf(Math.floor(tones / DTMF_GROUP));
    this.#columnStep = this.#stepOf(DTMF_GROUP + (tones % DTMF_GROUP));
    this.#at = 0;
  }

  /** Writes the next `count` samples of the digit; @param last they are its last */
  fill(output: Float32Array, count: number, last: boolean): void {
    const edge = this.#edge;
    for (let index = 0; index < count; index++) {
      const at = this.#at + index;
      const rising = edge[at] ?? 1;
      const falling = last ? (edge[count - 1 - index] ?? 1) : 1;
      const tone = ROW_PEAK * Math.sin(this.#rowStep * at) + COLUMN_PEAK * Math.sin(this.#columnStep * at);
      output[index] = rising * falling * tone;
    }
    this.#at += count;
  }

  #stepOf(tone: number): number {
    return (2 * Math.PI * (DTMF_FREQUENCIES_HZ[tone] ?? 0)) / this.#rateHz;
  }
}

function peakOf(levelDbm0: number): number {
  return Math.SQRT2 * RMS_AT_0_DBM0 * 10 ** (levelDbm0 / 20);
}
