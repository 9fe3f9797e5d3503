import { CodedError } from '../../errors.js';
import type { GatherRules } from '../../media/protocol.js';
import type { PromptItem } from '../../speech/port.js';

/** What digits are waited for; what is absent takes its default. */
export interface GatherRequest {
  /** Answers that count, as digits or with `X` = 0–9, `Z` = 1–9, `N` = 2–9. Default: any. */
  readonly patterns?: readonly string[] | undefined;
  /** 0…64. Default: length of the shortest pattern, or 1. */
  readonly minDigits?: number | undefined;
  /** 1…64. Default: length of the longest pattern, or `minDigits`, but 1 at least. */
  readonly maxDigits?: number | undefined;
  /** One of `0-9*#A-D`, or empty = none. Default: `#` when several digits may come and no pattern has it, else none. */
  readonly finishOnKey?: string | undefined;
  /** From the end of the prompt to the first digit. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** From one digit to the next. Default 3000. */
  readonly interDigitTimeoutMs?: number | undefined;
  /** Whether a digit during the prompt ends the prompt and counts. Default true. */
  readonly bargeIn?: boolean | undefined;
  /** How often it is asked again after a timeout or an invalid answer. Default 0. */
  readonly retries?: number | undefined;
}

/** What is played to an isolated leg, and what it is asked. */
export interface InteractionRequest {
  readonly prompt: readonly PromptItem[];
  /** Said before the prompt is repeated because nothing was pressed. */
  readonly noInputPrompt?: readonly PromptItem[] | undefined;
  /** Said before the prompt is repeated because the answer was invalid. */
  readonly invalidPrompt?: readonly PromptItem[] | undefined;
  /** Heard, over and over, while digits are waited for. Default: silence. */
  readonly music?: readonly PromptItem[] | undefined;
  /** Of all that is played, −60…+24. Default 0. */
  readonly volumeDb?: number | undefined;
  /** Where the prompt begins the first time. Default 0. */
  readonly startOffsetMs?: number | undefined;
  /** How often the prompt is played in each attempt; 0 = until a digit or a cancellation ends it. Default 1. */
  readonly plays?: number | undefined;
  /** Absent = the interaction ends with its prompt. */
  readonly gather?: GatherRequest | undefined;
  /** What is pressed is a secret: only who asked gets it; events and views have no digits. Default false. */
  readonly secret?: boolean | undefined;
}

const tickMs = 20;
const maxDigitsEver = 64;
const defaults = { timeoutMs: 5_000, interDigitTimeoutMs: 3_000 } as const;

/** The rules a request stands for, defaults filled in. @throws CodedError `invalidRequest` naming what cannot be */
export function gatherRulesOf(request: InteractionRequest): GatherRules | undefined {
  const { gather } = request;
  if (gather === undefined) return undefined;
  const patterns = gather.patterns ?? [];
  const lengths = patterns.map((pattern) => pattern.length);
  const minDigits = gather.minDigits ?? (lengths.length > 0 ? Math.min(...lengths) : 1);
  const maxDigits = gather.maxDigits ?? Math.max(1, minDigits, ...lengths);
  const finishable = maxDigits > 1 && !patterns.some((pattern) => pattern.includes('#'));
  const rules: GatherRules = {
    patterns,
    minDigits,
    maxDigits,
    finishOnKey: gather.finishOnKey ?? (finishable ? '#' : ''),
    timeoutTicks: ticksOf(gather.timeoutMs ?? defaults.timeoutMs),
    interDigitTimeoutTicks: ticksOf(gather.interDigitTimeoutMs ?? defaults.interDigitTimeoutMs),
    bargeIn: gather.bargeIn ?? true,
    retries: gather.retries ?? 0,
  };
  assertPossible(rules);
  if (request.plays === 0 && !rules.bargeIn) {
    throw new CodedError('invalidRequest', 'A prompt that is played for ever (plays 0) needs gather.bargeIn.');
  }
  return rules;
}

function assertPossible({ patterns, minDigits, maxDigits, finishOnKey }: GatherRules): void {
  if (maxDigits > maxDigitsEver) throw new CodedError('invalidRequest', 'gather.maxDigits is beyond 64.');
  for (const pattern of patterns) {
    if (!/^[0-9*#A-DXZN]{1,64}$/.test(pattern)) {
      throw new CodedError('invalidRequest', 'gather.patterns are made of 0-9 * # A-D and X, Z, N.');
    }
    if (pattern.length < minDigits || pattern.length > maxDigits) {
      throw new CodedError(
        'invalidRequest',
        'gather.patterns holds one that gather.minDigits and gather.maxDigits exclude.',
      );
    }
    if (finishOnKey !== '' && pattern.includes(finishOnKey)) {
      throw new CodedError('invalidRequest', 'gather.patterns holds one with the key of gather.finishOnKey.');
    }
  }
  if (minDigits > maxDigits) {
    throw new CodedError('invalidRequest', 'gather.minDigits is greater than gather.maxDigits.');
  }
}

function ticksOf(ms: number): number {
  return Math.ceil(ms / tickMs);
}
