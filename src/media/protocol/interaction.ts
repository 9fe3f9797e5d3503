/** Prompt, expected digits and timeouts of one isolated leg, in ticks of 20 ms. */
import type { Programme } from './prompt.js';

/** What digits are waited for. A digit counts from the tick in which its press began. */
export interface GatherRules {
  /**
   * Answers that count, as digits or with `X` = 0–9, `Z` = 1–9, `N` = 2–9; empty = any. A whole answer that no longer
   * one could begin with ends the interaction at once; what no answer begins with is invalid at once.
   */
  readonly patterns: readonly string[];
  /** 0…64. With 0, finish key or timeout may end it with no digit at all as `digits`. */
  readonly minDigits: number;
  /** 1…64; reaching it ends the interaction. */
  readonly maxDigits: number;
  /** One of `0-9*#A-D`, or empty = none. It is not part of the answer. */
  readonly finishOnKey: string;
  /** From the end of the prompt to the first digit. */
  readonly timeoutTicks: number;
  /** From one digit to the next. */
  readonly interDigitTimeoutTicks: number;
  /** Whether a digit during the prompt ends the prompt and counts; otherwise digits during the prompt are ignored. */
  readonly bargeIn: boolean;
  /** How often it is asked again after a timeout or an invalid answer. */
  readonly retries: number;
}

/** One interaction as the media plane carries it out. */
export interface InteractionOrder {
  readonly interactionId: string;
  readonly prompt: Programme;
  /** Said before the prompt is repeated because nothing was pressed; undefined = only the prompt. */
  readonly noInputPrompt: Programme | undefined;
  /** Said before the prompt is repeated because the answer was invalid. */
  readonly invalidPrompt: Programme | undefined;
  /** Heard while digits are waited for, until the first; undefined = silence. */
  readonly music: Programme | undefined;
  /** Undefined = the interaction ends with its prompt. */
  readonly gather: GatherRules | undefined;
}

/** How an interaction ended; `played`: there was nothing to gather, and the prompt came to its end. */
export type InteractionResult = 'digits' | 'timeout' | 'invalid' | 'played' | 'cancelled';

/** Who cancelled an interaction. */
export type CancelCause = 'api' | 'replaced' | 'legEnded' | 'callEnded' | 'mediaFailed';

/** Everything there is to say about an interaction that is over. */
export interface InteractionOutcome {
  readonly interactionId: string;
  readonly result: InteractionResult;
  /** What was pressed in the last attempt, without the finish key. */
  readonly digits: string;
  /** Present exactly when `result` is `cancelled`. */
  readonly cancelledBy: CancelCause | undefined;
  /** 1 … retries + 1. */
  readonly attempts: number;
  /** Prompt audio heard in all attempts together; a multiple of 20 but for the end of a prompt. */
  readonly playedMs: number;
  /** Whether the prompt of the last attempt was heard to its end. */
  readonly promptCompleted: boolean;
  /** First tick in which the leg was out of the mix for this interaction. */
  readonly startedTick: number;
  /** First tick without prompt in the last attempt; undefined = it ended during the prompt. */
  readonly promptEndedTick: number | undefined;
  /** First tick after the interaction: unless something else keeps the leg isolated, it hears and is heard again in it. */
  readonly endedTick: number;
}
