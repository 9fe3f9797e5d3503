/**
 * Matches digits against what is waited for; knows nothing of time.
 *
 *     answer so far              it is                                        verdict
 *     ─────────────────────────────────────────────────────────────────────────────────
 *     patterns given             no answer begins with it                     invalid
 *                                an answer, and no longer one begins with it  complete
 *                                anything else                                more
 *     no patterns                has `maxDigits` digits                       complete
 *                                anything else                                more
 *     the finish key, or a       an answer, or empty with `minDigits` 0       complete
 *     pause after a digit        anything else                                invalid
 *     no digit in time           `minDigits` is 0                             complete
 *                                anything else                                nothing
 *
 * Without patterns an answer is anything of `minDigits` … `maxDigits` digits. Patterns of another length can never be
 * answered and do not count. The finish key is never part of an answer, even where a pattern has it.
 */
import type { GatherRules } from '../protocol.js';

/** What a digit makes of the answer. */
export type PressVerdict = 'more' | 'complete' | 'invalid';
/** What the answer is when no further digit comes; `nothing`: none ever came. */
export type LapseVerdict = 'complete' | 'invalid' | 'nothing';

/** The lowest digit each letter of a pattern stands for; all go up to 9. */
const LOWEST: Readonly<Record<string, string>> = { X: '0', Z: '1', N: '2' };

/** The answer of one attempt after another. */
export class Gather {
  /** What was pressed in this attempt, without the finish key. */
  digits = '';
  readonly #rules: GatherRules;
  readonly #patterns: readonly string[];

  constructor(rules: GatherRules) {
    this.#rules = rules;
    const { patterns, minDigits, maxDigits } = rules;
    this.#patterns = patterns.filter(({ length }) => length >= Math.max(1, minDigits) && length <= maxDigits);
  }

  /** Another attempt: what was pressed before is forgotten. */
  begin(): void {
    this.digits = '';
  }

  /** A digit of `0-9*#A-D` was pressed. */
  press(digit: string): PressVerdict {
    const { finishOnKey, patterns, maxDigits } = this.#rules;
    if (finishOnKey !== '' && digit === finishOnKey) return this.#mayEnd() ? 'complete' : 'invalid';
    this.digits += digit;
    if (patterns.length === 0) {
      if (this.digits.length < maxDigits) return 'more';
      return this.#mayEnd() ? 'complete' : 'invalid';
    }
    let whole = false;
    let longer = false;
    for (const pattern of this.#patterns) {
      if (!beginsWith(pattern, this.digits)) continue;
      if (pattern.length === this.digits.length) whole = true;
      else longer = true;
    }
    if (longer) return 'more';
    return whole ? 'complete' : 'invalid';
  }

  /** No digit came for as long as is waited. */
  lapse(): LapseVerdict {
    if (this.#mayEnd()) return 'complete';
    return this.digits === '' ? 'nothing' : 'invalid';
  }

  /** Whether what was pressed counts as it is. */
  #mayEnd(): boolean {
    const { digits } = this;
    if (digits === '') return this.#rules.minDigits === 0;
    if (this.#rules.patterns.length === 0) return digits.length >= this.#rules.minDigits;
    return this.#patterns.some((pattern) => pattern.length === digits.length && beginsWith(pattern, digits));
  }
}

/** Whether some answer to the pattern begins with these digits. */
function beginsWith(pattern: string, digits: string): boolean {
  if (digits.length > pattern.length) return false;
  for (let at = 0; at < digits.length; at++) {
    const wanted = pattern.charAt(at);
    const digit = digits.charAt(at);
    const lowest = LOWEST[wanted];
    if (lowest === undefined ? digit !== wanted : digit < lowest || digit > '9') return false;
  }
  return true;
}
