/** Longest pause between two digits of a sequence, ticks of 20 ms: 3 s. */
const maxPauseTicks = 150;

/** What was pressed of a sequence so far: its last digits, and when the last one came. */
export interface PressedDigits {
  readonly digits: string;
  readonly tick: number;
}

/** Nothing was pressed. */
export const nothingPressed: PressedDigits = { digits: '', tick: 0 };

/**
 * Takes the next digit of a leg.
 * @param sequence what is looked for, at least one digit
 * @returns what was pressed now, and whether it ends in the sequence, each digit at most 3 s after the one before
 */
export function pressDigit(
  pressed: PressedDigits,
  digit: string,
  tick: number,
  sequence: string,
): { readonly pressed: PressedDigits; readonly complete: boolean } {
  const earlier = tick - pressed.tick > maxPauseTicks ? '' : pressed.digits;
  const digits = `${earlier}${digit}`.slice(-sequence.length);
  if (digits === sequence) return { pressed: nothingPressed, complete: true };
  return { pressed: { digits, tick }, complete: false };
}
