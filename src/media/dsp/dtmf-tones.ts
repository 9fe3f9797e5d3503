/**
 * The pairs of tones that stand for digits (ITU-T Q.23):
 *
 *              1209  1336  1477  1633 Hz
 *       697      1     2     3     A
 *       770      4     5     6     B
 *       852      7     8     9     C
 *       941      *     0     #     D
 */

/** The four rows, then the four columns, Hz. */
export const DTMF_FREQUENCIES_HZ: readonly number[] = [697, 770, 852, 941, 1209, 1336, 1477, 1633];
/** Rows, and columns. */
export const DTMF_GROUP = 4;

/** Telephone-event number (RFC 4733 §3.2) by row × 4 + column. */
const EVENTS: readonly number[] = [1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15];

/** Telephone-event 0…15 of a row and a column, each 0…3. */
export function eventOfTones(row: number, column: number): number {
  return EVENTS[row * DTMF_GROUP + column] ?? 0;
}

/** Row 0…3 and column 0…3 of a telephone-event 0…15, as row × 4 + column. */
export function tonesOfEvent(event: number): number {
  return EVENTS.indexOf(event);
}

/** RMS of a tone of 0 dBm0, where a full-scale sine is +3.14 dBm0 (ITU-T G.711 µ-law) and has an amplitude of 1. */
export const RMS_AT_0_DBM0 = Math.SQRT1_2 * 10 ** (-3.14 / 20);
